"""stable-baselines3's agents: one module per command of ``palaestra train``, found by scanning."""
