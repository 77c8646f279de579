"""Environments in MuJoCo."""
