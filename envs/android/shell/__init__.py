"""The phone's shell: a POSIX shell's grammar and Android's commands, in this process."""
