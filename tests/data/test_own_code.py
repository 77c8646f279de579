"""Code of the user's, named on the command line."""

import sys

import pytest

from palaestra.data.errors import InputError
from palaestra.data.own_code import is_own, load_own


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A working directory with modules in it, of which none stays imported."""
    monkeypatch.chdir(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_a_module_in_the_working_directory_is_found_and_the_path_is_as_before(here):
    (here / "helper_of_mine.py").write_text("value = 41\n")
    (here / "code_of_mine.py").write_text("import helper_of_mine\ndef agent():\n    return helper_of_mine.value + 1\n")
    path = list(sys.path)
    assert load_own("code_of_mine:agent")() == 42
    assert sys.path == path


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (
            "import numpy\nvalue = 1\nraise ValueError('no\\nluck')\n",
            r"code_of_mine.py:3: raise ValueError.*ValueError: no luck$",
        ),
        ("import nothing_such\n", r"code_of_mine.py:1: import nothing_such: ModuleNotFoundError: No module named"),
        ("def f(:\n", r"SyntaxError: .*code_of_mine.py"),
        ("def agent(): ...\n", r"code_of_mine has no agnet \(did you mean agent\?\); it defines agent$"),
    ],
)
def test_an_error_in_it_shows_its_line(here, source, reason):
    (here / "code_of_mine.py").write_text(source)
    with pytest.raises(InputError, match=reason) as caught:
        load_own("code_of_mine:agnet")
    assert "\n" not in str(caught.value)


def test_a_module_that_is_nowhere_is_named(here):
    with pytest.raises(InputError, match=r"^nowhere_at\.all: no such module in .*, and none is installed$"):
        load_own("nowhere_at.all:x")
    with pytest.raises(InputError, match="expected module:name"):
        load_own("just a text")


def test_what_has_the_form():
    assert is_own("a.b:MyRobot-v0")
    assert not any(is_own(text) for text in ("hopper-medium-v2", "a/b:c", ":c", "a:", "C:\\x", "minari/x"))
