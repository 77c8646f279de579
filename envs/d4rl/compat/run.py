"""Run a script as ``python script.py`` does, with the stand-ins for ``gym`` and ``d4rl``."""

import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType

from palaestra.data.errors import InputError
from palaestra.data.paths import check_regular, path_of
from palaestra.envs.d4rl.compat import names, replaced

USAGE = "run-d4rl [--data ID=FILE]... script.py [ARGUMENTS]"
HELP = f"""usage: palaestra {USAGE}

Run a script that says `import gym, d4rl` as it stands, in palaestra's worlds.

--data ID=FILE  the data of a D4RL id: a file in D4RL's layout (.hdf5, .npz), a
                folder that palaestra wrote, a recipe's id or minari:ID; by
                default D4RL's own file. May be given several times.

What stands behind the script's name is the script's."""


def run_command(arguments: Sequence[str]) -> int:
    """Run a command line of ``USAGE``; returns the script's exit status.

    Raises:
        InputError: there is no such script, or the flags are wrong.
        SystemExit: the script raised it, or help was asked for.
    """
    rest, data = list(arguments), {}
    while rest and rest[0].startswith("-"):
        flag, separator, value = rest.pop(0).partition("=")
        if flag in ("-h", "--help"):
            print(HELP)
            raise SystemExit(0)
        if flag != "--data":
            raise InputError(f"run-d4rl: no option {flag}; the script's own options stand behind its name ({USAGE})")
        id, _, file = (value if separator else rest.pop(0) if rest else "").partition("=")
        if not (id and file):
            raise InputError(f"run-d4rl: --data wants ID=FILE, such as hopper-medium-v2=data.hdf5 ({USAGE})")
        data[id] = file
    if not rest:
        raise InputError(f"run-d4rl: name a script ({USAGE})")
    return run_script(rest[0], rest[1:], data)


def run_script(script: str | Path, arguments: Sequence[str] = (), data: Mapping[str, str] | None = None) -> int:
    """Run a script in this process, which is the script's from then on: ``sys.argv``, ``sys.path`` and ``__main__``.

    Args:
        script: its file.
        arguments: of the script.
        data: D4RL ids and their data, see ``replaced.replace``.

    Returns:
        0, or 1 after an exception, whose traceback is printed.

    Raises:
        InputError: there is no such script; or one of palaestra's was raised in it.
        SystemExit: the script raised it.
    """
    path = path_of(script)
    check_regular(path)
    if not path.is_file():
        raise InputError(f"{path}: no such script ({USAGE})")
    replaced.replace(data or {})
    sys.argv = [str(script), *arguments]
    if not sys.flags.safe_path:
        del sys.path[0]  # the working directory, or the folder of the command
    sys.path.insert(0, os.fspath(path.resolve().parent))
    print(f"palaestra: {names.choose()}", file=sys.stderr)
    for id, source in (data or {}).items():
        print(f"palaestra: the data of {id} are {source}", file=sys.stderr)
    try:
        code = compile(path.read_bytes(), str(script), "exec", dont_inherit=True)
        main = ModuleType("__main__")
        main.__dict__.update(__file__=str(script), __builtins__=__builtins__, __cached__=None)
        sys.modules["__main__"] = main  # for good: what the script pickles, and its exit handlers, look there
        exec(code, main.__dict__)
    except InputError:
        raise
    except Exception as error:
        # As from `python script.py`: without this module's frames.
        own = error.__traceback__
        while own is not None and own.tb_frame.f_code.co_filename == __file__:
            own = own.tb_next
        traceback.print_exception(type(error), error, own)
        return 1
    return 0
