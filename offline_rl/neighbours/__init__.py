"""The transition nearest to a query (PRDC, eq. 4), exact and fast: ``search`` is the entrance."""
