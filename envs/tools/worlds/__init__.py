"""The tool worlds, a folder each: the tools in ``world``, the tasks beside it."""
