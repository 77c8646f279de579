"""Models behind an OpenAI-compatible endpoint, as policies of texts: ``api:URL#MODEL``.

Tools, calls and results go over the wire in OpenAI's own form; the world gets the calls in its codec. The key is read
from the environment and is in no record.
"""

import contextlib
import json
import os
import queue
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import numpy as np

from palaestra.agents.errors import AgentError
from palaestra.agents.llm.templates import Message, messages_of
from palaestra.data.errors import InputError
from palaestra.data.extras import require
from palaestra.envs.task import Task
from palaestra.envs.tools.calls import ToolCall, Turn
from palaestra.envs.tools.codecs import Codec
from palaestra.envs.tools.json_text import Problem, json_value

PREFIX = "api:"
KEYS = ("PALAESTRA_API_KEY", "OPENAI_API_KEY")
"""Environment variables that may hold the key, the first one that is set; local servers need none."""
RETRIES = 5
TIMEOUT = 120.0
"""Seconds until a request counts as failed."""
CONNECT_TIMEOUT = 10.0
"""Seconds until a connection counts as failed."""
AT_ONCE = 16
"""Maximal number of requests at a time."""
SHOWN = 200
"""Characters of an endpoint's own error message."""
TOO_LONG = re.compile(r"context[ _](?:length|size|window)|prompt is too long", re.IGNORECASE)
"""How endpoints say that a conversation no longer fits the context."""


class EndpointError(AgentError):
    """The endpoint can't be reached, refuses, or answers with something else than a turn."""

    status = 2


class _Said(NamedTuple):
    """An endpoint's turn.

    Attributes:
        content: its text.
        calls: id, name and arguments (as they were sent) of each call.
        usage: tokens of the prompt and of the answer; None if the endpoint doesn't count them.
        stop: see ``Utterances``.
    """

    content: str = ""
    calls: tuple[tuple[str, str, str], ...] = ()
    usage: tuple[int, int] | None = (0, 0)
    stop: str = ""


@dataclass
class _Chat:
    """A world's conversation in OpenAI's form."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    tools: list[dict[str, Any]] = field(default_factory=list)
    call_ids: list[str] = field(default_factory=list)
    """Of the last turn's calls, in their order."""
    rests: bool = False
    stop: str = ""
    """See ``Utterances``, of the last turn."""


class EndpointPolicy:
    """Speaks by a model behind an endpoint; implements ``TextPolicy``.

    Args:
        name: ``api:URL#MODEL``, such as ``api:http://127.0.0.1:8000/v1#qwen``.
        codec: of the environment's actions.
        max_tokens: maximal number of tokens of a turn.
        temperature: of turns that aren't deterministic.
        examples: solved episodes that stand before every episode.
        prices: money per million tokens of prompts and of answers.
        max_cost: money after which no further request is made; None for any amount. Requests under way are still paid.

    Attributes:
        costs: of each world's last turn: ``prompt_tokens``, ``completion_tokens``, ``money``; empty if the endpoint
            refused it because of the context, or doesn't count tokens.
        spent: money so far.

    Raises:
        InputError: the name is no URL and model, the key can't be sent, a limit without prices; or the extra is
            missing.
    """

    def __init__(
        self,
        name: str,
        codec: Codec,
        *,
        max_tokens: int = 256,
        temperature: float = 1.0,
        examples: Sequence[Sequence[Message]] = (),
        prices: tuple[float, float] = (0.0, 0.0),
        max_cost: float | None = None,
    ):
        url, model = _url_and_model(name)
        if max_cost is not None and not any(prices):
            raise InputError("--max-cost: needs --prices, the money per million tokens of prompts and of answers")
        require("an endpoint", "openai")
        from openai import OpenAI, Timeout

        self._key = _key()
        self._client = OpenAI(
            base_url=url,
            api_key=self._key or "none",
            max_retries=RETRIES,
            timeout=Timeout(TIMEOUT, connect=CONNECT_TIMEOUT),
        )
        self._name, self._model, self._codec = name, model, codec
        self._max_tokens, self._temperature = max_tokens, temperature
        self._prices, self._max_cost = prices, max_cost
        self._examples = [dict(message) for example in examples for message in example]
        self._chats: list[_Chat] = []
        self._accounts = threading.Lock()
        self.costs: list[dict[str, float]] = []
        self.spent = 0.0

    def reset(self, which: np.ndarray | None = None, tasks: Sequence[Task | None] = ()) -> None:
        """See ``TextPolicy.reset``."""
        if which is None:
            self._chats, self.costs = [], []
            return
        self._chats = self._chats or [_Chat(rests=True) for _ in which]
        self.costs = self.costs or [{} for _ in which]
        for row in np.flatnonzero(which).tolist():
            self._chats[row] = _Chat()

    def rest(self, row: int) -> None:
        """A world's episode has ended."""
        self._chats[row].rests = True

    @property
    def stops(self) -> list[str]:
        """Why each world's last turn ended, see ``Utterances``."""
        return [chat.stop for chat in self._chats]

    def act(
        self, observations: Sequence[Mapping[str, Any]], rewards: np.ndarray | None = None, deterministic: bool = True
    ) -> list[str]:
        """See ``TextPolicy.act``; deterministic turns have temperature 0.

        Raises:
            AgentError: the endpoint can't be reached or refuses, or ``max_cost`` is reached.
        """
        rows = [row for row, chat in enumerate(self._chats) if not chat.rests]
        for row in rows:
            self._hear(self._chats[row], messages_of(observations[row]))
        texts = [""] * len(observations)
        for row, said in _at_once(lambda row: self._ask(row, deterministic), rows):
            texts[row] = self._take(self._chats[row], said)
        return texts

    def _hear(self, chat: _Chat, messages: Sequence[Mapping[str, Any]]) -> None:
        """Add the world's messages; its results answer the last turn's calls in their order.

        An endpoint wants an answer to every call, also to those that the world didn't get to.
        """
        results = [message["content"] for message in messages if message["role"] == "tool"]
        results += ["not run"] * (len(chat.call_ids) - len(results))
        for identity, content in zip(chat.call_ids, results):
            chat.messages.append({"role": "tool", "tool_call_id": identity, "content": content})
        for content in results[len(chat.call_ids) :]:  # of calls that the model wrote as text
            chat.messages.append({"role": "user", "content": content})
        for message in messages:
            chat.tools = list(message.get("tools", chat.tools))
            if message["role"] != "tool":
                chat.messages.append({"role": message["role"], "content": message["content"]})
            if message["role"] == "system":
                chat.messages += map(_as_text, self._examples)

    def _ask(self, row: int, deterministic: bool) -> _Said:
        """Ask for a world's next turn, and account what it costs."""
        import openai

        with self._accounts:
            if self._max_cost is not None and self.spent >= self._max_cost:
                raise AgentError(f"{self._name}: {self.spent:.4f} of {self._max_cost:.4f} is spent (--max-cost)")
        chat = self._chats[row]
        more: dict[str, Any] = {"tools": chat.tools} if chat.tools else {}
        messages: Any = chat.messages
        try:
            response = self._client.chat.completions.with_raw_response.create(
                model=self._model,
                messages=messages,
                max_tokens=self._max_tokens,
                temperature=0.0 if deterministic else self._temperature,
                **more,
            )
            said = _said(response.text)
        except openai.APITimeoutError:
            raise self._error(f"has not answered within {TIMEOUT:.0f} s, {RETRIES + 1} times") from None
        except openai.APIConnectionError as error:
            raise self._error(f"can't be reached ({error.__cause__ or error})") from None
        except openai.APIStatusError as error:
            if error.status_code in (400, 413, 422) and TOO_LONG.search(error.response.text):
                self.costs[row] = {}
                return _Said(stop="context")
            raise self._error(f"refuses with status {error.status_code}{_reason(error.body)}") from None
        except openai.OpenAIError as error:
            raise self._error(str(error).partition("\n")[0]) from None
        self._account(row, said.usage)
        return said

    def _error(self, reason: str) -> EndpointError:
        """An error with a reason of the endpoint's, or of the connection's, which may repeat the key."""
        return EndpointError(f"{self._name}: {reason.replace(self._key, '***') if self._key else reason}")

    def _take(self, chat: _Chat, said: _Said) -> str:
        """Add the model's turn to the conversation; returns it in the world's codec."""
        chat.call_ids, chat.stop = [identity for identity, *_ in said.calls], said.stop
        turn: dict[str, Any] = {"role": "assistant", "content": said.content}
        if said.calls:
            turn["tool_calls"] = [
                {"id": identity, "type": "function", "function": {"name": name, "arguments": arguments}}
                for identity, name, arguments in said.calls
            ]
        chat.messages.append(turn)
        return self._encoded(said)

    def _encoded(self, said: _Said) -> str:
        """A turn in the codec; without calls as it is, because a model may write them in the codec by itself.

        A call whose arguments can't be read is written as it came, so that the world says what is wrong with it; those
        after it are left out.
        """
        read: list[ToolCall] = []
        for _, name, text in said.calls:
            arguments = json_value(text or "{}")
            if isinstance(arguments, Problem) or not isinstance(arguments, dict):
                before = self._codec.encode(Turn(said.content, tuple(read)))
                return UNREADABLE[self._codec.name](before, said.content, name, text)
            read.append(ToolCall("", name, arguments))
        return self._codec.encode(Turn(said.content, tuple(read))) if read else said.content

    def _account(self, row: int, usage: tuple[int, int] | None) -> None:
        if usage is None:
            if self._max_cost is not None:
                raise self._error("answers without usage, so that --max-cost can't be kept")
            self.costs[row] = {}
            return
        prompt, completion = usage
        money = (prompt * self._prices[0] + completion * self._prices[1]) / 1e6
        with self._accounts:
            self.spent += money
        self.costs[row] = {"prompt_tokens": float(prompt), "completion_tokens": float(completion), "money": money}


def _url_and_model(name: str) -> tuple[str, str]:
    """The parts of ``api:URL#MODEL``."""
    url, _, model = name.removeprefix(PREFIX).partition("#")
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 (raises for one that is no number)
    except ValueError:
        parts = urlsplit("")
    if "@" in parts.netloc or parts.query:  # it would be recorded with the episodes
        raise InputError(
            f"--policy {PREFIX}...: a URL with a password or query; the key is read from {' or '.join(KEYS)}"
        )
    if parts.scheme not in ("http", "https") or not parts.hostname or not model:
        raise InputError(f"--policy {name}: must be api:URL#MODEL, such as api:http://127.0.0.1:8000/v1#qwen")
    return url, model


def _key() -> str:
    """The key, or "" if there is none."""
    variable = next((each for each in KEYS if os.environ.get(each, "").strip()), None)
    key = "" if variable is None else os.environ[variable].strip()
    if not all("!" <= letter <= "~" for letter in key):
        raise InputError(f"{variable}: is no key; it has characters that can't be sent in a header")
    return key


def _at_once(ask: Callable[[int], _Said], rows: Sequence[int]) -> Iterator[tuple[int, _Said]]:
    """Ask for several rows in threads; the first error is raised at once.

    The threads are daemons: a pool's would keep an interrupted process until the last request has failed.
    """
    waiting, done = queue.SimpleQueue[int](), queue.SimpleQueue[tuple[int, Any]]()

    def work() -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                row = waiting.get_nowait()
                try:
                    done.put((row, ask(row)))
                except Exception as error:
                    done.put((row, error))

    for row in rows:
        waiting.put(row)
    for _ in range(min(AT_ONCE, len(rows))):
        threading.Thread(target=work, daemon=True).start()
    try:
        for _ in rows:
            row, said = done.get()
            if isinstance(said, Exception):
                raise said
            yield row, said
    finally:
        with contextlib.suppress(queue.Empty):
            while True:
                waiting.get_nowait()


def _said(text: str) -> _Said:
    """The turn in an endpoint's answer, which may be anything.

    Raises:
        OpenAIError: it is no turn.
    """
    from openai import OpenAIError

    answer = json_value(text, around=100)
    if not isinstance(answer, dict):
        raise OpenAIError("answers with something else than JSON; is its URL right, such as http://HOST/v1?")
    choices = answer.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(choice, dict) or not isinstance(message, dict):
        raise OpenAIError("answers without a choice")
    calls = message.get("tool_calls") or []
    calls = calls if isinstance(calls, list) else [calls]
    functions: list[Any] = [each.get("function") if isinstance(each, dict) else None for each in calls]
    content = message.get("content") or ""
    if not isinstance(content, str) or not all(isinstance(each, dict) for each in functions):
        raise OpenAIError("answers with a message that is not OpenAI's")
    sent = tuple(
        (str(each.get("id") or f"call-{number}"), str(function.get("name", "")), _arguments(function.get("arguments")))
        for number, (each, function) in enumerate(zip(calls, functions))
    )
    stop = "length" if choice.get("finish_reason") == "length" else ""
    return _Said(_characters(content), sent, _usage(answer.get("usage")), stop)


def _arguments(sent: Any) -> str:
    """A call's arguments as text; some servers send the object itself."""
    return _characters(sent) if isinstance(sent, str) else json.dumps({} if sent is None else sent)


def _characters(text: str) -> str:
    """A text without lone surrogates, which JSON can have and no file can hold."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _usage(usage: Any) -> tuple[int, int] | None:
    usage = usage if isinstance(usage, dict) else {}
    prompt, completion = usage.get("prompt_tokens"), usage.get("completion_tokens")
    return (prompt, completion) if isinstance(prompt, int) and isinstance(completion, int) else None


def _reason(body: Any) -> str:
    """The endpoint's own words about an error, in parentheses; "" if there are none."""
    inner = body.get("error", body) if isinstance(body, dict) else body
    words = inner.get("message") if isinstance(inner, dict) else inner
    return f" ({' '.join(words.split())[:SHOWN]})" if isinstance(words, str) and words.strip() else ""


UNREADABLE: dict[str, Callable[[str, str, str, str], str]] = {
    "hermes": lambda before, content, name, arguments: (
        f'{before}\n<tool_call>\n{{"name": {json.dumps(name)}, "arguments": {arguments}}}\n</tool_call>'
    ),
    "json": lambda before, content, name, arguments: (
        f'{{"content": {json.dumps(content)}, "calls": [{{"name": {json.dumps(name)}, "arguments": {arguments}}}]}}'
    ),
    "tags": lambda before, content, name, arguments: f"{before}\n<function={name}>\n{arguments}\n</function>",
    "python": lambda before, content, name, arguments: f"{before}\n```python\n{name}(arguments={arguments})\n```",
}
"""By codec: a turn with a call whose arguments can't be read, from the turn before it, its content, the call's name and
arguments. In JSON, the whole turn can't be read then."""


def _as_text(message: Message) -> dict[str, Any]:
    """An example's message; its calls stand in the texts, so that results are told by the user."""
    role = "user" if message["role"] == "tool" else message["role"]
    return {"role": role, "content": message["content"]}
