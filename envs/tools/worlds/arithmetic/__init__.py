"""Sums that a calculator does, and registers that keep them."""
