"""Executes cells of code as an interactive interpreter does, in the process that calls it."""

import ast
import base64
import contextlib
import hashlib
import os
import stat
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

SOURCE = "<cell>"
"""The file name of the code in tracebacks."""


@dataclass
class CellResult:
    """What a cell did, before it is sent.

    Attributes:
        value: ``repr`` of the last expression, or "".
        error: one line, or "".
        stop: ``memory`` if memory ran out, ``files`` if the files are too large, or "".
    """

    value: str = ""
    error: str = ""
    stop: str = ""


@dataclass
class Interpreter:
    """The namespace in which cells run.

    Attributes:
        module: its ``__main__``.
        limit: characters of a value and of an error.
    """

    module: ModuleType = field(default_factory=lambda: ModuleType("__main__"))
    limit: int = 16 * 1024

    def execute(self, code: str) -> CellResult:
        """Execute a cell; never raises, not even what is no ``Exception``."""
        result = CellResult()
        try:
            value = self._evaluate(code)
            if value is not None:
                self.module.__dict__["_"] = value
                result.value = repr(value)[: self.limit]
        except MemoryError:
            result.error, result.stop = "MemoryError", "memory"
        except SystemExit as error:
            result.error = "" if error.code in (None, 0) else describe_error(error)[: self.limit]
        except BaseException as error:
            result.error = describe_error(error)[: self.limit]
        return result

    def _evaluate(self, code: str) -> Any:
        """The last expression's value, or None."""
        tree = ast.parse(code, SOURCE)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        names = self.module.__dict__
        if tree.body:
            exec(compile(tree, SOURCE, "exec", dont_inherit=True), names)
        if last is None:
            return None
        assert isinstance(last, ast.Expr)
        return eval(compile(ast.Expression(last.value), SOURCE, "eval", dont_inherit=True), names)


def describe_error(error: BaseException) -> str:
    """An exception as one line: its type, its message and the line of the cell that it came from."""
    try:
        message = " ".join(str(error).split())
    except BaseException:
        message = "(it can't be printed)"
    line = error.lineno if isinstance(error, SyntaxError) else None
    if isinstance(error, SyntaxError):
        message = error.msg
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == SOURCE and not isinstance(error, SyntaxError):
            line = trace.tb_lineno
        trace = trace.tb_next
    text = f"{type(error).__name__}: {message}" if message else type(error).__name__
    return f"{text} (line {line})" if line else text


class FilesTooLarge(Exception):
    """The files of a cell are more than its limits allow."""


def write_files(folder: str, files: Mapping[str, bytes], clock: float) -> None:
    """Replace the contents of a folder, and stay in the folder below it that this process is in.

    Args:
        folder: is emptied first.
        files: contents by relative path; a path that ends with "/" is a folder.
        clock: the files' time of change, in seconds since 1970.
    """
    try:
        here = os.getcwd()
    except FileNotFoundError:
        here = folder
    empty_folder(folder)
    for name, content in files.items():
        path = os.path.join(folder, name)
        parent = path if name.endswith("/") else os.path.dirname(path)
        os.makedirs(parent, exist_ok=True)
        if not name.endswith("/"):
            with open(path, "wb") as file:
                file.write(content)
            os.utime(path, (clock, clock))
    os.utime(folder, (clock, clock))
    os.chdir(here if os.path.isdir(here) else folder)


def empty_folder(folder: str) -> None:
    """Delete what is in a folder, following no link, and the folder's own attributes.

    What is deeper moves up first, so that folders may be nested deeper than calls and longer than paths can be.
    """
    os.chmod(folder, 0o700)
    for name in os.listxattr(folder) if hasattr(os, "listxattr") else ():
        with contextlib.suppress(OSError):  # some belong to the system
            os.removexattr(folder, name)
    number = 0
    while found := [os.path.join(folder, name) for name in os.listdir(folder)]:
        for path in found:
            for inner in _contents(path):
                while os.path.lexists(above := os.path.join(folder, str(number))):
                    number += 1
                os.rename(inner, above)
            (os.rmdir if _is_folder(path) else os.unlink)(path)


def _contents(path: str) -> list[str]:
    """The paths of what is in a folder; none if it is something else. Makes all of them movable."""
    if not _is_folder(path):
        return []
    os.chmod(path, 0o700)
    inside = [os.path.join(path, name) for name in os.listdir(path)]
    for inner in filter(_is_folder, inside):
        os.chmod(inner, 0o700)
    return inside


def _is_folder(path: str) -> bool:
    return os.path.isdir(path) and not os.path.islink(path)


def read_files(folder: str, limit: int) -> Iterator[tuple[str, bytes]]:
    """The regular files below a folder with their relative paths, in order; empty folders end with "/".

    Links, pipes and sockets are left out; names that are no UTF-8 too.

    Raises:
        FilesTooLarge: together they have more bytes than the limit.
    """
    total = 0
    for root, folders, names in os.walk(folder):
        folders.sort()
        if not folders and not names and root != folder and _is_text(root):
            yield os.path.relpath(root, folder) + "/", b""
        for name in sorted(names):
            path = os.path.join(root, name)
            status = os.lstat(path)
            if not stat.S_ISREG(status.st_mode) or not _is_text(path):
                continue
            total += status.st_size
            if total > limit:
                raise FilesTooLarge(f"the files have more than {limit} bytes")
            with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
                yield os.path.relpath(path, folder), file.read()


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def run_cell(interpreter: Interpreter, request: Mapping[str, Any], folder: str) -> dict[str, Any]:
    """Execute a cell on files and collect what it changed, as plain data for JSON.

    Args:
        interpreter: in which it runs.
        request: ``code``, ``files`` (base64 by path), ``present`` (whether they are in the folder already),
            ``clock`` and ``limit`` (bytes of files).
        folder: the working directory.
    """
    files = {name: base64.b64decode(content) for name, content in request["files"].items()}
    if not request["present"]:
        write_files(folder, files, request["clock"])
    before = {name: hashlib.sha256(content).digest() for name, content in files.items()}
    result = interpreter.execute(request["code"])
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    changed: dict[str, str] = {}
    present = set()
    try:
        for name, content in read_files(folder, request["limit"]):
            present.add(name)
            if before.get(name) != hashlib.sha256(content).digest():
                changed[name] = base64.b64encode(content).decode()
    except FilesTooLarge as error:
        result = CellResult(error=str(error), stop="files")
        changed, present = {}, set(before)
    except OSError as error:
        result.error = result.error or describe_error(error)
    removed = sorted(name for name in before if name not in present and not name.endswith("/"))
    empty = [name for name in before if name.endswith("/") and name not in present]
    return vars(result) | {"files": changed, "removed": removed + sorted(empty)}
