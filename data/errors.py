"""The one exception that means: the user can mend this."""


class InputError(Exception):
    """A mistake in what the user gave: a file, an id, a flag, a full disk.

    The message is one line that says what is wrong, where, and what to do. The command line prints it and exits
    with status 2; in Python it is raised as it is.

    Attributes:
        status: the command line's exit status.
    """

    status = 2
