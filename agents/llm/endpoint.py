"""Models behind an OpenAI-compatible endpoint, as policies of texts: ``api:URL#MODEL``.

Tools, calls and results go over the wire in OpenAI's own form; the world gets the calls in its codec. The key is read
from the environment and is in no record.
"""

import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from palaestra.agents.llm.templates import Message, messages_of
from palaestra.agents.own import AgentError
from palaestra.data.errors import InputError
from palaestra.data.extras import require
from palaestra.envs.task import Task
from palaestra.envs.tools.calls import ToolCall, Turn
from palaestra.envs.tools.codecs import Codec

PREFIX = "api:"
KEYS = ("PALAESTRA_API_KEY", "OPENAI_API_KEY")
"""Environment variables that may hold the key, the first one that is set; local servers need none."""
RETRIES = 3
TIMEOUT = 120.0
"""Seconds until a request counts as failed."""
AT_ONCE = 16
"""Maximal number of requests at a time."""


@dataclass
class _Chat:
    """A world's conversation in OpenAI's form."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    tools: list[dict[str, Any]] = field(default_factory=list)
    call_ids: list[str] = field(default_factory=list)
    """Of the last turn's calls, in their order."""
    rests: bool = False


class EndpointPolicy:
    """Speaks by a model behind an endpoint; implements ``TextPolicy``.

    Args:
        name: ``api:URL#MODEL``, such as ``api:http://127.0.0.1:8000/v1#qwen``.
        codec: of the environment's actions.
        max_tokens: maximal number of tokens of a turn.
        examples: solved episodes that stand before every episode.
        prices: money per million tokens of prompts and of answers.
        max_cost: money after which no further request is made; None for any amount.

    Attributes:
        costs: of each world's last turn: ``prompt_tokens``, ``completion_tokens``, ``money``.
        spent: money so far.

    Raises:
        InputError: the name is no URL and model, or the extra is missing.
    """

    def __init__(
        self,
        name: str,
        codec: Codec,
        *,
        max_tokens: int = 256,
        examples: Sequence[Sequence[Message]] = (),
        prices: tuple[float, float] = (0.0, 0.0),
        max_cost: float | None = None,
    ):
        url, _, model = name.removeprefix(PREFIX).partition("#")
        if not url.startswith(("http://", "https://")) or not model:
            raise InputError(f"--policy {name}: must be api:URL#MODEL, such as api:http://127.0.0.1:8000/v1#qwen")
        require("an endpoint", "openai")
        from openai import OpenAI

        key = next((os.environ[each] for each in KEYS if os.environ.get(each)), "none")
        self._client = OpenAI(base_url=url, api_key=key, max_retries=RETRIES, timeout=TIMEOUT)
        self._name, self._model, self._codec = name, model, codec
        self._max_tokens, self._prices, self._max_cost = max_tokens, prices, max_cost
        self._examples = [dict(message) for example in examples for message in example]
        self._chats: list[_Chat] = []
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

    def act(
        self, observations: Sequence[Mapping[str, Any]], rewards: np.ndarray | None = None, deterministic: bool = True
    ) -> list[str]:
        """See ``TextPolicy.act``; deterministic turns have temperature 0.

        Raises:
            AgentError: the endpoint can't be reached or refuses, or ``max_cost`` is reached.
        """
        rows = [row for row, chat in enumerate(self._chats) if not chat.rests]
        if self._max_cost is not None and self.spent >= self._max_cost:
            raise AgentError(f"{self._name}: {self.spent:.4f} of {self._max_cost:.4f} is spent")
        for row in rows:
            self._hear(self._chats[row], messages_of(observations[row]))
        texts = [""] * len(observations)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers = pool.map(lambda row: self._ask(self._chats[row], deterministic), rows)
            for row, answer in zip(rows, answers):
                texts[row] = self._take(row, answer)
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

    def _ask(self, chat: _Chat, deterministic: bool) -> Any:
        import openai

        more: dict[str, Any] = {"tools": chat.tools} if chat.tools else {}
        messages: Any = chat.messages
        try:
            return self._client.chat.completions.create(
                model=self._model,
                messages=messages,
                max_tokens=self._max_tokens,
                temperature=0.0 if deterministic else 1.0,
                **more,
            )
        except openai.APIConnectionError as error:
            raise AgentError(f"{self._name}: can't be reached ({error.__cause__ or error})") from None
        except openai.APIStatusError as error:
            raise AgentError(f"{self._name}: refuses with status {error.status_code}") from None
        except openai.OpenAIError as error:
            raise AgentError(f"{self._name}: {str(error).partition(chr(10))[0]}") from None

    def _take(self, row: int, answer: Any) -> str:
        """Add the model's turn to the conversation; returns it in the world's codec."""
        if not answer.choices:
            raise AgentError(f"{self._name}: answered without a choice")
        message, chat = answer.choices[0].message, self._chats[row]
        calls = message.tool_calls or []
        chat.call_ids = [call.id for call in calls]
        turn: dict[str, Any] = {"role": "assistant", "content": message.content or ""}
        if calls:
            turn["tool_calls"] = [
                {"id": call.id, "type": "function", "function": call.function.model_dump(include={"name", "arguments"})}
                for call in calls
            ]
        chat.messages.append(turn)
        self._account(row, answer.usage)
        return self._encoded(message.content or "", calls)

    def _encoded(self, content: str, calls: Sequence[Any]) -> str:
        """A turn in the codec; without calls as it is, because a model may write them in the codec by itself."""
        if not calls:
            return content
        read = []
        for call in calls:
            try:
                arguments = json.loads(call.function.arguments or "{}")
            except ValueError:
                arguments = None
            if not isinstance(arguments, dict):  # the world says what is wrong with it
                return f"{content}<tool_call>{call.function.arguments}</tool_call>"
            read.append(ToolCall("", call.function.name, arguments))
        return self._codec.encode(Turn(content, tuple(read)))

    def _account(self, row: int, usage: Any) -> None:
        prompt, completion = (usage.prompt_tokens, usage.completion_tokens) if usage else (0, 0)
        money = (prompt * self._prices[0] + completion * self._prices[1]) / 1e6
        self.spent += money
        self.costs[row] = {"prompt_tokens": float(prompt), "completion_tokens": float(completion), "money": money}


def _as_text(message: Message) -> dict[str, Any]:
    """An example's message; its calls stand in the texts, so that results are told by the user."""
    role = "user" if message["role"] == "tool" else message["role"]
    return {"role": role, "content": message["content"]}
