"""adb in this process: runs the arguments of an ``adb`` command line on a device.

Output is what adb would print, standard error included. ``push``, ``pull`` and ``install`` read and write the files of
the host that the caller names.
"""

import pathlib
from collections.abc import Callable, Sequence

from palaestra.envs.android.bridge.console import console
from palaestra.envs.android.device import Device
from palaestra.envs.android.shell.paths import reason
from palaestra.envs.android.system import apk
from palaestra.envs.android.system.files import resolve

SERIAL = "emulator-5554"
Answer = tuple[bytes, int]
"""Output and exit status of a command."""
Command = Callable[[Device, list[str]], Answer]


def adb(device: Device, args: Sequence[str]) -> Answer:
    """Run ``adb ARGS`` on a device.

    Args:
        device: the phone.
        args: the words after ``adb``; as with adb, those of ``shell`` are joined by spaces and parsed by the phone's
            shell.

    Returns:
        What it printed and its exit status.
    """
    words = list(args)
    while words and words[0] in OPTIONS:
        del words[: 1 + OPTIONS[words[0]]]
    if not words:
        return b"adb: usage: unknown command (none)\n", 1
    command = COMMANDS.get(words[0])
    if command is None:
        return _text(f"adb: usage: unknown command {words[0]}\n"), 1
    device.preferences.flush()
    return command(device, words[1:])


OPTIONS = {"-s": 1, "-P": 1, "-H": 1, "-L": 1, "-t": 1, "-d": 0, "-e": 0, "-a": 0}
"""adb's own options -> the number of words that follow them."""


def _text(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def shell(device: Device, words: list[str]) -> Answer:
    """``shell``, ``exec-out``: run a line in the phone's shell."""
    while words and words[0] in ("-t", "-tt", "-T", "-x", "-n"):
        words = words[1:]
    result = device.shell(" ".join(words))
    return result.output, result.status


def logcat(device: Device, words: list[str]) -> Answer:
    """``logcat``, its arguments quoted as adb quotes them."""
    quoted = " ".join("'" + word.replace("'", "'\\''") + "'" for word in words)
    return shell(device, [f"logcat {quoted}"])


def push(device: Device, words: list[str]) -> Answer:
    """``push LOCAL... REMOTE``: files and folders of the host onto the phone."""
    words = [word for word in words if word not in ("--sync", "-Z", "-z", "-q")]
    if len(words) < 2:
        return b"adb: push requires an argument\n", 1
    *sources, target = words
    copied = size = 0
    for source in map(pathlib.Path, sources):
        if not source.exists():
            return _text(f"adb: error: cannot stat '{source}': No such file or directory\n"), 1
        for path in sorted(p for p in source.rglob("*") if p.is_file()) if source.is_dir() else [source]:
            remote = target
            if target.endswith("/") or device.files.isdir(target):
                remote = f"{target.rstrip('/')}/{source.name}"
            if source.is_dir():
                remote = f"{remote}/{path.relative_to(source).as_posix()}"
            data = path.read_bytes()
            try:
                device.files.mkdir(remote.rpartition("/")[0] or "/", parents=True)
                device.files.write(remote, data)
            except OSError as error:
                return _text(f"adb: error: failed to copy '{path}' to '{remote}': remote {reason(error)}\n"), 1
            copied, size = copied + 1, size + len(data)
    files = "1 file" if copied == 1 else f"{copied} files"
    return _text(f"{sources[-1]}: {files} pushed, 0 skipped. ({size} bytes in 0.001s)\n"), 0


def pull(device: Device, words: list[str]) -> Answer:
    """``pull REMOTE... [LOCAL]``: files and folders of the phone onto the host."""
    words = [word for word in words if word not in ("-a", "-z", "-q", "-Z")]
    if not words:
        return b"adb: pull requires an argument\n", 1
    *sources, target = words if len(words) > 1 else [*words, "."]
    copied = size = 0
    for source in sources:
        if not device.files.exists(source):
            return _text(f"adb: error: failed to stat remote object '{source}': No such file or directory\n"), 1
        base = pathlib.Path(target)
        base = base / source.rstrip("/").rpartition("/")[2] if base.is_dir() else base
        whole = device.files.isdir(source)
        for path in device.files.walk(source):
            local = base / path.removeprefix(resolve(source) + "/") if whole else base
            data = device.files.read(path)
            try:
                local.parent.mkdir(parents=True, exist_ok=True)
                local.write_bytes(data)
            except OSError as error:
                return _text(f"adb: error: cannot create '{local}': {reason(error)}\n"), 1
            copied, size = copied + 1, size + len(data)
    files = "1 file" if copied == 1 else f"{copied} files"
    return _text(f"{sources[-1]}: {files} pulled, 0 skipped. ({size} bytes in 0.001s)\n"), 0


def install(device: Device, words: list[str]) -> Answer:
    """``install``: an APK of an app that this phone has an implementation of."""
    files = [word for word in words if not word.startswith("-")]
    if not files:
        return b"adb: need APK filename on the command line\n", 1
    for name in files:
        path = pathlib.Path(name)
        if not path.is_file():
            return _text(f"adb: failed to stat {name}: No such file or directory\n"), 1
        problem = apk.install(device, path.name, path.read_bytes(), grant="-g" in words)
        if problem:
            return _text(f"Performing Streamed Install\nadb: failed to install {name}: Failure [{problem}]\n"), 1
    return b"Performing Streamed Install\nSuccess\n", 0


def uninstall(device: Device, words: list[str]) -> Answer:
    """``uninstall PACKAGE``."""
    return shell(device, ["cmd", "package", "uninstall", *words])


def emulator(device: Device, words: list[str]) -> Answer:
    """``emu``: run a line of the emulator's console; the exit status is 0 even where it answers KO, as adb's is."""
    return _text(console(device, words)), 0


def reboot(device: Device, words: list[str]) -> Answer:
    """``reboot``: restart the phone, which has no bootloader or recovery."""
    return shell(device, ["reboot", *words])


def devices(device: Device, words: list[str]) -> Answer:
    """``devices [-l]``."""
    about = " product:sdk_gphone_x86_64 model:sdk_gphone_x86_64 device:emu64x transport_id:1" if "-l" in words else ""
    return _text(f"List of devices attached\n{SERIAL}{'          ' if about else chr(9)}device{about}\n\n"), 0


def sockets(device: Device, words: list[str]) -> Answer:
    """``forward`` and ``reverse``: the phone has no sockets, so that there is nothing to list or to remove either."""
    if words and words[0] in ("--list", "--remove-all"):
        return b"", 0
    if not words:
        return b"adb: forward requires an argument\n", 1
    if words[0] == "--remove":
        return _text(f"adb: error: listener '{' '.join(words[1:])}' not found\n"), 1
    return b"adb: error: this phone has no sockets to forward\n", 1


def refuses(text: str) -> Command:
    """A command that fails with a fixed text."""

    def command(device: Device, words: list[str]) -> Answer:
        return text.encode(), 1

    return command


def prints(text: str) -> Command:
    """A command that prints a fixed text."""

    def command(device: Device, words: list[str]) -> Answer:
        return text.encode(), 0

    return command


SILENT = (
    "start-server",
    "kill-server",
    "wait-for-device",
    "wait-for-any-device",
    "wait-for-local-device",
)
"""Commands that are done before they start: the phone is always there, and no server is needed."""
COMMANDS: dict[str, Command] = {
    "shell": shell,
    "exec-out": shell,
    "exec-in": shell,
    "logcat": logcat,
    "push": push,
    "pull": pull,
    "install": install,
    "install-multiple": install,
    "uninstall": uninstall,
    "emu": emulator,
    "devices": devices,
    "forward": sockets,
    "reverse": sockets,
    "reboot": reboot,
    "get-state": prints("device\n"),
    "get-serialno": prints(f"{SERIAL}\n"),
    "get-devpath": prints("unknown\n"),
    "version": prints("Android Debug Bridge version 1.0.41\nVersion 34.0.4-android-tools\n"),
    "reconnect": prints("reconnecting emulator-5554\n"),
    "connect": prints("already connected to emulator-5554\n"),
    "disconnect": prints("disconnected everything\n"),
    "root": prints("adbd is already running as root\n"),
    "unroot": refuses("adbd cannot run as another user on this phone\n"),
    "remount": refuses("remount of / failed: Read-only file system\nremount failed\n"),
    "disable-verity": refuses("disable-verity: this phone's system partition stays read-only\n"),
    "features": prints("shell_v2\ncmd\nstat_v2\nls_v2\n"),
    **dict.fromkeys(SILENT, prints("")),
}
