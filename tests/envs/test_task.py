"""Templates are found by scanning, or by the name of the user's own class."""

import importlib
import sys

import pytest

from palaestra.data.errors import InputError
from palaestra.envs.task import Template, draw_task, kinds_in, no_such_template, own_kind

BASE = """
from palaestra.envs.task import Template

class Base(Template):
    budget = 3

    def instruction(self, slots):
        return type(self).__name__
"""
LATE = "from chores.base import Base\nclass Sweep(Base): ...\nclass _Half(Base): ...\nclass Dust(Sweep): ..."
EARLY = "from chores.base import Base\nfrom chores.late import Sweep\nclass Air(Base): ...\nclass Broom: ..."


@pytest.fixture
def chores(tmp_path, monkeypatch):
    """A package with templates in two of its modules; its base class."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "chores").mkdir()
    for name, source in {"__init__": "", "base": BASE, "late": LATE, "early": EARLY}.items():
        (tmp_path / "chores" / f"{name}.py").write_text(source)
    yield importlib.import_module("chores.base").Base
    for name in [name for name in sys.modules if name.partition(".")[0] == "chores"]:
        del sys.modules[name]
    own_kind.cache_clear()


def test_a_package_is_scanned_file_by_file_and_each_class_counts_where_it_is_defined(chores):
    kinds = kinds_in("chores", chores)
    assert [(kind.__module__, kind.__name__) for kind in kinds] == [
        ("chores.early", "Air"),
        ("chores.late", "Sweep"),
        ("chores.late", "Dust"),
    ]
    assert [kind.__name__ for kind in kinds_in("chores.late", chores)] == ["Sweep", "Dust"]
    assert kinds_in("chores.base", chores) == []


def test_a_user_s_class_is_found_by_its_name_if_it_is_of_the_kind(chores):
    kind = own_kind("chores.early:Air", chores)
    assert draw_task(kind(), 1).id == "chores.early:Air/1"

    class Other(Template):
        """Another kind of world's."""

    for name, base, reason in (
        ("chores.early:Broom", chores, "chores.early:Broom: is no subclass of chores.base.Base"),
        ("chores.base:Base", chores, "chores.base:Base: is no subclass of chores.base.Base"),
        ("chores.early:Air", Other, "task chores.early:Air: is no subclass of .*Other"),
        ("chores.early:Ai", chores, r"did you mean Air\?"),
    ):
        with pytest.raises(InputError, match=reason):
            own_kind(name, base)


def test_an_unknown_name_gets_a_suggestion_if_one_is_near():
    assert str(no_such_template("Swep", ["Sweep", "Air"], "look there")) == (
        "task 'Swep': no such template (did you mean Sweep?); look there"
    )
    assert str(no_such_template(3, ["Sweep"], "look there")) == "task 3: no such template; look there"
