"""Virtual files: a tree of plain data in ``state["files"]`` with Android's folders and links.

A folder is ``{"children": {name: node}, "mtime": us, "mode": bits}``, a file ``{"data": bytes, "mtime": us, "mode":
bits}``; either may have ``"labels"``. Everyone is root, as on an emulator, except that the system partition is
read-only. Databases are files too: while one is open (databases.py), its file's bytes are brought up to date when they
are read.
"""

import contextlib
import functools
import hashlib
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

Node = dict[str, Any]

LINKS = {
    "/sdcard": "/storage/emulated/0",
    "/mnt/sdcard": "/storage/emulated/0",
    "/storage/self/primary": "/storage/emulated/0",
    "/data/media/0": "/storage/emulated/0",
    "/data/user/0": "/data/data",
    "/etc": "/system/etc",
    "/bin": "/system/bin",
}
READ_ONLY = ("/system", "/vendor", "/product", "/proc", "/apex")
STORAGE = "/storage/emulated/0"
MOUNTS = ("/data", "/storage", "/storage/emulated", STORAGE)
"""Folders that can be emptied, but not removed or renamed."""
STORAGE_FOLDERS = [
    "Alarms",
    "Android/data",
    "Android/media",
    "Android/obb",
    "Audiobooks",
    "DCIM",
    "Documents",
    "Download",
    "Movies",
    "Music",
    "Notifications",
    "Pictures",
    "Podcasts",
    "Recordings",
    "Ringtones",
]
FOLDERS = ("/data/app", "/data/data", "/data/local/tmp", "/data/system", "/mnt", "/proc", "/system/bin", "/system/etc")
NAME_LIMIT = 255
"""Most bytes of a name, as in ext4."""
DEPTH_LIMIT = 100
"""Deepest nesting of folders; the state is written by recursion."""


@dataclass(frozen=True)
class Stat:
    """What ``stat`` returns: bytes, microseconds since 1970, and mode with the type bits."""

    size: int
    mtime_us: int
    mode: int


@functools.lru_cache(maxsize=4096)
def digest(data: bytes) -> str:
    """SHA-1 of a file's content."""
    return hashlib.sha1(data).hexdigest()


def resolve(path: str) -> str:
    """An absolute path without links, ``.``, ``..`` and doubled slashes."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
            target = LINKS.get("/" + "/".join(parts))
            if target:
                parts = target.strip("/").split("/")
    return "/" + "/".join(parts)


class OpenDatabases(Protocol):
    """The open databases, which hold the contents of their files."""

    def flush(self, path: str = "/") -> None:
        """Write databases at or below a path into their files."""

    def forget(self, path: str) -> None:
        """Close databases at or below a path."""


class PreferenceFiles(Protocol):
    """The preferences behind their files."""

    def load(self, path: str) -> None:
        """Files were put at or below a path."""

    def forget(self, path: str) -> None:
        """Files at or below a path are removed."""


class Host(Protocol):
    """The phone's interface used by the files."""

    @property
    def state(self) -> dict[str, Any]:
        """The phone's state."""

    @property
    def now_us(self) -> int:
        """Virtual time, microseconds."""

    @property
    def databases(self) -> OpenDatabases:
        """Its open databases."""

    @property
    def preferences(self) -> PreferenceFiles:
        """Its preference files."""


class Files:
    """The file system of one device. Paths are absolute.

    Raises:
        FileNotFoundError, IsADirectoryError, NotADirectoryError, FileExistsError, PermissionError: as the
            system would; nothing else.
    """

    def __init__(self, phone: Host):
        self._phone = phone

    def create(self) -> None:
        """Create the folders of a new phone."""
        self._phone.state["files"] = self._folder()
        for path in FOLDERS:
            self._make(path)
        for name in STORAGE_FOLDERS:
            self._make(f"{STORAGE}/{name}")

    def exists(self, path: str) -> bool:
        """Whether there is a file or folder."""
        return self.find(resolve(path)) is not None

    def isdir(self, path: str) -> bool:
        """Whether it is a folder."""
        node = self.find(resolve(path))
        return node is not None and "children" in node

    def read(self, path: str) -> bytes:
        """A file's content."""
        return self._data(resolve(path), self._file(path))

    def write(self, path: str, data: bytes) -> None:
        """Create a file or replace its content; the folder must exist."""
        path = resolve(path)
        folder, name = self._parent(path)
        old = folder["children"].get(name)
        if old is not None and "children" in old:
            raise IsADirectoryError(path)
        self._phone.databases.forget(path)
        self._put(folder, name, self._leaf(bytes(data)) | ({} if old is None else {"mode": old["mode"]}))
        self._phone.preferences.load(path)

    def put_quietly(self, path: str, data: bytes | None) -> None:
        """Write or remove (None) a file; neither databases, preferences nor the folder's time take notice.

        Where a file stands in the place of its folder, nothing happens.
        """
        above, _, name = path.rpartition("/")
        folder = self.find(above)
        if folder is None and data is not None:
            with contextlib.suppress(NotADirectoryError):
                self._make(above)
            folder = self.find(above)
        if folder is None or "children" not in folder:
            return
        if data is None:
            folder["children"].pop(name, None)
        elif "children" not in folder["children"].get(name, {}):
            folder["children"][name] = self._leaf(data)

    def append(self, path: str, data: bytes) -> None:
        """Add to the end of a file; create it if it isn't there."""
        self.write(path, (self.read(path) if self.exists(path) else b"") + bytes(data))

    def touch(self, path: str, mtime_us: int | None = None, mode: int | None = None) -> None:
        """Create an empty file if there is nothing, and set its time (default: now) or only its permission bits."""
        path = resolve(path)
        if self.find(path) is None:
            self.write(path, b"")
        node = self.node(path)
        self._writable(path)
        if mode is not None:
            node["mode"] = mode & 0o7777
        if mtime_us is not None or mode is None:
            node["mtime"] = self._phone.now_us if mtime_us is None else mtime_us

    def label(self, path: str, name: str, value: str | None) -> None:
        """Set a file's "user", "group" or security "context"; None: what its folder says applies again."""
        path = resolve(path)
        node = self.node(path)
        self._writable(path)
        labels = {key: text for key, text in node.get("labels", {}).items() if key != name}
        if value is not None:
            labels[name] = value
        node.pop("labels", None)
        if labels:
            node["labels"] = labels

    def labels(self, path: str) -> dict[str, str]:
        """What ``label`` has set."""
        return dict(self.node(resolve(path)).get("labels", {}))

    def mkdir(self, path: str, parents: bool = False) -> None:
        """Create a folder; with ``parents`` create missing parents and accept an existing folder."""
        path = resolve(path)
        if self.exists(path):
            if parents and self.isdir(path):
                return
            raise FileExistsError(path)
        self._writable(path)
        self._fits(path)
        if parents:
            self._make(path)
            return
        folder, name = self._parent(path)
        self._put(folder, name, self._folder())

    def remove(self, path: str, recursive: bool = False) -> None:
        """Remove a file, or with ``recursive`` a folder with its contents."""
        path = resolve(path)
        node = self.node(path)
        if "children" in node and not recursive:
            raise IsADirectoryError(path)
        folder, name = self._parent(path)
        if path in MOUNTS:
            self._empty(path)
            raise OSError(f"{path}: Device or resource busy")
        self._phone.databases.forget(path)
        self._phone.preferences.forget(path)
        del folder["children"][name]
        folder["mtime"] = self._phone.now_us

    def _empty(self, path: str) -> None:
        """Remove what can be removed from a folder."""
        for name in self.listdir(path):
            with contextlib.suppress(OSError):
                self.remove(f"{path}/{name}", recursive=True)

    def move(self, source: str, target: str) -> None:
        """Rename a file or folder; a file at the target is replaced, a folder there is not."""
        source, target = resolve(source), resolve(target)
        if source in MOUNTS:
            raise OSError(f"{source}: Device or resource busy")
        self._data(source, self.node(source))
        if source == target:
            return
        if target.startswith(source + "/"):
            raise PermissionError(target)
        self._fits(target, self.node(source))
        old_folder, old_name = self._parent(source)
        self._make_room(target)
        folder, name = self._parent(target)
        for path in (source, target):
            self._phone.databases.forget(path)
            self._phone.preferences.forget(path)
        self._put(folder, name, old_folder["children"].pop(old_name))
        self._phone.preferences.load(target)
        old_folder["mtime"] = self._phone.now_us

    def copy(self, source: str, target: str) -> None:
        """Copy a file or a whole folder to a new name; a file at the target is replaced, a folder there is not.

        The copies' times are now; permission bits stay.
        """
        source, target = resolve(source), resolve(target)
        node = self.node(source)
        if source == target:
            raise FileExistsError(target)
        if target.startswith(source + "/"):
            raise PermissionError(target)
        self._fits(target, node)
        self._make_room(target)
        folder, name = self._parent(target)
        self._phone.databases.forget(target)
        self._put(folder, name, self._copied(source, node))
        self._phone.preferences.load(target)

    def listdir(self, path: str) -> list[str]:
        """Names in a folder, sorted."""
        node = self.node(resolve(path))
        if "children" not in node:
            raise NotADirectoryError(path)
        return sorted(node["children"])

    def stat(self, path: str) -> Stat:
        """Size, time and mode."""
        path = resolve(path)
        node = self.node(path)
        if "children" in node:
            return Stat(4096, node["mtime"], stat.S_IFDIR | node["mode"])
        data = self._data(path, node)
        return Stat(len(data), node["mtime"], stat.S_IFREG | node["mode"])

    def walk(self, path: str = "/") -> Iterator[str]:
        """Paths of all files under a folder, sorted by folder and name."""
        path = resolve(path)
        node = self.node(path)
        if "children" not in node:
            yield path
            return
        for name in sorted(node["children"]):
            yield from self.walk(f"{path.rstrip('/')}/{name}")

    def find(self, path: str) -> Node | None:
        """The node at a resolved path; None if there is none."""
        node = self._phone.state["files"]
        for name in path.split("/"):
            if name:
                node = node.get("children", {}).get(name)
                if node is None:
                    return None
        return node

    def node(self, path: str) -> Node:
        """The node at a resolved path, which must exist."""
        node = self.find(path)
        if node is None:
            raise FileNotFoundError(path)
        return node

    def _file(self, path: str) -> Node:
        node = self.node(resolve(path))
        if "children" in node:
            raise IsADirectoryError(path)
        return node

    def _data(self, path: str, node: Node) -> bytes:
        """A file's bytes; those of databases in or at the path are brought up to date first."""
        self._phone.databases.flush(path)
        return node.get("data", b"")

    def _parent(self, path: str) -> tuple[Node, str]:
        """The folder that holds a path, writable, and the name in it."""
        self._writable(path)
        above, _, name = path.rpartition("/")
        folder = self.node(above or "/")
        if "children" not in folder:
            raise NotADirectoryError(above)
        if not name:
            raise PermissionError(path)
        self._fits(path)
        return folder, name

    def _fits(self, path: str, node: Node | None = None) -> None:
        """Check that a path, or a tree to be put there, is not too deep."""
        if path.count("/") + _height(node or {}) > DEPTH_LIMIT or len(path.rpartition("/")[2].encode()) > NAME_LIMIT:
            raise PermissionError(f"{path}: File name too long")

    def _writable(self, path: str) -> None:
        if any(path == top or path.startswith(top + "/") for top in READ_ONLY):
            raise PermissionError(f"{path}: Read-only file system")

    def _make_room(self, target: str) -> None:
        """Remove a target that may be replaced."""
        if self.isdir(target):
            raise FileExistsError(target)
        if self.exists(target):
            self.remove(target)

    def _put(self, folder: Node, name: str, node: Node) -> None:
        folder["children"][name] = node
        folder["mtime"] = self._phone.now_us

    def _make(self, path: str) -> None:
        """Create all folders of a path."""
        node = self._phone.state["files"]
        for name in path.strip("/").split("/"):
            if "children" not in node:
                raise NotADirectoryError(path)
            node = node["children"].setdefault(name, self._folder())

    def _folder(self) -> Node:
        return {"children": {}, "mtime": self._phone.now_us, "mode": 0o771}

    def _leaf(self, data: bytes) -> Node:
        return {"data": data, "mtime": self._phone.now_us, "mode": 0o660}

    def _copied(self, path: str, node: Node) -> Node:
        made: Node = {"mtime": self._phone.now_us, "mode": node["mode"]}
        if "children" not in node:
            return made | {"data": self._data(path, node)}
        children = {name: self._copied(f"{path}/{name}", child) for name, child in node["children"].items()}
        return made | {"children": children}


def _height(node: Node) -> int:
    """Depth of the folders below a node."""
    return 1 + max(map(_height, node["children"].values()), default=0) if "children" in node else 0
