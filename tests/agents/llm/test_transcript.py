import pytest

from palaestra.agents.llm.transcript import Transcript


def spoken() -> Transcript:
    transcript = Transcript()
    transcript.give([1, 2, 3])
    transcript.speak([4, 5], [-0.1, -0.2])
    transcript.give([6])
    transcript.speak([7], [-0.3], drifted=True)
    return transcript


def test_ids_masks_and_log_probs_are_those_that_were_added():
    transcript = spoken()
    assert transcript.ids == [1, 2, 3, 4, 5, 6, 7]
    assert transcript.mask == [0, 0, 0, 1, 1, 0, 1]
    assert transcript.log_probs == [0.0, 0.0, 0.0, -0.1, -0.2, 0.0, -0.3]
    assert (len(transcript), transcript.sampled, transcript.turns, transcript.drifted) == (7, 3, 2, 1)


def test_rows_concatenate_to_the_transcript():
    rows = spoken().rows()
    assert [ids for ids, _, _ in rows] == [[1, 2, 3], [4, 5, 6], [7]]
    assert [mask for _, mask, _ in rows] == [[0, 0, 0], [1, 1, 0], [1]]
    assert [token for ids, _, _ in rows for token in ids] == spoken().ids


def test_a_fork_shares_the_past_and_not_the_future():
    transcript = spoken()
    fork = transcript.fork()
    fork.speak([8], [-1.0])
    transcript.give([9, 9])
    assert fork.segments[0] is transcript.segments[0]
    assert fork.ids == [1, 2, 3, 4, 5, 6, 7, 8]
    assert transcript.ids == [1, 2, 3, 4, 5, 6, 7, 9, 9]
    assert (len(fork), fork.turns, len(transcript), transcript.turns) == (8, 3, 9, 2)


def test_exports_have_the_other_frameworks_names():
    transcript = spoken()
    after, mask, log_probs = [4, 5, 6, 7], [1, 1, 0, 1], [-0.1, -0.2, 0.0, -0.3]
    expected = {"prompt_ids": [1, 2, 3], "completion_ids": after, "logprobs": log_probs, "env_mask": mask}
    assert transcript.trl() == expected
    verl, openenv = transcript.verl(), transcript.openenv()
    assert (verl["response_ids"], verl["response_mask"]) == (after, mask)
    assert (openenv["response_ids"], openenv["loss_mask"]) == (after, mask)
    assert openenv["response_logprobs"] == log_probs


def test_every_sampled_token_needs_a_log_prob():
    with pytest.raises(ValueError, match="2 tokens with 1"):
        Transcript().speak([1, 2], [-0.1])
