"""Files, notes, pictures, clipboard and sums, by touches; what they leave is read in the files."""

import pytest

from palaestra.envs.android.device import Device
from palaestra.envs.android.system.files import STORAGE
from palaestra.envs.android.ui.tree import walk

NOTES = f"{STORAGE}/Documents/Markor"


def opened(phone, name):
    phone.open_app(name)
    phone.settle()
    return phone


def test_a_file_is_renamed_copied_moved_and_deleted(full):
    phone = opened(full, "Files")
    phone.long_press(*phone.middle("manual.txt"))
    phone.tap_on("More options")
    phone.tap_on("Rename")
    phone.select_all()
    phone.type_text("guide.txt")
    phone.tap_on("OK")
    assert phone.files.exists(f"{STORAGE}/Download/guide.txt")
    for kind, folder in (("Copy", "Music"), ("Move", "Documents")):
        phone.long_press(*phone.middle("guide.txt"))
        phone.tap_on("More options")
        phone.tap_on(f"{kind} to…")
        phone.tap_on("Show roots")
        phone.tap_on("sdk_gphone_x86_64")
        phone.tap_on(folder)
        phone.tap_on(kind)
        phone.advance(3_000)
        if kind == "Copy":
            phone.tap_on("Show roots")
            phone.tap_on("Downloads")
    assert phone.files.read(f"{STORAGE}/Music/guide.txt") == b"Press the button.\n"
    assert phone.files.exists(f"{STORAGE}/Documents/guide.txt")
    assert not phone.files.exists(f"{STORAGE}/Download/guide.txt")
    phone.long_press(*phone.middle("guide.txt"))
    phone.tap_on("Delete")
    phone.tap_on("OK")
    assert not phone.files.exists(f"{STORAGE}/Documents/guide.txt")


def test_a_folder_is_made_and_files_are_found(full):
    phone = opened(full, "Files")
    phone.tap_on("More options")
    phone.tap_on("New folder")
    phone.type_text("Trips")
    phone.tap_on("OK")
    assert phone.files.isdir(f"{STORAGE}/Download/Trips")
    phone.tap_on("Trips")
    assert phone.seen("No items")
    phone.press("BACK")
    phone.tap_on("Search")
    phone.type_keys("budget")
    assert phone.seen("budget.csv")
    assert not phone.all_seen("manual.txt")


def test_text_files_open_in_the_notes_app(full):
    phone = opened(full, "Files")
    phone.tap_on("manual.txt")
    phone.settle()
    assert phone.foreground[0] == "net.gsantner.markor"
    assert phone.seen("Press the button.\n")


def test_a_note_is_written_saved_and_shown(full):
    phone = opened(full, "Markor")
    phone.tap_on("Create a new file or folder")
    phone.type_keys("plan")
    phone.tap_on("new_file_dialog__type")
    phone.settle()
    inset = phone.seen("Plain text").bounds[0] - phone.seen("new_file_dialog__type").bounds[0]
    assert 0 < inset < 40, "the list opens at its field"
    phone.tap_on("Plain text")
    assert phone.seen("new_file_dialog__ext").text == ".txt"
    phone.tap_on("OK")
    phone.settle()
    phone.type_keys("First")
    phone.tap_on("Enter")
    phone.type_keys("Second")
    phone.tap_on("Save")
    assert phone.files.read(f"{NOTES}/plan.txt") == b"First\nSecond"
    phone.tap_on("Undo")
    phone.press("BACK")
    phone.tap_on("Navigate up")
    phone.settle()
    assert phone.files.read(f"{NOTES}/plan.txt") == b"First\nSecon", "what is left is saved"


def test_the_name_of_a_new_note_is_followed_by_the_extension_that_was_used_last(full):
    phone = opened(full, "Markor")

    def create(name, button="OK", extension=None):
        phone.tap_on("Create a new file or folder")
        phone.type_text(name)
        if extension is not None:
            phone.tap_on("new_file_dialog__ext")
            phone.select_all()
            phone.press("DEL")
            phone.type_text(extension)
        phone.tap_on(button)
        phone.settle()
        if button == "OK":
            phone.tap_on("Navigate up")
            phone.settle()

    create("a.md")
    create("b", extension=" ")
    create("c")
    create("d", extension=".json")
    create("e", button="Folder")
    assert phone.files.listdir(NOTES) == ["a.md.md", "b", "c", "d.json", "e", "shopping_list.md"]


def test_a_note_that_is_left_by_home_is_saved(full):
    phone = opened(full, "Markor")
    phone.tap_on("shopping_list.md")
    phone.settle()
    phone.tap_on("document__fragment__edit__highlighting_editor")
    phone.press("MOVE_END")
    phone.type_text("!")
    looked = Device()
    looked.restore(phone.snapshot())
    looked.home()
    looked.frame()
    looked.advance(100)
    phone.home()
    assert b"!" in phone.files.read(f"{NOTES}/shopping_list.md")
    phone.advance(100)
    assert looked.fingerprint() == phone.fingerprint(), "saved by leaving, not by drawing what comes then"


def test_a_note_is_saved_before_the_overview_ends_its_app(full):
    phone = opened(full, "Markor")
    phone.tap_on("shopping_list.md")
    phone.settle()
    phone.tap_on("document__fragment__edit__highlighting_editor")
    phone.press("MOVE_END")
    phone.type_text("!")
    phone.recents()
    for _ in range(3):
        phone.swipe(540, 1200, 900, 1200)
    phone.tap_on("Clear all")
    assert not [task for task in phone.state["tasks"] if task["package"] == "net.gsantner.markor"]
    assert b"!" in phone.files.read(f"{NOTES}/shopping_list.md")


def test_what_cannot_be_written_is_said(full):
    phone = opened(full, "Markor")
    phone.tap_on("shopping_list.md")
    phone.settle()
    phone.tap_on("document__fragment__edit__highlighting_editor")
    phone.type_text("!")
    phone.shell(f"rm -r {NOTES}; rm -r {STORAGE}/Pictures; touch {STORAGE}/Pictures")
    phone.tap_on("Save")
    assert phone.seen("Couldn’t save")
    opened(phone, "Camera")
    phone.advance(2_500)
    phone.tap_on("Shutter")
    assert phone.seen("Couldn’t save it")
    assert phone.files.read(f"{STORAGE}/Pictures") == b""


def test_a_note_is_previewed_moved_into_a_folder_and_deleted(full):
    phone = opened(full, "Markor")
    phone.tap_on("shopping_list.md")
    phone.settle()
    phone.tap_on("View mode")
    assert phone.seen("Shopping")
    phone.tap_on("Navigate up")
    phone.tap_on("Create a new file or folder")
    phone.type_text("lists")
    phone.tap_on("Folder")
    phone.long_press(*phone.middle("shopping_list.md"))
    phone.tap_on("More options")
    phone.tap_on("Move")
    phone.tap_on("lists")
    phone.tap_on("Select this folder")
    assert phone.files.exists(f"{NOTES}/lists/shopping_list.md")
    phone.tap_on("lists")
    phone.long_press(*phone.middle("shopping_list.md"))
    phone.tap_on("Delete")
    phone.tap_on("OK")
    assert phone.files.listdir(f"{NOTES}/lists") == []


def test_photos_and_videos_are_taken_shown_and_deleted(full):
    phone = opened(full, "Camera")
    phone.tap_on("Shutter")
    phone.tap_on("Shutter")
    phone.tap_on("Video")
    phone.tap_on("Shutter")
    phone.advance(3_000)
    assert phone.seen("00:03")
    phone.tap_on("Shutter")
    photos, videos = phone.files.listdir(f"{STORAGE}/Pictures"), phone.files.listdir(f"{STORAGE}/Movies")
    assert (len(photos), len(videos)) == (2, 1)
    phone.tap_on("Settings")
    phone.tap_on("Show grid lines")
    opened(phone, "Gallery")
    assert len(phone.all_seen("medium_thumbnail")) == 3
    phone.tap_on(photos[0])
    phone.settle()
    phone.tap_on("Properties")
    phone.tap_on("OK")
    phone.tap_on("Delete")
    phone.tap_on("Yes")
    assert len(phone.files.listdir(f"{STORAGE}/Pictures")) == 1


def test_a_picture_is_copied_to_a_folder_without_pictures_and_moved_to_one_that_has_some(full):
    phone = opened(full, "Camera")
    phone.tap_on("Shutter")
    opened(phone, "Gallery")
    name = phone.files.listdir(f"{STORAGE}/Pictures")[0]
    phone.tap_on(name)
    phone.settle()

    def transfer(kind, *places):
        phone.tap_on("More options")
        phone.tap_on(kind)
        for place in places:
            phone.tap_on(place)
        phone.settle()

    transfer("Copy to", "Pictures")
    assert phone.seen("Source and destination cannot be the same")
    transfer("Copy to", "Other folder", "..", "Download", "OK")
    assert phone.files.read(f"{STORAGE}/Download/{name}") == phone.files.read(f"{STORAGE}/Pictures/{name}")
    transfer("Move to", "Download")
    assert phone.seen(f"“{name}” already exists there")
    transfer("Move to", "Other folder", "..", "DCIM", "OK")
    assert phone.files.listdir(f"{STORAGE}/Pictures") == []
    assert phone.files.exists(f"{STORAGE}/DCIM/{name}")
    assert phone.seen("toolbar_title").text == name


def test_a_film_ends_when_the_camera_is_left(full):
    phone = opened(full, "Camera")
    phone.tap_on("Video")
    phone.tap_on("Shutter")
    phone.advance(3_000)
    phone.home()
    assert len(phone.files.listdir(f"{STORAGE}/Movies")) == 1
    opened(phone, "Camera")
    assert not phone.all_seen("recording_time")


def test_pictures_are_turned_by_swipes(full):
    phone = opened(full, "Camera")
    phone.tap_on("Shutter")
    phone.advance(2_000)
    phone.tap_on("Shutter")
    opened(phone, "Gallery")
    first, second = sorted(phone.files.listdir(f"{STORAGE}/Pictures"), reverse=True)
    phone.tap_on(first)
    phone.settle()
    phone.swipe(800, 1200, 300, 1200)
    assert phone.seen("toolbar_title").text == second
    phone.swipe(300, 1200, 800, 1200)
    assert phone.seen("toolbar_title").text == first


def test_the_camera_asks_when_its_permission_is_gone(full):
    full.packages.revoke("com.android.camera2", "android.permission.CAMERA")
    phone = opened(full, "Camera")
    phone.tap_on("Allow")
    phone.tap_on("While using the app")
    phone.settle()
    assert phone.seen("Shutter")


def test_text_is_copied_to_the_clipboard_and_pasted_elsewhere(full):
    phone = opened(full, "Clipper")
    phone.tap_on("text_to_copy")
    phone.type_keys("abc")
    phone.tap_on("Copy")
    assert phone.clipboard == "abc"
    phone.tap_on("Clear")
    phone.long_press(*phone.middle("text_to_copy"))
    phone.tap_on("Paste")
    assert phone.seen("text_to_copy").text == "abc"


@pytest.mark.parametrize(
    ("keys", "result"),
    [("12+7=", "19"), ("2+3×4=", "14"), ("1÷3=", "0.333333333333"), ("0.1+0.2=", "0.3"), ("50%×8=", "4")],
)
def test_sums(full, keys, result):
    phone = opened(full, "Calculator")
    for key in keys:
        phone.tap_on({"+": "plus", "×": "multiply", "÷": "divide", "=": "equals", "%": "percent"}.get(key, key))
    assert phone.seen("formula").text == result


def test_the_calculator_says_what_cannot_be_and_forgets(full):
    phone = opened(full, "Calculator")
    for name in ("8", "divide", "0", "equals"):
        phone.tap_on(name)
    assert phone.seen("Can’t divide by 0")
    phone.tap_on("clear")
    assert phone.seen("formula").text == "0"


def test_every_key_of_the_calculator_shows_on_a_phone_on_its_side(full):
    full.settings.put("system", "user_rotation", "1")
    phone = opened(full, "Calculator")
    for key in ("7", "multiply", "8", "equals"):
        left, top, right, bottom = phone.seen(key).clip
        assert phone.seen(key).bounds == (left, top, right, bottom)
        assert bottom - top > 80
        phone.tap_on(key)
    assert phone.seen("formula").text == "56"


def test_a_film_plays_to_its_end(full):
    phone = opened(full, "Camera")
    phone.tap_on("Video")
    phone.tap_on("Shutter")
    phone.advance(4_000)
    phone.tap_on("Shutter")
    phone.tap_on("Last photo")
    phone.settle()
    assert phone.seen("video_duration").text == "00:04"
    phone.tap_on("Play")
    phone.advance(2_000)
    assert phone.seen("video_curr_time").text == "00:02"
    assert phone.seen("Pause")
    phone.advance(3_000)
    assert phone.seen("video_curr_time").text == "00:04"
    assert phone.seen("Play")


def test_the_preview_of_a_note_shows_boxes_and_drops_the_marks_of_emphasis(full):
    full.files.write(f"{NOTES}/list.md", b"- [x] **done** now\n- [ ] open\n2 * 3 * 4")
    phone = opened(full, "Markor")
    phone.tap_on("list.md")
    phone.settle()
    phone.tap_on("View mode")
    assert phone.seen("done now")
    assert phone.seen("2 * 3 * 4")
    boxes = [view.icon for window in phone.windows() for view in walk(window.root) if view.icon.startswith("checkbox")]
    assert boxes == ["checkbox-marked", "checkbox-blank-outline"]


def test_a_toast_stands_above_the_keyboard(full):
    phone = opened(full, "Markor")
    phone.tap_on("Create a new file or folder")
    phone.tap_on("OK")
    assert phone.window("toast").bounds[3] < phone.window("keyboard").bounds[1]
