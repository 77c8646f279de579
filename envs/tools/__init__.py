"""Worlds of tools: an agent calls typed functions on state that can be forked, and is judged by that state."""
