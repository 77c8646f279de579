"""The shop's tasks (14 templates)."""
