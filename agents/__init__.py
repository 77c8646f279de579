"""Policies, the rollout loop, recording and replay of episodes, and the training loop with its trainers."""
