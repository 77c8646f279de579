"""A Python session in the sandbox: variables and files stay from call to call, and forks take them along."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

from palaestra.data.errors import InputError
from palaestra.data.streams import child_seed
from palaestra.envs.remote import make_vector as make
from palaestra.envs.tools.calls import ToolError
from palaestra.envs.tools.sandbox.probe import choose
from palaestra.envs.tools.sandbox.run import Outcome, Sandbox
from palaestra.envs.tools.sandbox.session import Journal, Sessions
from palaestra.envs.tools.sandbox.tiers import MIB, Limits, Tier, parse_tier
from palaestra.envs.tools.tool import tool
from palaestra.envs.tools.world import ToolEnv

LIMITS = Limits(seconds=5.0, wall=20.0, memory=256 * MIB, output=6000, files=256 * 1024, entries=100)
"""Of each cell. The files bound the size of a snapshot."""


@functools.lru_cache(maxsize=8)
def _sandbox(tier: str) -> Sandbox:
    """This process's sandbox of a tier; its fork server ends with the process."""
    return Sandbox(tier=tier, limits=LIMITS)


@functools.lru_cache(maxsize=8)
def _sessions(tier: str) -> Sessions:
    """This process's sessions of a tier, which all its worlds share."""
    return Sessions(_sandbox(tier))


class ToolPython(ToolEnv):
    """A Python interpreter and a folder of files. Time, chance and hashes are the world's.

    A snapshot holds the session's journal: the cells run so far, the seed and the files. A restored or forked world
    goes on from it in a process of its own. ``info["nondeterministic"]`` is true if a replay of the journal gave
    something else than the first time.

    Args:
        tier: of the sandbox, ``T1``, ``T2`` or ``T3``; by default the strongest that this machine has without further
            programs.
        **arguments: see ``ToolEnv``.

    Raises:
        InputError: there is no such tier, or this machine lacks something for it.
    """

    tasks_folder = "palaestra.envs.tools.worlds.python.tasks"

    def __init__(self, *, tier: str = "", **arguments: Any):
        super().__init__(**arguments, own={"tier": tier})
        chosen = choose(parse_tier(tier) if tier else None)
        if chosen == Tier.T0:
            raise InputError("tier T0 runs in this process: an agent's code needs T1, T2 or T3")
        self.tier = str(chosen)
        self._tested: tuple[Any, str] = (None, "")
        self._nondeterministic = False
        self.load_more_state({})

    def rules(self) -> str:
        """See ``ToolEnv``."""
        return (
            "You have a Python session with the standard library and a folder of files, and no network. Variables and "
            "files stay from call to call. Answer in plain text when you are done."
        )

    def begin(self, files: Mapping[str, str], cells: Sequence[str] = ()) -> None:
        """Start the session with these files, and run cells of the world's own in it."""
        seed = child_seed(self._task.seed, "python") % 2**32
        self._journal = Journal(seed, self.now, {name: text.encode() for name, text in files.items()})
        self.files = dict(self._journal.files)
        for cell in cells:
            outcome = self._run_cell(cell)
            if outcome.error or outcome.stop:
                raise RuntimeError(f"a cell of the task failed: {outcome.error or outcome.stop}")

    @tool(seconds=2.0, price=0.002)
    def run_python(self, code: str) -> dict[str, Any]:
        """Run Python code in the session.

        Args:
            code: one or more statements; if the last one is an expression, its value is returned.
        """
        outcome = self._run_cell(code)
        result: dict[str, Any] = {"output": outcome.stdout, "value": outcome.value}
        if outcome.error:
            result["error"] = outcome.error
        if outcome.stop:
            raise ToolError(
                f"the code was stopped ({outcome.stop}) and has had no effect. {outcome.stdout[:500]}".strip()
            )
        return result

    @tool(reads=True)
    def list_files(self) -> dict[str, int]:
        """List the files and their sizes in bytes."""
        return {name: len(content) for name, content in sorted(self.files.items()) if not name.endswith("/")}

    @tool(reads=True)
    def read_file(self, path: str) -> str:
        """Read a text file.

        Args:
            path: of the file, relative to the folder.
        """
        if path not in self.files:
            raise ToolError(f"there is no file {path[:80]!r}; list_files lists them")
        return self.files[path].decode(errors="replace")

    def _run_cell(self, code: str) -> Outcome:
        self._journal, outcome = _sessions(self.tier).run(self._journal, code, clock=self.now)
        gone = set(outcome.removed)
        self.files = {name: content for name, content in self.files.items() if name not in gone} | dict(outcome.files)
        self.cost.seconds += max(0.0, outcome.clock - self.now)  # sleeping passes on the virtual clock
        self._nondeterministic = self._nondeterministic or outcome.nondeterministic
        return outcome

    def tested(self, code: str) -> str:
        """Run a task's tests beside the session's files; returns what went wrong, or an empty text."""
        key: Any = (code, tuple(sorted(self.files.items())))
        if key != self._tested[0]:
            outcome = _sandbox(self.tier).run(code, self.files, seed=1, clock=self.now)
            self._tested = key, outcome.error or outcome.stop
        return self._tested[1]

    @property
    def has_run(self) -> bool:
        """Whether a cell has had an effect."""
        return bool(self._journal.effective)

    def tried(self, code: str) -> str:
        """Run code in a fork of the session, which stays as it is; returns what went wrong, or an empty text."""
        key: Any = (code, self._journal.key)
        if key != self._tested[0]:
            _, outcome = _sessions(self.tier).run(self._journal, code, clock=self.now)
            self._tested = key, outcome.error or outcome.stop
        return self._tested[1]

    def more_info(self) -> dict[str, Any]:
        """Whether a replay of the journal differed."""
        return {"nondeterministic": self._nondeterministic}

    def more_state(self) -> dict[str, Any]:
        """The journal and the files as they are now."""
        return {"journal": self._journal.to_data(), "files": self.files, "differs": self._nondeterministic}

    def load_more_state(self, state: Mapping[str, Any]) -> None:
        """See ``ToolEnv``."""
        journal = Journal.from_data(state["journal"]) if state else Journal()
        files, differs = dict(state.get("files", {})), bool(state.get("differs", False))
        if not all(isinstance(name, str) and isinstance(content, bytes) for name, content in files.items()):
            raise ValueError("the session's files are damaged")
        self._journal, self.files, self._nondeterministic = journal, files, differs
        self._tested = (None, "")


make_vector = functools.partial(make, ToolPython)
