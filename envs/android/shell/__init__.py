"""The phone's shell: the grammar of a POSIX shell, and Android's commands."""
