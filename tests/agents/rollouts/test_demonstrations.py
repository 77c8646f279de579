"""Episodes that a person plays, in any environment with text actions."""

import pytest

from palaestra.agents.rollouts.demonstrations import Demonstrations
from palaestra.agents.rollouts.episodes import replay
from palaestra.data.errors import InputError
from palaestra.data.trajectory import Writer


def test_an_episode_that_is_left_and_one_that_is_played_replay(tmp_path):
    plays = Demonstrations("palaestra/ToolArithmetic-v0", {"codec": "json"})
    with pytest.raises(InputError, match="begin one"):
        plays.step("hello")
    plays.begin(3)
    assert plays.trajectory() is None  # nothing was done
    task = plays.task
    first = type(plays.world).oracle(task, plays.world.codec)
    next(first)
    plays.step(first.send(plays.observation))
    before = plays.world.fingerprint()
    left = plays.trajectory("left")
    assert (left.length, left.success, left.about["stop"], left.about["side_effects"]) == (1, 0.0, "left", [])
    assert plays.world.fingerprint() == before  # what had changed was found out beside the episode
    plays.begin(3, task.template)
    oracle = type(plays.world).oracle(plays.task, plays.world.codec)
    next(oracle)
    while plays.running:
        plays.step(oracle.send(plays.observation))
    played = plays.trajectory()
    assert (played.about["policy"], played.about["options"]) == ("person", {"task": task.template})
    assert played.success == plays.success == 1.0
    with pytest.raises(InputError, match="no episode is running"):
        plays.step("more")
    plays.close()
    with Writer(tmp_path / "played.arrows") as writer:
        writer.write(left)
        writer.write(played)
    assert [each.differs for each in replay(tmp_path / "played.arrows", frames=False)] == [None, None]
