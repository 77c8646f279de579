"""Which activity answers an intent: the rules of Android's intent filters, over what the apps declare."""

import pytest

ACTION = "android.intent.action."
OPENABLE = "-c android.intent.category.OPENABLE"
PEOPLE = "com.google.android.contacts/com.android.contacts.activities.PeopleActivity"
CARD = "com.google.android.contacts/com.google.android.apps.contacts.quickcontact.QuickContactActivity"
WRITE = "com.simplemobiletools.smsmessenger/.activities.NewConversationActivity"
SELECT = "com.google.android.contacts/com.android.contacts.activities.ContactSelectionActivity"
EDITOR = "com.google.android.contacts/com.google.android.apps.contacts.editor.ContactEditorActivity"
DIALER = "com.google.android.dialer/.extensions.GoogleDialtactsActivity"
CLOCK = "com.google.android.deskclock/com.android.deskclock.DeskClock"
CHROME = "com.android.chrome/com.google.android.apps.chrome.Main"
CAMERA = "com.android.camera2/com.android.camera.CameraLauncher"
GALLERY = "com.simplemobiletools.gallery.pro/.activities."
NOTE = "net.gsantner.markor/.activity.DocumentActivity"
FILES = "com.google.android.documentsui/com.android.documentsui."
RESOLVER = "android/com.android.internal.app.ResolverActivity"
DOCUMENT = "content://com.android.externalstorage.documents"
ANSWERS = {
    "VIEW -d https://example.org": CHROME,
    "VIEW -d https://example.org -c android.intent.category.BROWSABLE": CHROME,
    "VIEW -d ftp://example.org": None,
    "VIEW -d mailto:a@example.org": None,
    "VIEW -d geo:0,0": None,
    "VIEW -d market://details?id=x": None,
    "VIEW -d foo:bar": None,
    "VIEW -d content://com.android.calendar": None,
    "VIEW -d content://media/external/images/media/": None,  # Simple Gallery only picks from it
    "VIEW -d file:///sdcard/Download/manual.txt": None,  # every filter for files declares a type
    "VIEW": None,
    "SEND": None,
    "SENDTO -d mailto:a@example.org": None,
    "PICK": None,
    "VIEW -t text/plain -d ftp://example.org/a.txt": None,
    "VIEW -t text/plain -d file:///sdcard/Download/manual.txt": NOTE,
    "EDIT -t text/plain -d file:///sdcard/Download/manual.txt": NOTE,
    "VIEW -t image/png -d file:///sdcard/a.png": f"{GALLERY}PhotoActivity",
    "VIEW -t video/mp4 -d content://media/external/video/media/1": f"{GALLERY}VideoActivity",
    "VIEW -d content://contacts/people/": PEOPLE,
    "VIEW -d content://com.android.contacts/contacts/1": CARD,
    "VIEW -d content://call_log/calls": DIALER,
    f"VIEW -d {DOCUMENT}/root/primary": f"{FILES}files.FilesActivity",
    f"VIEW -d {DOCUMENT}/document/primary%3ADownload": f"{FILES}files.FilesActivity",
    f"VIEW -d {DOCUMENT}/document/primary%3ADownload%2Fmanual.txt": NOTE,
    "SEND -t text/plain": RESOLVER,
    "SEND -t text/plain -p net.gsantner.markor": NOTE,
    "SEND -t image/png": WRITE,
    "SEND_MULTIPLE -t image/*": WRITE,
    "SENDTO -d smsto:+15550100": WRITE,
    "SENDTO -d sms:+15550100 -c android.intent.category.BROWSABLE": WRITE,
    "SENDTO -d sms:+15550100 -c android.intent.category.APP_MAPS": None,
    "SENDTO -d sms:+15550100 -p net.gsantner.markor": None,
    "PICK -t image/*": f"{GALLERY}MainActivity",
    "PICK -d content://media/external/images/media": f"{GALLERY}MainActivity",
    "PICK -d content://com.android.contacts/contacts": SELECT,
    "PICK -d content://com.android.contacts/data/phones": SELECT,
    "GET_CONTENT -t vnd.android.cursor.item/contact": f"{FILES}picker.PickActivity",
    f"GET_CONTENT -t image/* {OPENABLE}": f"{FILES}picker.PickActivity",  # its priority is higher than the gallery's
    f"GET_CONTENT -t image/* {OPENABLE} -p com.simplemobiletools.gallery.pro": f"{GALLERY}MainActivity",
    f"OPEN_DOCUMENT -t '*/*' {OPENABLE}": f"{FILES}picker.PickActivity",
    "INSERT -t vnd.android.cursor.dir/contact": EDITOR,
    "INSERT -d content://com.android.contacts/raw_contacts": EDITOR,
    "EDIT -d content://com.android.contacts/contacts/1": EDITOR,
    "DIAL": DIALER,
    "DIAL -d tel:+15550100": DIALER,
    "VIEW -d tel:+15550100": DIALER,
    "CALL -d tel:+15550100": "com.google.android.dialer/com.android.incallui.InCallActivity",
    "CALL": None,
    "SET_ALARM": CLOCK,
    "SET_TIMER": CLOCK,
    "SHOW_ALARMS": CLOCK,
    "MAIN -c android.intent.category.HOME": "com.google.android.apps.nexuslauncher/.NexusLauncherActivity",
    "MAIN -p com.android.settings": "com.android.settings/.Settings",
}
OTHERS = {
    "android.media.action.STILL_IMAGE_CAMERA": CAMERA,
    "android.media.action.IMAGE_CAPTURE": CAMERA,
    "android.media.action.VIDEO_CAPTURE": CAMERA,
    "android.settings.WIFI_SETTINGS": "com.android.settings/.Settings$NetworkProviderSettingsActivity",
    "android.settings.APPLICATION_DETAILS_SETTINGS": None,  # of which app, says its address
    "android.settings.APPLICATION_DETAILS_SETTINGS -d package:net.gsantner.markor": (
        "com.android.settings/.applications.InstalledAppDetails"
    ),
    "android.settings.NOBODY_SETTINGS": None,
}


def test_an_intent_is_resolved_by_what_apps_declare(full):
    asked = {f"{ACTION}{line}": answer for line, answer in ANSWERS.items()} | OTHERS
    for line, answer in asked.items():
        said = full.shell(f"cmd package resolve-activity --brief -a {line}").output.decode().splitlines()[-1]
        assert said == (answer or "No activity found"), line


def test_an_intent_without_an_answer_is_an_error_and_starts_nothing(full):
    before = full.fingerprint()
    line = f"am start -a {ACTION}VIEW -d ftp://example.org/page"
    intent = "Intent { act=android.intent.action.VIEW dat=ftp://example.org/..."
    error = f"Error: Activity not started, unable to resolve {intent} flg=0x10000000 }}\n"
    assert full.shell(f"{line} 2>/dev/null").output.decode() == f"Starting: {intent} }}\n"
    result = full.shell(f"{line} 2>&1 >/dev/null")
    assert (result.output.decode(), result.status) == (error, 0)
    assert full.shell(line.replace("start", "start -W") + " 2>/dev/null").output.decode().endswith(error)
    stopped = full.shell(line.replace("start", "start -S"))
    assert stopped.output.decode() == f"Error: Intent does not match any activities: {intent} }}\n"
    assert stopped.status == 1
    assert full.fingerprint() == before


def share(phone):
    phone.shell(f"am start -a {ACTION}SEND -t text/plain --es android.intent.extra.TEXT 'buy milk'")
    phone.settle()


def test_the_user_chooses_among_several_apps(full):
    share(full)
    assert full.foreground == ("android", "com.android.internal.app.ResolverActivity")
    assert b"topActivity=ComponentInfo{android/com.android.internal.app.ResolverActivity}" in (
        full.shell("am stack list | head -3").output
    )
    assert not full.seen("android:id/button_once").enabled
    full.tap_on("Markor")
    full.tap_on("android:id/button_once")
    full.tap_on("QuickNote")
    full.settle()
    assert full.files.read("/sdcard/Documents/Markor/quicknote.md") == b"buy milk\n"
    share(full)
    full.back()
    assert full.foreground[0] == "net.gsantner.markor"
    share(full)
    full.tap_on("Simple SMS Messenger")
    full.tap_on("android:id/button_always")
    full.home()
    share(full)  # not asked again
    assert full.foreground[1].endswith("NewConversationActivity")
    full.tap_on("Ben Okafor")
    full.settle()
    assert full.all_seen("buy milk")


@pytest.mark.parametrize(
    ("asked", "tapped", "answer"),
    [
        ({"action": f"{ACTION}PICK", "type": "vnd.android.cursor.dir/contact"}, "Ben Okafor", "contacts/2"),
        (
            {"action": f"{ACTION}OPEN_DOCUMENT", "type": "text/*"},
            "manual.txt",
            f"{DOCUMENT}/document/primary%3ADownload%2Fmanual.txt",
        ),
    ],
)
def test_what_is_picked_goes_back_to_the_app_that_asked(full, asked, tapped, answer):
    full.open_app("Clock")
    full.settle()
    results = []
    full.answered = lambda record, request, result: results.append((request, result["data"]))
    intent = {"data": "", "package": "", "cls": "", "categories": [], "flags": [], "extras": {}} | asked
    full.start_activity(intent, new_task=False, request="mine", by=full.activities.top["id"])
    full.settle()
    assert not full.all_seen("boarding_pass.pdf")
    full.tap_on(tapped)
    assert full.foreground[0] == "com.google.android.deskclock"
    assert [(request, data.endswith(answer)) for request, data in results] == [("mine", True)]
