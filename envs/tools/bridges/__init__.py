"""Tool worlds for other people's agents and trainers; each module needs its own extra."""
