"""Results of training: runs on disk, tables, curves, and the pages that show them."""
