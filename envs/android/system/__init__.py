"""What a phone has without a screen: apps and their tasks, packages, settings, files, databases, calls."""
