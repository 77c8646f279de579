"""Where model-written code runs: tiers of isolation, and interpreter sessions that fork."""
