"""Files: values to find, settings to change, files to rename, merge, remove and list (7 templates).

One call touches one file, and names or contents that the task doesn't give take a call to see.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from palaestra.envs.task import Slots
from palaestra.envs.tools import answers as said
from palaestra.envs.tools.task import Oracle, Template, call, result, results
from palaestra.envs.tools.worlds.files.world import ToolFiles

SERVICES = ("billing", "catalog", "gateway", "mailer", "orders", "search")
WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron", "inlet", "juniper", "kelp", "larch")
NOTE = "Nothing here needs to be changed.\n"


def _pick(random: np.random.Generator, of: Sequence[str], count: int) -> list[str]:
    return [of[int(each)] for each in random.choice(len(of), count, replace=False)]


def _config(random: np.random.Generator, service: str, **settings: Any) -> str:
    own = {"port": int(random.integers(2000, 9000)), "workers": int(random.integers(1, 9)), "debug": "false"} | settings
    return f"# {service}\n" + "".join(f"{name} = {value}\n" for name, value in own.items())


class _Files(Template[ToolFiles]):
    """The solution's files and no others must have changed."""

    most_calls = 8

    def wanted(self, world: ToolFiles, slots: Slots) -> dict[str, str | None]:
        """The contents of the files that the task changes; None for those that must be gone."""
        raise NotImplementedError

    def facts(self, world: ToolFiles, slots: Slots) -> dict[str, Any]:
        return {"wanted": self.wanted(world, slots)}

    def allowed(self, slots: Slots, start: Mapping[str, Any]) -> Sequence[str]:
        return tuple(f"file/{path}/" for path in start["wanted"])

    def check(
        self, start: Mapping[str, Any], world: ToolFiles, answers: Sequence[str], slots: Slots
    ) -> dict[str, bool]:
        wanted = start["wanted"].items()
        return {
            f"{path} is {'gone' if content is None else 'right'}": _is(world, path, content) for path, content in wanted
        }


def _is(world: ToolFiles, path: str, content: str | None) -> bool:
    now = world.content(path)
    if content is None:  # and no folder takes its place, which the prefix of what may change doesn't exclude
        below = f"{path}/"
        sql = "SELECT 1 FROM file WHERE substr(path, 1, length(?)) = ?"
        return now is None and world.database.value(sql, below, below) is None
    return now is not None and now.rstrip("\n") == content.rstrip("\n")


class ReadSetting(Template[ToolFiles]):
    """A value in a file; at level 2 it has to be found first, which a search does in one call too."""

    levels = (1, 2)
    most_calls = 1

    def minimum(self, slots: Slots) -> int:
        return 1

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        return {"services": _pick(random, SERVICES, 3), "key": ("port", "workers")[int(random.integers(2))]}

    def instruction(self, slots: Slots) -> str:
        service, key = slots["services"][0], slots["key"]
        if self.level == 1:
            return f"What is the setting {key} in config/{service}.ini?"
        where = f"Somewhere below config there is a line {service}.{key} = …"
        return f"What is the setting {key} of the service {service}? {where}"

    def setup(self, world: ToolFiles, slots: Slots, random: np.random.Generator) -> None:
        services = slots["services"]
        if self.level == 1:
            # Each has its own value, or a wrong file would give the right answer.
            values = random.choice(
                np.arange(2, 9) if slots["key"] == "workers" else np.arange(2000, 9000), 3, replace=False
            )
            for service, value in zip(services, values.tolist()):
                world.add({f"config/{service}.ini": _config(random, service, **{slots["key"]: value})})
            return
        values = random.choice(np.arange(1000, 9000), 3, replace=False).tolist()
        lines = {service: f"{service}.{slots['key']} = {value}\n" for service, value in zip(services, values)}
        places = _pick(random, ("north", "south", "shared", "old"), 3)
        world.add({f"config/{place}/all.ini": NOTE + line for place, line in zip(places, lines.values())})

    def facts(self, world: ToolFiles, slots: Slots) -> dict[str, Any]:
        service, key = slots["services"][0], slots["key"]
        wanted = f"{key} = " if self.level == 1 else f"{service}.{key} = "
        found = world.search_text(wanted, "config")["lines"]
        lines = [each["text"] for each in found if self.level > 1 or each["path"] == f"config/{service}.ini"]
        return {"value": int(lines[0].rpartition(" ")[2])}

    def check(
        self, start: Mapping[str, Any], world: ToolFiles, answers: Sequence[str], slots: Slots
    ) -> dict[str, bool]:
        return {"the value is right": said.is_number(answers, start["value"])}

    def oracle(self, slots: Slots) -> Oracle:
        service, key = slots["services"][0], slots["key"]
        if self.level == 1:
            messages = yield call("read_file", path=f"config/{service}.ini")
            lines = messages[-1]["content"].split("\n")
        else:
            messages = yield call("search_text", text=f"{service}.{key} = ")
            lines = [each["text"] for each in result(messages)["lines"]]
        yield next(line for line in lines if f"{key} = " in line).rpartition(" ")[2]

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        first, *rest = slots["services"]
        return [{**slots, "services": [*rest, first]}, {**slots, "services": [rest[1], first, rest[0]]}]


class ChangeSetting(_Files):
    """A setting in one, two or three files."""

    levels = (1, 2, 3)
    most_calls = 3

    def minimum(self, slots: Slots) -> int:
        return len(slots["services"])

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        return {"services": _pick(random, SERVICES, self.level), "value": int(random.integers(10, 90)), "old": 5}

    def instruction(self, slots: Slots) -> str:
        files = ", ".join(f"config/{service}.ini" for service in slots["services"])
        return f"Change the timeout from {slots['old']} to {slots['value']} seconds (timeout = …) in {files}."

    def setup(self, world: ToolFiles, slots: Slots, random: np.random.Generator) -> None:
        world.add({f"config/{each}.ini": _config(random, each, timeout=slots["old"], retries=5) for each in SERVICES})

    def wanted(self, world: ToolFiles, slots: Slots) -> dict[str, str | None]:
        old, new = (f"timeout = {slots[which]}\n" for which in ("old", "value"))
        paths = [f"config/{service}.ini" for service in slots["services"]]
        return {path: (world.content(path) or "").replace(old, new) for path in paths}

    def oracle(self, slots: Slots) -> Oracle:
        old, new = f"timeout = {slots['old']}", f"timeout = {slots['value']}"
        yield [call("replace_text", path=f"config/{each}.ini", old=old, new=new) for each in slots["services"]]
        yield "The timeouts are changed."

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        other = next(each for each in SERVICES if each not in slots["services"])
        return [
            {**slots, "value": slots["value"] + 1},
            {**slots, "services": [*slots["services"], other]},
            {**slots, "services": [other, *slots["services"][1:]]},
        ]


class RenameEnding(_Files):
    """All files of a folder with one ending get another."""

    levels = (1, 2)
    most_calls = 6

    def minimum(self, slots: Slots) -> int:
        return 1 + slots["count"]

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        folder, new = _pick(random, ("notes", "drafts", "papers"), 1)[0], _pick(random, ("md", "rst"), 1)[0]
        return {"folder": folder, "new": new, "count": 1 + 2 * self.level, "below": "txt"}

    def instruction(self, slots: Slots) -> str:
        return (
            f"In the folder {slots['folder']}, rename all files that end in .txt so that they end in .{slots['new']}."
        )

    def setup(self, world: ToolFiles, slots: Slots, random: np.random.Generator) -> None:
        names = _pick(random, WORDS, slots["count"] + 2)
        files = {f"{slots['folder']}/{name}.txt": f"About {name}.\n" for name in names[2:]}
        world.add(files | {f"{slots['folder']}/{names[0]}.log": NOTE, f"other/{names[1]}.txt": NOTE})

    def wanted(self, world: ToolFiles, slots: Slots) -> dict[str, str | None]:
        paths = world.find_files(f"{slots['folder']}/*.txt")["paths"]
        gone: dict[str, str | None] = dict.fromkeys(paths)
        return gone | {f"{path.removesuffix('txt')}{slots['new']}": world.content(path) for path in paths}

    def oracle(self, slots: Slots) -> Oracle:
        messages = yield call("find_files", pattern=f"{slots['folder']}/*.{slots['below']}")
        paths = result(messages)["paths"]
        moves = [(path, f"{path.rpartition('.')[0]}.{slots['new']}") for path in paths]
        yield [call("move_file", path=path, destination=destination) for path, destination in moves]
        yield "They are renamed."

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{**slots, "new": "text"}, {**slots, "below": "*"}, {**slots, "folder": "other"}]


class MergeLists(_Files):
    """Two lists become one, sorted and without duplicates."""

    most_calls = 3

    def minimum(self, slots: Slots) -> int:
        return 3

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        one, other, merged = _pick(random, WORDS, 3)
        return {"lists": [f"lists/{one}.txt", f"lists/{other}.txt"], "merged": f"lists/{merged}.txt", "unique": True}

    def instruction(self, slots: Slots) -> str:
        one, other = slots["lists"]
        return f"Write {slots['merged']}: the lines of {one} and {other} in alphabetical order, each line once."

    def setup(self, world: ToolFiles, slots: Slots, random: np.random.Generator) -> None:
        words = _pick(random, WORDS, 8)
        world.add(dict(zip(slots["lists"], ("\n".join(words[:5]), "\n".join(reversed(words[3:]))))))

    def _merged(self, texts: Sequence[str], unique: bool = True) -> str:
        lines = [line for text in texts for line in text.split("\n") if line]
        return "\n".join(sorted(set(lines) if unique else lines))

    def wanted(self, world: ToolFiles, slots: Slots) -> dict[str, str | None]:
        return {slots["merged"]: self._merged([world.content(path) or "" for path in slots["lists"]])}

    def oracle(self, slots: Slots) -> Oracle:
        messages = yield [call("read_file", path=path) for path in slots["lists"]]
        merged = self._merged([message["content"] for message in messages], slots["unique"])
        yield call("write_file", path=slots["merged"], content=merged + "\n")
        yield "The list is written."

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{**slots, "unique": False}, {**slots, "merged": slots["lists"][0]}]


class RemoveOldLogs(_Files):
    """All logs but the newest go; the day is in the name."""

    levels = (1, 2)
    most_calls = 6

    def minimum(self, slots: Slots) -> int:
        return slots["count"]

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        return {"service": _pick(random, SERVICES, 1)[0], "count": 2 + 2 * self.level, "keep": "newest"}

    def instruction(self, slots: Slots) -> str:
        return (
            f"Delete the logs of {slots['service']} in the folder logs, except the newest one. The day is in the name."
        )

    def setup(self, world: ToolFiles, slots: Slots, random: np.random.Generator) -> None:
        days = sorted(int(each) for each in random.choice(np.arange(1, 29), slots["count"], replace=False))
        other = next(each for each in SERVICES if each != slots["service"])
        files = {f"logs/{slots['service']}-2025-12-{day:02d}.log": f"day {day}\n" for day in days}
        world.add(files | {f"logs/{other}-2025-12-01.log": NOTE, "logs/readme.txt": NOTE})

    def wanted(self, world: ToolFiles, slots: Slots) -> dict[str, str | None]:
        return dict.fromkeys(world.find_files(f"logs/{slots['service']}-*.log")["paths"][:-1])

    def oracle(self, slots: Slots) -> Oracle:
        messages = yield call("find_files", pattern=f"logs/{slots['service']}-*.log")
        paths = result(messages)["paths"]
        gone = {"newest": paths[:-1], "oldest": paths[1:], "none": paths}[slots["keep"]]
        yield [call("delete_file", path=path) for path in gone]
        yield "The old logs are deleted."

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{**slots, "keep": "oldest"}, {**slots, "keep": "none"}]


class WriteIndex(_Files):
    """A list of a folder's files, as a file."""

    levels = (1, 2)
    most_calls = 2

    def minimum(self, slots: Slots) -> int:
        return 2

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        return {"folder": _pick(random, WORDS[:6], 1)[0], "as_json": self.level == 2, "sizes": self.level == 2}

    def instruction(self, slots: Slots) -> str:
        folder = slots["folder"]
        if not slots["as_json"]:
            return f"Write index.txt in the root: the names of the files in {folder}, alphabetically, one a line."
        return f"Write index.json in the root: an object with the size of each file in {folder}, by name."

    def setup(self, world: ToolFiles, slots: Slots, random: np.random.Generator) -> None:
        names = _pick(random, WORDS[6:], 5)
        files = {f"{slots['folder']}/{name}.txt": name * int(random.integers(1, 20)) for name in names}
        world.add(files | {f"{slots['folder']}/more/inside.txt": NOTE, "readme.txt": NOTE})

    def wanted(self, world: ToolFiles, slots: Slots) -> dict[str, str | None]:
        files = world.list_folder(slots["folder"])["files"]
        if slots["as_json"]:
            return {"index.json": json.dumps({each["name"]: each["size"] for each in files})}
        return {"index.txt": "\n".join(each["name"] for each in files)}

    def check(
        self, start: Mapping[str, Any], world: ToolFiles, answers: Sequence[str], slots: Slots
    ) -> dict[str, bool]:
        if not slots["as_json"]:
            return super().check(start, world, answers, slots)
        try:
            written = json.loads(world.content("index.json") or "")
        except (ValueError, RecursionError):
            written = None
        return {"index.json is right": written == json.loads(start["wanted"]["index.json"])}

    def oracle(self, slots: Slots) -> Oracle:
        messages = yield call("list_folder", path=slots["folder"])
        listed = result(messages)
        names = [each["name"] for each in listed["files"]] + (listed["folders"] if slots.get("too_many") else [])
        sizes = {each["name"]: each["size"] for each in listed["files"]} | ({"x": 1} if slots.get("too_many") else {})
        name = "index.json" if slots["as_json"] else "index.txt"
        yield call("write_file", path=name, content=json.dumps(sizes) if slots["as_json"] else "\n".join(names) + "\n")
        yield "The index is written."

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{**slots, "too_many": True}, {**slots, "as_json": not slots["as_json"]}]


class FixReferences(_Files):
    """A file was moved; pages still point at its old place."""

    levels = (1, 2)
    most_calls = 4

    def minimum(self, slots: Slots) -> int:
        return 1 + self.level

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        name, old, new = _pick(random, WORDS, 3)
        return {"name": f"{name}.png", "old": old, "new": new}

    def instruction(self, slots: Slots) -> str:
        moved = f"{slots['old']}/{slots['name']} was moved to {slots['new']}/{slots['name']}"
        return f"{moved}. Correct all pages in the folder site that still refer to the old path."

    def setup(self, world: ToolFiles, slots: Slots, random: np.random.Generator) -> None:
        pages = _pick(random, SERVICES, 4)
        old, new = (f"{slots[which]}/{slots['name']}" for which in ("old", "new"))
        files = {f"site/{page}.html": f"<h1>{page}</h1>\n<img src='{old}'>\n" for page in pages[: self.level]}
        files |= {f"site/{page}.html": f"<h1>{page}</h1>\n<p>{slots['name']}</p>\n" for page in pages[self.level :]}
        world.add(files | {new: "picture\n", "history.txt": f"2025-12-30: {old} was moved\n"})

    def wanted(self, world: ToolFiles, slots: Slots) -> dict[str, str | None]:
        old, new = (f"{slots[which]}/{slots['name']}" for which in ("old", "new"))
        paths = [each["path"] for each in world.search_text(old, "site")["lines"]]
        return {path: (world.content(path) or "").replace(old, new) for path in paths}

    def oracle(self, slots: Slots) -> Oracle:
        old, new = (f"{slots[which]}/{slots['name']}" for which in ("old", "new"))
        messages = yield call("search_text", text=old, folder=slots.get("where", "site"))
        paths = sorted({each["path"] for each in results(messages)[0]["lines"]})
        yield [call("replace_text", path=path, old=old, new=new) for path in paths]
        yield "The pages are correct."

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{**slots, "where": ""}, {**slots, "new": "elsewhere"}]
