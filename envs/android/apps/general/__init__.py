"""Apps that a phone has only if they are chosen: those that the instructions of Android in the Wild speak of.

Each is a module with one subclass of ``App``; ``named`` declares those that are no more than a first screen.
"""
