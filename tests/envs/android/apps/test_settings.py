"""Settings and launcher by touches; what they change is what the shell reads."""

import pytest


@pytest.fixture
def settings(full):
    full.open_app("Settings")
    full.settle()
    return full


def go(phone, *names):
    for name in names:
        for _ in range(6):
            if phone.all_seen(name):
                break
            phone.swipe(540, 1900, 540, 900, 900)
            phone.settle()
        phone.tap_on(name)
        phone.settle()


def asked(phone, space, key):
    return phone.shell(f"settings get {space} {key}").output.decode().strip()


@pytest.mark.parametrize(
    ("way", "space", "key", "on"),
    [
        (("Network & internet", "Internet", "Wi-Fi"), "global", "wifi_on", "0"),
        (("Network & internet", "Airplane mode"), "global", "airplane_mode_on", "1"),
        (("Connected devices", "Connection preferences", "Bluetooth", "Use Bluetooth"), "global", "bluetooth_on", "0"),
        (("Display", "Auto-rotate screen"), "system", "accelerometer_rotation", "1"),
        (("Display", "Adaptive brightness"), "system", "screen_brightness_mode", "1"),
        (("Sound & vibration", "Do Not Disturb"), "global", "zen_mode", "1"),
        (("Location", "Use location"), "secure", "location_mode", "0"),
        (("Battery", "Battery Saver"), "global", "low_power", "1"),
        (("System", "Date & time", "Set time automatically"), "global", "auto_time", "0"),
    ],
)
def test_switches_change_what_the_shell_reads(settings, way, space, key, on):
    before = asked(settings, space, key)
    go(settings, *way)
    assert asked(settings, space, key) == on != before
    settings.tap_on(way[-1])
    assert asked(settings, space, key) != on


def test_brightness_by_the_slider(settings):
    go(settings, "Display", "Brightness level")
    left, top, right, bottom = settings.seen("Display brightness").bounds
    settings.tap(right - 2, (top + bottom) // 2)
    assert asked(settings, "system", "screen_brightness") == "255"
    settings.swipe(right - 50, (top + bottom) // 2, left, (top + bottom) // 2)
    assert asked(settings, "system", "screen_brightness") == "1"
    settings.press("BACK")
    assert settings.seen("0%")


def test_screen_timeout_and_dark_theme(settings):
    go(settings, "Display", "Screen timeout", "2 minutes")
    assert asked(settings, "system", "screen_off_timeout") == "120000"
    before = settings.frame().mean()
    go(settings, "Dark theme")
    assert settings.theme.name == "dark"
    assert settings.frame().mean() < before - 50
    go(settings, "words", "Use Dark theme")
    assert settings.theme.name == "light"


def test_font_size_changes_all_text(settings):
    def height():
        title = next(view for view in settings.all_seen("Bold text") if view.kind == "text")
        return title.bounds[3] - title.bounds[1]

    go(settings, "Display", "Display size and text")
    before = height()
    slider = next(view for view in settings.all_seen("Font size") if view.kind == "slider")
    settings.tap(slider.bounds[2] - 50, (slider.bounds[1] + slider.bounds[3]) // 2)
    assert asked(settings, "system", "font_scale") == "1.3"
    assert height() == pytest.approx(1.3 * before, abs=2)


def test_date_and_time_are_set_by_pickers(settings):
    go(settings, "System", "Date & time", "Set time automatically", "Date")
    settings.tap_on("Change to next month")
    settings.tap_on("Tuesday, November 7")
    settings.tap_on("OK")
    settings.settle()
    assert settings.now.date().isoformat() == "2023-11-07"
    settings.tap_on("Time")
    settings.tap_on("8 hours")
    settings.tap_on("5 minutes")
    settings.tap_on("OK")
    assert f"{settings.now:%H:%M}" == "08:05"
    assert settings.seen("08:05")


def test_the_time_zone_moves_the_clock(settings):
    go(settings, "System", "Date & time", "Set time zone automatically", "Time zone", "Asia/Tokyo")
    assert f"{settings.now:%H}" == "00"


def test_an_app_is_stopped_disabled_and_its_data_cleared(settings):
    settings.open_app("Clock")
    settings.settle()
    settings.open_app("Settings")
    settings.settle()
    go(settings, "Apps", "Clock")
    package = "com.google.android.deskclock"
    settings.tap_on("Force stop")
    settings.tap_on("OK")
    assert not any(task["package"] == package for task in settings.state["tasks"])
    go(settings, "Notifications", "All Clock notifications")
    assert not settings.state["packages"][package]["notifications"]
    settings.press("BACK")
    go(settings, "Storage & cache", "Clear storage", "Delete")
    settings.press("BACK")
    settings.settle()
    settings.tap_on("Disable")
    settings.tap_on("Disable app")
    assert not settings.packages.is_enabled(package)
    settings.home()
    settings.swipe(540, 1600, 540, 700, 200)
    settings.settle()
    assert not settings.all_seen("Clock")


def test_settings_are_found_by_search(settings):
    settings.tap_on("Search settings")
    settings.settle()
    settings.type_keys("blue")
    settings.tap_on("Bluetooth")
    settings.settle()
    assert settings.seen("Use Bluetooth")


def test_rows_without_a_doing_tell_what_they_are_set_to(settings):
    go(settings, "Network & internet", "Private DNS")
    assert settings.seen("Automatic")
    settings.press("BACK")
    assert settings.seen("VPN")


def test_the_launcher_drawer_searches_and_opens_apps(full):
    full.swipe(540, 1600, 540, 700, 200)
    full.settle()
    assert full.seen("Calculator")
    full.tap_on("input")
    full.type_keys("mark")
    assert not full.all_seen("Calculator")
    full.tap_on("Markor")
    full.settle()
    assert full.foreground[0] == "net.gsantner.markor"
    full.press("HOME")
    full.settle()
    full.tap_on("Camera")
    full.settle()
    assert full.foreground[0] == "com.android.camera2"


def test_the_drawer_is_swiped_away_and_icons_have_a_menu(full):
    full.swipe(540, 1600, 540, 700, 200)
    full.settle()
    full.long_press(*full.middle("Clipper"))
    full.tap_on("App info")
    full.settle()
    assert full.seen("Force stop")
    full.press("HOME")
    full.swipe(540, 1600, 540, 700, 200)
    full.swipe(540, 900, 540, 1900, 200)
    full.settle()
    assert full.seen("search_container_hotseat")


def test_home_leaves_the_drawer(full):
    full.swipe(540, 1600, 540, 700, 200)
    full.settle()
    assert full.seen("Calculator")
    full.press("HOME")
    full.settle()
    assert full.seen("search_container_hotseat")


def test_a_long_press_on_the_home_screen_offers_the_settings(full):
    full.long_press(540, 900)
    full.tap_on("Wallpaper & style")
    full.settle()
    assert full.seen("Dark theme")


def test_a_secured_network_asks_for_a_password(settings):
    go(settings, "Network & internet", "Internet", "Harbour Cafe")
    assert not settings.seen("Connect").enabled
    settings.type_keys("abc")
    settings.tap_on("Connect")
    assert settings.seen("Check password and try again")
    go(settings, "Harbour Cafe")
    assert settings.seen("password").text == "", "what was typed is forgotten"


def test_text_size_is_reset(settings):
    settings.settings.put("system", "font_scale", "1.3")
    go(settings, "Display", "Display size and text", "Bold text", "Reset settings")
    assert asked(settings, "system", "font_scale") == "1.0"
    assert asked(settings, "secure", "font_weight_bold") == "0"
