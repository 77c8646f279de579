"""``am`` and ``monkey``: the activity manager."""

from typing import Any

from palaestra.envs.android.shell.commands import intents
from palaestra.envs.android.shell.commands.intents import Arguments, BadIntent
from palaestra.envs.android.shell.run import Call

SIZES = {
    "-D": True,
    "-N": True,
    "-W": True,
    "-S": True,
    "-R": 1,
    "-P": 1,
    "--start-profiler": 1,
    "--sampling": 1,
    "--streaming": True,
    "--attach-agent": 1,
    "--attach-agent-bind": 1,
    "--track-allocation": True,
    "--user": 1,
    "--display": 1,
    "--windowingMode": 1,
    "--activityType": 1,
    "--task": 1,
    "--task-overlay": True,
    "--lock-task": True,
    "--allow-background-starts": True,
    "--receiver-permission": 1,
    "--async": True,
}
USAGE = """Activity manager (activity) commands:
  help
      Print this help text.
  start-activity [-D] [-N] [-W] [-P <FILE>] [--start-profiler <FILE>] [--user <USER_ID> | current] <INTENT>
      Start an Activity.
  broadcast [--user <USER_ID> | all | current] <INTENT>
      Send a broadcast Intent.
  force-stop [--user <USER_ID> | all | current] <PACKAGE>
      Completely stop the given application package.
  kill [--user <USER_ID> | all | current] <PACKAGE>
      Kill all background processes associated with the given application.
  kill-all
      Kill all processes that are safe to kill (cached, etc).
  stack [COMMAND] [...]: sub-commands for operating on activity stacks.
       list
       info <WINDOWING_MODE> <ACTIVITY_TYPE>
       remove <TASK_ID>
  task [COMMAND] [...]: sub-commands for operating on activity tasks.
       lock <TASK_ID>
       lock stop
  get-current-user
      Returns id of the current foreground user.
"""


def shell_front(device: Any) -> tuple[str, str]:
    """The package and class of the activity in front, "" for none."""
    front = device.foreground
    return tuple(front) if front else ("", "")


def tasks_front_first(device: Any) -> list[dict]:
    """The tasks that hold activities, the front one first."""
    return [task for task in reversed(device.state["tasks"]) if task["records"]]


def start(call: Call, words: list[str]) -> int:
    """``am start`` and ``start-activity``."""
    options = dict(SIZES)
    intent = intents.read(Arguments(words), options)
    found = options["found"]
    device = call.device
    if "-S" in found and (intent["package"] or intent["only_package"]):
        call.say(f"Stopping: {intent['package'] or intent['only_package']}\n")
        device.force_stop(intent["package"] or intent["only_package"])
    call.say(f"Starting: {intents.describe(intent)}\n")
    before, started = device.activities.top, device.now_us
    error = device.start_activity(intents.for_device(intent))
    if error:
        if "does not exist" in error:
            call.say(f"Error type 3\nError: Activity class {{{intent['package']}/{intent['cls']}}} does not exist.\n")
        else:
            call.say(f"Error: {unresolved(intent) if 'unable to resolve' in error else error}\n")
        return 0
    same = device.activities.top is before
    if same:
        call.say("Warning: Activity not started, its current task has been brought to the front\n")
    if "-W" in found:
        device.settle()
        front = shell_front(device)
        milliseconds = (device.now_us - started) // 1000
        state = "UNKNOWN (0)" if same else "COLD"
        call.say(
            f"Status: ok\nLaunchState: {state}\nActivity: {intents.short(*front)}\n"
            f"TotalTime: {milliseconds}\nWaitTime: {milliseconds + 3}\nComplete\n"
        )
    return 0


def unresolved(intent: dict[str, Any]) -> str:
    """What Android says to an intent that nobody answers; it has the flag of a new task by then."""
    described = intents.describe(intent | {"flags": intent["flags"] | intents.NEW_TASK})
    return f"Activity not started, unable to resolve {described}"


def start_service(call: Call, words: list[str]) -> int:
    """``am startservice`` and its kin: apps here have no services."""
    options = dict(SIZES)
    intent = intents.read(Arguments(words), options)
    verb = "Stopping" if call.args[0].startswith("stop") else "Starting"
    call.say(f"{verb} service: {intents.describe(intent)}\n")
    call.complain(
        "Service not stopped: was not running.\n" if verb == "Stopping" else "Error: Not found; no service started.\n"
    )
    return 255


def broadcast(call: Call, words: list[str]) -> int:
    """``am broadcast``: prints the result code and data that receivers left."""
    options = dict(SIZES)
    intent = intents.read(Arguments(words), options)
    intent["flags"] |= 0x400000
    call.say(f"Broadcasting: {intents.describe(intent)}\n")
    answers = [answer for answer in call.device.broadcast(intents.for_device(intent)) or [] if answer]
    result, data = 0, None
    for answer in answers:
        if answer.get("result") or answer.get("data"):  # otherwise the receiver set neither
            result, data = answer.get("result", result), answer.get("data", data)
    call.say(f"Broadcast completed: result={result}" + ("" if data is None else f', data="{data}"') + "\n")
    return 0


def force_stop(call: Call, words: list[str]) -> int:
    """``am force-stop PACKAGE``; a package that isn't there makes no difference."""
    names = without_user(words)
    if not names:
        raise BadIntent('java.lang.IllegalArgumentException: Argument expected after "force-stop"')
    call.device.force_stop(names[0])
    return 0


def without_user(words: list[str]) -> list[str]:
    """Words without ``--user ID``."""
    if "--user" in words:
        at = words.index("--user")
        words = words[:at] + words[at + 2 :]
    return [word for word in words if word]


def stack(call: Call, words: list[str]) -> int:
    """``am stack list|info|remove``."""
    if words[:1] in (["list"], ["info"]):
        call.say(stack_list(call.device))
        return 0
    if words[:1] == ["remove"] and len(words) > 1:
        remove_task(call.device, intents.number(words[1]))
        return 0
    call.complain(f"Error: unknown command '{words[0] if words else 'null'}'\n")
    return 255


def stack_list(device: Any) -> str:
    """One block per root task, the front one first."""
    width, height = device.size
    front = device.foreground
    lines = []
    for task in tasks_front_first(device):
        base, top = task["records"][0], task["records"][-1]
        shown = "true" if (top["package"], top["cls"]) == tuple(front or ()) and not lines else "false"
        lines.append(f"RootTask id={task['id']} bounds=[0,0][{width},{height}] displayId=0 userId=0")
        lines.append(
            " configuration={1.0 310mcc260mnc [en_US] ldltr sw411dp w411dp h866dp 420dpi nrml long "
            + ("port" if height >= width else "land")
            + " finger "
            "qwerty/v/v -nav/h winConfig={ mBounds=Rect(0, 0 - "
            f"{width}, {height}) mWindowingMode=fullscreen mActivityType=standard }} s.1}}"
        )
        lines.append(
            f"  taskId={task['id']}: {base['package']}/{base['cls']} bounds=[0,0][{width},{height}] userId=0 "
            f"visible={shown} topActivity=ComponentInfo{{{top['package']}/{top['cls']}}}"
        )
        lines.append("")
    return "".join(line + "\n" for line in lines)


def remove_task(device: Any, task_id: int) -> None:
    """Drop a task; one that isn't there makes no difference."""
    device.activities.remove_task(task_id)


def task(call: Call, words: list[str]) -> int:
    """``am task lock ID|stop``: screen pinning."""
    if words[:1] == ["lock"] and len(words) > 1:
        if words[1] == "stop":
            call.device.state.pop("lock_task", None)
        else:
            call.device.state["lock_task"] = intents.number(words[1])
        call.say("Activity manager is " + ("not in" if words[1] == "stop" else "in") + " lockTaskMode\n")
        return 0
    if words[:1] and words[0] in ("resizeable", "resize", "focus"):
        return 0
    call.complain(f"Error: unknown command '{words[0] if words else 'null'}'\n")
    return 255


def kill(call: Call, words: list[str]) -> int:
    """``am kill``: apps in the background hold no processes of their own here."""
    if not without_user(words):
        raise BadIntent('java.lang.IllegalArgumentException: Argument expected after "kill"')
    return 0


def crash(call: Call, words: list[str]) -> int:
    """``am crash PACKAGE``."""
    names = without_user(words)
    if names:
        call.device.force_stop(names[-1])
    return 0


def instrument(call: Call, words: list[str]) -> int:
    """``am instrument``: no test packages are installed."""
    name = words[-1] if words else ""
    package, _, runner = name.partition("/")
    call.say(
        "android.util.AndroidException: INSTRUMENTATION_FAILED: " + name + "\n"
        "INSTRUMENTATION_STATUS: id=ActivityManagerService\n"
        f"INSTRUMENTATION_STATUS: Error=Unable to find instrumentation info for: ComponentInfo{{{package}/{runner}}}\n"
        "INSTRUMENTATION_STATUS_CODE: -1\n"
    )
    return 0


def prints(text: str):
    """A verb that only prints."""

    def verb(call: Call, words: list[str]) -> int:
        call.say(text)
        return 0

    return verb


VERBS = {
    "start": start,
    "start-activity": start,
    "broadcast": broadcast,
    "force-stop": force_stop,
    "stack": stack,
    "task": task,
    "kill": kill,
    "kill-all": prints(""),
    "crash": crash,
    "instrument": instrument,
    "startservice": start_service,
    "start-service": start_service,
    "start-foreground-service": start_service,
    "startfgservice": start_service,
    "stopservice": start_service,
    "stop-service": start_service,
    "get-current-user": prints("0\n"),
    "switch-user": prints(""),
    "set-debug-app": prints(""),
    "clear-debug-app": prints(""),
    "set-inactive": prints(""),
    "get-inactive": prints("Idle=false\n"),
    "get-standby-bucket": prints("10\n"),
    "set-standby-bucket": prints(""),
    "idle-maintenance": prints(""),
    "wait-for-broadcast-idle": prints("All broadcast queues are idle!\n"),
    "start-user": prints("Success: user started\n"),
    "set-deterministic-uid-idle": prints(""),
    "make-uid-idle": prints(""),
    "set-bg-restriction-level": prints(""),
    "send-trim-memory": prints(""),
    "clear-watch-heap": prints(""),
    "compat": prints(""),
}


def activity_manager(call: Call) -> int:
    """``am``."""
    if not call.args or call.args[0] in ("help", "-h", "--help"):
        call.say(USAGE)
        return 0 if call.args else 255
    verb, *words = call.args
    if verb == "to-uri" or verb == "to-intent-uri":
        return to_uri(call, words)
    if verb not in VERBS:
        call.complain(f"Unknown command: {verb}\n")
        return 255
    try:
        return VERBS[verb](call, words)
    except BadIntent as fault:
        call.complain(f"\nException occurred while executing '{verb}':\n{fault}\n")
        return 255


def to_uri(call: Call, words: list[str]) -> int:
    """``am to-uri``: an intent as ``#Intent;...;end``."""
    intent = intents.read(Arguments(words), dict(SIZES))
    parts = [intent["data"], "#Intent;"]
    parts += [f"action={intent['action']};"] if intent["action"] else []
    parts += [f"category={name};" for name in intent["categories"]]
    parts += [f"type={intent['type']};"] if intent["type"] else []
    parts += [f"component={intents.short(intent['package'], intent['cls'])};"] if intent["cls"] else []
    parts += [f"S.{key}={value};" for key, value in intent["extras"].items()]
    call.say("".join(parts) + "end\n")
    return 0


MAX_EVENTS = 500


def monkey(call: Call) -> int:
    """``monkey -p PACKAGE [-c CATEGORY] COUNT``: opens the app, then taps about at random."""
    packages, count, words = [], None, Arguments(list(call.args))
    while words.more():
        word = words.take()
        if word in ("-p", "-c", "-s", "--throttle", "-f", "--setup", "--port", "--pkg-blacklist-file"):
            if not words.more():
                return usage(call, f"** Error: Option requires an argument: {word}")
            value = words.take()
            if word == "-p":
                packages.append(value)
        elif word == "--pct-syskeys" or word.startswith("--pct-"):
            words.take(word) if words.more() else None
        elif word.startswith("-"):
            if not (word.strip("-v") == "" or word.startswith("--")):
                return usage(call, f"** Error: Unknown option: {word}")
        elif word:
            count = word
    if count is None or not count.isdecimal() or len(count) > 9:
        return usage(call, "** Error: Count not specified" if count is None else "** Error: Count is not a number")
    given = [arg for arg in call.args if arg]
    call.say("".join(f"  bash arg: {arg}\n" for arg in given) + f"args: [{', '.join(given)}]\n")
    call.say("".join(f' arg: "{arg}"\n' for arg in given) + "".join(f'data="{name}"\n' for name in packages))
    device = call.device
    if packages:
        error = device.start_activity(
            intents.for_device(
                intents.read(
                    Arguments(
                        [
                            "-p",
                            packages[0],
                            "-a",
                            "android.intent.action.MAIN",
                            "-c",
                            "android.intent.category.LAUNCHER",
                        ]
                    ),
                    {},
                )
            )
        )
        if error:
            call.complain("** No activities found to run, monkey aborted.\n")
            return 252
    width, height = device.size
    draws = device.rng("monkey") if int(count) > 1 else None
    for _ in range(min(int(count), MAX_EVENTS) - 1):
        call.shell.bounds.command()
        device.tap(int(draws.integers(width)), int(draws.integers(height)))
    call.say(
        f"Events injected: {count}\n## Network stats: elapsed time=18ms (0ms mobile, 0ms wifi, 18ms not connected)\n"
    )
    return 0


def usage(call: Call, problem: str) -> int:
    """What monkey says to words that it doesn't take."""
    call.complain(
        problem + "\nusage: monkey [-p ALLOWED_PACKAGE [-p ALLOWED_PACKAGE] ...]\n"
        "              [-c MAIN_CATEGORY [-c MAIN_CATEGORY] ...]\n              [-s SEED]\n              COUNT\n"
    )
    return 255


COMMANDS = {"am": activity_manager, "monkey": monkey}
