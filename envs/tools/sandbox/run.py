"""Runs model-written code in a sandbox of a tier."""

import base64
import binascii
import contextlib
import io
import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from palaestra.data.errors import InputError
from palaestra.envs.tools.sandbox.cell import Interpreter, run_cell
from palaestra.envs.tools.sandbox.client import Connection, Lost, Raw
from palaestra.envs.tools.sandbox.probe import choose
from palaestra.envs.tools.sandbox.tiers import Limits, Tier, parse_tier

MAX_CODE = 1 << 20
"""Characters of code in one call."""
RESULT = {"value": str, "error": str, "stop": str, "files": dict, "removed": list, "clock": float}
"""The fields of a result and their types."""
STOPS = ("", "time", "memory", "output", "files", "processes", "killed")


@dataclass(frozen=True)
class Outcome:
    """What a call or a cell did.

    Attributes:
        stdout: what it printed, errors too, at most ``limits.output`` characters. Empty if it was stopped for
            another reason than that, since where that cuts depends on the machine.
        value: ``repr`` of the last expression; "" if there is none or it is None.
        error: the exception that ended it as one line, or "".
        stop: "", or why it was stopped: ``time``, ``memory``, ``output``, ``files`` (too large), ``processes``
            (too many), or ``killed`` (it ended without a result, or with a forged one).
        files: files it added or changed, contents by path; a path that ends with "/" is an empty folder.
        removed: files it deleted.
        tier: that ran it.
        clock: the virtual clock afterwards, in seconds since 1970.
        nondeterministic: a replay of earlier cells gave something else than the first time.
    """

    stdout: str = ""
    value: str = ""
    error: str = ""
    stop: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)
    removed: tuple[str, ...] = ()
    tier: str = ""
    clock: float = 0.0
    nondeterministic: bool = False


class Sandbox:
    """Runs model-written code.

    A call is a function of its arguments as far as the standard library goes: ``random``, ``os.urandom``, ``uuid``,
    hashes and the order of sets come from the seed, ``time`` and ``datetime`` from a virtual clock, on which sleeping
    costs nothing. What is stopped for time, or for memory by the supervisor, depends on the machine's speed: whether
    such a call is stopped can differ near the limit, but one that is stopped has no output and no files.

    Several threads may run calls at once.

    Args:
        tier: of isolation, "" for the strongest that this machine has.
        limits: of each call.

    Raises:
        InputError: there is no such tier, or this machine lacks something for it.
    """

    def __init__(self, tier: str = "", limits: Limits | None = None):
        self.tier = choose(parse_tier(tier) if tier else None)
        self.limits = limits or Limits()
        self._connection = None if self.tier == Tier.T0 else Connection(self.tier, self.limits)

    @property
    def connection(self) -> Connection:
        """To the fork server.

        Raises:
            InputError: tier T0 has none.
        """
        if self._connection is None:
            raise InputError("tier T0 runs in this process and has no sessions; T1 or higher is wanted")
        return self._connection

    def run(self, code: str, files: Mapping[str, bytes] | None = None, seed: int = 0, clock: float = 0.0) -> Outcome:
        """Run code in a fresh interpreter.

        Args:
            code: Python; the value of a last expression is returned.
            files: in the working directory, contents by relative path.
            seed: of all chance.
            clock: the virtual time at its start, in seconds since 1970.

        Raises:
            InputError: the code is too long, or the files don't fit the limits.
        """
        encoded = encode_files(files or {}, self.limits)
        if reason := check_code(code):
            return Outcome(error=reason, tier=self.tier, clock=clock)
        if self._connection is None:
            return self._run_here(code, encoded, clock)
        try:
            raw = self._connection.call(code, encoded, seed, clock)
        except Lost:
            return Outcome(stop="killed", tier=self.tier, clock=clock)
        return read_outcome(raw, self.limits, self.tier, clock)

    def _run_here(self, code: str, files: dict[str, str], clock: float) -> Outcome:
        printed = io.StringIO()
        before = os.getcwd()
        with tempfile.TemporaryDirectory() as folder:
            try:
                os.chdir(folder)
                request = {"code": code, "files": files, "present": False, "clock": clock}
                request["limit"] = self.limits.files
                with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
                    result = run_cell(Interpreter(limit=self.limits.output), request, folder)
            finally:
                os.chdir(before)
        message = json.dumps(result | {"clock": float(clock)}).encode()
        raw = Raw("", False, printed.getvalue().encode(errors="replace"), message)
        return read_outcome(raw, self.limits, self.tier, clock)

    def close(self) -> None:
        """Let the fork server go; it ends with its last user in this process."""
        if self._connection is not None:
            self._connection.close()

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def check_code(code: str) -> str:
    """Why code can't be run: it is too long, or no text that can be sent; otherwise ""."""
    if len(code) > MAX_CODE:
        return f"SyntaxError: the code has {len(code)} characters, at most {MAX_CODE} are allowed"
    try:
        code.encode()
    except UnicodeEncodeError:
        return "SyntaxError: the code has half characters (lone surrogates)"
    return ""


def encode_files(files: Mapping[str, bytes], limits: Limits) -> dict[str, str]:
    """Files as base64 by path, for a request.

    Raises:
        InputError: a path leaves the working directory, or the files don't fit the limits.
    """
    for name in files:
        if not is_inside(name):
            raise InputError(f"file {name!r}: a relative path inside the working directory is wanted")
    if name := overlapping(files):
        raise InputError(f"file {name!r}: another of the files is below it, or the same")
    total = sum(map(len, files.values()))
    if total > limits.files or len(files) > limits.entries:
        allowed = f"{limits.files} bytes in {limits.entries} files"
        raise InputError(f"{len(files)} files of {total} bytes don't fit the sandbox's limits, {allowed}")
    return {name: base64.b64encode(content).decode() for name, content in files.items()}


def is_inside(name: object) -> bool:
    """Whether a name is a normal relative path; a folder's ends with "/"."""
    if not isinstance(name, str) or not name or "\0" in name or len(name) > 4096:
        return False
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    path = name.removesuffix("/")
    if max(len(part.encode()) for part in path.split("/")) > 255:
        return False
    return not os.path.isabs(path) and os.path.normpath(path) == path and path.split("/")[0] not in ("", ".", "..")


def overlapping(names: Iterable[str]) -> str:
    """A file that can't be there because of another one's path, or "".

    Args:
        names: relative paths; a folder's ends with "/".
    """
    # With this key, what is below a path comes right after it.
    keys = sorted((name.removesuffix("/").replace("/", "\0") + "\0", name) for name in names)
    for (key, name), (next_key, _) in pairwise(keys):
        if next_key.startswith(key) and (next_key == key or not name.endswith("/")):
            return name
    return ""


def read_outcome(raw: Raw, limits: Limits, tier: str, clock: float) -> Outcome:
    """Check what a sandbox sent, trusting nothing of it, and make it an outcome.

    Args:
        raw: from the room.
        limits: that the outcome must fit.
        tier: that ran it.
        clock: the virtual time at its start.
    """
    stopped = Outcome(stop=raw.stop or "killed", tier=tier, clock=clock)
    printed = raw.output.decode(errors="replace")
    if raw.stop == "output":
        return Outcome(stdout=printed[: limits.output], stop="output", tier=tier, clock=clock)
    if raw.stop:
        return stopped
    try:
        result = json.loads(raw.result)
        if not _fits(result, limits, clock):
            return stopped
        files = {name: base64.b64decode(content, validate=True) for name, content in result["files"].items()}
    except (ValueError, RecursionError, binascii.Error):
        return stopped
    if sum(map(len, files.values())) > limits.files:
        return stopped
    if len(printed) > limits.output:  # characters that were no UTF-8 are counted differently
        return Outcome(stdout=printed[: limits.output], stop="output", tier=tier, clock=clock)
    if result["stop"]:
        return Outcome(printed, error=_plain(result["error"]), stop=result["stop"], tier=tier, clock=clock)
    return Outcome(
        printed,
        _plain(result["value"]),
        " ".join(_plain(result["error"]).split()),
        files=dict(sorted(files.items())),
        removed=tuple(result["removed"]),
        tier=tier,
        clock=max(clock, result["clock"]),
    )


def _fits(result: Any, limits: Limits, clock: float) -> bool:
    """Whether a result has exactly the fields, types and sizes that it should."""
    if not isinstance(result, dict) or set(result) != set(RESULT):
        return False
    if any(type(result[name]) is not kind for name, kind in RESULT.items()):
        return False
    if result["stop"] not in ("", "memory", "files") or not clock - 1e-3 <= result["clock"] < 1e12:
        return False
    if max(len(result["value"]), len(result["error"])) > limits.output:
        return False
    names = [*result["files"], *result["removed"]]
    if len(names) > 2 * limits.entries or not all(is_inside(name) for name in names) or overlapping(result["files"]):
        return False
    return all(isinstance(content, str) for content in result["files"].values())


def _plain(text: str) -> str:
    """Text without half characters."""
    return text.encode(errors="backslashreplace").decode()
