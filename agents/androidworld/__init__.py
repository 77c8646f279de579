"""Agents that were written for AndroidWorld: the interface that they are made with, and their policy."""
