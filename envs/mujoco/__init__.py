"""Worlds in MuJoCo."""
