"""``am`` and ``monkey``: the activity manager."""

from typing import Any

from palaestra.envs.android.shell.commands import intents, standby
from palaestra.envs.android.shell.commands.intents import Arguments, BadIntent
from palaestra.envs.android.shell.run import Call, Subcommand
from palaestra.envs.android.ui.handset import Handset

SWITCHES = (
    "-D",
    "-N",
    "-W",
    "-S",
    "--streaming",
    "--track-allocation",
    "--task-overlay",
    "--lock-task",
    "--allow-background-starts",
    "--async",
)
VALUED = (
    "-R",
    "-P",
    "--start-profiler",
    "--sampling",
    "--attach-agent",
    "--attach-agent-bind",
    "--user",
    "--display",
    "--windowingMode",
    "--activityType",
    "--task",
    "--receiver-permission",
)
OPTIONS = dict.fromkeys(SWITCHES, False) | dict.fromkeys(VALUED, True)
"""Options that are not part of an intent -> whether a value follows."""
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


def tasks_front_first(device: Handset) -> list[dict[str, Any]]:
    """The tasks that hold activities, the front one first."""
    return [task for task in reversed(device.state["tasks"]) if task["records"]]


def start(call: Call, words: list[str]) -> int:
    """``am start`` and ``start-activity``: what went wrong is printed, and the exit status is 0 all the same."""
    intent, options = intents.read(Arguments(words), OPTIONS)
    device = call.device
    if "-S" in options and (problem := stop(call, intent)):
        call.complain(f"Error: {problem}: {intents.describe(intent)}\n")
        return 1
    call.say(f"Starting: {intents.describe(intent)}\n")
    report = call.say if "-W" in options else call.complain
    before, started = device.activities.newest, device.now_us
    error = device.start_activity(intents.for_device(intent))
    if error:
        if "does not exist" in error:
            report(f"Error type 3\nError: Activity class {{{intent['package']}/{intent['cls']}}} does not exist.\n")
        else:
            report(f"Error: {unresolved(intent) if 'unable to resolve' in error else error}\n")
        return 0
    same = device.activities.newest == before and device.activities.choice is None
    if same:
        report("Warning: Activity not started, its current task has been brought to the front\n")
    if "-W" in options:
        device.settle()
        milliseconds = (device.now_us - started) // 1000
        state = "UNKNOWN (0)" if same else "COLD"
        call.say(
            f"Status: ok\nLaunchState: {state}\nActivity: {intents.short(*device.foreground)}\n"
            f"TotalTime: {milliseconds}\nWaitTime: {milliseconds + 3}\nComplete\n"
        )
    return 0


def stop(call: Call, intent: intents.Parsed) -> str:
    """End the app that an intent is to start (``-S``); returns what prevents it, or ""."""
    package = intent["package"]
    if not package:
        answers = call.device.activities.candidates(intents.for_device(intent))
        if len(answers) != 1:
            return "Intent " + (
                "matches multiple activities; can't stop" if answers else "does not match any activities"
            )
        package = answers[0][0]
    call.say(f"Stopping: {package}\n")
    call.device.force_stop(package)
    return ""


def unresolved(intent: intents.Parsed) -> str:
    """Android's message for an intent that no app handles, which has the flag of a new task by then."""
    described = intents.describe(intent | {"flags": intent["flags"] | intents.NEW_TASK})
    return f"Activity not started, unable to resolve {described}"


def start_service(call: Call, words: list[str]) -> int:
    """``am startservice`` and the like: apps here have no services."""
    intent, _ = intents.read(Arguments(words), OPTIONS)
    stopping = call.args[0].startswith("stop")
    call.say(f"{'Stopping' if stopping else 'Starting'} service: {intents.describe(intent)}\n")
    call.complain("Service not stopped: was not running.\n" if stopping else "Error: Not found; no service started.\n")
    return 255


def broadcast(call: Call, words: list[str]) -> int:
    """``am broadcast``: prints the result code and data that receivers set."""
    intent, _ = intents.read(Arguments(words), OPTIONS)
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
    """``am force-stop PACKAGE``; an unknown package is ignored."""
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
        call.device.activities.remove_task(intents.integer(words[1]))
        return 0
    call.complain(f"Error: unknown command '{words[0] if words else 'null'}'\n")
    return 255


def stack_list(device: Handset) -> str:
    """The root tasks, a block each, the front one first."""
    width, height = device.size
    lines: list[str] = []
    for task in tasks_front_first(device):
        base, top = task["records"][0], task["records"][-1]
        visible = not lines
        if visible and device.front is not None:
            top = device.front
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
            f"visible={'true' if visible else 'false'} topActivity=ComponentInfo{{{top['package']}/{top['cls']}}}"
        )
        lines.append("")
    return "".join(line + "\n" for line in lines)


def task(call: Call, words: list[str]) -> int:
    """``am task lock ID|lock stop|focus ID``: pin a task, or bring it to the front."""
    device, name = call.device, words[1] if len(words) > 1 else ""
    if words[:2] == ["lock", "stop"]:
        device.set_service("lock_task", {})
        call.say("Activity manager is not in lockTaskMode\n")
        return 0
    if words[:1] in (["lock"], ["focus"]) and name:
        number = intents.integer(name)
        chosen = next((task for task in device.state["tasks"] if task["id"] == number), None)
        if chosen is None:
            raise BadIntent(f"java.lang.IllegalArgumentException: Unable to find task {number}")
        device.activities.to_front(chosen)
        if words[0] == "lock":
            device.set_service("lock_task", {"task": number})
            call.say("Activity manager is in lockTaskMode\n")
        else:
            call.say(f"Setting focus to task {number}\n")
        return 0
    call.complain(f"Error: unknown command '{words[0] if words else 'null'}'\n")
    return 255


def kill(call: Call, words: list[str]) -> int:
    """``am kill``: background apps have no processes here."""
    if not without_user(words):
        raise BadIntent('java.lang.IllegalArgumentException: Argument expected after "kill"')
    return 0


def crash(call: Call, words: list[str]) -> int:
    """``am crash PACKAGE``: end a running app as if it had failed, with the dialog that says so."""
    names = without_user(words)
    if not names:
        raise BadIntent('java.lang.IllegalArgumentException: Argument expected after "crash"')
    device = call.device
    if any(record["package"] == names[-1] for task in device.state["tasks"] for record in task["records"]):
        device.log("AndroidRuntime", f"FATAL EXCEPTION: main\nProcess: {names[-1]}", "E", names[-1])
        device.activities.stop(names[-1])
        device.state["crashed"] = names[-1]
        device.screen_changed()
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


def to_uri(call: Call, words: list[str]) -> int:
    """``am to-uri``: an intent as ``#Intent;...;end``."""
    intent, _ = intents.read(Arguments(words), OPTIONS)
    parts = [intent["data"], "#Intent;"]
    parts += [f"action={intent['action']};"] if intent["action"] else []
    parts += [f"category={name};" for name in intent["categories"]]
    parts += [f"type={intent['type']};"] if intent["type"] else []
    parts += [f"component={intents.short(intent['package'], intent['cls'])};"] if intent["cls"] else []
    parts += [f"S.{key}={value};" for key, value in intent["extras"].items()]
    call.say("".join(parts) + "end\n")
    return 0


def prints(text: str) -> Subcommand:
    """A verb that prints a fixed text."""

    def verb(call: Call, words: list[str]) -> int:
        call.say(text)
        return 0

    return verb


SILENT = (
    "kill-all",
    "set-debug-app",
    "clear-debug-app",
    "idle-maintenance",
    "make-uid-idle",
    "send-trim-memory",
    "clear-watch-heap",
)
"""Verbs that print nothing and change nothing that can be seen, here as on a device."""
VERBS: dict[str, Subcommand] = {
    "start": start,
    "start-activity": start,
    "broadcast": broadcast,
    "force-stop": force_stop,
    "stack": stack,
    "task": task,
    "kill": kill,
    "crash": crash,
    "instrument": instrument,
    "to-uri": to_uri,
    "to-intent-uri": to_uri,
    "startservice": start_service,
    "start-service": start_service,
    "start-foreground-service": start_service,
    "startfgservice": start_service,
    "stopservice": start_service,
    "stop-service": start_service,
    "get-current-user": prints("0\n"),
    "get-inactive": standby.get_inactive,
    "set-inactive": standby.set_inactive,
    "get-standby-bucket": standby.get_bucket,
    "set-standby-bucket": standby.set_bucket,
    "switch-user": standby.switch_user,
    "wait-for-broadcast-idle": prints("All broadcast queues are idle!\n"),
    "start-user": standby.switch_user,
    **dict.fromkeys(SILENT, prints("")),
}


def activity_manager(call: Call) -> int:
    """``am``."""
    if not call.args or call.args[0] in ("help", "-h", "--help"):
        call.say(USAGE)
        return 0 if call.args else 255
    verb, *words = call.args
    if verb not in VERBS:
        call.complain(f"Unknown command: {verb}\n")
        return 255
    try:
        return VERBS[verb](call, words)
    except BadIntent as fault:
        call.complain(f"\nException occurred while executing '{verb}':\n{fault}\n")
        return 255


MAX_EVENTS = 500
"""Most events that ``monkey`` sends, the launch included."""


def monkey(call: Call) -> int:
    """``monkey -p PACKAGE [-c CATEGORY] COUNT``: opens the app, then taps at random points."""
    packages: list[str] = []
    count, words = None, Arguments(list(call.args))
    while words.more():
        word = words.take()
        if word in ("-p", "-c", "-s", "--throttle", "-f", "--setup", "--port", "--pkg-blacklist-file"):
            if not words.more():
                return usage(call, f"** Error: Option requires an argument: {word}")
            value = words.take()
            if word == "-p":
                packages.append(value)
        elif word.startswith("--pct-"):
            if words.more():
                words.take()
        elif word[:2] in ("-p", "-c", "-s", "-f") and len(word) > 2:
            packages += [word[2:]] if word[1] == "p" else []
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
        launch = ["-p", packages[0], "-a", "android.intent.action.MAIN", "-c", "android.intent.category.LAUNCHER"]
        intent, _ = intents.read(Arguments(launch), {})
        error = device.start_activity(intents.for_device(intent))
        if error:
            call.complain("** No activities found to run, monkey aborted.\n")
            return 252
    if int(count) > 1:
        tap_at_random(call, min(int(count), MAX_EVENTS) - 1)
    call.say(
        f"Events injected: {count}\n## Network stats: elapsed time=18ms (0ms mobile, 0ms wifi, 18ms not connected)\n"
    )
    return 0


def tap_at_random(call: Call, taps: int) -> None:
    """Tap at random points of the screen."""
    device = call.device
    width, height = device.size
    generator = device.rng("monkey")
    for _ in range(taps):
        call.shell.bounds.command()
        device.tap(int(generator.integers(width)), int(generator.integers(height)))


def usage(call: Call, problem: str) -> int:
    """Report invalid arguments of ``monkey``."""
    call.complain(
        problem + "\nusage: monkey [-p ALLOWED_PACKAGE [-p ALLOWED_PACKAGE] ...]\n"
        "              [-c MAIN_CATEGORY [-c MAIN_CATEGORY] ...]\n              [-s SEED]\n              COUNT\n"
    )
    return 255


COMMANDS = {"am": activity_manager, "monkey": monkey}
