"""The search world's tasks (7 templates)."""
