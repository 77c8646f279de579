"""The command line on tool worlds: mistakes are one line, recordings replay in another process, nothing is left."""

import os
import signal
import subprocess
import sys
import time

import pytest

from palaestra.cli.main import run
from palaestra.data.errors import InputError
from palaestra.data.trajectory import read

ARITHMETIC = "palaestra/ToolArithmetic-v0"


def palaestra(*words):
    return [sys.executable, "-m", "palaestra", *words]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["palaestra/ToolArithmetik-v0"], "ToolArithmetic"),
        ([ARITHMETIC, "--task", "Products"], "did you mean Product"),
        ([ARITHMETIC, "--policy", "orakle"], "must be one of random, oracle, noisy-oracle"),
        ([ARITHMETIC, "--arguments", '{"codec": "hermse"}'], "did you mean hermes"),
        ([ARITHMETIC, "--arguments", '{"prices": {"calc": 1}}'], "there is no tool 'calc'"),
        ([ARITHMETIC, "--arguments", '{"adversary": "rain"}'], "adversary 'rain'"),
        ([ARITHMETIC, "--arguments", '{"limits": {"turns": 1}}'], "must be among calls"),
        ([ARITHMETIC, "--arguments", '{"colour": 1}'], "colour"),
        (["palaestra/ToolPython-v0", "--arguments", '{"tier": "T9"}'], "tier 'T9'"),
        (["palaestra/ToolPython-v0", "--arguments", '{"tier": "T0"}'], "needs T1, T2 or T3"),
    ],
)
def test_a_mistake_is_one_line_and_writes_nothing(words, reason, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=reason) as refused:
        run(["rollout", *words, "--out", "a.arrows", "--episodes", "1"])
    assert "\n" not in str(refused.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("env_id", [ARITHMETIC, "palaestra/ToolShop-v0", "palaestra/ToolPython-v0"])
def test_a_recording_replays_in_another_process(env_id, tmp_path, capsys):
    file = tmp_path / "a.arrows"
    run(["rollout", env_id, "--policy", "noisy-oracle", "--episodes", "6", "--seed", "3", "--out", str(file)])
    done = subprocess.run(palaestra("replay", str(file)), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "6 episodes played again, 6 exactly as recorded" in done.stdout
    assert "tool_call" in file.with_suffix(".html").read_text()
    assert all(step.parsed.keys() == {"content", "calls"} for step in next(read(file)).steps[1:])


def test_a_torn_recording_keeps_its_complete_episodes(tmp_path, capsys):
    file = tmp_path / "a.arrows"
    run(["rollout", ARITHMETIC, "--policy", "oracle", "--episodes", "4", "--out", str(file)])
    file.write_bytes(file.read_bytes()[:-300])
    with pytest.warns(UserWarning, match="incomplete"):
        assert run(["replay", "--check", str(file)]) == 0
    assert "3 episodes played again, 3 exactly" in capsys.readouterr().out
    run(["rollout", ARITHMETIC, "--policy", "oracle", "--episodes", "4", "--out", str(file), "--resume"])
    run(["replay", "--check", str(file)])
    assert "4 episodes played again, 4 exactly" in capsys.readouterr().out


def descendants(parent):
    """The processes below a process, by /proc."""
    children: dict[int, list[int]] = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(name))
    below, queue = [], [parent]
    while queue:
        queue += (new := children.get(queue.pop(), []))
        below += new
    return below


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_nothing_is_left_when_a_rollout_is_killed(tmp_path):
    words = palaestra("rollout", "palaestra/ToolPython-v0", "--policy", "random", "--episodes", "100000")
    process = subprocess.Popen([*words, "--out", str(tmp_path / "a.arrows")], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while len(below := descendants(process.pid)) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert len(below) >= 2, "no sandbox was started"
    process.send_signal(signal.SIGKILL)
    process.wait()
    while any(os.path.isdir(f"/proc/{each}") for each in below) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert [each for each in below if os.path.isdir(f"/proc/{each}")] == []
