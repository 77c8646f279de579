"""The tree of files: paths, limits, and a log that is gone only if nothing takes its place."""

import json
import tracemalloc

import gymnasium
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import palaestra.envs  # noqa: F401 (registers the worlds)
from palaestra.envs.tools.calls import ToolCall, ToolError
from palaestra.envs.tools.worlds.files.world import MAX_BYTES, MAX_FILE, MAX_FILES, MAX_PATH, normal

MAX_IMAGE = 256 << 10


def world(task="RemoveOldLogs@1", seed=0):
    made = gymnasium.make("palaestra/ToolFiles-v0", max_episode_steps=-1).unwrapped
    made.reset(seed=seed, options={"task": task, "task_seed": seed})
    return made


def use(made, tool, /, **arguments):
    """Call a tool; returns its result's text, and whether it is an error."""
    observation, *_, info = made.step([ToolCall("", tool, arguments)])
    assert "crashed" not in info["errors"], observation
    (message,) = json.loads(observation["messages"])
    return message["content"], message.get("is_error", False)


def files(made):
    return {row["path"]: row["content"] for row in made.database.rows("SELECT path, content FROM file")}


@given(st.text(alphabet="ab./ \\~\0\n\x7f", max_size=12) | st.text(max_size=MAX_PATH + 2))
def test_a_normal_path_stays_below_the_root_and_is_normal(path):
    try:
        clean = normal(path)
    except ToolError:
        return
    parts = clean.split("/")
    assert parts
    assert not {"", ".", ".."} & set(parts)
    assert "\0" not in clean
    assert normal(clean) == normal(f"/{clean}/") == normal(f"./x/../{clean}") == clean or len(clean) > MAX_PATH - 8


@pytest.mark.parametrize(
    ("path", "problem"),
    [("../a", "leaves the tree"), ("a/../../b", "leaves the tree"), ("..", "leaves the tree"), ("/", "is no path"),
     ("", "is no path"), ("a\0b", "is no path"), ("a\nb", "is no path"), ("a" * (MAX_PATH + 1), "is no path")],
)  # fmt: skip
def test_other_paths_are_refused_by_every_tool_that_writes(path, problem):
    made = world()
    before = files(made)
    some = next(iter(before))
    for tool, arguments in (
        ("write_file", {"path": path, "content": "x"}),
        ("move_file", {"path": some, "destination": path}),
        ("copy_file", {"path": some, "destination": path}),
        ("delete_file", {"path": path}),
    ):
        text, is_error = use(made, tool, **arguments)
        assert is_error
        assert problem in text
    assert files(made) == before


def test_folders_are_listed_by_any_name_of_theirs_and_none_is_the_root_by_mistake():
    made = world("WriteIndex@1")
    root, folder = use(made, "list_folder")[0], made.task.slots["folder"]
    for path in ("", "/", ".", "./", f"{folder}/.."):
        assert use(made, "list_folder", path=path) == (root, False)
    assert use(made, "list_folder", path=f"/{folder}//") == use(made, "list_folder", path=folder)
    for path in ("..", "...", " ", f"{folder}/../.."):
        assert use(made, "list_folder", path=path)[1]
        assert use(made, "search_text", text="a", folder=path)[0] in (
            '{"lines": [], "total": 0}',
            f"{path!r} leaves the tree",
        )


def test_lines_are_read_found_replaced_and_added():
    made = world()
    use(made, "write_file", path="a/b.txt", content="one\ntwo\nthree")
    assert use(made, "read_file", path="a/b.txt", first_line=2, lines=1) == ("two", False)
    assert use(made, "read_file", path="a/b.txt", first_line=9)[0] == ""
    assert use(made, "append_text", path="a/b.txt", text="\ntwo more")[0] == "22 characters written"
    found = json.loads(use(made, "search_text", text="two", folder="a")[0])
    assert [(each["line"], each["text"]) for each in found["lines"]] == [(2, "two"), (4, "two more")]
    assert use(made, "replace_text", path="a/b.txt", old="two", new="2")[0] == "replaced 2 times"
    assert files(made)["a/b.txt"] == "one\n2\nthree\n2 more"
    assert use(made, "append_text", path="none", text="x") == ("there is no file 'none'", True)


def test_a_file_and_a_folder_never_have_the_same_path_and_nothing_is_overwritten_by_moving():
    made = world()
    use(made, "write_file", path="a", content="1")
    use(made, "write_file", path="d/e", content="2")
    for tool, path, destination in (
        ("copy_file", "a", "a/b"),
        ("move_file", "a", "d"),
        ("move_file", "a", "d/e"),
        ("copy_file", "a", "./a"),
        ("move_file", "a", "a"),
    ):
        before = files(made)
        assert use(made, tool, path=path, destination=destination)[1]
        assert files(made) == before
    assert use(made, "move_file", path="d/e", destination="d/f/g")[0] == "moved to d/f/g"
    assert "d/e" not in files(made)


def test_a_full_tree_says_so_and_its_image_stays_small():
    for size in (1, 1500, 2100, 4100, MAX_FILE):
        made = world()
        for number in range(MAX_FILES + 1):
            path = f"é{number:03d}/{'é' * (MAX_PATH - 6)}"
            text, is_error = use(made, "write_file", path=path, content="\U0001f600" * (size // 4) + "x")
            if is_error:
                break
        assert is_error
        assert f"more than {MAX_BYTES} bytes" in text or "files already" in text
        assert len(made.database.save()["image"]) < MAX_IMAGE
        some = next(iter(files(made)))
        assert use(made, "move_file", path=some, destination="moved")[0] == "moved to moved"
        assert made.database.fingerprint() == made.database.recomputed()


def test_a_replacement_that_would_be_huge_is_refused_before_it_is_made():
    made = world()
    use(made, "write_file", path="a", content="a" * MAX_FILE)
    tracemalloc.start()
    text, is_error = use(made, "replace_text", path="a", old="a", new="b" * 15_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert is_error
    assert text == f"the content has {MAX_FILE * 15_000} characters; at most {MAX_FILE} are allowed"
    assert peak < 10 << 20


def test_what_takes_the_place_of_a_deleted_file_is_no_success():
    for child in ("evil", "content", "changed/x"):
        made = world()
        service = made.task.slots["service"]
        logs = sorted(path for path in files(made) if path.startswith(f"logs/{service}-"))
        for path in logs[:-1]:
            use(made, "delete_file", path=path)
        assert made.fork().step("Done.")[1] == 1.0
        use(made, "write_file", path=f"{logs[0]}/{child}", content="x")
        assert made.step("Done.")[1] == 0.0


@pytest.mark.parametrize("name", ["ReadSetting@1", "ReadSetting@2"])
def test_no_other_service_has_the_same_setting(name):
    for seed in range(30):
        made = world(name, seed)
        service, key = made.task.slots["services"][0], made.task.slots["key"]
        wanted = f"{key} = " if name.endswith("1") else f".{key} = "
        lines = made.search_text(wanted, "config")["lines"]
        assert len(lines) == len({each["text"].rpartition(" ")[2] for each in lines}) == 3
        assert sum(service in each["path"] + each["text"] for each in lines) == 1


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("wmcd"), st.sampled_from(("a", "a/b", "c/d", "./c/d", "e")),
                          st.sampled_from(("a", "a/b", "c/d", "c", "f/../g"))), max_size=12))  # fmt: skip
def test_writing_moving_copying_and_deleting_follow_a_model(steps):
    made = world()
    model = files(made)
    for number, (action, path, other) in enumerate(steps):
        one, two = normal(path), normal(other)

        def may_be(place, among):
            return not any(each.startswith(f"{place}/") or place.startswith(f"{each}/") for each in among)

        if action == "w":
            right = may_be(one, model.keys() - {one})
            _, is_error = use(made, "write_file", path=path, content=str(number))
            model |= {one: str(number)} if right else {}
        elif action == "d":
            right = model.pop(one, None) is not None
            _, is_error = use(made, "delete_file", path=path)
        else:
            kept = model.keys() - ({one} if action == "m" else set())
            right = one in model and two not in model and may_be(two, kept)
            _, is_error = use(made, "move_file" if action == "m" else "copy_file", path=path, destination=other)
            if right:
                content = model.pop(one) if action == "m" else model[one]
                model[two] = content
        assert is_error is not right
        assert files(made) == model
