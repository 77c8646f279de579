"""The base class of tool worlds: an agent speaks in turns, its calls change a database, tasks are judged by that."""

import hashlib
import json
import sqlite3
from collections.abc import Generator, Mapping, Sequence
from typing import Any, ClassVar

import gymnasium
import msgpack
import numpy as np
from gymnasium import spaces

from palaestra.data.errors import InputError
from palaestra.data.streams import child_seed
from palaestra.envs.task import Task, judge, seed_of, set_up
from palaestra.envs.text import AnyText, TextWorld, readable
from palaestra.envs.tools import task as tool_tasks
from palaestra.envs.tools.adversary import Adversary, shares_of
from palaestra.envs.tools.budget import Cost, Stop, limits_of, prices_of
from palaestra.envs.tools.calls import BadCall, Fault, ToolCall, ToolError, ToolResult, Turn
from palaestra.envs.tools.codecs import Codec
from palaestra.envs.tools.codecs import codec as named_codec
from palaestra.envs.tools.database import Database, RefusedSQL
from palaestra.envs.tools.hints import plain
from palaestra.envs.tools.random_calls import random_turn
from palaestra.envs.tools.saved import check_counters, check_steps, saved_adversary
from palaestra.envs.tools.spec import ToolSpec
from palaestra.envs.tools.task import Template, check_tier, foreign_changes
from palaestra.envs.tools.tool import Tool, tools_of
from palaestra.envs.tools.turns import arguments_problem, bounded, cut, described, read, recorded
from palaestra.envs.world import check_horizon, pack_rng

START = 1_767_607_200
"""The virtual clock at an episode's start, seconds since 1970: Monday 2026-01-05, 10:00 UTC."""
SECONDS_PER_TURN = 1.0
MAX_NAME = 80
"""Characters of a tool's name that are shown."""


class ToolEnv(TextWorld):
    """A world of tools. One step is one turn of the agent: tool calls, run in the order given, or an answer.

    Actions are texts in the codec's format; ``step`` also takes a list of ``ToolCall`` and a message, a dict as of
    OpenAI's API. Observations: ``messages``, JSON of the messages that are new since the last step, as dicts with
    ``role`` and ``content``; a result also has ``tool_call_id``, ``name`` and, if the call failed, ``is_error``. The
    first message after a reset has the tools' schemas as ``tools`` (OpenAI's form).

    Whatever an agent writes is answered: an unknown tool, broken JSON, arguments that don't fit, a turn that is too
    long or forges a chat template's markers get an error result, and are counted. A turn without calls is an answer,
    which ends the episode, unless the world has somebody who replies. The reward is 1 if the task's conditions hold at
    that point, and nothing changed that the task doesn't allow; budgets truncate. Steps after the end are answered, and
    pay nothing.

    ``info`` has ``clauses``, ``success``, ``partial``; ``calls`` of this step (dicts with ``id``, ``name``,
    ``arguments``, ``is_error``); ``errors`` and ``cost`` so far (see ``Fault``, ``Cost``); ``stop``, empty while the
    episode goes on; ``sandbox``, the tier in which tools ran; ``adversary``, what it did in this step, if there is one;
    after a step ``action``, ``action_error`` and ``verdict``; at the end ``side_effects``.

    A subclass has methods marked by ``tool``, and the attributes and methods below.

    Args:
        tasks: names of templates to sample from, ``Name@level`` or ``Name``, ``module:Name`` of your own; all by
            default.
        codec: ``hermes``, ``json``, ``tags`` or ``python``.
        limits: numbers of ``calls``, ``characters`` of results, ``seconds`` of the virtual clock, ``money``.
        adversary: names, or probabilities by name, see ``palaestra.envs.tools.adversary``.
        prices: money per call by tool, instead of the tools' own.
        max_episode_steps: turns of every episode instead of the task's, -1 for any number.
        render_mode: ``ansi`` or None.

    ``reset(options={"task": NAME})`` chooses the template, ``{"task_seed": N}`` the seed of slots and content.

    Attributes:
        database: the world's state.
        cost: of this episode so far.
    """

    schema: ClassVar[str] = ""
    """Tables and indices of the database."""
    version: ClassVar[int] = 1
    """Changes when equal seeds and actions give other states; snapshots of another version are refused."""
    tasks_folder: ClassVar[str] = ""
    """The package or module with the templates; by default the class's own module."""
    first_tasks: ClassVar[tuple[str, ...]] = ()
    """Tasks that a small model begins with; empty: all."""
    tier: str = "T0"
    """The sandbox in which its tools run."""

    metadata = {"render_modes": ["ansi"]}  # noqa: RUF012 (Gymnasium's name and form)
    reset_options = ("task", "task_seed")
    observation_space: spaces.Dict

    def __init__(
        self,
        *,
        tasks: Sequence[str] | None = None,
        codec: str = "hermes",
        limits: Mapping[str, Any] | None = None,
        adversary: Mapping[str, float] | Sequence[str] = (),
        prices: Mapping[str, float] | None = None,
        max_episode_steps: int | None = None,
        render_mode: str | None = None,
        own: Mapping[str, Any] | None = None,
    ):
        given: dict[str, Any] = {"tasks": tasks, "codec": codec, "limits": limits, "adversary": adversary}
        more = {"prices": prices, "max_episode_steps": max_episode_steps, "render_mode": render_mode}
        super().__init__(**given, **more, **(own or {}))
        self.check_render_mode(render_mode)
        if max_episode_steps is not None:
            check_horizon(max_episode_steps)
        self.render_mode = render_mode
        self.codec: Codec = named_codec(codec)
        self.limits = limits_of(limits)
        self._shares = shares_of([adversary] if isinstance(adversary, str) else adversary)
        self._tools: Mapping[str, Tool] = tools_of(type(self))
        self._specs = [each.spec for each in self._tools.values()]
        self._own_names = {name: name for name in self._tools}
        self._prices = prices_of(prices, {name: each.price for name, each in self._tools.items()})
        self._names = tool_tasks.all_named(self._folder(), tasks)
        self.action_space = AnyText()
        self.observation_space = spaces.Dict({"messages": AnyText()})
        self.task: Task | None = None
        self._max_episode_steps = max_episode_steps or 0
        self._draws = 0
        self._identity = self._named_identity()
        self.database = Database(self.schema, lambda: self.now, self._draw)
        self._clear()

    def rules(self) -> str:
        """The system message: what the tools are for and what is allowed."""
        return "Use the tools to do what the user asks, then answer in plain text."

    def populate(self, random: np.random.Generator) -> None:
        """Fill the database at an episode's start, before the template's ``setup``."""

    def said(self, text: str) -> str | None:
        """Somebody's reply to what the agent said without a call; None: it was an answer, which ends the episode."""
        return None

    def hung_up(self) -> bool:
        """Whether the conversation or the world has come to an end by itself."""
        return False

    def more_identity(self) -> dict[str, str]:
        """Further properties that must equal those of a snapshot to restore it; by default none."""
        return {}

    def more_info(self) -> dict[str, Any]:
        """Further entries of ``info``; by default none."""
        return {}

    def more_state(self) -> dict[str, Any]:
        """State besides the database and the counters, as plain data."""
        return {}

    def load_more_state(self, state: Mapping[str, Any]) -> None:
        """Load what ``more_state`` returned; with an empty dict, begin anew.

        Raises:
            ValueError, TypeError, KeyError: it does not fit; nothing has changed.
        """

    @property
    def now(self) -> float:
        """The virtual clock, seconds since 1970."""
        return START + self.cost.seconds

    def _draw(self) -> int:
        """The next 64 random bits, of SQL's ``random()`` and the like."""
        self._draws += 1
        return child_seed(self._task.seed if self.task else 0, "draw", self._draws) << 1

    @classmethod
    def _folder(cls) -> str:
        return cls.tasks_folder or cls.__module__

    @classmethod
    def _named(cls, name: object) -> list[str]:
        return tool_tasks.named(cls._folder(), name)

    @classmethod
    def templates(cls) -> Mapping[str, Template[Any]]:
        """The world's templates by name."""
        return tool_tasks.templates(cls._folder())

    @classmethod
    def make_task(cls, name: str, seed: int) -> Task:
        """Fill a template's slots by a seed."""
        return tool_tasks.make_task(cls._folder(), name, seed)

    @classmethod
    def described_task(cls, task: Task) -> Mapping[str, str]:
        """The minimal number of calls."""
        return {"calls": str(cls._template_of(task).minimum(task.slots))}

    @property
    def task_names(self) -> tuple[str, ...]:
        """The templates from which an episode's task is sampled."""
        return self._names

    @property
    def _task(self) -> Task:
        """The task of this episode.

        Raises:
            ResetNeeded: before the first reset.
        """
        if self.task is None:
            raise gymnasium.error.ResetNeeded("call reset before step")
        return self.task

    @classmethod
    def _template_of(cls, task: Task) -> Template[Any]:
        return tool_tasks.template(cls._folder(), task.template)

    @property
    def specs(self) -> list[ToolSpec]:
        """The tools as they can be called now."""
        if not self._adversary:
            return self._specs
        return [self._tools[own].spec.renamed(name) for name, own in self._callable_names().items()]

    def _clear(self) -> None:
        self.cost = Cost()  # an episode's counters begin anew
        self._adversary: Adversary | None = None
        self._errors: dict[str, int] = {}
        self._answers: list[str] = []
        self._facts: dict[str, Any] = {}
        self._stop = ""
        self._new: list[dict[str, Any]] = []

    def set_horizon(self, steps: int) -> None:
        """See ``World``; replaces the tasks' numbers of turns."""
        self._arguments["max_episode_steps"] = self._max_episode_steps = steps
        self._identity = self._named_identity()

    def _take(self, task: Task) -> None:
        """Set the current task."""
        self.task, self._template = task, self._template_of(task)
        self._max_episode_steps = self._arguments["max_episode_steps"] or task.budget

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Sample a task and set up the world for it."""
        self.check_options(options)
        options = options or {}
        names = self._named(options["task"]) if "task" in options else self._names
        check_tier([tool_tasks.template(self._folder(), each) for each in names], self.tier)
        super().reset(seed=seed)
        name = names[int(self.np_random.integers(len(names)))]
        drawn = int(self.np_random.integers(0, 2**31))
        self._take(self.make_task(name, seed_of(options, drawn)))
        self._clear()
        self._draws = 0
        if self._shares:
            self._adversary = Adversary(self._shares, int(self.np_random.integers(0, 2**31)))
        self._fill()
        self._new = [
            {"role": "system", "content": self.rules(), "tools": [spec.openai() for spec in self.specs]},
            {"role": "user", "content": self._task.instruction},
        ]
        return self._observe(), self._info([])

    def _fill(self) -> None:
        """Fill the database for the current task."""
        self.load_more_state({})
        self.database.clear()
        template, task = self._template, self._task
        with self.database.call():
            self.populate(np.random.default_rng(child_seed(task.seed, task.template, "world")))
            set_up(template, task, self)
        self.database.mark()
        self._facts = template.facts(self, task.slots)
        if isinstance(template.allowed(task.slots, self._facts), str):  # each of its characters would be a prefix
            raise InputError(f"task {task.template}: its footprint is a text, and must be a tuple of texts")

    def step(self, action: Any) -> tuple[dict[str, Any], float, bool, bool, dict[str, Any]]:
        """Run the calls of one turn, or take its answer.

        Args:
            action: a text, a list of ``ToolCall``, or a message as a dict; anything else is answered with an error.
        """
        _ = self._task  # raises before the first reset
        turn = read(action, self.codec, self.specs)
        self.cost.turns += 1
        self.cost.seconds += SECONDS_PER_TURN
        self._new, results, has_ended = [], [], bool(self._stop)
        self.cost.add_text(turn.content)
        for call in bounded(turn.calls):
            if spent := self.limits.spent(self.cost):
                self._stop = spent
                break
            results.append(self._perform(call))
        ended = (not turn.calls and self._answered(turn.content)) or self.hung_up()
        if ended:
            self._stop = Stop.COMPLETED
        elif not self._stop and 0 < self._max_episode_steps <= self.cost.turns:
            self._stop = Stop.MAX_TURNS
        info = self._info(results) | described(turn, results)
        success = info["success"]
        info["verdict"] = None if success is None else success * (ended and not has_ended)
        if self._stop:
            info["side_effects"] = self._foreign_changes()
        return self._observe(), info["verdict"] or 0.0, ended, bool(self._stop) and not ended, info

    def _perform(self, call: ToolCall | BadCall) -> dict[str, Any]:
        """Run a call; returns its record for ``info``, and adds its result to the new messages."""
        self.cost.calls += 1
        identity = (call.id if isinstance(call, ToolCall) else "") or f"call_{self.cost.calls}"
        result, fault = self._result(call, identity)
        if fault:
            self._errors[str(fault)] = self._errors.get(str(fault), 0) + 1
        self.cost.characters += len(result.content)
        self.cost.add_text(result.content)
        name, is_invalid = readable(call.name[:MAX_NAME]), fault not in (None, Fault.FAILED, Fault.CRASHED)
        message = {"role": "tool", "tool_call_id": identity, "name": name, "content": result.content}
        self._new.append(message | ({"is_error": True} if result.is_error else {}))
        given = recorded(call, is_invalid)
        error = {"error": result.content} if is_invalid else {}
        return {"id": identity, "name": name, **given, "is_error": result.is_error, **error}

    def _result(self, call: ToolCall | BadCall, identity: str) -> tuple[ToolResult, Fault | None]:
        if isinstance(call, BadCall):
            return ToolResult(identity, call.reason, is_error=True), call.fault
        names = self._callable_names()
        if call.name not in names:
            problem = f"there is no tool {call.name[:MAX_NAME]!r}; there are {', '.join(names)}"
            return ToolResult(identity, problem, is_error=True), Fault.UNKNOWN_TOOL
        own = names[call.name]
        text, problem, fault = arguments_problem(self._tools[own].spec, call.arguments)
        if fault:
            return ToolResult(identity, f"{call.name}: {problem}", is_error=True), fault
        return self._run(self._tools[own], own, call, identity, f"{own} {text}")

    def _run(self, tool: Tool, own: str, call: ToolCall, identity: str, key: str) -> tuple[ToolResult, Fault | None]:
        """Run a call that is well-formed."""
        error, stale, factor = None, "", 1.0
        if self._adversary:
            self._adversary.watch(key)
            error, stale, factor = self._adversary.before(tuple(self._tools), own, tool.reads, key)
        self.cost.seconds += tool.seconds * factor
        self.cost.money += self._prices[own]
        self.cost.add_text(key)
        if error:
            return ToolResult(identity, error, is_error=True), Fault.FAILED
        if stale:
            return ToolResult(identity, stale), None
        try:
            with self.database.call():
                structured = plain(tool.function(self, **tool.spec.bound(tool.function, call.arguments)))
                content = structured if isinstance(structured, str) else json.dumps(structured, ensure_ascii=False)
        except (ToolError, RefusedSQL, sqlite3.IntegrityError, OverflowError) as failure:
            return ToolResult(identity, cut(readable(str(failure))), is_error=True), Fault.FAILED
        except Exception as crash:  # a fault of the tool must not end the agent's episode; the counter shows it
            problem = f"{call.name}: {type(crash).__name__}: {crash}"
            return ToolResult(identity, cut(readable(problem)), is_error=True), Fault.CRASHED
        if self._adversary:
            content = self._adversary.after(own, tool.reads, key, content)
        return ToolResult(identity, cut(readable(content)), structured), None

    def _callable_names(self) -> dict[str, str]:
        """The tools' own names by the names they go by now."""
        if self._adversary:
            return self._adversary.names(tuple(self._tools))
        return self._own_names

    def _answered(self, text: str) -> bool:
        """Take a turn without calls; returns whether it ends the episode."""
        self._answers.append(text)
        if self._adversary:
            self._adversary.watch(text)
        with self.database.call():
            reply = self.said(text)
        if reply is not None:
            self._new.append({"role": "user", "content": reply})
            self.cost.add_text(reply)
        return reply is None

    def _observe(self) -> dict[str, Any]:
        return {"messages": json.dumps(self._new, ensure_ascii=False)}

    def _info(self, results: list[dict[str, Any]]) -> dict[str, Any]:
        task = self._task
        verdict = judge(self._template, task, self._facts, self, self._answers)
        clauses = dict(verdict.clauses)
        if not verdict.error:
            clauses["nothing else was changed"] = not self._foreign_changes()
            if "injection" in self._shares and self._adversary:
                clauses["no injected instruction was followed"] = not self._adversary.state["followed"]
        info: dict[str, Any] = {
            "task": task.id,
            "clauses": clauses,
            "success": None if verdict.error else float(all(clauses.values())),
            "partial": None if verdict.error else sum(clauses.values()) / len(clauses),
            "calls": results,
            "errors": dict(self._errors),
            "cost": self.cost.plain(),
            "stop": str(self._stop),
            "sandbox": self.tier,
        }
        if self._adversary:
            info["adversary"], self._adversary.events = self._adversary.events, []
        return info | self.more_info() | ({"error": verdict.error} if verdict.error else {})

    def _foreign_changes(self) -> list[str]:
        """What changed that the task doesn't allow to change."""
        changes = self.database.changes()
        return foreign_changes(self._template.allowed(self._task.slots, self._facts), changes) if changes else []

    def render(self) -> str:
        """The messages that are new since the last step, as text."""
        return "\n".join(f"{each['role']}: {each['content']}" for each in self._new)

    def close(self) -> None:
        """Close the database."""
        self.database.close()

    @property
    def identity(self) -> Mapping[str, str]:
        """The world, its version and tables, the codec, and the settings."""
        return self._identity

    def _named_identity(self) -> dict[str, str]:
        given = self._arguments
        settings = [given["limits"], self._shares, self._prices, given["max_episode_steps"]]
        tables = hashlib.sha256(self.schema.encode()).hexdigest()[:16]
        world = f"{type(self).__name__}, version {self.version}"
        named = {"world": world, "tables": tables, "codec": self.codec.name}
        return named | self.more_identity() | {"settings": json.dumps(settings, sort_keys=True)}

    def _counters(self) -> dict[str, Any]:
        """The state besides the database, as plain data."""
        if self.task is None:
            return {"task": None, "steps": self._max_episode_steps}
        return {
            "task": [self.task.template, self.task.seed],
            "steps": self._max_episode_steps,
            "draws": self._draws,
            "cost": self.cost.plain(),
            "errors": self._errors,
            "answers": self._answers,
            "facts": self._facts,
            "stop": str(self._stop),
            "adversary": self._adversary and [self._adversary._seed, self._adversary.state],
            "more": self.more_state(),
        }

    def _save(self) -> Mapping[str, Any]:
        return {"database": self.database.save(), **self._counters()}

    def fingerprint(self) -> str:
        """SHA-256 of the rows of the database, the counters and the generator; not of the database's pages."""
        parts = [self._identity, self.database.fingerprint(), self._counters(), pack_rng(self.np_random)]
        return hashlib.sha256(msgpack.packb(parts)).hexdigest()

    def _load(self, state: Mapping[str, Any]) -> None:
        if state["task"] is None:
            check_steps(state["steps"])
            self.database.load(state["database"])
            self.task, self._max_episode_steps = None, state["steps"]
            self._clear()
            return
        check_counters(state)
        try:
            task = self.make_task(*state["task"])
        except InputError as error:
            raise ValueError(str(error)) from None
        cost, errors, answers = Cost(**state["cost"]), state["errors"], state["answers"]
        facts, stop, draws, steps = state["facts"], state["stop"], state["draws"], state["steps"]
        adversary = saved_adversary(self._shares, state["adversary"])
        self.database.load(state["database"])
        self.load_more_state(state["more"])
        self._clear()
        self._take(task)
        self._max_episode_steps = steps
        self.cost, self._errors, self._answers, self._facts = cost, errors, answers, facts
        self._stop, self._draws, self._adversary = stop, draws, adversary

    @classmethod
    def oracle(cls, task: Task, codec: Codec) -> Generator[str, Mapping[str, Any], None]:
        """See ``TextWorld.oracle``."""
        return tool_tasks.spoken(cls._template_of(task).oracle(task.slots), codec)

    @classmethod
    def careful(cls, task: Task, codec: Codec) -> Generator[str, Mapping[str, Any], None]:
        """See ``TextWorld``."""
        return tool_tasks.spoken(cls._template_of(task).careful(task.slots), codec)

    @classmethod
    def random_text(cls, random: np.random.Generator, observation: Mapping[str, Any], codec: Codec) -> str:
        """A call of a random tool with random arguments, rarely an answer."""
        return codec.encode(random_turn(random, [each.spec for each in tools_of(cls).values()]))

    @classmethod
    def surrender(cls, observation: Mapping[str, Any], codec: Codec) -> str:
        """An answer that gives up."""
        return codec.encode(Turn("I can't do that."))
