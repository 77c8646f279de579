"""A business database that is queried and changed in SQL."""
