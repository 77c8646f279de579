"""Policies in worlds: the loop that plays, and what is made of the episodes."""
