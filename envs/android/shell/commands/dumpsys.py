"""``dumpsys``: the state of system services, in the lines that tools look for."""

import zlib
from collections.abc import Callable
from typing import Any

from palaestra.envs.android.shell.commands import battery as battery_service
from palaestra.envs.android.shell.commands.package_dump import package_service
from palaestra.envs.android.shell.commands.surfaces import display, surface_flinger, title
from palaestra.envs.android.shell.run import Call
from palaestra.envs.android.system import battery
from palaestra.envs.android.system.activities import Record
from palaestra.envs.android.system.kernel import pid
from palaestra.envs.android.ui import keyboard
from palaestra.envs.android.ui.accessibility import view_hierarchy
from palaestra.envs.android.ui.handset import Handset
from palaestra.envs.android.ui.screen import Window

Task = dict[str, Any]
"""A task as the activity manager keeps it."""

PROCESS_KB = 61_440
"""Memory that an app is said to use, KiB."""
BUILD_HEAD = "ACTIVITY MANAGER {} (dumpsys activity {})\n"


def dumpsys(call: Call) -> int:
    """``dumpsys [-l] [-t S] [-T MS] [--priority P] [--skip A,B] [SERVICE [ARGS]]``."""
    words = [word for word in call.args if word]
    skipped: set[str] = set()
    while words and words[0].startswith("-"):
        option = words.pop(0)
        if option == "-l":
            call.say("Currently running services:\n" + "".join(f"  {name}\n" for name in sorted(SERVICES)))
            return 0
        if option in ("-t", "-T", "--priority", "--skip") and words:
            value = words.pop(0)
            if option == "--skip":
                skipped = set(value.split(","))
        elif option in ("--help", "-h"):
            call.say("usage: dumpsys\n")
            return 0
    if not words:
        for name in sorted(SERVICES):
            if name not in skipped:
                call.say("-" * 79 + f"\nDUMP OF SERVICE {name}:\n" + SERVICES[name](call.device, []))
        return 0
    service, args = words[0], [word for word in words[1:] if word != "--proto"]
    if service not in SERVICES:
        call.say(f"Can't find service: {service}\n")
        return 0
    if service == "battery" and args:
        battery_service.run(call, args)
        return 0
    call.say(SERVICES[service](call.device, args))
    return 0


def running(device: Handset) -> list[str]:
    """The packages that run: those with activities, and the system's own."""
    apps = {record["package"] for task in device.state["tasks"] for record in task["records"]}
    return sorted(apps | {"com.android.systemui", "system_server"})


def _tasks(device: Handset) -> list[Task]:
    """The tasks, the front one first."""
    return list(reversed(device.state["tasks"]))


def _short(record: Record) -> str:
    """``PACKAGE/.Class`` of an activity."""
    package, cls = record["package"], record["cls"]
    return f"{package}/{cls.removeprefix(package) if cls.startswith(package + '.') else cls}"


def _record(record: Record, task: Task) -> str:
    return f"ActivityRecord{{{record['id']:07x} u0 {_short(record)} t{task['id']}}}"


def activity(device: Handset, args: list[str]) -> str:
    """``dumpsys activity [activities|recents|top|PACKAGE ...]``."""
    kind = args[0] if args else "activities"
    if kind in ("activities", "a"):
        return _activities(device)
    if kind in ("recents", "r"):
        return _recents(device)
    if kind == "top":
        front = _tasks(device)[:1]
        return "".join(_client(device, task, record) for task in front for record in task["records"][-1:])
    if kind in ("broadcasts", "services", "processes", "providers", "intents", "permissions"):
        return BUILD_HEAD.format(f"{kind.upper()}", kind) + "  (nothing)\n"
    matches = "".join(
        _client(device, task, task["records"][-1])
        for task in _tasks(device)
        if kind in (task["records"][-1]["package"], _short(task["records"][-1]))
    )
    return matches or f"No activities match: {kind}\n"


def _activities(device: Handset) -> str:
    lines = [BUILD_HEAD.format("ACTIVITIES", "activities") + "Display #0 (activities from top to bottom):"]
    for task in _tasks(device):
        lines.append(
            f"  * Task{{{task['id']:07x} #{task['id']} type=standard A=10120:{task['package']} U=0 visible=true}}"
        )
        for place, record in enumerate(reversed(task["records"])):
            lines.append(f"    * Hist #{len(task['records']) - 1 - place}: {_record(record, task)}")
        if device.front is not None and task is device.activities.front_task:
            lines.append(f"    mResumedActivity: {_record(device.front, task)}")
    if device.front is not None and device.state["tasks"]:
        record = _record(device.front, device.state["tasks"][-1])
        lines += [f"  topResumedActivity={record}", f"  ResumedActivity: {record}"]
    return "\n".join(lines) + "\n"


def _recents(device: Handset) -> str:
    lines = [BUILD_HEAD.format("RECENT TASKS", "recents") + "mRecentsUid=10135"]
    tasks = [task for task in _tasks(device) if task["package"] != device.activities.launcher]
    for place, task in enumerate(tasks):
        lines += [
            f"  * Recent #{place}: Task{{{task['id']:07x} #{task['id']} type=standard A=10120:{task['package']}}}",
            f"    userId=0 effectiveUid=u0a120 mCallingUid=u0a135 realActivity={{{_short(task['records'][0])}}}",
            f"    baseIntent=Intent {{ act=android.intent.action.MAIN cmp={_short(task['records'][0])} }}",
            f"    id={task['id']} stackId={task['id']} userId=0 hasTask=true lastActiveTime=0 (inactive for 0s)",
        ]
    return "\n".join(lines) + "\n"


def _client(device: Handset, task: Task, record: Record) -> str:
    """An activity with its view hierarchy."""
    head = (
        f"TASK {task['package']} id={task['id']} userId=0\n"
        f"  ACTIVITY {_short(record)} {record['id']:07x} pid=1234\n"
        "    Local Activity 0 State:\n"
        "      mResumed=true mStopped=false mFinished=false\n"
        "    View Hierarchy:\n"
    )
    return head + view_hierarchy(device, record["package"], "      ") + "\n"


def window(device: Handset, args: list[str]) -> str:
    """``dumpsys window [windows|displays|policy]``."""
    (width, height), (across, down) = device.size, device.physical_size
    forced = device.natural != device.physical_size or device.density != device.physical_density
    base = " base={}x{} {}dpi".format(*device.natural, device.density) if forced else ""
    windows = device.windows()
    focused = next((window for window in reversed(windows) if window.focused), None)
    task, front = device.activities.front_task, device.front
    app = _record(front, task) if front is not None and task is not None else "null"
    lines = [
        "WINDOW MANAGER WINDOWS (dumpsys window windows)",
        *(f"  Window #{place} {_window(window)}:" for place, window in reversed(list(enumerate(windows)))),
        f"  mCurrentFocus={_window(focused) if focused else 'null'}",
        f"  mFocusedApp={app}",
        f"  mCurrentRotation=ROTATION_{device.turns * 90}",
        f"  init={across}x{down} {device.physical_density}dpi{base} cur={width}x{height} app={width}x{height}",
        f"  mAwake={'true' if device.state['awake'] else 'false'}",
        "  isStatusBarKeyguard=false mDreamingLockscreen=false mShowingLockscreen=false",
    ]
    return "\n".join(lines) + "\n"


def _window(window: Window) -> str:
    """``Window{HASH u0 TITLE}``; an app's window is titled by its activity."""
    return f"Window{{{zlib.crc32(window.root.key.encode()) & 0xFFFFFFF:07x} u0 {title(window)}}}"


def input_service(device: Handset, args: list[str]) -> str:
    """``dumpsys input``: orientation and frames of the touch screen."""
    (width, height), (across, down) = device.size, device.physical_size
    panel = (down, across) if device.turns % 2 else (across, down)
    return (
        "INPUT MANAGER (dumpsys input)\n\nInput Reader State:\n  Device 1: virtio_input_multi_touch_1\n"
        f"    Viewport INTERNAL: displayId=0, uniqueId=local:0, orientation={device.turns}, "
        f"logicalFrame=[0, 0, {width}, {height}], physicalFrame=[0, 0, {panel[0]}, {panel[1]}], "
        f"deviceSize=[{panel[0]}, {panel[1]}], isActive=[1]\n"
        f"    RawSurfaceWidth: {across}px\n    RawSurfaceHeight: {down}px\n"
        f"    PhysicalWidth: {across}px\n    PhysicalHeight: {down}px\n"
        f"  SurfaceOrientation: {device.turns}\n"
    )


def input_method(device: Handset, args: list[str]) -> str:
    """``dumpsys input_method``: whether the keyboard is visible."""
    visible = keyboard.is_visible(device)
    return (
        "Current Input Method Manager state:\n"
        f"  mInputShown={'true' if visible else 'false'} mImeWindowVis={'3' if visible else '0'}\n"
        f"  mCurMethodId={device.settings.get('secure', 'default_input_method')}\n"
    )


def telephony(device: Handset, args: list[str]) -> str:
    """``dumpsys telephony.registry``: the state of the call."""
    call = device.state["call"]
    return (
        "last known state:\n  Phone Id=0\n"
        f"    mCallState={call['state']}\n    mCallIncomingNumber={call['number']}\n    mServiceState=0\n"
    )


def power(device: Handset, args: list[str]) -> str:
    """``dumpsys power``."""
    awake, shown = device.state["awake"], battery.shown(device)
    return (
        f"POWER MANAGER (dumpsys power)\n  mWakefulness={'Awake' if awake else 'Asleep'}\n"
        f"  mIsPowered={'true' if shown.plugged else 'false'}\n  mBatteryLevel={shown.level}\n"
        f"  mHoldingDisplaySuspendBlocker={'true' if awake else 'false'}\n"
        f"Display Power: state={'ON' if awake else 'OFF'}\n"
    )


def notification(device: Handset, args: list[str]) -> str:
    """``dumpsys notification``."""
    lines = ["Current Notification Manager state:", "  Notification List:"]
    for note in device.state["notifications"]:
        lines += [
            f"    NotificationRecord(0x{note['id']:08x}: pkg={note['package']} user=UserHandle{{0}} id={note['id']})",
            f"      extras={{\n        android.title=String ({note['title']})\n"
            f"        android.text=String ({note['text']})\n      }}",
        ]
    return "\n".join(lines) + "\n"


def alarm(device: Handset, args: list[str]) -> str:
    """``dumpsys alarm``: the apps' scheduled events."""
    lines = ["Current Alarm Manager state:", f"  nowRTC={device.now_us // 1000}"]
    for due, number, package, event, _, _ in device.state["events"]:
        if package in device.apps:
            lines.append(
                f"    RTC_WAKEUP #{number}: Alarm{{{number:07x} type 0 when {due // 1000} {package}}} tag={event}"
            )
    return "\n".join(lines) + "\n"


def wifi(device: Handset, args: list[str]) -> str:
    """``dumpsys wifi``."""
    on = device.settings.get("global", "wifi_on") in ("1", "2")
    network = 'mWifiInfo SSID: "AndroidWifi", BSSID: 00:13:10:85:fe:01, Supplicant state: COMPLETED\n' if on else ""
    return f"Wi-Fi is {'enabled' if on else 'disabled'}\n{network}"


def location(device: Handset, args: list[str]) -> str:
    """``dumpsys location``: the place that ``geo fix`` has set."""
    place = device.service("location")
    fix = f"Location[gps {place['latitude']:.6f},{place['longitude']:.6f}]" if place else "null"
    enabled = str(device.settings.on("secure", "location_mode")).lower()
    return f"Location Manager State:\n  location [u0]: {enabled}\n  gps provider:\n    last location={fix}\n"


def meminfo(device: Handset, args: list[str]) -> str:
    """``dumpsys meminfo [PACKAGE]``: apps share one process, so that each has the same size."""
    names = [word for word in args if not word.startswith("-")]
    if names and names[0] not in running(device):
        return f"No process found for: {names[0]}\n"
    if names:
        return (
            f"Applications Memory Usage (in Kilobytes):\n\n** MEMINFO in pid {pid(names[0])} [{names[0]}] **\n"
            "                   Pss  Private  Private  SwapPss      Rss\n"
            f"        TOTAL    {PROCESS_KB}    {PROCESS_KB}        0        0    {PROCESS_KB}\n"
        )
    return "Applications Memory Usage (in Kilobytes):\nUptime: 0 Realtime: 0\n\nTotal RAM: 2,015,000K (status normal)\n"


SERVICES: dict[str, Callable[[Handset, list[str]], str]] = {
    "activity": activity,
    "window": window,
    "input": input_service,
    "input_method": input_method,
    "telephony.registry": telephony,
    "display": display,
    "power": power,
    "battery": lambda device, args: battery_service.dump(device),
    "SurfaceFlinger": surface_flinger,
    "location": location,
    "package": package_service,
    "notification": notification,
    "alarm": alarm,
    "wifi": wifi,
    "meminfo": meminfo,
}
COMMANDS = {"dumpsys": dumpsys}
