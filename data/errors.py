"""The exception for mistakes that the user can correct."""


class InputError(Exception):
    """Something that the user can correct: a wrong file, id or flag, a full disk.

    The message is one line with the problem, its place and a remedy. The command line prints it and exits
    with status 2; in Python it propagates unchanged.

    Attributes:
        status: the command line's exit status.
    """

    status = 2
