"""``python -m palaestra``."""

from palaestra.cli.main import main

if __name__ == "__main__":  # processes that are spawned import this module, too
    main()
