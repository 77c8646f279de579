"""``python -m palaestra``."""

from palaestra.cli.main import main

if __name__ == "__main__":  # spawned processes import this module as well
    main()
