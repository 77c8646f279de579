"""``palaestra demo``: data, training and scores in five minutes."""

from pathlib import Path

from palaestra.cli.progress import progress_bar


def demo(out: Path = Path("runs/demo"), threads: int | None = None) -> int:
    """Make a dataset with shipped policies, train TD3+BC and PRDC on it with 2 seeds each, evaluate, report.

    Exits with 1 if neither learner reaches the behaviour policies' mean score.

    Args:
        out: folder of the dataset, the runs and report.html; replaces the files of an earlier demo.
        threads: threads that step environments, and processes that make the dataset; by default 2, or 1 if this process
            may use only one core.
    """
    from palaestra.cli.demonstration import demonstrate
    from palaestra.cli.threads import granted

    with progress_bar() as bar:
        return demonstrate(out, min(2, granted()) if threads is None else threads, bar)
