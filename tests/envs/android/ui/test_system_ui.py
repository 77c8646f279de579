"""Bars, shade, overview, toasts and prompts, used by touch."""

from palaestra.envs.android.system.intents import intent
from palaestra.envs.android.ui.tree import named, walk

PACKAGE = "com.example.notes"


def centre(view):
    left, top, right, bottom = view.clip
    return (left + right) / 2, (top + bottom) / 2


def tap(phone, window, name):
    phone.tap(*centre(named(phone.window(window).root, name)))


def words(phone, window):
    root = phone.window(window)
    return [view.text for view in walk(root.root) if view.text and view.clip] if root else []


def notify(phone, number, title, **options):
    phone.notify(PACKAGE, number, title, "words below", icon="message", **options)


def test_the_shade_is_drawn_down_twice_and_pushed_up(phone):
    phone.swipe(540, 20, 540, 900)
    assert phone.state["shade"] == {"open": True, "quick": False}
    assert phone.window("status") is None
    phone.swipe(540, 1400, 540, 2100)
    assert phone.state["shade"]["quick"]
    assert "Battery Saver" in words(phone, "shade")
    phone.swipe(540, 2300, 540, 1200)
    assert not phone.state["shade"]["open"]


def test_the_open_shade_shows_the_time_that_passes(phone):
    phone.advance(30_000)
    notify(phone, 1, "Notes")
    phone.shade(True)
    phone.advance(50_000)
    assert not any("1m" in word for word in words(phone, "shade"))
    clock = named(phone.window("shade").root, "clock").text
    phone.advance(11_000)
    assert any("1m" in word for word in words(phone, "shade"))
    phone.advance(49_000)
    assert named(phone.window("shade").root, "clock").text == "15:36" != clock


def test_brightness_is_dragged(phone):
    phone.shade(True, quick=True)
    slider = named(phone.window("shade").root, "slider")
    left, _, right, _ = slider.bounds
    x, y = centre(slider)
    phone.swipe(x, y, right, y)
    assert phone.settings.get("system", "screen_brightness") == "255"
    phone.swipe(x, y, left, y)
    assert phone.settings.get("system", "screen_brightness") == "1"


def test_airplane_mode_takes_the_network_away_and_gives_it_back(phone):
    phone.shade(True, quick=True)
    icons = {view.icon for view in walk(phone.window("shade").root)}
    assert {"signal", "wifi"} <= icons
    tap(phone, "shade", "Airplane mode")
    assert phone.settings.get("global", "airplane_mode_on") == "1"
    assert "signal" not in {view.icon for view in walk(phone.window("shade").root)}
    tap(phone, "shade", "Airplane mode")
    assert "signal" in {view.icon for view in walk(phone.window("shade").root)}


def test_wifi_is_switched_in_the_dialog_that_the_internet_tile_opens(full):
    full.shade(True)
    full.tap_on("Internet")
    assert full.settings.wifi_is_on
    assert "Harbour Cafe" in words(full, "panel")
    full.tap_on("wifi_toggle")
    assert not full.settings.wifi_is_on
    assert "Wi‑Fi is off" in words(full, "panel")
    assert "Harbour Cafe" not in words(full, "panel")
    full.tap_on("Done")
    assert full.window("panel") is None
    assert full.state["shade"]["open"]
    full.tap_on("Internet")
    full.back()
    assert full.window("panel") is None
    assert full.state["shade"]["open"]
    full.tap_on("Internet")
    full.tap_on("wifi_layout")
    full.tap_on("See all")
    assert full.settings.wifi_is_on
    assert full.foreground[1].endswith("NetworkProviderSettingsActivity")
    assert full.window("panel") is None


def test_notifications_are_opened_swiped_away_and_cleared(phone):
    notify(phone, 1, "First", intent=intent(package=PACKAGE, cls=f"{PACKAGE}.Edit"))
    notify(phone, 2, "Second")
    notify(phone, 3, "Third")
    notify(phone, 4, "Call", ongoing=True)
    phone.shade(True)
    assert [word for word in words(phone, "shade") if word in ("First", "Second", "Third", "Call")] == [
        "Call",
        "Third",
        "Second",
        "First",
    ]
    x, y = centre(named(phone.window("shade").root, f"{PACKAGE}|2"))
    phone.swipe(x - 300, y, x + 400, y)
    assert "Second" not in words(phone, "shade")
    x, y = centre(named(phone.window("shade").root, f"{PACKAGE}|4"))
    phone.swipe(x - 300, y, x + 400, y)
    assert "Call" in words(phone, "shade")
    tap(phone, "shade", f"{PACKAGE}|1")
    assert phone.foreground == (PACKAGE, f"{PACKAGE}.Edit")
    assert not phone.state["shade"]["open"]
    phone.shade(True)
    assert "First" not in words(phone, "shade")
    tap(phone, "shade", "dismiss_text")
    assert [note["title"] for note in phone.state["notifications"]] == ["Call"]


def test_without_notifications_the_shade_says_so(phone):
    phone.shade(True)
    assert "No notifications" in words(phone, "shade")
    assert "Clear all" not in words(phone, "shade")


def test_a_notification_peeks_in_and_goes_again(phone):
    notify(phone, 1, "Hello", heads_up=True)
    assert "Hello" in words(phone, "heads_up")
    phone.advance(5_000)
    assert phone.window("heads_up") is None
    assert [view.icon for view in phone.window("status").root.children if view.desc == "notification"] == ["message"]


def test_do_not_disturb_keeps_notifications_from_peeking_in(phone):
    phone.settings.put("global", "zen_mode", "1")
    notify(phone, 1, "Hello", heads_up=True)
    assert phone.window("heads_up") is None
    assert len(phone.state["notifications"]) == 1


def test_the_overview_shows_what_ran_and_lets_go_of_it(phone):
    phone.open_app("Notes")
    phone.settle()
    phone.recents()
    task = phone.state["tasks"][-1]["id"]
    left, _, right, _ = named(phone.window("overview").root, f"task {task}").bounds
    assert abs(left + right - phone.size[0]) <= 4  # in the middle
    tap(phone, "overview", f"task {task}")
    assert phone.window("overview") is None
    assert phone.foreground[0] == PACKAGE
    phone.recents()
    x, y = centre(named(phone.window("overview").root, f"task {task}"))
    phone.swipe(x, y, x, y - 1000)
    assert all(other["id"] != task for other in phone.state["tasks"])
    assert "No recent items" in words(phone, "overview")


def test_a_card_of_the_overview_shows_the_app(phone):
    phone.open_app("Notes")
    phone.settle()
    before = phone.frame()
    phone.recents()
    card = named(phone.window("overview").root, f"task {phone.state['tasks'][-1]['id']}")
    picture = card.children[-1]
    left, top, right, bottom = picture.bounds
    small = phone.frame()[top:bottom, left:right]
    assert abs(float(small[80:-80, 60:-60].mean()) - float(before[200:-200, 100:-100].mean())) < 3


def test_a_toast_comes_and_goes_and_touches_go_through_it(phone):
    phone.toast("Saved")
    assert words(phone, "toast") == ["Saved"]
    phone.advance(2_500)
    assert phone.window("toast") is None


def test_a_prompt_grants_or_denies(phone):
    phone.open_app("Notes")
    phone.settle()
    record = phone.activities.top["id"]
    phone.ask_permission(PACKAGE, "android.permission.CAMERA", "shoot", record)
    assert "Allow Notes to take pictures and record video?" in words(phone, "prompt")
    activity = "com.android.permissioncontroller.permission.ui.GrantPermissionsActivity"
    assert phone.foreground == ("com.google.android.permissioncontroller", activity)
    component = "/".join(phone.foreground)
    assert f"topActivity=ComponentInfo{{{component}}}" in phone.shell("am stack list").output.decode().splitlines()[2]
    assert f"u0 {component} t" in phone.shell("dumpsys activity | grep mResumedActivity").output.decode()
    assert f"u0 {component}}}" in phone.shell("dumpsys window | grep mCurrentFocus").output.decode()
    phone.home()  # the task that asks is in the background
    assert phone.window("prompt") is None
    assert phone.foreground[0] == phone.activities.launcher
    phone.open_app("Notes")
    tap(phone, "prompt", "com.android.permissioncontroller:id/permission_deny_button")
    assert phone.window("prompt") is None
    assert not phone.packages.granted(PACKAGE, "android.permission.CAMERA")
    phone.ask_permission(PACKAGE, "android.permission.CAMERA", "shoot", record)
    tap(phone, "prompt", "com.android.permissioncontroller:id/permission_allow_foreground_only_button")
    assert phone.packages.granted(PACKAGE, "android.permission.CAMERA")
    assert phone.foreground == (PACKAGE, f"{PACKAGE}.Main")


def test_bars_take_on_the_colours_beside_them(phone):
    phone.open_app("Notes")
    phone.settle()
    colour = phone.frame()[5, 540].tolist()
    assert colour == phone.frame()[100, 540].tolist()


def test_a_sleeping_phone_is_black_and_deaf(phone):
    phone.press("POWER")
    assert phone.frame().max() == 0
    phone.swipe(540, 20, 540, 900)
    assert not phone.state["shade"]["open"]
    phone.press("POWER")
    assert phone.frame().max() > 0


def test_the_volume_keys_bring_a_bar_to_drag(phone):
    before = int(phone.settings.get("system", "volume_music", "5"))
    phone.press("VOLUME_UP")
    assert phone.settings.get("system", "volume_music") == str(before + 1)
    bar = named(phone.window("volume").root, "volume_row_slider")
    left, top, right, bottom = bar.bounds
    phone.swipe((left + right) / 2, bottom - 10, (left + right) / 2, top)
    assert phone.settings.get("system", "volume_music") == "15"
    phone.press("VOLUME_UP")
    assert phone.settings.get("system", "volume_music") == "15"
    phone.advance(4_000)
    assert phone.window("volume") is None
