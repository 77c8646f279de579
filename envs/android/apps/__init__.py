"""The phone's apps, a file or a folder each; found by scanning this folder."""
