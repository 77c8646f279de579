"""Trainers of language agents, one file each."""
