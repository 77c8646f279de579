"""The shell's commands, by area."""
