"""The office's tasks, 13 templates."""
