"""``gym.logger``: lines on stderr at or above a level."""

import sys

DEBUG, INFO, WARN, ERROR, DISABLED = 10, 20, 30, 40, 50
MIN_LEVEL = WARN


def set_level(level: int) -> None:
    """Print messages of this level and above."""
    global MIN_LEVEL
    MIN_LEVEL = level


setLevel = set_level  # gym has both


def debug(message: str, *arguments: object) -> None:
    """Log a message, formatted with ``%``."""
    _log(DEBUG, message, arguments)


def info(message: str, *arguments: object) -> None:
    """Log a message, formatted with ``%``."""
    _log(INFO, message, arguments)


def warn(message: str, *arguments: object) -> None:
    """Log a message, formatted with ``%``."""
    _log(WARN, message, arguments)


def error(message: str, *arguments: object) -> None:
    """Log a message, formatted with ``%``."""
    _log(ERROR, message, arguments)


def _log(level: int, message: str, arguments: tuple[object, ...]) -> None:
    if level >= MIN_LEVEL:
        print(message % arguments if arguments else message, file=sys.stderr)
