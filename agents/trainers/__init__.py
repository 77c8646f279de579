"""Online agents and what trains them: one module per command of ``palaestra train``, found by scanning."""
