"""The shell's builtins: its variables, folder and control flow, and commands that start another shell."""

import io
import itertools

from palaestra.envs.android.shell import grammar, tree
from palaestra.envs.android.shell.arithmetic import evaluate
from palaestra.envs.android.shell.run import Call, LoopExit, Shell, commands
from palaestra.envs.android.shell.streams import Stopped, Streams, decode, encode
from palaestra.envs.android.shell.tree import is_name

BUILTINS = frozenset(
    {
        "[",
        ":",
        ".",
        "alias",
        "break",
        "cd",
        "command",
        "continue",
        "echo",
        "eval",
        "exec",
        "exit",
        "export",
        "false",
        "let",
        "local",
        "printf",
        "pwd",
        "read",
        "readonly",
        "set",
        "shift",
        "source",
        "test",
        "times",
        "trap",
        "true",
        "type",
        "typeset",
        "ulimit",
        "umask",
        "unset",
        "wait",
    }
)


def nothing(call: Call) -> int:
    """``:`` and ``true``; ``wait`` and ``sync``, as every job has ended and every file is written."""
    return 0


def only_shown(call: Call) -> int:
    """``alias``, ``trap``, ``ulimit`` and ``umask``: what holds can be printed, nothing else can be chosen here."""
    chosen = [arg for arg in call.args if call.name != "ulimit" or not arg.startswith("-")]
    if chosen and chosen != ["unlimited"] and not (call.name == "umask" and set(chosen[0]) == {"0"}):
        call.complain(f"/system/bin/sh: {call.name}: {' '.join(call.args)}: not supported\n")
        return 1
    if not chosen:
        call.say({"ulimit": "unlimited\n", "umask": "0000\n"}.get(call.name, ""))
    return 0


def times(call: Call) -> int:
    """``times``: no command takes any."""
    call.say("0m0.00s 0m0.00s\n" * 2)
    return 0


def false(call: Call) -> int:
    """``false``."""
    return 1


def change_folder(call: Call) -> int:
    """``cd``."""
    shell = call.shell
    names = [arg for arg in call.args if arg not in ("-P", "-L")]
    name = names[0] if names else shell.variables.get("HOME", "/")
    if name == "-":
        name = shell.variables.get("OLDPWD", shell.folder)
        call.say(name + "\n")
    path = call.path(name)
    if not call.device.files.isdir(path):
        exists = call.device.files.exists(path)
        call.complain(f"/system/bin/sh: cd: {name}: {'Not a directory' if exists else 'No such file or directory'}\n")
        return 2
    shell.variables["OLDPWD"], shell.folder = shell.folder, path
    return 0


def print_folder(call: Call) -> int:
    """``pwd``."""
    call.say(call.shell.folder + "\n")
    return 0


def export(call: Call) -> int:
    """``export``, ``readonly``, ``local`` and ``typeset``: names with or without values."""
    shell = call.shell
    names = [arg for arg in call.args if not arg.startswith("-")]
    if not names:
        for name in sorted(shell.exported & shell.variables.keys()):
            call.say(f"{name}={quoted(shell.variables[name])}\n")
    for arg in names:
        name, has_value, value = arg.partition("=")
        if not is_name(name):
            call.complain(f"/system/bin/sh: {call.name}: {arg}: is not an identifier\n")
            return 1
        if has_value:
            shell.variables[name] = value
        if call.name == "export":
            shell.exported.add(name)
    return 0


def quoted(value: str) -> str:
    """A value quoted for the shell."""
    if value and all(char.isalnum() or char in "_-./:=,+@%" for char in value):
        return value
    return "'" + value.replace("'", "'\\''") + "'"


def unset(call: Call) -> int:
    """``unset``."""
    for name in call.args:
        call.shell.variables.pop(name, None)
        call.shell.exported.discard(name)
    return 0


def set_options(call: Call) -> int:
    """``set``: of the options there is ``-e``; other words become the positional parameters."""
    shell, args, status = call.shell, call.args, 0
    if not args:
        for name, value in sorted(shell.variables.items()):
            call.say(f"{name}={quoted(value)}\n")
        return 0
    while args and args[0] != "--" and args[0][:1] in ("-", "+") and len(args[0]) > 1:
        sign, letters = args[0][0], args[0][1:]
        for option in args[1:2] if letters == "o" else letters:
            if option in ("e", "errexit"):
                shell.errexit = sign == "-"
            elif sign == "-":
                call.complain(f"/system/bin/sh: set: -{option}: not supported\n")
                status = 1
        args = args[2:] if letters == "o" else args[1:]
    if args:
        shell.positional[1:] = args[1:] if args[0] == "--" else args
    return status


def shift(call: Call) -> int:
    """``shift``."""
    count = int(call.args[0]) if call.args and call.args[0].isdecimal() and len(call.args[0]) < 6 else 1
    if count > len(call.shell.positional) - 1:
        call.complain("/system/bin/sh: shift: nothing to shift\n")
        return 1
    del call.shell.positional[1 : 1 + count]
    return 0


def read_line(call: Call) -> int:
    """``read``: assign the words of a line of standard input to variables."""
    names = [arg for arg in call.args if is_name(arg)] or ["REPLY"]
    raw = any(arg.startswith("-") and "r" in arg for arg in call.args)
    line = call.streams.stdin.readline()
    text = decode(line).rstrip("\n")
    if not raw:
        text = text.replace("\\", "")
    values = text.strip(" \t").split(None, len(names) - 1) if len(names) > 1 else [text.strip(" \t")]
    for name, value in itertools.zip_longest(names, values, fillvalue=""):
        call.shell.variables[name] = value
    return 0 if line else 1


def evaluate_words(call: Call) -> int:
    """``eval``."""
    return run_here(call, " ".join(call.args))


def run_here(call: Call, script: str) -> int:
    """Run a script in the calling shell."""
    try:
        parsed = grammar.parse(script)
    except tree.SyntaxFault as fault:
        call.complain(f"/system/bin/sh: {fault}\n")
        return 1
    return call.shell.script(parsed, call.streams)


def source(call: Call) -> int:
    """``.`` and ``source``."""
    path = call.path(call.args[0]) if call.args else ""
    files = call.device.files
    if not path or not files.exists(path) or files.isdir(path):
        call.complain(f"/system/bin/sh: .: {call.args[0] if call.args else ''}: No such file or directory\n")
        return 1
    return run_here(call, decode(files.read(path)))


def replace(call: Call) -> int:
    """``exec``: run a command and end the shell."""
    if not call.args:
        return 0
    raise Stopped(call.shell.execute(call.args, call.streams))


def leave(call: Call) -> int:
    """``exit`` and ``return``."""
    status = call.args[0] if call.args else str(call.shell.status)
    raise Stopped(int(status) & 255 if status.lstrip("-").isdecimal() and len(status) < 10 else 1)


def leave_loop(call: Call) -> int:
    """``break`` and ``continue``."""
    if not call.shell.loops:
        call.complain(f"/system/bin/sh: {call.name}: cannot {call.name}\n")
        return 0
    levels = int(call.args[0]) if call.args and call.args[0].isdecimal() and len(call.args[0]) < 4 else 1
    raise LoopExit(max(1, levels), call.name == "continue")


def let(call: Call) -> int:
    """``let``: the status is 0 if the last expression is not 0."""
    values = [evaluate(arg, call.shell.variables) for arg in call.args]
    return int(not (values and values[-1]))


def which(call: Call) -> int:
    """``type``, ``which`` and ``command -v``."""
    status = 0
    for name in [arg for arg in call.args if not arg.startswith("-")]:
        known = name in commands()
        own = name in BUILTINS and call.name != "which"
        if not known:
            status = 1
            if call.name == "type":
                call.say(f"{name} not found\n")
        elif call.name == "type":
            call.say(f"{name} is a shell builtin\n" if own else f"{name} is /system/bin/{name}\n")
        else:
            call.say(f"{name}\n" if own else f"/system/bin/{name}\n")
    return status


def command(call: Call) -> int:
    """``command``, ``nohup``, ``time``, ``nice``, ``builtin``: run the rest."""
    args = call.args
    if call.name == "command" and args[:1] and args[0] in ("-v", "-V"):
        return which(call)
    while args and args[0].startswith("-"):
        args = args[2:] if call.name == "nice" and args[0] == "-n" else args[1:]
    status = call.shell.execute(args, call.streams) if args else 0
    if call.name == "time":
        call.complain("    0m00.00s real     0m00.00s user     0m00.00s system\n")
    return status


def with_timeout(call: Call) -> int:
    """``timeout``: run the command; nothing here takes real time."""
    args = list(call.args)
    while args and args[0].startswith("-"):
        del args[: 2 if args[0] in ("-s", "-k") else 1]
    if len(args) < 2:
        return call.fail('Need 2 arguments (see "timeout --help")')
    return call.shell.execute(args[1:], call.streams)


def new_shell(call: Call) -> int:
    """``sh``: run the script after ``-c``, in a file or on standard input."""
    args, child = list(call.args), call.shell.child()
    script: str | None = None
    while args and args[0][:1] in ("-", "+") and len(args[0]) > 1:
        option = args.pop(0)
        if "c" in option:
            if not args:
                call.complain(f"{call.name}: -c: requires argument\n")
                return 1
            script = args.pop(0)
            child.positional = [args[0] if args else call.name, *args[1:]]
            break
        if option in ("-o", "+o") and args:
            args.pop(0)
    if script is None and args:
        path = call.path(args[0])
        files = call.device.files
        if not files.exists(path) or files.isdir(path):
            reason = "Is a directory" if files.isdir(path) else "No such file or directory"
            call.complain(f"{call.name}: {args[0]}: {reason}\n")
            return 127
        script, child.positional = decode(files.read(path)), args
    if script is None:
        script = decode(call.read())
    return run_child(call, child, script)


def run_child(call: Call, child: Shell, script: str) -> int:
    """Run a script in a child shell; exhausted limits end the parent too."""
    bounds = call.shell.bounds
    with bounds:
        status = child.script_text(script, call.streams)
    if bounds.commands < 0 or bounds.output < 0:
        raise Stopped(status)
    return status


def other_user(call: Call) -> int:
    """``su``: ``su``, ``su 0 CMD``, ``su root CMD``, ``su -c CMD``."""
    args = list(call.args)
    user = "root"
    if args[:1] in (["-"], ["-l"]):
        args.pop(0)
    if args and not args[0].startswith("-"):
        user = args.pop(0).split(",")[0]
    if user not in ("root", "shell") and not user.isdecimal():
        return call.fail(f"invalid uid/gid '{user}'")
    child = call.shell.child()
    child.user = 0 if user in ("0", "root") else int(user) if user.isdecimal() and len(user) < 8 else 2000
    if args[:1] == ["-c"]:
        return run_child(call, child, args[1] if len(args) > 1 else "")
    if args:
        return child.execute(args, call.streams)
    return run_child(call, child, decode(call.read()))


def as_package(call: Call) -> int:
    """``run-as PACKAGE CMD``: run a command in the package's data folder."""
    args = list(call.args)
    if args[:1] == ["--user"]:
        del args[:2]
    if not args:
        call.complain("run-as: usage: run-as <package-name> [--user <uid>] <command> [<args>]\n")
        return 1
    package = args.pop(0)
    if package not in call.device.apps:
        return call.fail(f"unknown package: {package}")
    child = call.shell.child()
    child.folder = f"/data/data/{package}"
    return child.execute(args, call.streams) if args else run_child(call, child, decode(call.read()))


def toybox(call: Call) -> int:
    """``toybox NAME``: run a command; without a name, list them."""
    if not call.args:
        call.say(" ".join(sorted(name for name in commands() if name not in BUILTINS)) + "\n")
        return 0
    if call.args[0] not in commands() or call.args[0] in ("toybox", "busybox"):
        return call.fail(f"Unknown command {call.args[0]}", 127)
    return call.shell.execute(call.args, call.streams)


def arguments(call: Call) -> int:
    """``xargs``: run a command with the words of standard input as arguments."""
    args, per_run, replace_with, zeros = list(call.args), 0, "", False
    while args and args[0].startswith("-") and len(args[0]) > 1:
        option = args.pop(0)
        if option == "-0":
            zeros = True
        elif option[:2] in ("-n", "-I", "-L", "-P", "-s"):
            value = option[2:] or (args.pop(0) if args else "")
            if option[1] == "I":
                replace_with = value
            elif option[1] in "nL":
                if not value.isdecimal():
                    return call.fail(f"not integer: {value}")
                per_run = int(value[:9])
        elif option not in ("-r", "-t", "-p"):
            return call.fail(f"Unknown option '{option[1:]}'")
    data = call.read()
    if zeros:
        words = [decode(word) for word in data.split(b"\0") if word]
    elif replace_with:
        words = [line.strip() for line in decode(data).split("\n") if line.strip()]
    else:
        words = decode(data).split()
    base = args or ["echo"]
    status = 0
    if replace_with:
        runs = [[part.replace(replace_with, word) for part in base] for word in words]
    elif per_run:
        runs = [base + words[i : i + per_run] for i in range(0, len(words), per_run)]
    else:
        runs = [base + words] if words or "-r" not in call.args else []
    for run in runs:
        streams = Streams(io.BytesIO(), call.streams.out, call.streams.err)
        status = max(status, 123 if call.shell.execute(run, streams) else 0)
    return status


def environment(call: Call) -> int:
    """``env``: print the environment, or run a command with changes to it."""
    args, shell = list(call.args), call.shell.child()
    while args and args[0] in ("-i", "-"):
        args.pop(0)
        for name in shell.exported:
            shell.variables.pop(name, None)
    while args and "=" in args[0]:
        name, _, value = args.pop(0).partition("=")
        shell.variables[name] = value
        shell.exported.add(name)
    if args:
        return shell.execute(args, call.streams)
    for name in sorted(shell.exported & shell.variables.keys()):
        call.say(encode(f"{name}={shell.variables[name]}\n"))
    return 0


COMMANDS = {
    ":": nothing,
    "true": nothing,
    "trap": only_shown,
    "wait": nothing,
    "umask": only_shown,
    "ulimit": only_shown,
    "times": times,
    "sync": nothing,
    "alias": only_shown,
    "false": false,
    "cd": change_folder,
    "pwd": print_folder,
    "export": export,
    "readonly": export,
    "local": export,
    "typeset": export,
    "unset": unset,
    "set": set_options,
    "shift": shift,
    "read": read_line,
    "eval": evaluate_words,
    "exec": replace,
    "exit": leave,
    "return": leave,
    "break": leave_loop,
    "continue": leave_loop,
    "let": let,
    "type": which,
    "which": which,
    "command": command,
    "nohup": command,
    "time": command,
    "nice": command,
    "builtin": command,
    "timeout": with_timeout,
    "sh": new_shell,
    "mksh": new_shell,
    "su": other_user,
    "run-as": as_package,
    "toybox": toybox,
    "xargs": arguments,
    "env": environment,
    ".": source,
    "source": source,
}
