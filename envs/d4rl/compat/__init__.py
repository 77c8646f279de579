"""Run scripts written for ``gym`` and ``d4rl`` as they are, in palaestra's worlds.

``run.run_script`` runs a script in which ``import gym, d4rl`` gives the modules ``compat.gym`` and ``compat.d4rl``.
They have these names in such a process only, and never where a ``d4rl`` is installed.
"""
