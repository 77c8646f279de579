"""The command line: a module per verb, each a thin function over the Python API."""
