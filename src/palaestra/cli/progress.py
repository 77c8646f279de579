"""Progress on the terminal."""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress


def progress_bar() -> "Progress":
    """A progress display on stderr, disabled if that is not a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    console = Console(stderr=True)
    return Progress(*columns, console=console, disable=not console.is_terminal)


def reporter(bar: "Progress", algorithm: str, total: int) -> Callable[[int, dict[str, float]], None]:
    """A progress callback that shows the latest metrics beside the bar."""
    task = bar.add_task(algorithm, total=total)

    def report(update: int, metrics: dict[str, float]) -> None:
        text = "  ".join(f"{name} {value:.4g}" for name, value in metrics.items())
        bar.update(task, completed=update, description=f"{algorithm}  {text}")

    return report
