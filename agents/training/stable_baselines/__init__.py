"""stable-baselines3's agents: one module per command of ``palaestra train``, found by scanning."""

from palaestra.data.extras import require

require("an online agent", "stable_baselines3")
