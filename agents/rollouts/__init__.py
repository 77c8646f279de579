"""The rollout loop, and evaluation, recording, replay and data collection on top of it."""
