"""On ``sys.path`` while an old script runs, so that processes that it spawns find ``gym`` and ``d4rl``."""
