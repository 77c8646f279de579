"""Processes and the system's numbers: ``ps``, ``top``, ``free``, ``kill``, ``uptime``, ``mount``, files of ``/proc``.

Each running package is one process, whose number follows from its name; its memory and its use of the processor are
fixed numbers, since apps here have neither to themselves.
"""

import re

from palaestra.envs.android.shell.commands.dumpsys import PROCESS_KB, running
from palaestra.envs.android.shell.commands.flags import BadOption, parse, with_flags
from palaestra.envs.android.shell.run import Call
from palaestra.envs.android.system.kernel import pid
from palaestra.envs.android.ui.handset import Handset

TOTAL_KB, FREE_KB, CACHED_KB = 2_015_000, 512_000, 604_000
"""The phone's memory, KiB."""
SIGNALS = {"HUP": 1, "INT": 2, "QUIT": 3, "KILL": 9, "USR1": 10, "USR2": 12, "TERM": 15, "CONT": 18, "STOP": 19}
COLUMNS = {"USER": 14, "PID": 6, "PPID": 6, "VSZ": 11, "RSS": 7, "NAME": 27}
"""Fields of ``ps -o`` -> their width."""
MOUNTS = (
    ("/dev/block/dm-4", "/", "ext4", "ro,seclabel,relatime"),
    ("tmpfs", "/dev", "tmpfs", "rw,seclabel,nosuid,relatime,mode=755"),
    ("proc", "/proc", "proc", "rw,relatime,gid=3009,hidepid=invisible"),
    ("/dev/block/dm-5", "/data", "ext4", "rw,seclabel,nosuid,nodev,noatime"),
    ("/dev/fuse", "/storage/emulated", "fuse", "rw,lazytime,nosuid,nodev,noexec,noatime,user_id=0,group_id=0"),
)


def uptime_s(device: Handset) -> int:
    """Seconds since the first boot."""
    return max(0, (device.now_us - device.state["packages"]["android"]["installed_us"]) // 1_000_000)


def _user(name: str) -> str:
    return "system" if name in ("system_server", "com.android.systemui") else "u0_a120"


def status(call: Call) -> int:
    """``ps [-AeflTwZ] [-o FIELDS] [-p PID]``: all running packages."""
    try:
        options, names = parse(call.args, "AaefflTtwZMnk", "opuG")
    except BadOption as problem:
        return call.fail(str(problem))
    wanted = {word for word in [*options.get("p", "").split(","), *names] if word}
    fields = [field.partition("=")[0].upper() for field in options.get("o", "").split(",") if field]
    fields = ["NAME" if field in ("ARGS", "CMD", "CMDLINE", "COMM") else field for field in fields]
    if any(field not in COLUMNS for field in fields):
        return call.fail(f"bad -o {options['o']}")
    if fields:
        call.say(" ".join(field.ljust(COLUMNS[field]) for field in fields).rstrip() + "\n")
    else:
        call.say("USER           PID  PPID     VSZ    RSS WCHAN            ADDR S NAME\n")
    for name in running(call.device):
        number = str(pid(name))
        if wanted and number not in wanted:
            continue
        values = {"USER": _user(name), "PID": number, "PPID": "300", "VSZ": "1500000", "RSS": "120000", "NAME": name}
        if fields:
            call.say(" ".join(values[field].ljust(COLUMNS[field]) for field in fields).rstrip() + "\n")
        else:
            call.say(f"{_user(name):<12} {number:>5}   300 1500000 120000 0                   0 S {name}\n")
    return 0


def numbers(call: Call) -> int:
    """``pidof NAME...`` and ``pgrep [-fl] PATTERN``."""
    names = [word for word in call.args if not word.startswith("-")]
    known = running(call.device)
    if call.name == "pidof":
        matches = [name for name in known if name in names]
        call.say(" ".join(str(pid(name)) for name in matches) + "\n" if matches else "")
    else:
        matches = [name for name in known if any(part in name for part in names)]
        call.say("".join(f"{pid(name)}{' ' + name if '-l' in call.args else ''}\n" for name in matches))
    return int(not matches)


def kill(call: Call) -> int:
    """``kill [-SIGNAL] PID...``, ``killall NAME...`` and ``pkill PATTERN``: end the apps of those processes."""
    words = list(call.args)
    if words[:1] == ["-l"]:
        call.say("".join(f"{number:2} {name}\n" for name, number in SIGNALS.items()))
        return 0
    signal = "TERM"
    while words and words[0].startswith("-") and len(words[0]) > 1:
        option = words.pop(0)
        if option in ("-f", "-q", "-x"):
            continue
        signal = words.pop(0) if option == "-s" and words else option[1:]
    known = {name: str(pid(name)) for name in running(call.device)}
    if signal.removeprefix("SIG") not in (*SIGNALS, "0") and not signal.isdecimal():
        return call.fail(f"bad signal '{signal}'")
    if not words:
        return call.fail("Needs 1 argument")
    failed = 0
    for word in words:
        matches = [
            name
            for name, number in known.items()
            if (word == number if call.name == "kill" else word in name if call.name == "pkill" else word == name)
        ]
        if not matches:
            failed = 1 if call.name == "pkill" else call.fail(f"{word}: No such process")
        for name in matches:
            if name not in call.device.apps:
                failed = call.fail(f"{word}: Operation not permitted")  # the system can't run without it
            elif signal not in ("0", "CONT", "18"):
                call.device.activities.stop(name)
    return failed


def top(call: Call) -> int:
    """``top [-b] [-n COUNT] [-d SECONDS]``: one list for each count, in batch mode whatever is asked."""
    words = list(call.args)
    count = words[words.index("-n") + 1] if "-n" in words[:-1] else "1"
    if not count.isdecimal() or len(count) > 2:
        return call.fail(f"bad -n '{count}'")
    names = running(call.device)
    used = TOTAL_KB - FREE_KB
    for _ in range(max(1, int(count))):
        call.say(
            f"Tasks: {len(names)} total,   0 running, {len(names)} sleeping,   0 stopped,   0 zombie\n"
            f"  Mem: {TOTAL_KB:>9}K total, {used:>9}K used, {FREE_KB:>9}K free,         0K buffers\n"
            f" Swap:         0K total,         0K used,         0K free, {CACHED_KB:>9}K cached\n"
            "400%cpu   0%user   0%nice   0%sys 400%idle   0%iow   0%irq   0%sirq   0%host\n"
            "  PID USER         PR  NI VIRT  RES  SHR S[%CPU] %MEM     TIME+ ARGS\n"
        )
        for name in names:
            call.say(f"{pid(name):>5} {_user(name):<12} 20   0 1.4G 117M  90M S  0.0   5.9   0:00.00 {name}\n")
    return 0


@with_flags
def free(call: Call) -> int:
    """``free [-bkmgh]``."""
    options, _ = parse(call.args, "bkmgtwh")
    shift = next((shift for letter, shift in (("b", 0), ("k", 10), ("m", 20), ("g", 30)) if letter in options), 0)
    used = TOTAL_KB - FREE_KB

    def row(label: str, *sizes: int) -> str:
        if "h" in options:
            return label + "".join(f"{size / 1024:>11.0f}M" for size in sizes) + "\n"
        return label + "".join(f"{(size << 10) >> shift:>16}" for size in sizes) + "\n"

    call.say("                total        used        free      shared     buffers\n")
    call.say(row("Mem:", TOTAL_KB, used, FREE_KB, 0, 0))
    call.say(row("-/+ buffers/cache:", used, FREE_KB) + row("Swap:", 0, 0, 0))
    return 0


def uptime(call: Call) -> int:
    """``uptime [-p]``."""
    minutes = uptime_s(call.device) // 60
    length = f"{minutes // 60}:{minutes % 60:02d}" if minutes >= 60 else f"{minutes} min"
    call.say(f" {call.device.now:%H:%M:%S} up {length},  0 users,  load average: 0.00, 0.00, 0.00\n")
    return 0


def mount(call: Call) -> int:
    """``mount`` lists; nothing can be mounted or remounted: the system partition stays read-only."""
    if call.name == "mount" and not [word for word in call.args if word]:
        call.say("".join(f"{source} on {place} type {kind} ({flags})\n" for source, place, kind, flags in MOUNTS))
        return 0
    place = next((word for word in reversed(call.args) if not word.startswith("-")), "/")
    return call.fail(f"'{place}': Operation not permitted")


def runtime(call: Call) -> int:
    """``start`` and ``stop``: the system's services, which can't be ended here."""
    return call.fail(
        "must be root; this phone's services can't be stopped" if call.name == "stop" else "already running"
    )


def enforcement(call: Call) -> int:
    """``getenforce`` and ``setenforce 0|1|permissive|enforcing``."""
    if call.name == "getenforce":
        call.say("Enforcing\n" if call.device.service("selinux") else "Permissive\n")
        return 0
    mode = {"0": False, "1": True, "permissive": False, "enforcing": True}.get("".join(call.args[:1]).lower())
    if mode is None:
        return call.fail(f"Invalid state: {''.join(call.args[:1])}")
    call.device.set_service("selinux", {"enforcing": True} if mode else {})
    return 0


def file(device: Handset, path: str) -> bytes | None:
    """The content of a file of ``/proc``; None: there is none."""
    seconds = uptime_s(device)
    idle, booted = seconds * 100 * 4, device.now_us // 1_000_000 - seconds
    texts = {
        "/proc/stat": f"cpu  0 0 0 {idle} 0 0 0 0 0 0\nctxt 0\nbtime {booted}\nprocesses 400\n",
        "/proc/uptime": f"{seconds}.00 {seconds * 4}.00\n",
        "/proc/version": "Linux version 5.15.41-android13-8 (build@palaestra) #1 SMP PREEMPT\n",
        "/proc/meminfo": f"MemTotal:        {TOTAL_KB} kB\nMemFree:          {FREE_KB} kB\n"
        f"MemAvailable:     {FREE_KB + CACHED_KB} kB\nBuffers:               0 kB\nCached:           {CACHED_KB} kB\n",
        "/proc/cpuinfo": "".join(f"processor\t: {n}\nmodel name\t: Android virtual processor\n\n" for n in range(4)),
        "/proc/mounts": "".join(f"{source} {place} {kind} {flags} 0 0\n" for source, place, kind, flags in MOUNTS),
    }
    match = re.fullmatch(r"/proc/(\d{1,9})/(stat|status|cmdline)", path)
    name = next((name for name in running(device) if match and str(pid(name)) == match[1]), None)
    if match and name is not None:
        number = match[1]
        own = {
            "stat": f"{number} ({name[-15:]}) S 300 300 0 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 0 1536000000 30000 0\n",
            "status": f"Name:\t{name[-15:]}\nState:\tS (sleeping)\nPid:\t{number}\nPPid:\t300\n"
            f"Uid:\t10120\t10120\t10120\t10120\nVmRSS:\t  {PROCESS_KB} kB\n",
            "cmdline": f"{name}\0",
        }
        return own[match[2]].encode()
    return texts[path].encode() if path in texts else None


COMMANDS = {
    "ps": status,
    "pidof": numbers,
    "pgrep": numbers,
    "kill": kill,
    "killall": kill,
    "pkill": kill,
    "top": top,
    "free": free,
    "uptime": uptime,
    "mount": mount,
    "umount": mount,
    "start": runtime,
    "stop": runtime,
    "getenforce": enforcement,
    "setenforce": enforcement,
}
