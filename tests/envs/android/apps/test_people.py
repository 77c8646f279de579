"""Contacts, phone and messages, used by touches and read in the providers."""

import pytest

from palaestra.envs.android.system.intents import intent
from palaestra.envs.android.tasks.sms import was_sent


def contacts(phone):
    rows = phone.providers.query("content://com.android.contacts/contacts", ["display_name"], sort="display_name")
    return [row["display_name"] for row in rows]


def numbers(phone):
    rows = phone.providers.query("content://contacts/phones/", ["display_name", "number"])
    return {row["display_name"]: row["number"] for row in rows}


def messages(phone):
    rows = phone.providers.query("content://sms", ["address", "body", "type"], sort="_id")
    return [(row["address"], row["body"], row["type"]) for row in rows]


def calls(phone):
    rows = phone.providers.query("content://call_log/calls", ["number", "type", "duration"], sort="_id")
    return [(row["number"], row["type"], row["duration"]) for row in rows]


@pytest.fixture
def people(full):
    full.open_app("Contacts")
    full.settle()
    return full


def test_a_contact_is_created_on_the_soft_keyboard(people):
    people.tap_on("Create contact")
    people.settle()
    people.type_keys("Ada")
    people.tap_on("Next")
    people.type_keys("Byron")
    people.tap_on("phone")
    people.type_keys("5550100")
    people.press("BACK")
    people.tap_on("Mobile Phone")
    people.tap_on("Work")
    people.tap_on("Save")
    people.settle()
    assert numbers(people)["Ada Byron"] == "5550100"
    assert people.seen("Work")
    people.tap_on("Navigate up")
    assert people.seen("Ada Byron")


def test_a_contact_is_changed_starred_and_deleted(people):
    people.tap_on("Ben Okafor")
    people.tap_on("Edit contact")
    people.tap_on("last")
    people.select_all()
    people.type_text("Adeyemi")
    people.tap_on("Save")
    people.settle()
    assert "Ben Adeyemi" in contacts(people)
    people.tap_on("Add to favorites")
    assert people.seen("Remove from favorites")
    people.tap_on("More options")
    people.tap_on("Delete")
    assert "Ben Adeyemi" in contacts(people)
    people.tap_on("Delete")
    people.settle()
    assert "Ben Adeyemi" not in contacts(people)
    assert len(contacts(people)) == 5


def test_leaving_a_form_asks_before_changes_are_lost(people):
    people.tap_on("Create contact")
    people.settle()
    people.type_text("Nobody")
    people.press("BACK")
    people.press("BACK")
    people.tap_on("Discard")
    people.settle()
    assert people.foreground[1].endswith("PeopleActivity")
    assert "Nobody" not in contacts(people)


def test_searching_people(people):
    people.tap_on("Search contacts")
    people.type_keys("da")
    assert people.all_seen("Daniel Wu")
    assert not people.all_seen("Ben Okafor")
    people.tap_on("Clear search")
    assert people.all_seen("Ben Okafor")


def test_a_call_is_dialled_answered_ended_and_logged(full):
    full.open_app("Phone")
    full.settle()
    full.tap_on("key pad")
    for digit in "5550199":
        full.tap_on(digit)
    full.tap_on("backspace")
    full.tap_on("dial")
    full.settle()
    assert full.state["call"]["number"] == "555019"
    assert full.seen("Calling…")
    full.advance(8_000)
    assert full.seen("00:05")
    full.tap_on("End call")
    full.advance(1_000)
    assert full.state["call"]["state"] == 0
    assert [(number, kind) for number, kind, _ in calls(full)] == [("555019", 2)]
    full.press("BACK")
    full.settle()
    assert full.foreground[1].endswith("GoogleDialtactsActivity")


def test_a_call_that_comes_in_rings_and_is_taken_or_missed(full):
    from palaestra.envs.android.system.telephony import set_call

    set_call(full, 1, "+1 415 555 0132")
    full.advance(500)
    assert full.seen("Amelia Hart")
    full.tap_on("Answer")
    full.advance(5_000)
    assert full.foreground[1].endswith("InCallActivity")
    full.tap_on("End call")
    full.advance(500)
    assert calls(full)[0][:2] == ("+1 415 555 0132", 1)
    set_call(full, 1, "5550123")
    full.advance(500)
    set_call(full, 0, "")
    full.advance(500)
    assert calls(full)[-1] == ("5550123", 3, 0)


def test_a_message_is_written_to_a_contact_and_sent(full):
    full.open_app("Simple SMS Messenger")
    full.settle()
    full.tap_on("New conversation")
    full.settle()
    full.type_keys("carla")
    full.tap_on("Carla Mendes")
    full.settle()
    full.tap_on("thread_type_message")
    full.type_keys("See you")
    full.tap_on("Enter")
    full.tap_on("Send")
    assert messages(full)[-1] == ("+1 617 555 0103", "See you", 4)
    full.settle()
    assert messages(full)[-1] == ("+1 617 555 0103", "See you", 2)
    full.press("BACK")
    full.press("BACK")
    full.settle()
    assert full.seen("You: See you")


def test_a_message_to_a_number_fails_in_airplane_mode_and_is_retried(full):
    full.settings.put("global", "airplane_mode_on", "1")
    full.start_activity(intent("android.intent.action.SENDTO", data="sms:5550777", sms_body="late"))
    full.settle()
    full.tap_on("Send")
    full.settle()
    assert messages(full)[-1] == ("5550777", "late", 5)
    full.settings.put("global", "airplane_mode_on", "0")
    full.tap_on("Not sent. Touch to retry.")
    full.settle()
    assert messages(full)[-1] == ("5550777", "late", 2)
    assert len([one for one in messages(full) if one[0] == "5550777"]) == 1


def test_a_message_comes_in_is_announced_opened_and_deleted(full):
    extras = {"address": "5550888", "body": "Hello there"}
    full.broadcast(intent("android.provider.Telephony.SMS_DELIVER", **extras))
    full.advance(300)
    full.tap_on("Hello there")
    full.settle()
    assert full.foreground[1].endswith("ThreadActivity")
    assert not full.state["notifications"]
    full.long_press(*full.middle("Hello there"))
    full.tap_on("Copy to clipboard")
    assert full.clipboard == "Hello there"
    full.tap_on("More options")
    full.tap_on("Delete")
    full.tap_on("Yes")
    full.settle()
    assert not [one for one in messages(full) if one[0] == "5550888"]


def test_looking_at_a_thread_makes_no_difference(full):
    full.providers.insert("content://sms/inbox", {"address": "5550888", "body": "Hello there", "read": 0})
    full.open_app("Simple SMS Messenger")
    full.settle()
    looked = type(full)()
    looked.restore(full.snapshot())
    for phone in (full, looked):
        phone.tap_on("5550888")
    looked.frame()
    for phone in (full, looked):
        phone.advance(5_000)
    assert looked.fingerprint() == full.fingerprint()


def test_a_long_thread_shows_its_end_and_a_short_one_stands_at_the_bottom(full):
    for number in range(30):
        full.providers.insert("content://sms/inbox", {"address": "5550888", "body": f"message {number}", "read": 1})
    full.open_app("Simple SMS Messenger")
    full.settle()
    full.tap_on("5550888")
    full.settle()
    assert full.all_seen("message 29")
    assert not full.all_seen("message 0")
    full.press("BACK")
    full.settle()
    full.tap_on("Ben Okafor")
    full.settle()
    assert full.seen("Your parcel is at the front desk.").bounds[1] > 1200


def test_several_conversations_are_deleted_at_once(full):
    full.open_app("Simple SMS Messenger")
    full.settle()
    full.long_press(*full.middle("Ben Okafor"))
    full.tap_on("Amelia Hart")
    full.tap_on("Delete")
    full.tap_on("Yes")
    full.settle()
    assert messages(full) == []
    assert full.seen("No stored conversations found")


def test_a_call_goes_on_in_the_shade_and_its_screen_goes_when_it_has_ended(full):
    full.open_app("Phone")
    full.settle()
    full.tap_on("key pad")
    for digit in "5550123":
        full.tap_on(digit)
    full.tap_on("dial")
    full.advance(5_000)
    full.home()
    full.shade(True)
    full.tap_on("Hang up")
    full.advance(2_500)
    assert not full.state["notifications"]
    assert calls(full) == [("5550123", 2, 5)]
    assert not [record for task in full.state["tasks"] for record in task["records"] if "InCall" in record["cls"]]
    full.open_app("Phone")
    full.settle()
    full.press("BACK")
    assert full.seen("Recents")
    full.tap_on("5550123")
    assert full.seen("digits").text == "5550123"


def test_the_keyboard_leaves_room_to_type_on_a_phone_on_its_side(full):
    full.settings.put("system", "user_rotation", "1")
    full.start_activity(intent("android.intent.action.SENDTO", data="sms:5550777"))
    full.settle()
    full.tap_on("thread_type_message")
    full.settle()
    field = full.seen("thread_type_message")
    assert full.window("keyboard") is not None
    assert field.clip == field.bounds
    assert field.bounds[3] - field.bounds[1] >= 48 * 2.625 - 1


def test_rows_of_other_types_than_the_apps_write_are_shown_all_the_same(full):
    for bind in ("date:s:x", "date:n: --bind body:n:", "date:l:9223372036854775807"):
        full.shell(f"content insert --uri content://sms/inbox --bind address:s:5 --bind body:s:hi --bind {bind}")
    full.open_app("Simple SMS Messenger")
    assert full.seen("Dec 31")
    full.shell("am start -a android.intent.action.SENDTO -d sms:5")
    assert full.seen("hi")
    assert full.seen("Jan 1")
    full.shell("content insert --uri content://call_log/calls --bind number:n: --bind date:s:x --bind type:s:x")
    full.open_app("Phone")
    full.settle()
    assert full.seen("Unknown")
    full.shell("content insert --uri content://sms/sent --bind address:n: --bind body:n: --bind date:s:x")
    assert not was_sent(full, "5", "hi")
