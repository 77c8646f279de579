"""Names that no file can have are one line, wherever they are given."""

from pathlib import Path

import pytest

from palaestra.data import catalogue, load
from palaestra.data.errors import InputError
from palaestra.data.paths import path_of
from palaestra.data.results.run import Run, find_runs
from palaestra.data.store import write_atomically

NAMES = [
    ("a\0b", "NUL"),
    ("x" * 300, "too long for a file name"),
    ("é" * 200, "too long for a file name"),
    ("d/" * 2500, "too long for a file name"),
    ("~nobody-of-this-name/data", "no such user"),
    ("\ud800", "not text that a file name can have"),
]


@pytest.mark.parametrize(("name", "message"), NAMES, ids=[message for _, message in NAMES])
@pytest.mark.parametrize("suffix", ["", ".npz", ".hdf5"])
def test_names_that_no_file_can_have(tmp_path, name, suffix, message):
    def write(name):
        with write_atomically(name):
            pytest.fail("a name was made")

    uses = (
        load,
        lambda name: load(Path(name)),
        lambda name: catalogue.convert(name, tmp_path / "new"),
        lambda name: catalogue.convert(name, tmp_path / "new", "hopper-medium-v2"),
        lambda name: catalogue.convert("mine", name),
        Run.open,
        lambda name: find_runs([name]),
        write,
    )
    for use in uses:
        with pytest.raises(InputError, match=message) as caught:
            use(name + suffix)
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 400
    assert not list(tmp_path.iterdir())


def test_other_names_are_paths(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert path_of("~/a b.npz") == tmp_path / "a b.npz"
    assert path_of(Path("x" * 255)) == Path("x" * 255)


def test_a_name_with_no_room_for_a_temporary_one(tmp_path):
    with pytest.raises(InputError, match="File name too long"), write_atomically(tmp_path / ("x" * 250)):
        pytest.fail("a name was made")
