"""The phone's apps, one file each; found by scanning this folder."""
