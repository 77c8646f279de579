"""A full-text index of a corpus: SQLite's FTS5 in memory, ranked by BM25.

Robertson & Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009; https://sqlite.org/fts5.html.
"""

import functools
import os
import re
import sqlite3
import threading
import unicodedata
from dataclasses import dataclass

from palaestra.data.errors import InputError
from palaestra.envs.tools.worlds.search.corpus import Corpus, Passage

MAX_CHARACTERS = 1000
"""Of a query; the rest is ignored."""
MAX_WORDS = 32
"""Different words of a query; further ones are ignored."""
MAX_HITS = 50
SNIPPET_WORDS = 24
TITLE_WEIGHT = 2.0  # of a word in the title; in the text it is 1
SEPARATORS = re.compile(r"[\s\x00-/:-@\[-`{-\x7f]+")
COMMON = (
    " a an and are as at be been by did do does for from had has have he her his how in is it its of on or she that the"
    " their they this to was were what when where which who whom whose why with "
)
"""Words that are searched for only if a query has no others."""
CREATE = "CREATE VIRTUAL TABLE passages USING fts5(title, text, tokenize='porter unicode61')"
RANK = (
    "SELECT rowid, bm25(passages, ?, 1.0) AS score FROM passages WHERE passages MATCH ? ORDER BY score, rowid LIMIT ?"
)
SNIPPET = (
    f"SELECT snippet(passages, 1, '', '', '…', {SNIPPET_WORDS}) FROM passages WHERE passages MATCH ? AND rowid = ?"
)


@dataclass(frozen=True)
class Hit:
    """A passage that was found.

    Attributes:
        id: of the passage.
        title: of the passage.
        snippet: the part of its text with most of the words, at most 24 words.
        score: the higher, the better; comparable within one query only.
    """

    id: int
    title: str
    snippet: str
    score: float


class Index:
    """The index of a corpus. It never changes, and several threads may use it.

    Args:
        corpus: what is searched.
    """

    def __init__(self, corpus: Corpus):
        self.corpus = corpus
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(":memory:", check_same_thread=False)
        try:
            self._connection.execute(CREATE)
        except sqlite3.OperationalError as error:
            raise InputError(f"this Python's SQLite has no full-text search ({error}); use another build") from None
        rows = ((each.id, each.title, each.text) for each in corpus.passages)
        with self._connection:
            self._connection.executemany("INSERT INTO passages (rowid, title, text) VALUES (?, ?, ?)", rows)
            self._connection.execute("INSERT INTO passages (passages) VALUES ('optimize')")
        self._connection.execute("PRAGMA query_only = 1")

    def search(self, query: str, count: int = 10) -> list[Hit]:
        """The passages with the rarest and most words of a query, best first; equal scores by id.

        Args:
            query: any text. Its words are searched for, by stem and in either case; operators have no meaning.
            count: largest number of hits, 1 to 50.
        """
        ranked = self.ranked(query, count)
        match = expression(query)
        with self._lock:
            snippets = [self._connection.execute(SNIPPET, (match, row)).fetchone()[0] for row, _ in ranked]
        return [
            Hit(row, self.corpus.passages[row - 1].title, snippet, score)
            for (row, score), snippet in zip(ranked, snippets, strict=True)
        ]

    def ranked(self, query: str, count: int = 10) -> list[tuple[int, float]]:
        """Ids and scores as ``search`` has them; without snippets it takes two thirds of the time."""
        match = expression(query)
        if not match:
            return []
        with self._lock:
            rows = self._connection.execute(RANK, (TITLE_WEIGHT, match, min(max(count, 1), MAX_HITS))).fetchall()
        return [(row, round(-score, 4)) for row, score in rows]

    def open(self, number: int) -> Passage | None:
        """The passage with that id, None if there is none."""
        return self.corpus.passages[number - 1] if 1 <= number <= len(self.corpus.passages) else None


def index(corpus: Corpus) -> Index:
    """The index of a corpus, built once per process."""
    return _built(corpus, os.getpid())  # a forked child could inherit a lock that is held


@functools.lru_cache(maxsize=4)
def _built(corpus: Corpus, process: int) -> Index:
    return Index(corpus)


def expression(query: str) -> str:
    """The words of a query, each quoted, as an FTS5 expression; empty if there are none.

    Quoted words have no special meaning in FTS5, so any text is a valid query.
    """
    text = unicodedata.normalize("NFC", query[:MAX_CHARACTERS].encode(errors="replace").decode())
    words = [word for word in SEPARATORS.split(text) if any(map(str.isalnum, word))]
    telling = [word for word in words if f" {word.lower()} " not in COMMON] or words
    return " OR ".join(f'"{word}"' for word in list(dict.fromkeys(telling))[:MAX_WORDS])
