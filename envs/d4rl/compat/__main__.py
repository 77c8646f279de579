"""``python -m palaestra.envs.d4rl.compat script.py``: see ``palaestra run-d4rl``."""

import sys

from palaestra.data.errors import InputError
from palaestra.envs.d4rl.compat.run import run_command

if __name__ == "__main__":
    try:
        sys.exit(run_command(sys.argv[1:]))
    except InputError as error:
        print(f"palaestra: {error}", file=sys.stderr)
        sys.exit(error.status)
