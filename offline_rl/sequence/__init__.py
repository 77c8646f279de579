"""Shared parts of DT and LaMo: transformers over windows, and return-conditioned policies."""
