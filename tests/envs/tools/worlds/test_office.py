"""The office: free times as an agent can compute them, its tools, and what its checks take for right and wrong."""

import json

import gymnasium
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import palaestra.envs  # noqa: F401 (registers the worlds)
from palaestra.envs.tools.calls import Fault, ToolCall
from palaestra.envs.tools.random_calls import random_turn
from palaestra.envs.tools.task import turn_of
from palaestra.envs.tools.worlds.office import hours
from palaestra.envs.tools.worlds.office.desk import FIRST_NEW, OWNER, RULES, SWITCHBOARD
from palaestra.envs.tools.worlds.office.people import CAST_LAST_NAMES, OTHER_LAST_NAMES
from palaestra.envs.tools.worlds.office.world import MAX_NEW, ToolOffice

MAX_IMAGE = 256 << 10


def world(name="ScheduleMeeting@2", seed=0):
    one = gymnasium.make("palaestra/ToolOffice-v0")
    one.reset(seed=seed, options={"task": name, "task_seed": seed})
    return one


def message(one, tool, **arguments):
    observation, *_ = one.step([ToolCall("", tool, arguments)])
    return json.loads(observation["messages"])[0]


def use(one, tool, **arguments):
    """A call's result as text.

    Raises:
        RuntimeError: the call failed.
    """
    given = message(one, tool, **arguments)
    if given.get("is_error"):
        raise RuntimeError(given["content"])
    return given["content"]


def data(one, tool, **arguments):
    return json.loads(use(one, tool, **arguments))


def colleague(one, number=0):
    rows = one.database.rows("SELECT * FROM contact WHERE company = 'Tarnwick' AND notes NOT LIKE 'Old%' ORDER BY id")
    return rows[number]


# Days and free times.


@pytest.mark.parametrize("seed", range(4))
def test_find_free_agrees_with_list_events(seed):
    one = world("ScheduleMeeting@3", seed)
    people = [row["email"] for row in one.database.rows("SELECT DISTINCT email FROM attendee ORDER BY email")]
    known = {row["email"] for row in one.database.rows("SELECT email FROM contact")}
    people = [each for each in people if each.endswith("@tarnwick.example") and each in known][:6]
    for day in hours.WORKDAYS[1:]:
        busy = [
            (event["start"][11:], event["end"][11:])
            for person in [OWNER.email, *people]
            for event in data(one, "list_events", first_day=day, person="" if person == OWNER.email else person)
            if event["people"][person] != "declined"
        ]
        free = data(one, "find_free", people=people, day=day, minutes=30)["free"]
        assert free == [f"{start}-{end}" for start, end in hours.free_spans(busy, 30)]


def test_declined_and_cancelled_events_keep_nobody_busy():
    one = world()
    want = one.task.slots["want"]["new_event"]
    day, start = want["start"].split()
    (person, *_), around = want["people"], f"{start}-"
    listed = data(one, "list_events", first_day=day, person=person)
    assert [each["people"][person] for each in listed if each["start"] == want["start"]] == ["declined"]
    free = data(one, "find_free", people=want["people"], day=day, minutes=60)["free"]
    assert free[0].startswith(around)


def test_no_time_is_free_on_a_weekend_in_the_past_or_before_now():
    one = world()
    for day in ("2026-01-10", "2026-01-11", "2026-01-02"):
        assert data(one, "find_free", people=[], day=day)["free"] == []
    free = data(one, "find_free", people=[], day="2026-01-05", minutes=1)["free"]
    assert all(each > "10:00" for each in free)


def test_only_colleagues_calendars_can_be_seen():
    one = world()
    outside = one.database.value("SELECT email FROM contact WHERE company <> 'Tarnwick' ORDER BY id")
    for email in (outside, "nobody@tarnwick.example", "x"):
        with pytest.raises(RuntimeError, match="no colleague"):
            use(one, "find_free", people=[email], day="2026-01-08")


@pytest.mark.parametrize(
    "text", ["", "8 January", "2026-02-30", "2026-1-8", "20260108", "2026-W02-4", "２０２６-01-08"]
)
def test_days_that_are_none_are_refused_with_an_example(text):
    one = world()
    with pytest.raises(RuntimeError, match="2026-01-08"):
        use(one, "find_free", people=[], day=text)
    assert Fault.CRASHED not in one.step("")[4]["errors"]


@pytest.mark.parametrize("text", ["2026-01-08", "14:00", "2026-01-08 25:00", "2026-01-08 2 pm", "tomorrow 14:00"])
def test_times_that_are_none_are_refused_with_an_example(text):
    with pytest.raises(RuntimeError, match="2026-01-08 14:00"):
        use(world(), "create_event", title="Talk", start=text, minutes=30, people=[])


# Mail.


def test_mails_are_found_by_words_sender_and_folder_newest_first():
    one = world()
    everything = data(one, "search_mail")
    dates = [each["date"] for each in everything["mails"]]
    assert len(dates) == 10 < everything["total"] == one.database.value("SELECT count(*) FROM mail")
    assert dates == sorted(dates, reverse=True)
    second = data(one, "search_mail", page=2)["mails"]
    assert second[0]["date"] <= dates[-1]
    assert not {each["mail_id"] for each in second} & {each["mail_id"] for each in everything["mails"]}
    mail = one.database.row("SELECT * FROM mail WHERE folder = 'inbox' ORDER BY id")
    word = mail["subject"].split()[0].strip(":?!")
    found = data(one, "search_mail", words=word[:4].upper(), sender=mail["sender"].upper(), folder="inbox")
    assert mail["id"] in [each["mail_id"] for each in found["mails"]]
    assert data(one, "search_mail", words="zzz")["mails"] == []
    assert all(each["unread"] for each in data(one, "search_mail", unread_only=True)["mails"])


def test_reading_changes_nothing_and_marking_does():
    one = world()
    number = one.database.value("SELECT id FROM mail WHERE unread ORDER BY id")
    assert "text" in data(one, "read_mail", mail_id=number)
    assert one.database.changes() == {}
    use(one, "mark_read", mail_id=number)
    assert one.database.changes() == {f"mail/{number}/unread": (1, 0)}


def test_a_reply_goes_to_the_sender_in_the_same_thread_and_a_forward_keeps_attachments():
    one = world("ForwardToResponsible@1", 0)
    mail = one.database.row("SELECT * FROM mail WHERE attachments <> ''")
    use(one, "reply", mail_id=mail["id"], text="Thank you.", to_all=True)
    use(one, "forward_mail", mail_id=mail["id"], to=["A@B.example", "a@b.example", OWNER.email], text="See below.")
    reply, forward = one.database.rows("SELECT * FROM mail WHERE id >= ? ORDER BY id", FIRST_NEW)
    assert (reply["recipients"], reply["thread"], reply["subject"]) == (
        mail["sender"],
        mail["thread"],
        f"Re: {mail['subject']}",
    )
    assert (forward["recipients"], forward["attachments"]) == ("a@b.example", mail["attachments"])
    assert forward["body"].startswith("See below.\n\n")
    assert forward["body"].endswith(mail["body"])


@pytest.mark.parametrize("to", [[], ["Ada Quill"], [OWNER.email], ["a@b"], ["a b@c.example"]])
def test_mails_need_addresses(to):
    one = world()
    with pytest.raises(RuntimeError, match="address"):
        use(one, "send_mail", to=to, subject="Hello", text="Hello")
    assert one.database.changes() == {}


def test_an_agent_can_not_fill_the_desk():
    one = gymnasium.make("palaestra/ToolOffice-v0", max_episode_steps=-1)
    one.reset(seed=0, options={"task": "ScheduleMeeting@2", "task_seed": 0})
    person = colleague(one)["email"]
    for _ in range(4):
        one.step([ToolCall("", "send_mail", {"to": [person], "subject": "A", "text": "x" * 4000})] * 40)
        one.step([ToolCall("", "add_todo", {"text": "x" * 200, "due": "2026-01-08"})] * 40)
    for table in ("mail", "todo"):
        assert one.database.value(f"SELECT count(*) FROM {table} WHERE id >= ?", FIRST_NEW) == MAX_NEW
    assert len(one.database.save()["image"]) < 2 * MAX_IMAGE


# Calendar and contacts.


def test_only_organisers_cancel_and_others_decline():
    one = world("ClearDay@2", 0)
    want = one.task.slots["want"]
    (own, *_), (other, *_) = want["events"], want["answers"]
    with pytest.raises(RuntimeError, match="answer_event"):
        use(one, "cancel_event", event_id=int(other))
    use(one, "answer_event", event_id=int(other), answer="declined")
    use(one, "cancel_event", event_id=int(own))
    assert set(one.database.changes()) == {f"attendee/{other},{OWNER.email}/answer", f"event/{own}/status"}
    with pytest.raises(RuntimeError, match="cancelled"):
        use(one, "move_event", event_id=int(own), start="2026-01-08 10:00")


def test_an_event_keeps_its_length_when_it_moves():
    one = world("MoveMeeting@1", 0)
    (number,) = one.task.slots["want"]["events"]
    before = one.database.row("SELECT * FROM event WHERE id = ?", int(number))
    moved = data(one, "move_event", event_id=int(number), start="2026-01-15T11:15")
    length = hours.minutes_between(before["start"], before["end"])
    assert (moved["start"], moved["end"]) == ("2026-01-15 11:15", hours.plus("2026-01-15 11:15", length))
    for start, minutes in (("2026-01-05 09:00", 30), ("2026-01-15 23:00", 90), ("2026-01-15 10:00", 0)):
        with pytest.raises(RuntimeError):
            use(one, "move_event", event_id=int(number), start=start, minutes=minutes)


def test_contacts_are_found_by_whole_words_only():
    one = world()
    name = one.task.slots["ask"]["names"][1]
    assert [each["name"] for each in data(one, "find_contact", words=name.upper())["contacts"]] == [name]
    assert data(one, "find_contact", words=name[:-1])["total"] == 0
    assert data(one, "find_contact", words="tarnwick")["total"] > 10
    assert len(data(one, "find_contact", words="tarnwick")["contacts"]) == 10


def test_a_contact_changes_only_where_it_is_told():
    one = world()
    row = colleague(one)
    data(one, "update_contact", contact_id=row["id"], phone="+44 7700 900000")
    assert one.database.changes() == {f"contact/{row['id']}/phone": (row["phone"], "+44 7700 900000")}
    with pytest.raises(RuntimeError, match="nothing was given"):
        use(one, "update_contact", contact_id=row["id"])


# Tasks.


def turns(one, name, seed, change):
    """Play the oracle with its turns changed; returns the last info."""
    one.reset(seed=seed, options={"task": name, "task_seed": seed})
    oracle, messages, ended = one.templates()[name].oracle(one.task.slots), None, False
    while not ended:
        turn = change(turn_of(oracle.send(messages)))
        observation, _, terminated, truncated, info = one.step(one.codec.encode(turn))
        messages, ended = json.loads(observation["messages"]), terminated or truncated
    return info


def changed(tool, how):
    """Change the calls of a tool in a turn; ``how`` returns a list of calls."""

    def change(turn):
        calls = [new for each in turn.calls for new in (how(each) if each.name == tool else [each])]
        return type(turn)(turn.content, tuple(calls))

    return change


def with_arguments(call, **arguments):
    return ToolCall("", call.name, {**call.arguments, **arguments})


MAIL_TASKS = ["ScheduleMeeting@1", "ScheduleMeeting@2", "MoveMeeting@1", "AnswerInvitations@3"]


@pytest.mark.parametrize("name", MAIL_TASKS)
def test_a_mail_each_is_as_good_as_one_to_all(name):
    one = world()
    info = turns(one, name, 3, changed("send_mail", lambda c: [with_arguments(c, to=[x]) for x in c.arguments["to"]]))
    assert info["verdict"] == 1.0, info["clauses"]


@pytest.mark.parametrize("name", MAIL_TASKS)
def test_a_mail_too_many_or_to_somebody_else_fails(name):
    one = world()
    other = "everybody@tarnwick.example"
    changes = [
        lambda c: [c, with_arguments(c, to=c.arguments["to"][:1])],
        lambda c: [with_arguments(c, to=[*c.arguments["to"], other])],
        lambda c: [c, with_arguments(c, to=[other])],
    ]
    for how in changes:
        info = turns(one, name, 3, changed("send_mail", how))
        assert info["verdict"] == 0.0
        assert not info["clauses"]["each of them got one mail, and nobody else any"]


@pytest.mark.parametrize("name", ["ScheduleMeeting@2", "MoveMeeting@1"])
def test_a_mail_that_names_every_time_fails(name):
    times = " ".join(f"{hour:02d}:{minute}" for hour in range(9, 17) for minute in ("00", "30"))
    info = turns(
        world(), name, 3, changed("send_mail", lambda c: [with_arguments(c, text=f"{c.arguments['text']} {times}")])
    )
    assert info["verdict"] == 0.0


def test_other_wordings_of_a_mail_are_right():
    def reworded(call):
        return [with_arguments(call, text=call.arguments["text"].replace(" at ", "T").replace(".", " UTC!"))]

    assert turns(world(), "ScheduleMeeting@2", 1, changed("send_mail", reworded))["verdict"] == 1.0


@pytest.mark.parametrize("level", [1, 2, 3])
def test_answers_that_name_several_values_fail(level):
    one = world(f"AnswerFromThread@{level}", 2)
    answer = one.task.slots["want"]["answer"]
    for text, verdict in (
        (answer["value"], 1.0),
        (f"It is {answer['value'].upper()}.", 1.0),
        (" or ".join([*answer["others"], answer["value"]]), 0.0),
        (f"{answer['value']}, not {answer['others'][1]}", 0.0),
        ("I don't know", 0.0),
    ):
        one.reset(seed=2, options={"task": f"AnswerFromThread@{level}", "task_seed": 2})
        assert one.step(text)[1] == verdict, text


@pytest.mark.parametrize(("text", "verdict"), [("{:,.2f} euros", 1.0), ("{:.2f}", 1.0), ("{:.2f} or 12", 0.0)])
def test_sums_are_compared_to_the_cent(text, verdict):
    one = world("UnpaidInvoices@3", 4)
    value = one.task.slots["want"]["answer"]["value"]
    assert one.step(text.format(value))[1] == verdict
    one.reset(seed=4, options={"task": "UnpaidInvoices@3", "task_seed": 4})
    assert one.step(text.format(value + 0.01))[1] == 0.0


def test_the_sum_is_that_of_the_mails():
    for seed in range(5):
        one = world("UnpaidInvoices@2", seed)
        company = one.database.value("SELECT name FROM mail WHERE subject LIKE 'Receipt%'")
        rows = one.database.rows("SELECT subject, body FROM mail WHERE name = ?", company)
        paid = [row["subject"].split()[-1] for row in rows if row["subject"].startswith("Receipt")]
        amounts = {
            row["subject"].split()[-1]: float(
                next(word for word in row["body"].split() if "." in word and word[0].isdigit()).replace(",", "")
            )
            for row in rows
            if row["subject"].startswith("Invoice")
        }
        assert len(paid) == 1
        total = sum(amount for number, amount in amounts.items() if number not in paid)
        assert round(total, 2) == one.task.slots["want"]["answer"]["value"]


def test_numbers_of_our_own_people_stay_inside():
    allowed = {}
    for seed in range(12):
        one = world("GiveNumber@3", seed)
        (mail,) = one.task.slots["want"]["mails"]
        text = one.database.value("SELECT body FROM mail WHERE body LIKE '%number%' AND sender = ?", mail["to"][0])
        others = one.database.rows("SELECT * FROM contact WHERE email <> ?", mail["to"][0])
        row = next(each for each in others if each["name"] in text)
        is_ours = row["company"] == "Tarnwick"
        assert mail["phone"] == (SWITCHBOARD if is_ours else row["phone"])
        allowed[is_ours] = True
    assert allowed == {True: True, False: True}
    assert SWITCHBOARD in RULES


def test_a_reply_with_every_number_fails():
    one = world()
    for other, verdict in (("", 1.0), (f" or {SWITCHBOARD}", 0.0), (" (+44-7700-900499)", 0.0)):
        change = changed("reply", lambda c, other=other: [with_arguments(c, text=c.arguments["text"] + other)])
        assert turns(one, "GiveNumber@1", 2, change)["verdict"] == verdict


def test_one_todo_for_all_jobs_or_with_a_job_of_others_fails():
    one = world("TodosFromMinutes@1", 1)
    jobs, wanted = one.task.slots["want"]["jobs"], one.task.slots["want"]["todos"]
    (foreign, *_) = [each for each in jobs if each not in dict(wanted)]
    cases = [
        ([(f"{text.capitalize()}!", due) for text, due in wanted], 1.0),
        ([(" and ".join(text for text, _ in wanted), wanted[0][1])], 0.0),
        ([(f"{text}, {foreign}", due) for text, due in wanted], 0.0),
        ([*wanted, (foreign, wanted[0][1])], 0.0),
        ([(text, "2026-01-31") for text, _ in wanted], 0.0),
    ]
    for todos, verdict in cases:
        one.reset(seed=1, options={"task": "TodosFromMinutes@1", "task_seed": 1})
        one.step([ToolCall("", "add_todo", {"text": text, "due": due}) for text, due in todos])
        assert one.step("Done.")[1] == verdict, todos


def test_an_automatic_reply_gives_one_address():
    one = world()
    for other, verdict in (("", 1.0), (f" Or write to {OWNER.email}.", 1.0), (" Or write to x@tarnwick.example.", 0.0)):
        change = changed("set_out_of_office", lambda c, o=other: [with_arguments(c, text=c.arguments["text"] + o)])
        assert turns(one, "OutOfOffice@2", 2, change)["verdict"] == verdict


def test_names_of_tasks_and_of_the_rest_differ():
    assert not set(CAST_LAST_NAMES) & set(OTHER_LAST_NAMES)
    for seed in range(5):
        one = world("ScheduleMeeting@2", seed)
        names = [row["name"] for row in one.database.rows("SELECT name FROM contact WHERE notes NOT LIKE 'Old%'")]
        assert len(names) == len(set(names))


@pytest.mark.parametrize("name", list(ToolOffice.templates()))
def test_desks_are_small_and_their_own(name):
    one = world(name, 5)
    assert one.database.fingerprint() == world(name, 5).database.fingerprint() == one.database.recomputed()
    assert len(one.database.save()["image"]) < MAX_IMAGE
    assert one.database.value("SELECT max(id) FROM mail") < FIRST_NEW
    assert one.database.value("SELECT max(id) FROM event") < FIRST_NEW
    assert one.database.value("SELECT max(sent) FROM mail") < "2026-01-05 10:00"
    starts = one.database.rows("SELECT start, end FROM event")
    assert all(row["start"][:10] == row["end"][:10] and row["start"] < row["end"] for row in starts)
    bodies = [row["body"] for row in one.database.rows("SELECT body FROM mail")]
    assert len(set(bodies)) > 0.9 * len(bodies)
    assert not any("{" in body for body in bodies)
    instructions = {ToolOffice.make_task(name, seed).instruction for seed in range(20)}
    assert len(instructions) > 10
    assert not any("{" in text or "  " in text for text in instructions)


def test_no_task_has_a_larger_minimum_than_its_budget_allows():
    for name, template in ToolOffice.templates().items():
        most = max(template.minimum(ToolOffice.make_task(name, seed).slots) for seed in range(40))
        assert most <= template.most_calls, name


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_random_calls_never_crash_and_keep_the_fingerprint_right(seed):
    one = gymnasium.make("palaestra/ToolOffice-v0", max_episode_steps=-1)
    one.reset(seed=seed % 7)
    random, info = np.random.default_rng(seed), {}
    specs = one.specs
    for _ in range(30):
        calls = random_turn(random, specs).calls
        rows = {name: one.database.value(f"SELECT id FROM {name} ORDER BY id DESC") for name in ("mail", "event")}
        aimed = [
            with_arguments(c, **{name: rows[name[:-3]] for name in c.arguments if name in ("mail_id", "event_id")})
            for c in calls
        ]
        info = one.step([*calls, *aimed])[4]
    assert Fault.CRASHED not in info["errors"]
    assert Fault.ARGUMENTS not in info["errors"]
    assert one.database.fingerprint() == one.database.recomputed()


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("read_mail", {"mail_id": 10**30}),
        ("search_mail", {"page": 10**30}),
        ("list_events", {"first_day": "9999-12-31"}),
        ("create_event", {"title": "A", "start": "9999-12-31 23:50", "minutes": 30, "people": []}),
        ("create_event", {"title": "A", "start": "0001-01-01 10:00", "minutes": 30, "people": []}),
        ("create_event", {"title": "x" * 201, "start": "2026-01-08 10:00", "minutes": 30, "people": []}),
        ("find_free", {"people": [], "day": "2026-01-08", "minutes": 10**30}),
        ("set_out_of_office", {"first_day": "2026-01-09", "last_day": "2026-01-08", "text": ""}),
    ],
)
def test_extreme_arguments_are_answered(tool, arguments):
    one = world()
    message(one, tool, **arguments)
    info = one.step("")[4]
    assert Fault.CRASHED not in info["errors"]
    assert one.database.changes() == {}


def test_a_desk_goes_on_after_a_snapshot_and_in_a_fork():
    one = world("MoveMeeting@2", 1)
    person = colleague(one)["email"]
    use(one, "send_mail", to=[person], subject="Hello", text="Hello")
    other, third = one.fork(), world("ClearDay@1", 0)
    third.restore(one.snapshot())
    for each in (one, other, third):
        use(each, "create_event", title="Talk", start="2026-01-08 10:00", minutes=30, people=[person])
    assert one.fingerprint() == other.fingerprint() == third.fingerprint()
