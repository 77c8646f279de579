"""A scripted customer: says what it was asked for, agrees to what it wants, and goes when that is settled.

The script is plain data, a task's slots:

- ``facts``: what the customer knows and tells only when asked, by topic (see ``hearing.TOPICS``): ``name``, ``email``,
  ``postcode``. A topic that is absent or empty is one that it doesn't know.
- ``wishes``: what it wants, one after the other. Besides what ``wishes`` says, each has ``summary``, a noun phrase;
  ``facts``, told while it is the current one; ``intro``, said when it becomes the current one; ``reason``, one of
  ``hearing.REASONS`` if the policy forbids it, else empty. It may have ``insists``, how often the customer objects to a
  justified refusal; ``fallback``, whether it is wished for only if the wish before was refused; ``angry``, whether it
  is said without any courtesy; ``item``; for a question ``about``, which is ``price`` or ``stock``; for an exchange
  ``option``, the wanted one among ``options``, and ``pays``, what it costs.
- ``items``: names of the goods that may be mixed up; ``style``: a number that chooses its phrases.

A wish is settled when it was done, or, if it is forbidden, when the agent has refused it with the right reason. A turn
is useless if it brings the customer nothing: no new question, nothing done, no proposal that it wants. After
``PATIENCE`` useless turns in a row it gives up.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from palaestra.envs.tools.worlds.shop.hearing import Heard, understand
from palaestra.envs.tools.worlds.shop.policy import euros

PATIENCE = 5
"""Useless turns in a row after which the customer gives up."""
MAX_REASONS = 2
"""Reasons that a refusal may give for the right one to count."""

START: dict[str, Any] = {
    "wish": 0,
    "outcomes": [],
    "told": [],
    "agreed": [],
    "reasons": [],
    "unexplained": False,
    "misled": False,
    "objections": 0,
    "useless": 0,
    "ended": "",
}
"""The state at the beginning: number of the current wish, what became of those before (``done``, ``refused``,
``answered``, ``skipped``), topics told as ``wish:topic``, what was agreed to, the last reasons given for the current
wish, whether it was refused without one, whether a refusal gave a wrong one, objections to the current refusal, useless
turns in a row, and why the conversation ended: empty, ``settled`` or ``gave up``."""

TELLS = {
    "name": ("My name is {}.", "It's under my name: my name is {}.", "Sure, my name is {}."),
    "email": ("My email address is {}.", "The email address is {}.", "You can find me under {}."),
    "postcode": ("My postcode is {}.", "The postcode is {}.", "It's {}, that's my postcode."),
    "order": ("The order number is #{}.", "It's order #{}.", "That's number #{}."),
    "item": ("It's the {}.", "It's about the {}.", "I mean the {}."),
    "reason": ("{}", "Well, {}", "You see: {}"),
    "address": ("The new address is {}.", "It should go to {}.", "Please send it to {}."),
    "option": ("I would like the {} one.", "The {} one, please.", "I want the {} one."),
    "code": ("The code is {}.", "It says {}.", "My code is {}."),
}
UNKNOWN = {
    "name": "I'd rather not say.",
    "email": "I don't know which email address I used.",
    "postcode": "I don't know the postcode of that account.",
    "order": "I don't have the order number at hand, sorry.",
    "item": "I don't mean any item in particular.",
    "reason": "There's no particular reason.",
    "address": "I have no other address.",
    "option": "I have no preference.",
    "code": "I have no code.",
}
WANTS = ("What I want is {}.", "I'm here for {}.", "I would like {}.")
YES = ("Yes, please.", "Yes, that's right.", "Yes, go ahead.")
NO = ("No, that's not what I want.", "No, please don't.", "No, that isn't it.")
UNCLEAR = ("Sorry, what exactly would you do?", "I'm not sure what you mean.", "What do you mean exactly?")
HOW_MUCH = ("How much would I have to pay for that?", "And what would that cost me?", "How much more would it be?")
WHY = ("Why not?", "What exactly is the reason?", "Why would that not be possible?")
OBJECTIONS = (
    "That's ridiculous. Other shops do it. Make an exception!",
    "I've been a customer for years, and I expect you to do it anyway.",
    "I don't accept that. Nobody will notice if you just do it.",
)
WAITING = ("All right, I'll wait.", "Sure, take your time.", "Okay.")
SILENCE = ("Hello? Are you still there?", "Hello?", "Is anybody there?")
GIVING_UP = ("This leads nowhere. Goodbye.", "I'll leave it at that. Goodbye.", "I give up. Goodbye.")
THANKS = ("Thank you.", "Great, thanks.", "Perfect, thank you.")
PITY = ("That's a pity, but I understand.", "Too bad. I see.", "I'm not happy, but all right.")
GOODBYE = ("Goodbye!", "That was all. Goodbye!", "Bye.")
COMPANIONS = {each: {"refund"} for each in ("cancel", "exchange", "discount", "credit")}
"""Kinds that a proposal may mention besides the wish's own."""


class Customer:
    """The customer of one conversation.

    Args:
        script: see the module.
        state: like ``START``; changed in place.
    """

    def __init__(self, script: Mapping[str, Any], state: dict[str, Any]):
        self._script, self._state = script, state

    @property
    def _wish(self) -> Mapping[str, Any]:
        wish: Mapping[str, Any] = self._script["wishes"][self._state["wish"]]
        return wish

    def reply(self, text: str, done: Sequence[bool]) -> str:
        """Answer what the agent said.

        Args:
            text: the agent's.
            done: for every wish, whether it has been done.
        """
        if self._state["ended"]:
            return ""
        if not text.strip():
            return self._useless(self._say(SILENCE))
        heard = understand(text)
        if done[self._state["wish"]]:
            return self._settle("done", THANKS)
        if self._is_answered(heard):
            return self._settle("answered", THANKS)
        asks = [topic for topic in heard.asks if topic != "wish"]
        if self._is_refused(heard):
            if self._state["objections"] < self._wish.get("insists", 0):
                self._state["objections"] += 1
                return self._useful(self._say(OBJECTIONS))
            return self._settle("refused", PITY)
        new = [topic for topic in heard.asks if topic not in self._told()]
        answers = [self._tell(topic) for topic in heard.asks if topic != "wish" or not asks]
        if heard.proposes:
            agrees, answer = self._consider(heard)
            new, answers = new + ["agrees"] * agrees, answers + [answer] * (agrees or not answers or answer in NO)
        if answers:
            return self._useful(" ".join(answers)) if new else self._useless(" ".join(answers))
        return self._useless(self._puzzled(heard))

    # What a text means to the customer.

    def _is_answered(self, heard: Heard) -> bool:
        """Whether the current wish is a question and this an answer to it, right or wrong."""
        asked = self._wish.get("about")
        return (asked == "price" and heard.tells_amount) or (asked == "stock" and heard.tells_pieces)

    def _is_refused(self, heard: Heard) -> bool:
        """Whether a forbidden wish is refused and the last reason given is the right one; notes a wrong one."""
        state, right = self._state, self._wish.get("reason")
        if heard.reasons:
            state["reasons"] = sorted(heard.reasons)
        refuses = heard.refuses or state["unexplained"]
        if not right or not refuses or any(topic not in ("wish", "option") for topic in heard.asks):
            return False
        if right in state["reasons"] and len(state["reasons"]) <= MAX_REASONS:
            return True
        state["unexplained"] = not heard.reasons
        if heard.reasons - {"identity"}:
            state["misled"] = True
        return False

    def _consider(self, heard: Heard) -> tuple[bool, str]:
        """Whether the customer agrees to a proposal, and what it says to it."""
        wish = self._wish
        if wish["kind"] == "question":
            return False, self._say(NO)
        kinds = heard.kinds - COMPANIONS.get(wish["kind"], set()) - {wish["kind"]}
        if kinds and wish["kind"] in heard.kinds and " or " in heard.text:
            return False, self._say(WANTS).format(wish["summary"])
        items = [each for each in self._script.get("items", ()) if each != wish.get("item") and heard.names(each, 2)]
        options = [each for each in wish.get("options", ()) if heard.names(each)]
        if kinds or items or heard.orders - {wish.get("order")} or (options and wish["option"] not in options):
            return False, self._say(NO)
        if not (heard.kinds or heard.orders or options or heard.names(wish.get("item", ""))):
            return False, self._say(UNCLEAR)
        if wish.get("pays") and not heard.amounts:
            return False, self._say(HOW_MUCH)
        self._state["agreed"] += [f"{wish['kind']} {euros(each)}" for each in heard.amounts[:4]] or [wish["kind"]]
        return True, self._say(YES)

    # What it says.

    def _say(self, phrases: Sequence[str]) -> str:
        state = self._state
        turn = len(state["told"]) + len(state["outcomes"]) + state["objections"] + state["useless"]
        return phrases[(self._script.get("style", 0) + turn) % len(phrases)]

    def _told(self) -> set[str]:
        """The topics that were asked for while the current wish was open, or before if they belong to no wish."""
        own = self._wish.get("facts", {})
        pairs = [each.partition(":") for each in self._state["told"]]
        return {topic for wish, _, topic in pairs if topic not in own or wish == str(self._state["wish"])}

    def _tell(self, topic: str) -> str:
        """Answer a question."""
        if topic == "wish":
            answer = self._say(WANTS).format(self._wish["summary"])
        elif value := {**self._script["facts"], **self._wish.get("facts", {})}.get(topic):
            answer = self._say(TELLS[topic]).format(value)
            answer = answer[0].upper() + answer[1:]
        else:
            answer = UNKNOWN[topic]
        if topic not in self._told():
            self._state["told"].append(f"{self._state['wish']}:{topic}")
        return answer

    def _puzzled(self, heard: Heard) -> str:
        """The reply to a text that is neither a question nor a result."""
        if heard.refuses:
            return self._say(WHY)
        return self._say(WAITING) if heard.pauses else self._say(WANTS).format(self._wish["summary"])

    def _useful(self, answer: str) -> str:
        self._state["useless"] = 0
        return answer

    def _useless(self, answer: str) -> str:
        self._state["useless"] += 1
        if self._state["useless"] < PATIENCE:
            return answer
        self._state["ended"] = "gave up"
        return self._say(GIVING_UP)

    def _settle(self, outcome: str, phrases: Sequence[str]) -> str:
        """Note what became of the current wish, and go on to the next one."""
        state, wishes = self._state, self._script["wishes"]
        answer = self._say(phrases)
        state["outcomes"].append(outcome)
        state["wish"] += 1
        state["objections"], state["useless"], state["reasons"], state["unexplained"] = 0, 0, [], False
        while state["wish"] < len(wishes) and wishes[state["wish"]].get("fallback") and outcome != "refused":
            state["outcomes"].append("skipped")
            state["wish"] += 1
        if state["wish"] == len(wishes):
            state["ended"] = "settled"
            return f"{answer} {self._say(GOODBYE)}"
        return self._wish["intro"] if self._wish.get("angry") else f"{answer} {self._wish['intro']}"


def checked_state(state: Mapping[str, Any]) -> dict[str, Any]:
    """A state as plain data, copied; an empty one is the beginning.

    Raises:
        ValueError: it is none.
    """
    if not state:
        state = START
    if not isinstance(state, Mapping) or state.keys() != START.keys():
        raise ValueError("this is no state of a customer")
    if any(type(state[name]) is not type(START[name]) for name in START) or state["wish"] != len(state["outcomes"]):
        raise ValueError("this is no state of a customer")
    return {name: list(value) if isinstance(value, list) else value for name, value in state.items()}
