"""Finding views in a tree that has been laid out."""

from collections.abc import Callable, Iterator

from palaestra.envs.android.ui.view import View


def hit(root: View, x: int, y: int, predicate: Callable[[View], bool]) -> View | None:
    """The topmost visible view at (x, y) px that the predicate takes; later siblings lie above earlier ones."""
    clip = root.clip
    if clip is None or not (clip[0] <= x < clip[2] and clip[1] <= y < clip[3]):
        return None
    for child in reversed(root.children):
        found = hit(child, x, y, predicate)
        if found is not None:
            return found
    return root if predicate(root) else None


def trail(root: View, x: int, y: int, predicate: Callable[[View], bool]) -> list[View]:
    """The way from the root down to what `hit` finds; empty when it finds nothing."""
    clip = root.clip
    if clip is None or not (clip[0] <= x < clip[2] and clip[1] <= y < clip[3]):
        return []
    for child in reversed(root.children):
        found = trail(child, x, y, predicate)
        if found:
            return [root, *found]
    return [root] if predicate(root) else []


def walk(root: View) -> Iterator[View]:
    """Every view of the tree, parents before children, in drawing order."""
    waiting = [root]
    while waiting:
        view = waiting.pop()
        yield view
        if view.children:
            waiting.extend(reversed(view.children))


def find(root: View, path: str) -> View | None:
    """The view at a path of an arranged tree."""
    if root.path == path:
        return root
    for child in root.children:
        if path.startswith(child.path) and (found := find(child, path)) is not None:
            return found
    return None


def named(root: View, name: str) -> View | None:
    """The first view with this id or key."""
    return next((view for view in walk(root) if name in (view.id, view.key)), None)
