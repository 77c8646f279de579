"""Transcripts of 200 episodes, of one policy in several tool worlds, against their whole chats rendered anew."""

import pytest
import torch

from palaestra.agents.llm.policy import LanguagePolicy
from palaestra.agents.llm.scores import padded, token_log_probs
from palaestra.agents.llm.templates import Piece, messages_of
from palaestra.agents.rollouts.plans import group, play_words
from palaestra.agents.training import registry
from palaestra.agents.training.language.trainer import LanguageOptions, LanguageTrainer

TASKS = {
    "palaestra/ToolArithmetic-v0": ("SingleDigits", "Product@1", "AddToRegisters@2"),
    "palaestra/ToolLookup-v0": ("FollowNames@1", "CountNames"),
    "palaestra/ToolSQL-v0": ("CountCustomers@1", "Revenue@2"),
    "palaestra/ToolFiles-v0": ("ReadSetting@1", "ChangeSetting@1"),
}
QUESTIONS, SAMPLES = 25, 2
"""In each world."""
UPDATES = 150
"""After which the policy often calls a tool, rightly or not, and still stumbles over words."""


class Listening(LanguagePolicy):
    """Keeps the messages of every episode, its own turns included, by its transcript's identity."""

    def __init__(self, *arguments, **settings):
        super().__init__(*arguments, **settings)
        self.chats = {}

    def sample(self, observations, deterministic=False):
        speaking = [None if row.rests else row.transcript for row in self._rows]
        spoken = super().sample(observations, deterministic)
        for transcript, observation, text, stop in zip(speaking, observations, spoken.texts, spoken.stops):
            if transcript is not None and stop != "context":
                said = {"role": "assistant", "content": text}
                self.chats.setdefault(id(transcript), []).extend([*messages_of(observation), said])
        return spoken


def taught():
    """A learner in each world, with one tokenizer; the network of the first has learned all worlds' lessons."""
    algorithm = registry.find("sft")
    config = algorithm.config(lessons=40, batch=8, drill=0, lr=1e-2)
    learners, base = [], None
    for env_id, tasks in TASKS.items():
        trainer = LanguageTrainer(algorithm, LanguageOptions(env_id, tasks=tasks, width=32, layers=1), config, base)
        base = trainer.base
        learners += trainer.learners
        learners[-1].prepare()
    learners[0].lessons = [lesson for learner in learners for lesson in learner.lessons]
    for _ in range(UPDATES):
        learners[0].advance()
    return learners


@pytest.mark.slow
def test_transcripts_are_the_whole_chats_or_the_drift_is_counted():
    learners = taught()
    network, template = learners[0].network, learners[0].template
    policy = Listening(network, template, seed=5, max_tokens=48, context=2000)
    episodes = []
    for number, learner in enumerate(learners):
        policy.seed = number
        plan = group([learner.start("episode", question) for question in range(QUESTIONS)], SAMPLES)
        episodes += play_words(policy, learner.classroom.stage(QUESTIONS), plan)
    assert len(episodes) == 200
    assert len({id(episode.transcript) for episode in episodes}) == 200

    after_end = len(template.encoded([Piece("\n")]))
    equal = 0
    for episode in episodes:
        transcript = episode.transcript
        turns = [list(each.ids) for each in transcript.segments if each.is_sampled]
        words = [each[:-1] if each[-1] == template.end else each for each in turns]
        encoded = [template.tokenizer.encode(text).ids for text in episode.texts[: len(turns)]]
        assert transcript.drifted == sum(said != again for said, again in zip(words, encoded, strict=True))
        whole = template.encoded(template.pieces(policy.chats[id(transcript)]))[:-after_end]
        if transcript.ids[-1] != template.end:  # the last turn was cut
            whole.pop()
        assert (transcript.ids == whole) == (transcript.drifted == 0)
        equal += transcript.ids == whole
    kinds = {
        "with results": sum(len(episode.texts) > 1 for episode in episodes),
        "cut": sum(episode.cut > 0 for episode in episodes),
        "drifted": sum(episode.transcript.drifted > 0 for episode in episodes),
        "equal": equal,
    }
    assert min(kinds.values()) >= 3, kinds
    assert equal > 100, kinds

    with torch.no_grad():
        for part in range(0, 200, 20):
            ids, mask, log_probs = padded([episode.transcript for episode in episodes[part : part + 20]], "cpu")
            torch.testing.assert_close(token_log_probs(network, ids, mask), log_probs, atol=1e-4, rtol=0)
