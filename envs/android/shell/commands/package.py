"""``pm``: packages, permissions, data."""

from palaestra.envs.android.shell.commands import intents
from palaestra.envs.android.shell.commands.package_dump import package_service
from palaestra.envs.android.shell.commands.package_dump import place as folder_of
from palaestra.envs.android.shell.paths import basename
from palaestra.envs.android.shell.run import Call, Subcommand
from palaestra.envs.android.system import apk
from palaestra.envs.android.system.intents import LAUNCHER, MAIN
from palaestra.envs.android.ui.handset import Handset

FEATURES = (
    "android.hardware.bluetooth",
    "android.hardware.camera",
    "android.hardware.location",
    "android.hardware.microphone",
    "android.hardware.screen.portrait",
    "android.hardware.telephony",
    "android.hardware.touchscreen",
    "android.hardware.wifi",
    "android.software.app_widgets",
    "android.software.input_methods",
)
LIBRARIES = ("android.ext.shared", "android.hidl.base-V1.0-java", "android.test.base", "org.apache.http.legacy")


def package_manager(call: Call) -> int:
    """``pm``."""
    words = [word for word in call.args if word]
    if not words or words[0] not in VERBS:
        call.complain(f"Unknown command: {words[0]}\n" if words else "Package manager (package) commands:\n  help\n")
        return 255
    return VERBS[words[0]](call, without_user(words[1:]))


def without_user(words: list[str]) -> list[str]:
    """Words without ``--user ID``."""
    kept = list(words)
    while "--user" in kept:
        at = kept.index("--user")
        del kept[at : at + 2]
    return kept


def listing(call: Call, words: list[str]) -> int:
    """``pm list packages|features|libraries|permissions|users``."""
    kind = words[0] if words else ""
    if kind in ("packages", "package"):
        return packages(call, words[1:])
    if kind == "features":
        call.say("".join(f"feature:{name}\n" for name in FEATURES))
    elif kind == "libraries":
        call.say("".join(f"library:{name}\n" for name in LIBRARIES))
    elif kind == "permissions":
        permissions = sorted({name for app in call.device.apps.values() for name in app.permissions})
        call.say("All Permissions:\n\n" + "".join(f"permission:{name}\n" for name in permissions))
    elif kind == "users":
        call.say("Users:\n\tUserInfo{0:Owner:4c13} running\n")
    else:
        call.complain(f"Error: unknown list type '{kind}'\n")
        return 255
    return 0


def packages(call: Call, words: list[str]) -> int:
    """``pm list packages [-f] [-d] [-e] [-s] [-3] [FILTER]``."""
    device = call.device
    flags = {word for word in words if word.startswith("-")}
    part = next((word for word in words if not word.startswith("-")), "")
    unknown = flags - {"-f", "-d", "-e", "-s", "-3", "-i", "-u", "-l", "-U", "-a"}
    if unknown:
        call.complain(f"Error: Unknown option: {min(unknown)}\n")
        return 255
    for name in device.packages.installed:
        app = device.apps.get(name)
        system = app is None or app.system
        enabled = device.packages.is_enabled(name)
        dropped = ("-d" in flags and enabled) or ("-e" in flags and not enabled)
        if dropped or ("-s" in flags and not system) or ("-3" in flags and system) or part not in name:
            continue
        path = f"{place(device, name)}=" if "-f" in flags else ""
        installer = "  installer=null" if "-i" in flags else ""
        call.say(f"package:{path}{name}{installer}\n")
    return 0


def place(device: Handset, package: str) -> str:
    """The path that its APK would have."""
    name = "base" if package in device.apps and not device.apps[package].system else package.rpartition(".")[2]
    return f"{folder_of(device, package)}/{name}.apk"


def path(call: Call, words: list[str]) -> int:
    """``pm path PACKAGE``."""
    if not words or not call.device.packages.is_installed(words[0]):
        return 1
    call.say(f"package:{place(call.device, words[0])}\n")
    return 0


def clear(call: Call, words: list[str]) -> int:
    """``pm clear [-f USER] PACKAGE``; android-env names the user by ``-f``."""
    if "-f" in words:
        at = words.index("-f")
        words = words[:at] + words[at + 2 :]
    names = [word for word in words if not word.startswith("-")]
    if not names:
        call.complain("Error: no package specified\n")
        return 255
    done = call.device.packages.clear(names[0])
    call.say("Success\n" if done else "Failed\n")
    return int(not done)


def _permission(name: str) -> Subcommand:
    """``pm grant`` or ``pm revoke``."""

    def verb(call: Call, words: list[str]) -> int:
        if len(words) < 2:
            call.complain("Error: no package specified\n" if not words else "Error: no permission specified\n")
            return 255
        problem = getattr(call.device.packages, name)(words[0], words[1])
        if problem:
            kind = "IllegalArgumentException" if "Unknown package" in problem else "SecurityException"
            call.complain(f"\nException occurred while executing '{name}':\njava.lang.{kind}: {problem}\n")
            return 255
        return 0

    return verb


def _enabling(on: bool, state: str) -> Subcommand:
    """``pm enable`` or ``pm disable``."""

    def verb(call: Call, words: list[str]) -> int:
        if not words:
            call.complain("Error: no package or component specified\n")
            return 255
        name, slash, _ = words[0].partition("/")
        if slash:
            call.complain("Error: this phone enables and disables whole packages only\n")
            return 255
        if not call.device.packages.is_installed(name):
            call.complain(f"Error: java.lang.IllegalArgumentException: Unknown package: {name}\n")
            return 255
        call.device.packages.enable(name, on)
        call.say(f"Package {name} new state: {state}\n")
        return 0

    return verb


def uninstall(call: Call, words: list[str]) -> int:
    """``pm uninstall [-k] PACKAGE``."""
    names = [word for word in words if not word.startswith("-")]
    done = bool(names) and call.device.packages.uninstall(names[0])
    call.say("Success\n" if done else "Failure [DELETE_FAILED_INTERNAL_ERROR]\n")
    return int(not done)


def install(call: Call, words: list[str]) -> int:
    """``pm install [-r] [-t] [-g] FILE``: an APK of an app that this phone has an implementation of."""
    names = [word for word in words if not word.startswith("-")]
    if not names:
        call.complain("Error: no package specified\n")
        return 255
    files, file = call.device.files, call.path(names[-1])
    if not files.exists(file) or files.isdir(file):
        call.say(f"Error: failed to open file {names[-1]}: No such file or directory\n")
        return 1
    problem = apk.install(call.device, basename(file), files.read(file), grant="-g" in words)
    call.say(f"Failure [{problem}]\n" if problem else "Success\n")
    return int(problem is not None)


def install_existing(call: Call, words: list[str]) -> int:
    """``pm install-existing PACKAGE``."""
    names = [word for word in words if not word.startswith("-")]
    if names and call.device.packages.install(names[-1]):
        call.say(f"Package {names[-1]} installed for user: 0\n")
        return 0
    call.say(
        "android.content.pm.PackageManager$NameNotFoundException: "
        f"Package {names[-1] if names else 'null'} doesn't exist\n"
    )
    return 1


def resolve(call: Call, words: list[str]) -> int:
    """``pm resolve-activity [--brief] INTENT``."""
    brief = "--brief" in words
    try:
        arguments = intents.Arguments([word for word in words if word not in ("--brief", "--components")])
        parsed, _ = intents.read(arguments, {})
    except intents.BadIntent as problem:
        call.complain(f"{problem}\n")
        return 255
    intent = intents.for_device(parsed)
    if not intent["action"]:
        intent.update(action=MAIN, categories=[LAUNCHER])
    resolved = call.device.activities.resolve(intent)
    if isinstance(resolved, str):
        call.say("No activity found\n")
        return 0
    package, cls = resolved
    if brief:
        call.say("priority=0 preferredOrder=0 match=0x108000 specificIndex=-1 isDefault=true\n")
        call.say(f"{intents.short(package, cls)}\n")
    else:
        call.say(f"ResolveInfo:\n  ActivityInfo:\n    name={cls}\n    packageName={package}\n")
    return 0


def dump(call: Call, words: list[str]) -> int:
    """``pm dump PACKAGE``."""
    call.say(package_service(call.device, words))
    return 0


VERBS: dict[str, Subcommand] = {
    "list": listing,
    "path": path,
    "clear": clear,
    "grant": _permission("grant"),
    "revoke": _permission("revoke"),
    "enable": _enabling(True, "enabled"),
    "disable": _enabling(False, "disabled"),
    "disable-user": _enabling(False, "disabled-user"),
    "uninstall": uninstall,
    "install": install,
    "install-existing": install_existing,
    "resolve-activity": resolve,
    "dump": dump,
}
COMMANDS = {"pm": package_manager}
