"""A tree of text files, kept in the database."""

import fnmatch
import functools
import posixpath
from datetime import UTC, datetime
from typing import Any

from palaestra.envs.remote import make_vector as make
from palaestra.envs.tools.calls import ToolError
from palaestra.envs.tools.tool import tool
from palaestra.envs.tools.world import ToolEnv

MAX_PATH = 200
MAX_FILE = 16_000
"""Characters of a file."""
MAX_FILES = 200
MAX_BYTES = 100_000
"""Of all paths and contents in UTF-8, so that an image stays below 256 KiB."""
MAX_NAMES = 100
"""Names in a result."""
MAX_LINES = 50
"""Lines in the result of a search."""


class ToolFiles(ToolEnv):
    """A tree of text files. Folders are there as long as there are files in them."""

    schema = "CREATE TABLE file(path TEXT PRIMARY KEY, content TEXT NOT NULL, changed INTEGER NOT NULL)"
    tasks_folder = "palaestra.envs.tools.worlds.files.tasks"

    def rules(self) -> str:
        """See ``ToolEnv``."""
        return (
            "You work on a tree of text files. Paths begin at the root, such as notes/a.txt. Folders come and go with "
            "the files in them. Change nothing that you weren't asked to change, and say when you are done."
        )

    def add(self, files: dict[str, str]) -> None:
        """Write files of a task's own."""
        self.database.insert_many("file", [(path, content, int(self.now)) for path, content in files.items()])

    def content(self, path: str) -> str | None:
        """A file's content, None if there is no such file."""
        return self.database.value("SELECT content FROM file WHERE path = ?", path)

    @tool(price=0.001, reads=True)
    def list_folder(self, path: str = "") -> dict[str, Any]:
        """List a folder: its files with their sizes and times, and its folders.

        Args:
            path: of the folder; empty for the root.
        """
        prefix = _prefix(path)
        rows = self.database.rows(
            "SELECT path, length(content) AS size, changed FROM file WHERE substr(path, 1, length(?)) = ? ORDER BY 1",
            prefix,
            prefix,
        )
        if not rows:
            raise ToolError(f"there is no folder {path[:80]!r}")
        below = [(row["path"].removeprefix(prefix), row) for row in rows]
        folders = sorted({name.split("/")[0] for name, _ in below if "/" in name})
        files = [{"name": name, **_facts(row)} for name, row in below if "/" not in name]
        return {"folders": folders, "files": files[:MAX_NAMES]} | ({"more": True} if len(files) > MAX_NAMES else {})

    @tool(price=0.001, reads=True)
    def read_file(self, path: str, first_line: int = 1, lines: int = 200) -> str:
        """Read a file, or some of its lines.

        Args:
            path: of the file.
            first_line: the first line to read, from 1.
            lines: how many.
        """
        read = self._existing(path).split("\n")
        return "\n".join(read[max(0, first_line - 1) :][: max(0, lines)])

    @tool(price=0.001)
    def write_file(self, path: str, content: str) -> str:
        """Write a file; one that is there is replaced.

        Args:
            path: of the file.
            content: all of it.
        """
        return self._write(normal(path), content)

    @tool(price=0.001)
    def replace_text(self, path: str, old: str, new: str) -> str:
        """Replace a text in a file, wherever it occurs.

        Args:
            path: of the file.
            old: the text as it is in the file.
            new: what is to be there instead.
        """
        content = self._existing(path)
        count = content.count(old) if old else 0
        if not count:
            raise ToolError(f"{path[:80]} doesn't contain {old[:80]!r}")
        _check_length(len(content) + count * (len(new) - len(old)))  # before there is a text of that length
        self._write(normal(path), content.replace(old, new))
        return f"replaced {count} time{'s' if count > 1 else ''}"

    @tool(price=0.001)
    def append_text(self, path: str, text: str) -> str:
        """Add a text at the end of a file.

        Args:
            path: of the file.
            text: to add, exactly; begin it with a line break if the file's last line has none.
        """
        return self._write(normal(path), self._existing(path) + text)

    @tool(price=0.001)
    def move_file(self, path: str, destination: str) -> str:
        """Move or rename a file.

        Args:
            path: of the file.
            destination: its new path, which must be free.
        """
        content = self._existing(path)
        self._check_free(destination)
        self.database.run("DELETE FROM file WHERE path = ?", normal(path))
        self._write(normal(destination), content)
        return f"moved to {normal(destination)}"

    @tool(price=0.001)
    def copy_file(self, path: str, destination: str) -> str:
        """Copy a file.

        Args:
            path: of the file.
            destination: of the copy, which must be free.
        """
        content = self._existing(path)
        self._check_free(destination)
        self._write(normal(destination), content)
        return f"copied to {normal(destination)}"

    @tool(price=0.001)
    def delete_file(self, path: str) -> str:
        """Delete a file.

        Args:
            path: of the file.
        """
        self._existing(path)
        self.database.run("DELETE FROM file WHERE path = ?", normal(path))
        return "deleted"

    @tool(price=0.001, reads=True)
    def find_files(self, pattern: str) -> dict[str, Any]:
        """Find files by their paths.

        Args:
            pattern: with * for any characters and ? for one, such as */report-?.txt; / has no special meaning.
        """
        if len(pattern) > MAX_PATH:
            raise ToolError(f"the pattern has more than {MAX_PATH} characters")
        paths = [row["path"] for row in self.database.rows("SELECT path FROM file ORDER BY path")]
        simple = pattern.replace("[", "[[]")
        while "**" in simple:
            simple = simple.replace("**", "*")
        found = [path for path in paths if fnmatch.fnmatchcase(path, simple)]
        return {"paths": found[:MAX_NAMES], "total": len(found)}

    @tool(price=0.001, reads=True)
    def search_text(self, text: str, folder: str = "") -> dict[str, Any]:
        """Find lines that contain a text.

        Args:
            text: to look for, exactly.
            folder: look only at files below it.
        """
        if not text:
            raise ToolError("the text is empty")
        prefix = _prefix(folder)
        rows = self.database.rows(
            "SELECT path, content FROM file WHERE instr(content, ?) AND substr(path, 1, length(?)) = ? ORDER BY path",
            text,
            prefix,
            prefix,
        )
        lines = [
            {"path": row["path"], "line": number, "text": line[:200]}
            for row in rows
            for number, line in enumerate(row["content"].split("\n"), 1)
            if text in line
        ]
        return {"lines": lines[:MAX_LINES], "total": len(lines)}

    def _existing(self, path: str) -> str:
        content = self.content(normal(path))
        if content is None:
            raise ToolError(f"there is no file {path[:80]!r}")
        return content

    def _check_free(self, destination: str) -> None:
        if self.content(normal(destination)) is not None:
            raise ToolError(f"{destination[:80]} is there already")

    def _write(self, path: str, content: str) -> str:
        _check_length(len(content))
        if "\0" in content:
            raise ToolError("the content has a null character")
        size = "length(CAST(path AS BLOB)) + length(CAST(content AS BLOB))"
        rows = self.database.rows(f"SELECT path, {size} AS size FROM file WHERE path <> ?", path)
        others = [row["path"] for row in rows]
        if len(path.encode()) + len(content.encode()) + sum(row["size"] for row in rows) > MAX_BYTES:
            raise ToolError(f"the tree would have more than {MAX_BYTES} bytes; delete something first")
        if len(others) >= MAX_FILES:
            raise ToolError(f"there are {MAX_FILES} files already")
        if any(other.startswith(f"{path}/") or path.startswith(f"{other}/") for other in others):
            raise ToolError(f"{path[:80]}: a file and a folder can't have the same path")
        self.database.run("INSERT OR REPLACE INTO file VALUES(?, ?, ?)", path, content, int(self.now))
        return f"{len(content)} characters written"


def _check_length(characters: int) -> None:
    if characters > MAX_FILE:
        raise ToolError(f"the content has {characters} characters; at most {MAX_FILE} are allowed")


def _prefix(folder: str) -> str:
    """What the paths below a folder begin with, nothing for the root."""
    if not folder or posixpath.normpath(folder.lstrip("/") or ".") == ".":
        return ""
    return f"{normal(folder)}/"


def _facts(row: dict[str, Any]) -> dict[str, Any]:
    return {"size": row["size"], "changed": datetime.fromtimestamp(row["changed"], UTC).strftime("%Y-%m-%d %H:%M")}


def normal(path: str) -> str:
    """A path without ``.``, ``..`` and double slashes.

    Raises:
        ToolError: it is empty, too long, leaves the root, or has control characters.
    """
    if not path.strip("/") or len(path) > MAX_PATH or any(ord(each) < 32 for each in path):
        raise ToolError(f"{path[:80]!r} is no path of a file")
    clean = posixpath.normpath(path.lstrip("/"))
    if clean == "." or clean.split("/")[0] == "..":
        raise ToolError(f"{path[:80]!r} leaves the tree")
    return clean


make_vector = functools.partial(make, ToolFiles)
