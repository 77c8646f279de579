"""Search in a laid-out view tree."""

from collections.abc import Callable, Iterator

from palaestra.envs.android.ui.view import View


def hit(root: View, x: float, y: float, predicate: Callable[[View], bool]) -> View | None:
    """The topmost visible view at (x, y) px that satisfies the predicate; later siblings are above earlier ones.

    What lies below a view that `blocks`, and what such a view lies in, is not considered.
    """
    path = trail(root, x, y, predicate)
    return path[-1] if path else None


def trail(root: View, x: float, y: float, predicate: Callable[[View], bool]) -> list[View]:
    """The path from the root to the view that `hit` returns; empty if it returns None."""
    return _trail(root, x, y, predicate) or []


def _trail(root: View, x: float, y: float, predicate: Callable[[View], bool]) -> list[View] | None:
    """See `trail`; None where a view blocks."""
    clip = root.clip
    if clip is None or not (clip[0] <= x < clip[2] and clip[1] <= y < clip[3]):
        return []
    for child in reversed(root.children):
        below = _trail(child, x, y, predicate)
        if below is None:
            return None
        if below:
            return [root, *below]
    return [root] if predicate(root) else None if root.blocks else []


def walk(root: View) -> Iterator[View]:
    """Every view of the tree, parents before children, in drawing order."""
    waiting = [root]
    while waiting:
        view = waiting.pop()
        yield view
        if view.children:
            waiting.extend(reversed(view.children))


def find(root: View, path: str) -> View | None:
    """The view at a path of a laid-out tree."""
    if root.path == path:
        return root
    for child in root.children:
        if path.startswith(child.path) and (below := find(child, path)) is not None:
            return below
    return None


def named(root: View, name: str) -> View | None:
    """The first view with this id or key."""
    return next((view for view in walk(root) if name in (view.id, view.key)), None)
