"""The search world's passages: what they state, what chains of facts there are, reading corpora, ranking."""

import hashlib
import itertools
import json
import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palaestra.data.errors import InputError
from palaestra.envs.tools.worlds.search import names
from palaestra.envs.tools.worlds.search.corpus import SHIPPED, Passage, encoded, load
from palaestra.envs.tools.worlds.search.country import RELATIONS, country, phrase, question
from palaestra.envs.tools.worlds.search.index import MAX_HITS, Index, index

TOKEN = re.compile(r"\w+(?:[-',]\w+)*")
LONGEST = 6  # words in a name
HOSTILE = [
    '"',
    '""',
    "*",
    "NEAR(a b)",
    "title:Lake",
    "a AND",
    "NOT",
    "-",
    "^x",
    "\0",
    "lake\0river",
    "\ud800",
    "lake \udfff",
]


@pytest.fixture(scope="module")
def land():
    return country()


@pytest.fixture(scope="module")
def engine():
    return index(load())


def phrases(text):
    """All runs of words of a text that are short enough for a name."""
    words = TOKEN.findall(text)
    return {" ".join(words[at : at + size]) for at in range(len(words)) for size in range(1, LONGEST + 1)}


def test_the_shipped_file_is_what_the_seed_gives_in_any_process():
    code = (
        "import hashlib; from palaestra.envs.tools.worlds.search import corpus, country, prose;"
        "print(hashlib.sha256(corpus.encoded(prose.passages(country.country()))).hexdigest())"
    )
    other = dict(os.environ, PYTHONHASHSEED="7")
    made = subprocess.run([sys.executable, "-c", code], env=other, capture_output=True, text=True, check=True).stdout
    assert made.strip() == hashlib.sha256(SHIPPED.read_bytes()).hexdigest()


def test_there_are_many_passages_of_a_few_sentences():
    passages = load().passages
    lengths = [len(each.text.split()) for each in passages]
    assert len(passages) >= 2400
    assert min(lengths) >= 40
    assert max(lengths) <= 90
    assert [each.id for each in passages] == list(range(1, len(passages) + 1))
    assert len({each.title for each in passages}) == len({each.text for each in passages}) == len(passages)
    assert SHIPPED.stat().st_size < 1_500_000
    assert not any(re.search(r"[{}\[\]/|]|\ba [aeio]|\s\s|\.\.", f"{each.title} {each.text}") for each in passages)


def test_a_fact_is_stated_in_its_passage_and_in_no_other(land):
    known = {each for fact in land.facts for each in (fact.subject, fact.object)}
    where = defaultdict(set)
    for passage in load().passages:
        for each in phrases(f"{passage.title}\n{passage.text}") & known:
            where[each].add(passage.id)
    wrong = [fact for fact in land.facts if where[fact.subject] & where[fact.object] != {fact.passage}]
    assert wrong == []


def test_no_name_occurs_in_another_one():
    known = [name for kind in names.FORMS for name in names.all_names(kind)] + names.parts()["prizes"]
    every = set(known)
    assert len(known) == len(every)
    assert [(name, inside) for name in known if (inside := (phrases(name) & every) - {name})] == []


def test_a_relation_gives_one_object(land):
    pairs = Counter((fact.subject, fact.relation) for fact in land.facts)
    assert set(pairs.values()) == {1}
    assert {fact.relation for fact in land.facts} == set(RELATIONS)


def test_the_years_of_lives_and_works_agree(land):
    for fact in land.facts:
        other = land.entities.get(fact.object)
        if fact.relation in ("book author", "bridge engineer", "opera composer", "company founder", "ship captain"):
            year = land.entities[fact.subject].year
            assert other.year + 24 <= year < other.until, fact
        if fact.relation == "person teacher":
            assert other.year < land.entities[fact.subject].year


def test_neighbours_are_easily_confused(land):
    """Most bridges, museums and newspapers share their town with another one that is a few years apart."""
    opened = defaultdict(list)
    for fact in land.facts:
        if fact.relation == "bridge town":
            opened[fact.object].append(land.entities[fact.subject].year)
    close = [
        town for town, years in opened.items() if any(0 < abs(a - b) <= 6 for a, b in itertools.combinations(years, 2))
    ]
    assert len(close) >= 40


@pytest.mark.parametrize(("hops", "least"), [(1, 12_000), (2, 50_000), (3, 200_000)])
def test_there_are_chains_of_facts(land, hops, least):
    chains = list(land.chains(hops))
    assert len(chains) >= least
    for chain in chains[:: len(chains) // 500]:
        assert all(fact.object == other.subject for fact, other in itertools.pairwise(chain))
        assert len({fact.subject for fact in chain}) == hops
        asked = question(chain, land)
        assert chain[0].subject in asked
        assert asked.endswith("?")
        assert not any(fact.object in phrases(asked) for fact in chain)


def test_facts_that_share_an_object_can_be_counted(land, engine):
    """One search for most groups of two to six finds all of them."""
    groups = [
        ({fact.passage for fact in facts}, RELATIONS[relation].plural.format(phrase(made, facts[0].kind)))
        for (relation, made), facts in land.sharing.items()
        if RELATIONS[relation].plural and 2 <= len(facts) <= 6
    ]
    assert len(groups) >= 1000
    complete = [each <= {hit.id for hit in engine.search(query, 20)} for each, query in groups[::10]]
    assert sum(complete) >= 0.8 * len(complete)


def test_values_are_read_from_numbers_and_years(land):
    numbers = [fact for fact in land.facts if fact.kind in ("number", "year")]
    assert all(fact.value > 0 for fact in numbers)
    large = next(fact for fact in numbers if fact.object.count(",") == 1)
    assert f"{large.value:,}" == large.object.split()[0]


def test_a_question_usually_finds_its_passage(land, engine):
    facts = land.facts[::40]
    ranks = [[hit.id for hit in engine.search(question([fact], land))] for fact in facts]
    assert sum(fact.passage in ids for fact, ids in zip(facts, ranks, strict=True)) >= 0.97 * len(facts)


def test_equal_scores_are_ordered_by_id(tmp_path):
    path = tmp_path / "own.jsonl"
    rows = [{"title": f"Number {each}", "text": "The same words."} for each in ("nine", "two", "four", "six")]
    path.write_text("\n".join(map(json.dumps, rows)))
    hits = Index(load(path)).search("words")
    assert [hit.id for hit in hits] == [1, 2, 3, 4]
    assert len({hit.score for hit in hits}) == 1


def test_rare_words_titles_and_stems_count(engine):
    assert engine.search("LAKE edvommo")[0].title == "Lake Edvommo"
    assert engine.search("bridges") == engine.search("bridge")
    scores = [hit.score for hit in engine.search("bridge town river", 50)]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) == 50


def test_hits_have_bounded_snippets_of_their_passages(engine):
    for hit in engine.search("which architect built the town hall", MAX_HITS + 7):
        passage = engine.open(hit.id)
        assert passage.title == hit.title
        assert hit.snippet.strip("…") in passage.text
        assert len(hit.snippet.split()) <= 25


def test_threads_and_a_second_index_give_the_same_hits(land, engine):
    queries = [question([fact], land) for fact in land.facts[::300]]
    expected = [engine.search(query) for query in queries]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(engine.search, queries)) == expected
    assert list(map(Index(load()).search, queries)) == expected
    assert index(load()) is engine


def test_passages_are_opened_by_id(engine):
    assert engine.open(1) == load().passages[0]
    assert [engine.open(each) for each in (0, -1, len(load().passages) + 1, 10**30)] == [None] * 4


@pytest.mark.parametrize("query", ["", "   ", '"', "***", "()", "-", "\0", "~~ ^^"])
def test_queries_without_words_find_nothing(engine, query):
    assert engine.search(query) == []


@pytest.mark.parametrize(
    "query", [*HOSTILE, "lake " * 20_000, "x" * 100_000, '"' * 100_000, "( " * 50_000, "é\u0301ü\u202e"]
)
def test_hostile_queries_are_words(engine, query):
    assert engine.search(query) == engine.search(query)


def test_operators_have_no_meaning(engine):
    assert engine.search('title:"Lake" * -Edvommo^') == engine.search("title Lake Edvommo")
    assert engine.search("lake AND NOT edvommo")[0].title == "Lake Edvommo"


@given(
    st.one_of(
        st.text(),
        st.text(st.characters()),
        st.lists(st.sampled_from([*HOSTILE, "lake", "AND", "(", "{a b}:"])).map(" ".join),
    )
)
def test_any_text_is_a_query(query):
    engine = index(load())
    hits = engine.search(query, 3)
    assert len(hits) <= 3
    assert all(engine.open(hit.id).title == hit.title for hit in hits)


def test_own_passages_are_read(tmp_path):
    path = tmp_path / "own.jsonl"
    path.write_text(
        '{"title": "Tea\\nand more", "text": "A hot drink.", "source": "me"}\n\n{"title": "Ärger", "text": ""}\n'
    )
    corpus = load(path)
    assert corpus.passages == (Passage(1, "Tea and more", "A hot drink."), Passage(2, "Ärger", ""))
    assert index(corpus).search("arger")[0].id == 2
    assert corpus == load(str(path))
    assert corpus != load()


def test_a_copy_of_the_shipped_file_is_the_same_corpus(tmp_path):
    (tmp_path / "copy.txt").write_bytes(SHIPPED.read_bytes())
    assert load(tmp_path / "copy.txt") == load()


@given(st.lists(st.tuples(st.text("ab c", min_size=1), st.text("xyz é'"))))
def test_written_passages_are_read_as_they_were(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("corpus") / "made.txt"
    made = [Passage(number, title, text) for number, (title, text) in enumerate(rows, 1)]
    path.write_bytes(encoded(made))
    assert load(path).passages == tuple(made)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"plain text", "line 1"),
        (b'{"title": "a", "text": "b"}\n{"title": "a", "te', "line 2"),
        (b'{"title": "a"}', "line 1"),
        (b'{"title": "a", "text": 3}', "line 1"),
        (b'["title", "text"]', "line 1"),
        (b"[" * 100_000, "line 1"),
        (b'{"title": "\\ud800", "text": "b"}', "valid text"),
        (SHIPPED.read_bytes()[:-1], "cut off"),
        (SHIPPED.read_bytes()[:300_000], "cut off"),
        (SHIPPED.read_bytes()[:40], "cut off"),
        (SHIPPED.read_bytes().replace(b"Lake", b"Cake", 1), "cut off"),
        (SHIPPED.read_bytes().replace(b"corpus 1:", b"corpus 2:", 1), "cut off"),
        (SHIPPED.read_bytes().split(b"\n", 1)[1], "line 1"),
    ],
)
def test_a_bad_file_is_one_line(tmp_path, content, said):
    path = tmp_path / "bad"
    path.write_bytes(content)
    with pytest.raises(InputError) as error:
        load(path)
    assert said in str(error.value)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_file_and_a_folder_are_one_line(tmp_path):
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(InputError, match="cannot be read"):
            load(path)
