"""The engine of the shops: pages that differ between shops by their look, their addresses, and what they sell."""
