"""The evaluator of Web Shopping against labels of final screens; ``labels.json`` says how they were made."""

import json
from pathlib import Path

import pytest

from palaestra.agents.rollouts.trajectories import Shard, play_shard
from palaestra.data.recipes.trajectories import find


@pytest.mark.slow
def test_verdicts_agree_with_labels_of_final_screens() -> None:
    labels = json.loads((Path(__file__).parent / "labels.json").read_text())["labels"]
    episodes = play_shard(Shard(find("palaestra/aitw-webshop/faulty-v0"), 77, 0, 100))
    differing = [
        f"{number}: {episode.about['task']['instruction']}: labelled {label}, judged {episode.about['success']}"
        for number, (label, episode) in enumerate(zip(labels, episodes, strict=True))
        if label != episode.about["success"]
    ]
    assert min(labels.count(0), labels.count(1)) >= 15
    assert len(differing) <= 3, "\n".join(differing)
