"""The models of the manipulation tasks, which Gymnasium-Robotics installs."""

import functools
import hashlib
import importlib.util
from pathlib import Path
from xml.etree import ElementTree

from palaestra.data.extras import require


def assets(id: str) -> Path:
    """The folder of Gymnasium-Robotics' models; imports nothing.

    Args:
        id: of the environment that needs them.

    Raises:
        InputError: Gymnasium-Robotics isn't installed.
    """
    require(id, "gymnasium_robotics")
    spec = importlib.util.find_spec("gymnasium_robotics")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "envs" / "assets"


@functools.cache
def hash_of(folder: Path, ignored: str = "") -> str:
    """Identifies the models in a folder by their XML, comments and layout aside.

    Args:
        folder: with XML files, at any depth.
        ignored: beginning of the names of files that don't matter.
    """
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*.xml")):
        if not (ignored and file.name.startswith(ignored)):
            digest.update(ElementTree.canonicalize(file.read_text(), strip_text=True).encode())
    return digest.hexdigest()[:16]
