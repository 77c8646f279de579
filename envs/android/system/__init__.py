"""The phone without its user interface: apps and their tasks, packages, settings, files, databases, calls."""
