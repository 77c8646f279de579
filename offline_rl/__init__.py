"""Offline RL learners, one file per paper, every one training many seeds at once."""
