"""The shop: its policy's numbers, its tools, and what its customer understands, says and never does."""

import json

import gymnasium
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import palaestra.envs  # noqa: F401 (registers the worlds)
from palaestra.envs.tools.calls import ToolCall
from palaestra.envs.tools.worlds.shop.customer import PATIENCE, Customer, checked_state
from palaestra.envs.tools.worlds.shop.hearing import understand
from palaestra.envs.tools.worlds.shop.policy import RULES, days_since, euros, late_credit, paid
from palaestra.envs.tools.worlds.shop.world import ToolShop

MAX_IMAGE = 256 << 10

SCRIPT = {
    "facts": {"name": "Ada Quill", "email": "ada.quill@post.example", "postcode": "AB1 2CD"},
    "wishes": [
        {
            "kind": "exchange",
            "order": 12345,
            "item": "Pebble teapot",
            "summary": "an exchange of the Pebble teapot",
            "facts": {"order": 12345, "item": "Pebble teapot", "option": "blue", "reason": "it is too bright."},
            "options": ["blue", "grey", "red"],
            "option": "blue",
            "pays": 250,
            "reason": "",
            "intro": "",
        },
        {
            "kind": "refund",
            "order": 23456,
            "item": "Night Ferry novel",
            "summary": "a refund for the Night Ferry novel",
            "facts": {"order": "", "item": "Night Ferry novel", "reason": "I don't like it."},
            "reason": "window",
            "insists": 1,
            "intro": "I'd also like my money back for the Night Ferry novel.",
        },
    ],
    "items": ["Night Ferry novel", "Pebble teapot"],
    "style": 0,
}
NOTHING = [False, False]
SECRETS = {
    "name": "Ada Quill",
    "email": "ada.quill@post.example",
    "postcode": "AB1 2CD",
    "order": "12345",
    "option": "blue",
    "reason": "too bright",
}
"""What the customer of ``SCRIPT`` knows about its first wish, and doesn't say unless it is asked."""


def customer(state=None, wish=0):
    state = checked_state(state or {})
    state["wish"] = wish
    state["outcomes"] = ["done"] * wish
    return Customer(SCRIPT, state), state


def world(task="RefundInWindow@1", seed=0, **settings):
    made = gymnasium.make("palaestra/ToolShop-v0", **settings)
    made.reset(seed=seed, options={"task": task, "task_seed": seed})
    return made


def use(made, tool, /, **arguments):
    """Call a tool; returns its result as data, or its error as an exception."""
    observation, *_ = made.step([ToolCall("", tool, arguments)])
    (message,) = json.loads(observation["messages"])
    if message.get("is_error"):
        raise RuntimeError(message["content"])
    return message["content"]


def reply(made, text):
    observation, *_ = made.step(text)
    return json.loads(observation["messages"])[-1]["content"]


# The policy.


def test_what_was_paid_and_credits_are_computed_to_the_cent():
    assert paid(1980, 3, 0) == 5940
    assert paid(1980, 3, 5) == 5643
    assert late_credit(4, 10_000) == 600
    assert late_credit(40, 10_000) == 2000
    assert euros(late_credit(3, 1_999)) == "3.99"
    assert days_since("2025-12-06") == 30


def test_the_rules_name_every_number_that_the_tasks_use():
    for number in ("clothing 30", "home 21", "electronics 14", "books 10", "60 days", "1.50", "20 percent"):
        assert number in RULES
    assert "5 January 2026" in RULES


# What the customer understands.


@pytest.mark.parametrize(
    ("text", "topics"),
    [
        ("May I have your full name and the email address of your account?", ("name", "email")),
        ("Could you please tell me your postcode?", ("postcode",)),
        ("I need the ZIP code of your account.", ("postcode",)),
        ("What\u2019s your order number?", ("order",)),
        ("Which order is this about?", ("order",)),
        ("Please let me know if you have the order number.", ("order",)),
        ("Can you confirm your email, please?", ("email",)),
        ("What are the street, postcode and city of the new address?", ("address",)),
        ("Where should we send it?", ("address",)),
        ("To identify you, I need your email or the postcode of your address.", ("email", "postcode")),
        ("Why do you want to return it? Was it damaged?", ("reason",)),
        ("Which colour would you like instead?", ("option",)),
        ("What is the discount code?", ("code",)),
        ("Which item do you want to return?", ("item",)),
        ("How can I help you?", ("wish",)),
        ("I have sent the confirmation to your email address.", ()),
        ("You don't need to give me your postcode.", ()),
        ("Your order number 12345 was found.", ()),
    ],
)
def test_questions_and_requests_are_understood(text, topics):
    heard = understand(text)
    assert heard.asks == topics
    assert not heard.proposes


@pytest.mark.parametrize(
    "text",
    [
        "Shall I refund the teapot?",
        "Would you like the blue one instead?",
        "I would send it to the new address. Is that OK?",
        "It costs 2.50 euros more. Do you agree?",
        "Can I go ahead with the exchange?",
        "Please confirm that I should cancel order #12345.",
        "I would cancel order number 12345. Do you confirm (yes/no)?",
        "Reply yes to confirm the cancellation of order number 12345.",
    ],
)
def test_proposals_are_no_questions_for_facts(text):
    heard = understand(text)
    assert heard.proposes
    assert heard.asks == ()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("I'm sorry, we cannot refund this: books can be returned within 10 days.", "window"),
        ("That isn't possible. The return window has closed.", "window"),
        ("Gift cards can't be refunded.", "gift card"),
        ("Your order has already been shipped, so I am unable to cancel it.", "dispatched"),
        ("I can't help you, because I could not verify your identity.", "identity"),
        ("Unfortunately the green one is sold out.", "stock"),
        ("I can't add it: your order already has a discount.", "one discount"),
        ("I can't apply the code because it expired in November.", "expired"),
        ("The order was not late, so I can't give you any compensation.", "on time"),
    ],
)
def test_refusals_are_understood_with_their_reason(text, reason):
    heard = understand(text)
    assert heard.refuses
    assert reason in heard.reasons
    assert len(heard.reasons) <= 2


@pytest.mark.parametrize(
    "text",
    [
        "I can't refund anything until you have told me your name.",
        "I can't say yet whether the window of 10 days has passed.",
        "Can't you find the order number?",
        "I have refunded 12.00 euros.",
    ],
)
def test_conditions_and_questions_are_no_refusals(text):
    assert not understand(text).refuses


def test_orders_amounts_and_kinds_are_read():
    heard = understand("For order #12345 I can refund 24.90 euros, or exchange it for €5 more; see order number 23456.")
    assert heard.orders == {12345, 23456}
    assert heard.amounts == (2490, 500)
    assert heard.kinds == {"refund", "exchange"}


# What the customer says.


def test_it_tells_what_it_is_asked_for_and_no_more():
    one, state = customer()
    answer = one.reply("What is your name, and what is your email address?", NOTHING)
    assert "Ada Quill" in answer
    assert "ada.quill@post.example" in answer
    assert "AB1 2CD" not in answer
    assert state["told"] == ["0:name", "0:email"]


def test_it_does_not_know_what_is_not_in_its_script():
    one, _ = customer(wish=1)
    assert one.reply("What is the order number?", NOTHING) == "I don't have the order number at hand, sorry."
    assert one.reply("Do you have a discount code?", NOTHING) == "I have no code."


@pytest.mark.parametrize(
    ("text", "agrees"),
    [
        ("Shall I exchange the Pebble teapot for the blue one? It costs 2.50 euros more.", True),
        ("The blue one costs 2.50 euros more. Is that all right?", True),
        ("I'd exchange the teapot of order 12345 and charge 2.50 to your card, minus no discount. OK?", True),
        ("Do you want a refund or an exchange?", False),
        ("Shall I exchange the Pebble teapot for the red one? It costs 2.50 euros more.", False),
        ("Shall I exchange the Night Ferry novel for 2.50 euros more?", False),
        ("Shall I refund the Pebble teapot?", False),
        ("Shall I cancel order #12345?", False),
        ("Shall I exchange the item of order #99999 for 2.50 euros more?", False),
        ("Shall I go on?", False),
        ("Shall I exchange the Pebble teapot for the blue one?", False),
        ("Would you like me to transfer you to a colleague?", False),
    ],
)
def test_it_agrees_only_to_what_it_wants_and_to_a_price_it_heard(text, agrees):
    one, state = customer()
    answer = one.reply(text, NOTHING)
    assert answer.startswith("Yes") == agrees
    assert state["agreed"] == (["exchange 2.50"] if agrees else [])


def test_a_choice_is_answered_by_what_it_wants():
    one, _ = customer()
    assert "exchange of the Pebble teapot" in one.reply("Would you prefer a refund or an exchange?", NOTHING)
    assert "blue" in one.reply("Which one would you like: the blue, the grey or the red one?", NOTHING)


def test_a_wish_that_was_done_is_settled_and_the_next_one_follows():
    one, state = customer()
    answer = one.reply("It's done.", [True, False])
    assert answer.endswith(SCRIPT["wishes"][1]["intro"])
    assert (state["wish"], state["outcomes"], state["ended"]) == (1, ["done"], "")


def test_a_refusal_needs_the_right_reason_and_is_objected_to():
    one, state = customer(wish=1)
    assert "?" in one.reply("I can't do that.", NOTHING)
    assert not state["misled"]
    one.reply("I can't do that, it is more than 10 days ago.", NOTHING)
    assert (state["objections"], state["ended"]) == (1, "")
    one.reply("I'm sorry, but I can't make an exception.", NOTHING)
    assert (state["outcomes"][-1], state["ended"]) == ("refused", "settled")


@pytest.mark.parametrize(
    "texts",
    [
        ("I'm afraid I can't do that.", "The return window has passed."),
        ("You got it 40 days ago, and the window is 10 days.", "So I can't refund it."),
    ],
)
def test_the_reason_may_come_before_or_after_the_refusal(texts):
    one, state = customer(wish=1)
    for text in texts:
        assert state["objections"] == 0
        one.reply(text, NOTHING)
    assert (state["objections"], state["misled"]) == (1, False)


def test_every_reason_before_a_refusal_is_no_reason():
    one, state = customer(wish=1)
    one.reply("The window is over, it's a gift card, it is sold out, and it was dispatched.", NOTHING)
    one.reply("I can't do that.", NOTHING)
    assert (state["objections"], state["outcomes"]) == (0, ["done"])


def test_a_second_choice_is_told_when_the_first_is_out_of_stock():
    one = world("ExchangeItem@3", 0)
    first, second = (wish["option"] for wish in one.task.slots["wishes"])
    assert first in reply(one, "Which one would you like instead?")
    answer = reply(one, f"The {first} one is out of stock. Which other one would you like?")
    assert second in answer
    assert second in reply(one, "Which colour was that?")


def test_a_wrong_reason_or_every_reason_misleads():
    for text in ("I can't, it is sold out.", "I can't: the window is over, it's a gift card, sold out, dispatched."):
        one, state = customer(wish=1)
        one.reply(text, NOTHING)
        assert (state["misled"], state["ended"], state["objections"]) == (True, "", 0)


def test_a_wish_that_is_allowed_can_not_be_refused():
    one, state = customer()
    for _ in range(PATIENCE - 1):
        one.reply("I can't do that, the window of 10 days has passed.", NOTHING)
        assert state["outcomes"] == []
        assert state["ended"] == ""


def test_a_refusal_that_asks_for_something_is_not_final():
    one, state = customer(wish=1)
    answer = one.reply("I can't refund it after 10 days. Was it broken when it arrived?", NOTHING)
    assert "I don't like it." in answer
    assert state["ended"] == ""


def test_it_gives_up_after_useless_turns_in_a_row_only():
    one, state = customer()
    for _ in range(PATIENCE - 1):
        one.reply("", NOTHING)
    one.reply("What is your name?", NOTHING)
    for number in range(PATIENCE):
        assert state["ended"] == ""
        one.reply("" if number % 2 else "The weather is fine.", NOTHING)
    assert state["ended"] == "gave up"
    assert one.reply("Hello?", NOTHING) == ""


FRAGMENTS = st.sampled_from(
    [
        *("Hello.", "One moment, please.", "I can't do that.", "It is too late, 10 days have passed.", "Sold out.", ""),
        *("Shall I refund it?", "Shall I exchange it for the red one?", "Is that all right?", "No.", "Goodbye."),
        *("order #12345", "#99999", "2.50 euros", "unfortunately", "What?", "Please wait.", "I'll cancel order 23456."),
        *("Do you want the Night Ferry novel?", "Would you like to speak to a human?", "You are unknown to us."),
    ]
)
ASKING = {
    "name": "What is your name?",
    "email": "Please give me your email address.",
    "postcode": "What's your postcode?",
    "order": "Which order is it?",
    "option": "Which colour do you prefer?",
    "reason": "Why?",
}
TURNS = st.lists(st.one_of(FRAGMENTS, st.text(max_size=40), st.sampled_from(list(ASKING.values()))), max_size=4)


@settings(max_examples=120, deadline=None)
@given(turns=st.lists(TURNS.map(" ".join), max_size=14))
def test_whatever_the_agent_says_nothing_is_volunteered_and_nobody_leaves_early(turns):
    one, state = customer()
    heard, useless = set(), 0
    for text in turns:
        was_told = list(state["told"])
        answer = one.reply(text, NOTHING)
        heard |= set(understand(text).asks)
        if state["wish"] == 0:
            for topic, secret in SECRETS.items():
                assert topic in heard or secret not in answer, (text, answer)
        assert "23456" not in answer  # a number that it doesn't know
        useless = useless + 1 if state["useless"] or state["ended"] else 0
        assert len(state["told"]) >= len(was_told)
        if state["ended"]:
            assert state["ended"] == "gave up"
            assert useless >= PATIENCE
            break
    assert state["outcomes"] == []  # an allowed wish that wasn't done is never settled


@settings(max_examples=100, deadline=None)
@given(turns=st.lists(TURNS.map(" ".join), max_size=14))
def test_a_forbidden_wish_is_given_up_only_for_the_right_reason(turns):
    one, state = customer(wish=1)
    for text in turns:
        one.reply(text, NOTHING)
        if state["ended"]:
            break
    if state["ended"] == "settled":
        heard = [understand(text) for text in turns]
        refusals = [at for at, each in enumerate(heard) if each.refuses]
        reasons = [at for at, each in enumerate(heard) if "window" in each.reasons]
        assert refusals, "the reason alone is no refusal"
        assert reasons, "the refusal needs the right reason, in its turn, before it or after it"
        assert state["objections"] == 0
        assert state["outcomes"] == ["done", "refused"]


def test_a_conversation_goes_on_after_a_snapshot_and_in_a_fork():
    one = world("TwoWishes@1", 3)
    reply(one, "May I have your name and email address?")
    other = one.fork()
    third = world("RefundInWindow@1", 0)
    third.restore(one.snapshot())
    texts = ["What is the order number?", "What's your postcode?", "Shall I cancel your order?", ""]
    answers = [[reply(each, text) for text in texts] for each in (one, other, third)]
    assert answers[0] == answers[1] == answers[2]
    assert one.fingerprint() == other.fingerprint() == third.fingerprint()


def test_a_state_that_is_none_is_refused_and_changes_nothing():
    one = world()
    reply(one, "What is your name?")
    before = one.fingerprint()
    for state in ({"customer": {"wish": 1}}, {"customer": {**one.customer, "ended": 0}}, {"else": 1}):
        with pytest.raises((ValueError, KeyError)):
            one.load_more_state(state)
    assert one.fingerprint() == before


# The tools.


def test_customers_are_identified_by_name_and_either_contact_only():
    one = world()
    account = one.task.slots["accounts"][0]
    for contact in (account["email"].upper(), account["postcode"].replace(" ", "").lower(), account["postcode"]):
        found = json.loads(use(one, "identify_customer", name=account["name"].lower(), contact=contact))
        assert found["customer_id"] == account["id"]
    for name, contact in ((account["name"], "x@y.example"), ("Nobody", account["email"]), (account["name"], "")):
        assert not json.loads(use(one, "identify_customer", name=name, contact=contact))["identified"]
    rows = one.database.rows("SELECT action, customer_id FROM log")
    assert rows == [{"action": "identified", "customer_id": account["id"]}] * 3


def test_money_is_moved_to_the_cent_and_no_more_than_was_paid():
    one = world("PartialRefund@2", 1)
    (order,) = one.task.slots["orders"]
    number = order["id"]
    charged = one.database.value("SELECT cents FROM payment WHERE order_id = ?", number)
    for amount in (charged / 100 + 0.01, 0, -1, 0.001, 1e300):
        with pytest.raises(RuntimeError):
            use(one, "refund", order_id=number, line=1, quantity=1, amount=amount)
    with pytest.raises(RuntimeError, match="can be returned"):
        use(one, "refund", order_id=number, line=1, quantity=9, amount=1)
    with pytest.raises(RuntimeError, match="no line 7"):
        use(one, "refund", order_id=number, line=7, quantity=1, amount=1)
    with pytest.raises(RuntimeError):
        use(one, "refund", order_id=10**30, line=1, quantity=1, amount=1)
    assert one.database.changes() == {}
    use(one, "refund", order_id=number, line=1, quantity=1, amount=19.99)
    assert one.database.value("SELECT cents FROM payment WHERE kind = 'refund' AND order_id = ?", number) == 1999
    assert json.loads(use(one, "get_order", order_id=number))["payments"][-1] == {"kind": "refund", "amount": 19.99}


def test_an_exchange_moves_stock_and_the_difference():
    one = world("ExchangeItem@2", 0)
    wish = one.task.slots["wishes"][0]
    stock = one.database.value("SELECT stock FROM variant WHERE id = ?", wish["variant"])
    use(one, "exchange_item", order_id=wish["order"], line=wish["line"], variant_id=wish["variant"])
    assert one.database.value("SELECT stock FROM variant WHERE id = ?", wish["variant"]) == stock - 1
    sql = "SELECT kind, cents FROM payment WHERE order_id = ? ORDER BY id DESC"
    assert one.database.row(sql, wish["order"]) == {"kind": "charge", "cents": wish["pays"]}
    with pytest.raises(RuntimeError, match="no variant"):
        use(one, "exchange_item", order_id=wish["order"], line=wish["line"], variant_id="V99")


def test_delivered_orders_can_be_neither_cancelled_nor_redirected_nor_discounted():
    one = world()
    number = one.task.slots["wishes"][0]["order"]
    with pytest.raises(RuntimeError, match="is delivered"):
        use(one, "cancel_order", order_id=number)
    with pytest.raises(RuntimeError, match="is delivered"):
        use(one, "change_address", order_id=number, street="1 Mill Lane", postcode="AB1 2CD", city="Norwick")
    with pytest.raises(RuntimeError, match="is delivered"):
        use(one, "apply_discount", order_id=number, percent=10)
    assert one.database.changes() == {}


def test_the_tools_do_not_keep_the_policy():
    one = world("CancelRefused@1", 0)
    use(one, "cancel_order", order_id=one.task.slots["wishes"][0]["order"])
    *_, info = one.step("It is cancelled.")
    assert info["stop"] == "completed"
    assert info["verdict"] == 0.0
    assert any(name.startswith("orders/") for name in info["side_effects"])


def test_a_transfer_ends_the_episode():
    one = world()
    _, _, terminated, _, info = one.step([ToolCall("", "transfer_to_human", {"reason": "I don't know."})])
    assert terminated
    assert info["verdict"] == 0.0


def test_names_are_searched_by_all_words_and_results_are_bounded():
    one = world()
    assert [each["name"] for each in json.loads(use(one, "search_products", words="JACKET rain"))] == [
        "Harbour rain jacket"
    ]
    assert json.loads(use(one, "search_products", words="jacket teapot")) == []
    assert len(json.loads(use(one, "search_products", words=""))) == 20


def test_images_are_small_and_equal_seeds_give_equal_shops():
    prints = set()
    for name in ToolShop.templates():
        one, other = world(name, 5), world(name, 5)
        assert one.database.fingerprint() == other.database.fingerprint() == one.database.recomputed()
        assert len(one.database.save()["image"]) < MAX_IMAGE
        prints.add(one.database.fingerprint())
    assert len(prints) == len(ToolShop.templates())


def test_openings_and_wordings_differ_by_seed():
    for name in ToolShop.templates():
        assert len({ToolShop.make_task(name, seed).instruction for seed in range(10)}) >= 9, name
