"""``palaestra run-d4rl``: scripts that say ``import gym, d4rl``, as they stand."""

import tyro


def run_d4rl(script: tyro.conf.Positional[str]) -> None:
    """Run a script that says `import gym, d4rl` as it stands.

    For tyro's overview of all verbs only: the arguments are the script's, so ``main`` calls ``run_command``.

    Args:
        script: the file and its arguments; `palaestra run-d4rl --help` says more.
    """
    from palaestra.envs.d4rl.compat.run import run_command

    run_command([script])
