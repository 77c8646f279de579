"""A start of language agents: what it gets right by kind of question and number of calls, and what an update takes.

    python benchmarks/language.py runs/start                    # a run of `palaestra train sft`
    python benchmarks/language.py --updates 20                  # or a start that is trained here, on seed 0

512 questions of each seed are answered at temperature 1; then groups are sampled and improved, as `grpo` does.
"""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import torch

from palaestra.agents.training import loop, registry
from palaestra.agents.training.language.learner import LanguageLearner
from palaestra.agents.training.language.trainer import LanguageOptions, StartOptions
from palaestra.data.results.run import Run

ENV = "palaestra/ToolArithmetic-v0"


def start(updates: int, folder: Path) -> Run:
    """A start that is trained now."""
    algorithm = registry.find("sft")
    options = StartOptions(ENV, updates=updates, evaluate_every=updates, episodes=4)
    return loop.train(algorithm, options, algorithm.config(lessons=64), folder / "start")


def print_answers(learner: LanguageLearner, questions: int) -> None:
    """Right answers by kind of question and number of calls."""
    for (kind, calls), each in learner.answers("benchmark", questions).items():
        share = sum(each) / len(each)
        print(f"seed {learner.seed}  {kind:16} {calls:2} calls  {sum(each):4.0f} of {len(each):4} right  {share:.3f}")


def print_times(run: Run, repetitions: int) -> None:
    """Seconds of processor time of an update of GRPO, and the share of its episodes."""
    algorithm = registry.find("grpo")
    options = LanguageOptions(run.config["env_id"], start=run.path)
    trainer: Any = algorithm.trainer(algorithm, options, algorithm.config(first_seed=run.seeds[0]))
    (learner,) = trainer.learners
    learner.advance()
    begin = time.process_time()
    for _ in range(repetitions):
        learner.play(learner.questions(learner.config.questions, learner.config.pool), learner.config.group)
    played = time.process_time()
    for _ in range(repetitions):
        learner.advance()
    whole, episodes = (time.process_time() - played) / repetitions, (played - begin) / repetitions
    count = learner.config.questions * learner.config.group
    print(f"an update of grpo: {whole:.2f} s, of which {count} episodes take {episodes / whole:.0%}")
    trainer.close()


def main() -> None:
    """Print answers and times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, nargs="?")
    parser.add_argument("--updates", type=int, default=20)
    parser.add_argument("--questions", type=int, default=512)
    parser.add_argument("--repetitions", type=int, default=5)
    given = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        run = Run.open(given.run) if given.run else start(given.updates, Path(folder))
        restored: Any = loop.restore(run)
        for learner in restored.learners:
            print_answers(learner, given.questions)
        print_times(run, given.repetitions)


if __name__ == "__main__":
    main()
