"""A virtual Android phone: one device object with plain-data state, and everything that is seen of it."""
