"""What AndroidWorld's tasks do to a phone to set themselves up, and what they read from it to judge."""


def test_a_prepared_message_goes_out_by_the_button_named_sms(full):
    full.shell('am start -a android.intent.action.SENDTO -d sms:+15551234567 --es sms_body "Late by ten"')
    full.settle()
    full.tap_on("SMS")
    full.advance(2_000)
    sent = full.shell("content query --uri content://sms/sent --projection address:body").output
    assert sent == b"Row: 0 address=+15551234567, body=Late by ten\n"


CLOCK = "com.google.android.deskclock"
KEPT = "/data/data/android_world/snapshots"


def test_an_app_s_data_is_put_by_and_brought_back_by_copying_its_folder(full):
    full.prefs(CLOCK).update(
        word="a <b>\n\u0001é", big=1 << 40, small=-3, share=0.25, yes=True, none=None, list=[1, "x"]
    )
    full.database(CLOCK, "alarms.db").execute("INSERT INTO alarm_templates (hour, minutes) VALUES (4, 44)")
    alarms = "SELECT hour, minutes FROM alarm_templates ORDER BY _id"
    before = dict(full.prefs(CLOCK)), full.database(CLOCK, "alarms.db").execute(alarms).fetchall()
    assert full.shell(f"mkdir -p {KEPT}/{CLOCK}; cp -a /data/data/{CLOCK}/. {KEPT}/{CLOCK}/").status == 0
    full.prefs(CLOCK).clear()
    full.prefs(CLOCK)["other"] = 1
    full.database(CLOCK, "alarms.db").execute("DELETE FROM alarm_templates")
    full.shell(f"am force-stop {CLOCK}; rm -r /data/data/{CLOCK}/*")
    assert full.prefs(CLOCK) == {}
    assert full.shell(f"cp -a {KEPT}/{CLOCK}/. /data/data/{CLOCK}/").status == 0
    assert (full.prefs(CLOCK), full.database(CLOCK, "alarms.db").execute(alarms).fetchall()) == before


def test_preferences_can_be_read_and_written_as_android_s_files(full):
    path = f"/data/data/{CLOCK}/shared_prefs/{CLOCK}_preferences.xml"
    full.prefs(CLOCK).clear()
    full.prefs(CLOCK).update(style="digital", minutes=10)
    assert full.shell(f"cat {path}").output.decode().splitlines() == [
        "<?xml version='1.0' encoding='utf-8' standalone='yes' ?>",
        "<map>",
        '    <string name="style">digital</string>',
        '    <int name="minutes" value="10" />',
        "</map>",
    ]
    full.shell(f"sed -i 's/digital/analog/' {path}")
    assert full.prefs(CLOCK) == {"style": "analog", "minutes": 10}
    full.shell(f"mv /data/data/{CLOCK}/shared_prefs /sdcard/away")
    assert full.prefs(CLOCK) == {}
    full.shell(f"mv /sdcard/away /data/data/{CLOCK}/shared_prefs; pm clear {CLOCK}; ls /data/data/{CLOCK}")
    assert full.prefs(CLOCK) == {}
    full.shell(f"mkdir -p {path.rpartition('/')[0]}; echo nonsense > {path}")
    assert full.prefs(CLOCK) == {}


def test_to_look_at_preference_files_changes_nothing(full):
    full.prefs(CLOCK)["style"] = "digital"
    before = full.fingerprint(), full.contents()
    assert b"shared_prefs" in full.shell("ls -R /data/data").output
    assert (full.fingerprint(), full.contents()) == before
