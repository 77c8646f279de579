"""Gymnasium worlds that can be forked, and the offline RL learners and agents that train in them.

Importing registers the worlds with Gymnasium; nothing heavy is loaded.
"""

from palaestra.envs import register_worlds

register_worlds()
