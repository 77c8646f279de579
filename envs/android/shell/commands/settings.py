"""``settings``: the three namespaces of Android's settings provider."""

from palaestra.envs.android.shell.run import Call

NAMESPACES = ("system", "secure", "global")
USAGE = """Settings provider (settings) commands:
  help
      Print this help text.
  get [--user <USER_ID> | current] NAMESPACE KEY
      Retrieve the current value of KEY.
  put [--user <USER_ID> | current] NAMESPACE KEY VALUE [TAG] [default]
      Change the contents of KEY to VALUE.
  delete [--user <USER_ID> | current] NAMESPACE KEY
      Delete the entry for KEY.
  reset [--user <USER_ID> | current] NAMESPACE {PACKAGE_NAME | RESET_MODE}
      Reset the global/secure table for a package with mode.
  list [--user <USER_ID> | current] NAMESPACE
      Print all defined keys.
      NAMESPACE is one of {system, secure, global}, case-insensitive
"""
WORDS = {"get": 2, "put": 3, "delete": 2, "reset": 2, "list": 1}
"""Verb -> fewest words after it."""


def settings(call: Call) -> int:
    """``settings get|put|delete|reset|list``."""
    args = list(call.args)
    if not args or args[0] in ("help", "-h"):
        call.say(USAGE)
        return 0 if args else 255
    verb = args.pop(0)
    if verb not in WORDS:
        call.complain(f"Unknown command: {verb}\n")
        return 255
    while args and args[0].startswith("--"):
        if args.pop(0) == "--user" and args:
            args.pop(0)
    if not args:
        return bad(call, "No arguments")
    namespace = args.pop(0).lower()
    if namespace not in NAMESPACES:
        return bad(call, f"Invalid namespace '{namespace}'")
    missing = WORDS[verb] - 1 - len(args)
    if missing > 0:
        return bad(call, "Bad arguments")
    return {"get": get, "put": put, "delete": delete, "reset": reset, "list": listing}[verb](call, namespace, args)


def bad(call: Call, problem: str) -> int:
    """Report an invalid argument."""
    call.complain(problem + "\n")
    return 255


def get(call: Call, namespace: str, args: list[str]) -> int:
    """``settings get``: print a value, ``null`` if there is none."""
    value = call.device.settings.get(namespace, args[0])
    call.say(f"{'null' if value is None else value}\n")
    return 0


def put(call: Call, namespace: str, args: list[str]) -> int:
    """``settings put``."""
    call.device.settings.put(namespace, args[0], args[1])
    return 0


def delete(call: Call, namespace: str, args: list[str]) -> int:
    """``settings delete``."""
    known = call.device.settings.get(namespace, args[0]) is not None
    if known:
        call.device.settings.delete(namespace, args[0])
    call.say(f"Deleted {int(known)} rows\n")
    return 0


def reset(call: Call, namespace: str, args: list[str]) -> int:
    """``settings reset``: accepted without effect, since packages set no values here."""
    if namespace == "system":
        return bad(call, "Reset system not supported")
    return 0


def listing(call: Call, namespace: str, args: list[str]) -> int:
    """``settings list``: sorted lines ``key=value``."""
    for key, value in sorted(call.device.settings.list(namespace).items()):
        call.say(f"{key}={value}\n")
    return 0


COMMANDS = {"settings": settings}
