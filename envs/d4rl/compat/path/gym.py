"""``import gym`` in a process that an old script has spawned."""

from palaestra.envs.d4rl.compat.names import install

if __name__ == "gym":
    install()
