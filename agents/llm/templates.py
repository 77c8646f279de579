"""Chat templates: messages to tokens, only ever by appending.

A template turns messages into token ids in pieces: control tokens by their ids, everything else as plain text, in
which a control token's spelling is text like any other, so that a tool's result can't forge a turn. What a model has
sampled is never rendered again; see ``palaestra.agents.llm.transcript``.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

from palaestra.data.errors import InputError
from palaestra.envs.tools.calls import ToolCall, Turn
from palaestra.envs.tools.codecs import codec as named_codec

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Message = Mapping[str, Any]
"""``role`` (system, user, assistant, tool) and ``content``; the first one may have ``tools``, as OpenAI's schemas."""
ShownTools = Literal["schemas", "names", "none"]
"""What the system message says about the tools: everything, their signatures, or nothing, for a model that was
trained on them."""

TURN_BEGIN, TURN_END = "<|im_start|>", "<|im_end|>"
CONTENT = re.compile("\ue000(\\d+)\ue001")
"""Stands for a message's text while a hub's template renders the rest: private characters, which no template has."""


def messages_of(observation: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The new messages in an observation of a world of words."""
    return json.loads(observation["messages"])


class Piece(NamedTuple):
    """A part of a rendered chat.

    Attributes:
        text: its text.
        is_control: whether it is a control token; otherwise it is plain text, whatever it spells.
    """

    text: str
    is_control: bool = False


class Template(Protocol):
    """Renders a chat piece by piece; concatenated, the pieces are the whole chat."""

    end: int
    """The token that ends an assistant's turn."""

    @property
    def tokenizer(self) -> "Tokenizer":
        """What makes tokens of texts."""

    def start(self, messages: Sequence[Message]) -> list[int]:
        """A chat's first messages and the opening of the assistant's turn."""

    def after(self, messages: Sequence[Message]) -> list[int]:
        """What follows a turn that ended with ``end``: messages, and the opening of the next turn."""

    def turn(self, text: str) -> list[int]:
        """A turn that somebody else spoke, with its ``end``: a teacher's, an example's."""

    def text(self, ids: Sequence[int]) -> str:
        """The text of a sampled turn, without its ``end``."""


class ChatML:
    """The template of SmolLM2, Qwen and our own models, with tools, calls in the codec's form, and results.

    SmolLM2's own template drops ``tools`` silently and fails on calls, so this one is used instead. A result is a turn
    of the role ``tool``; in a user's turn with ``<tool_response>``, as Qwen2.5 has it, SmolLM2 begins to write results.

    Args:
        tokenizer: has ``<|im_start|>`` and ``<|im_end|>`` as special tokens.
        tools: what the system message says about them.
        codec: of the environment, whose form of calls is shown.

    Raises:
        InputError: the tokenizer lacks the control tokens, or writes the beginning of a text in another way than its
            middle (SentencePiece), so that pieces aren't the whole.
    """

    def __init__(self, tokenizer: "Tokenizer", tools: ShownTools = "schemas", codec: str = "hermes"):
        self._tokenizer, self.tools, self.codec = tokenizer, tools, codec
        # Only then are special tokens in a text plain text; control tokens are added by their ids.
        tokenizer.encode_special_tokens = True
        begin, end = tokenizer.token_to_id(TURN_BEGIN), tokenizer.token_to_id(TURN_END)
        if begin is None or end is None:
            raise InputError(f"the tokenizer has no {TURN_BEGIN} or {TURN_END}, which the ChatML template needs")
        if not joins(tokenizer):
            raise InputError("the tokenizer marks the beginning of a text, so that ChatML can't be rendered in pieces")
        self.end: int = end
        self._control: dict[str, int] = {TURN_BEGIN: begin, TURN_END: end}

    @property
    def tokenizer(self) -> "Tokenizer":
        """See ``Template``."""
        return self._tokenizer

    def start(self, messages: Sequence[Message]) -> list[int]:
        """See ``Template``."""
        return self.encoded([*self.pieces(messages), *self._opening()])

    def after(self, messages: Sequence[Message]) -> list[int]:
        """See ``Template``; the newline after ``end`` is no part of the turn, because the model doesn't sample it."""
        return self.encoded([Piece("\n"), *self.pieces(messages), *self._opening()])

    def turn(self, text: str) -> list[int]:
        """See ``Template``."""
        return self.encoded([Piece(text), Piece(TURN_END, True)])

    def text(self, ids: Sequence[int]) -> str:
        """See ``Template``."""
        kept = list(ids[:-1] if ids and ids[-1] == self.end else ids)
        return self._tokenizer.decode(kept, skip_special_tokens=False)

    def pieces(self, messages: Sequence[Message]) -> list[Piece]:
        """Whole messages, each with its role, markers and the newline between them."""
        rendered = []
        for message in messages:
            rendered += [Piece(TURN_BEGIN, True), Piece(f"{message['role']}\n"), Piece(self._content(message))]
            rendered += [Piece(TURN_END, True), Piece("\n")]
        return rendered

    def encoded(self, pieces: Sequence[Piece]) -> list[int]:
        """The tokens of some pieces, each encoded by itself, so that no token crosses a marker."""
        ids: list[int] = []
        for text, is_control in pieces:
            if is_control:
                ids.append(self._control[text])
            elif text:
                ids += self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    def _opening(self) -> list[Piece]:
        return [Piece(TURN_BEGIN, True), Piece("assistant\n")]

    def _content(self, message: Message) -> str:
        """A message's text, with what is said about tools."""
        tools = message.get("tools")
        return message["content"] + (shown_tools(tools, self.tools, self.codec) if tools else "")


def joins(tokenizer: "Tokenizer") -> bool:
    """Whether texts can be encoded one after the other: SentencePiece puts a space before each."""
    first, second, both = (tokenizer.encode(text, add_special_tokens=False).ids for text in ("\n", "x", "\nx"))
    return [*first, *second] == both


def _emptied(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Messages with numbered marks in place of their texts, see ``CONTENT``."""
    return [{**each, "content": f"\ue000{number}\ue001"} for number, each in enumerate(messages)]


def shown_tools(tools: Sequence[Mapping[str, Any]], form: ShownTools, codec: str) -> str:
    """What a system message says about the tools.

    Args:
        tools: OpenAI's schemas.
        form: how much of them.
        codec: of the environment.
    """
    if form == "none":
        return ""
    functions = [each["function"] for each in tools]
    if form == "names":
        listed = [f"{each['name']}({', '.join(each['parameters']['properties'])})" for each in functions]
    else:
        listed = [json.dumps(each, ensure_ascii=False) for each in functions]
    lines = "\n".join(listed)
    first = functions[0]
    arguments = dict.fromkeys(first["parameters"]["properties"], "...")
    call = named_codec(codec).encode(Turn("", (ToolCall("", first["name"], arguments),)))
    return f"\n\nTools:\n{lines}\n\nCall a tool like this:\n{call}\nWithout a call, your text is the answer."


class Part(NamedTuple):
    """A part of a chat that a hub's template rendered.

    Attributes:
        text: its text.
        is_message: whether it is a message's, in which control tokens are plain text; otherwise the template's own.
    """

    text: str
    is_message: bool = False


class HubTemplate:
    """A tokenizer's own chat template, by transformers; what follows a turn is found as the difference of two chats.

    Args:
        tokenizer: of transformers, with a chat template.
        name: of the model, for messages.

    Raises:
        InputError: it has no chat template, or one that drops something or rewrites the past.
    """

    def __init__(self, tokenizer: Any, name: str):
        self._tokenizer, self._name = tokenizer, name
        if not tokenizer.chat_template:
            raise InputError(f"{name}: its tokenizer has no chat template, and no {TURN_BEGIN} to use ChatML")
        if tokenizer.eos_token_id is None:
            raise InputError(f"{name}: its tokenizer has no token that ends a turn")
        added = tokenizer.added_tokens_decoder.values()
        self._control = re.compile("|".join(re.escape(each.content) for each in added if each.special) or "(?!)")
        self._check()
        self.end: int = self._end_of_turn()
        self._before = CONTENT.split(self._rendered(_emptied([{"role": "user", "content": ""}]), True))[-1]
        """What the template writes between a user's text and a turn."""
        self._before_ids = self._ids([Part(self._before)])

    @property
    def tokenizer(self) -> "Tokenizer":
        """See ``Template``."""
        return self._tokenizer.backend_tokenizer

    def start(self, messages: Sequence[Message]) -> list[int]:
        """See ``Template``."""
        return self._ids(self._filled(self._rendered(_emptied(messages), True), messages))

    def after(self, messages: Sequence[Message]) -> list[int]:
        """See ``Template``."""
        past = [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]
        before, now = self._rendered(past, False), self._rendered([*past, *_emptied(messages)], True)
        end = Part(self._tokenizer.decode([self.end]))  # SentencePiece writes the beginning of a text in another way
        return self._ids([end, *self._filled(self._separator() + now[len(before) :], messages)])[1:]

    def turn(self, text: str) -> list[int]:
        """See ``Template``; the tokens of the whole chat, unless one of them has both the turn and what precedes it."""
        own, whole = Part(text, is_message=True), len(self._before_ids)
        ids = self._ids([Part(self._before), own])
        return [*(ids[whole:] if ids[:whole] == self._before_ids else self._ids([own])), self.end]

    def _filled(self, rendered: str, messages: Sequence[Message]) -> "list[Part]":
        """The parts of a rendered chat: what the template wrote, and the messages' texts.

        Raises:
            InputError: the template left out a message's text, or wrote it twice.
        """
        first, *others = CONTENT.split(rendered)
        if sorted(map(int, others[::2])) != list(range(len(messages))):
            raise InputError(f"{self._name}: its chat template doesn't write every message once")
        parts = [Part(first)]
        for number, text in zip(others[::2], others[1::2]):
            parts += [Part(messages[int(number)]["content"], is_message=True), Part(text)]
        return parts

    def text(self, ids: Sequence[int]) -> str:
        """See ``Template``; read after what precedes a turn, because SentencePiece drops a text's first space."""
        kept = list(ids[:-1] if ids and ids[-1] == self.end else ids)
        before, whole = self._decoded(self._before_ids), self._decoded([*self._before_ids, *kept])
        return whole.removeprefix(before) if whole.startswith(before) else self._decoded(kept)

    def _decoded(self, ids: Sequence[int]) -> str:
        return self._tokenizer.decode(list(ids), skip_special_tokens=False, clean_up_tokenization_spaces=False)

    def _rendered(self, messages: Sequence[Message], opening: bool) -> str:
        plain = [{key: value for key, value in each.items() if key != "tools"} for each in messages]
        tools = next((each["tools"] for each in messages if each.get("tools")), None)
        options: dict[str, Any] = {"tools": tools, "tokenize": False, "add_generation_prompt": opening}
        try:
            return self._tokenizer.apply_chat_template(plain, **options)
        except Exception as error:  # Jinja's errors, and whatever a template raises
            raise InputError(f"{self._name}: its chat template fails on tools ({error})") from None

    def _ids(self, parts: "Sequence[Part]") -> list[int]:
        """The tokens of parts of a chat, as of the whole text.

        If a message spells a control token, control tokens that the template wrote are added by their ids, and what is
        between them is encoded by itself as plain text.
        """
        if not any(part.is_message and self._control.search(part.text) for part in parts):
            return self._encoded("".join(part.text for part in parts))
        ids: list[int] = []
        run = ""
        for part in parts:
            if part.is_message:
                run += part.text
                continue
            at = 0
            for found in self._control.finditer(part.text):
                ids += [*self._encoded(run + part.text[at : found.start()], plain=True), *self._encoded(found[0])]
                run, at = "", found.end()
            run += part.text[at:]
        return [*ids, *self._encoded(run, plain=True)]

    def _encoded(self, text: str, plain: bool = False) -> list[int]:
        """Tokens of a text; if it is plain, control tokens in it are spelled out."""
        return self._tokenizer.encode(text, add_special_tokens=False, split_special_tokens=plain) if text else []

    def _tail(self) -> str:
        """What the template writes after an assistant's content."""
        past = [{"role": "user", "content": "x"}, {"role": "assistant", "content": "ANSWER"}]
        return self._rendered(past, False).rpartition("ANSWER")[2]

    def _end_of_turn(self) -> int:
        tail = self._encoded(self._tail().lstrip("\n "))
        if tail and not self._control.fullmatch(self._tokenizer.decode(tail[:1])):
            raise InputError(f"{self._name}: its chat template doesn't end a turn with a control token")
        return tail[0] if tail else self._tokenizer.eos_token_id

    def _separator(self) -> str:
        """What the template writes between the end of a turn and the next message."""
        end = self._tokenizer.decode([self.end])
        return self._tail().partition(end)[2]

    def _check(self) -> None:
        """Check that a tool's name, argument, value and result survive, and that the chat only grows."""
        parameters = {"type": "object", "properties": {"argument_b": {"type": "string"}}, "required": ["argument_b"]}
        function = {"name": "tool_a", "description": "It.", "parameters": parameters}
        first: list[Message] = [
            {"role": "system", "content": "s", "tools": [{"type": "function", "function": function}]},
            {"role": "user", "content": "u"},
        ]
        call = '<tool_call>\n{"name": "tool_a", "arguments": {"argument_b": "value_c"}}\n</tool_call>'
        spoken = [*first, {"role": "assistant", "content": call}]
        results = [{"role": "tool", "name": "tool_a", "content": text} for text in ("result_d", "result_e")]
        answered = [*spoken, *results]
        beginning, whole = self._rendered(first, True), self._rendered(answered, True)
        wanted = {"a tool's name": "tool_a", "an argument's name": "argument_b"}
        for what, text in wanted.items():
            if text not in beginning:
                raise InputError(f"{self._name}: its chat template drops {what}")
        wanted = {"an argument's value": "value_c", "a tool's result": "result_d", "a second result": "result_e"}
        for what, text in wanted.items():
            if text not in whole:
                raise InputError(f"{self._name}: its chat template drops {what}")
        if not whole.startswith(beginning) or not whole.startswith(self._rendered(spoken, False).rstrip("\n")):
            raise InputError(f"{self._name}: its chat template rewrites earlier turns, so it can't be appended to")
