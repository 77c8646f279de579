"""Objectives for language policies: rewards, advantages, losses, filters and selectors as pure functions on tensors."""
