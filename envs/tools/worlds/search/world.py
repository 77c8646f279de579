"""A search engine over passages about an invented country."""

import functools
from pathlib import Path
from typing import Any

from palaestra.envs.remote import make_vector as make
from palaestra.envs.tools.calls import ToolError
from palaestra.envs.tools.tool import tool
from palaestra.envs.tools.world import ToolEnv
from palaestra.envs.tools.worlds.search.corpus import Corpus, Passage, load
from palaestra.envs.tools.worlds.search.index import Index, index

MAX_HITS = 10


class ToolSearch(ToolEnv):
    """A search engine over 2876 short passages. A result shows the whole passage, so that each step of a question takes
    one search.

    The index is shared by all worlds of a process and is no part of a snapshot, because it never changes.

    Args:
        corpus: a JSONL file of ``{"title", "text"}`` instead of the shipped passages. Its tasks are your own
            (``tasks=["module:Name"]``): the shipped ones, which ask about the shipped passages, refuse to start.
        **arguments: see ``ToolEnv``.

    Raises:
        InputError: the corpus is missing, damaged or empty.
    """

    tasks_folder = "palaestra.envs.tools.worlds.search.tasks"

    def __init__(self, *, corpus: str | Path | None = None, **arguments: Any):
        self.corpus: Corpus = load(corpus)
        super().__init__(**arguments, own={"corpus": None if corpus is None else str(corpus)})
        self.index: Index = index(self.corpus)

    def rules(self) -> str:
        """See ``ToolEnv``."""
        return (
            "Answer the question from passages, which a search engine finds; what you know otherwise doesn't count. "
            "Answer with the name or number that is asked for, without more names."
        )

    def more_identity(self) -> dict[str, str]:
        """The corpus."""
        return {"corpus": self.corpus.sha256}

    @tool(seconds=2.0, price=0.002, reads=True)
    def search(self, query: str, count: int = 5) -> list[dict[str, Any]]:
        """Search the passages; returns the best ones, whole.

        Args:
            query: words to look for.
            count: how many passages, at most 10.
        """
        ranked = self.index.ranked(query, min(max(count, 1), MAX_HITS))
        return [self._shown(self.corpus.passages[id - 1]) for id, _ in ranked]

    @tool(price=0.001, reads=True)
    def open_passage(self, id: int) -> dict[str, Any]:
        """Open a passage.

        Args:
            id: of the passage, as in the results of a search.
        """
        passage = self.index.open(id)
        if passage is None:
            raise ToolError(f"there is no passage {id}; there are 1 to {len(self.corpus.passages)}")
        return self._shown(passage)

    @staticmethod
    def _shown(passage: Passage) -> dict[str, Any]:
        return {"id": passage.id, "title": passage.title, "text": passage.text}


make_vector = functools.partial(make, ToolSearch)
