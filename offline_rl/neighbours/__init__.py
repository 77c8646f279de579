"""Exact and fast nearest-transition search (PRDC, eq. 4); ``search`` is the entry point."""
