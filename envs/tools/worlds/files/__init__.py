"""A tree of text files."""
