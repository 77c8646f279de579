"""What passages are made of: relations between a subject and an object, and how sentences put them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Relation:
    """A kind of fact.

    Attributes:
        name: unique among the relations of a kind of subject.
        object: kinds of the object, ``|`` between them; ``year``, ``number`` and ``prize`` have no passages.
        question: a question for the object; ``{}`` is the subject.
        noun: a phrase for the object; ``{}`` is the subject. It can stand for the subject of another question.
        frames: sentences; ``{it}`` is the subject or a pronoun, ``{its}`` the possessive, ``{o}`` the object, and one
            of ``[a/b]`` is chosen.
        low: smallest year or number.
        high: largest year or number.
        unit: what is counted; empty for years.
        after: years are counted from the first year of the passage.
        plural: a phrase for all subjects with the same object, which is ``{}``; empty if they aren't to be counted.
    """

    name: str
    object: str
    question: str
    noun: str
    frames: tuple[str, ...]
    low: int = 0
    high: int = 0
    unit: str = ""
    after: bool = False
    plural: str = ""


@dataclass(frozen=True)
class Aspect:
    """What one passage tells about a thing.

    Attributes:
        kind: of the subject.
        title: of the passage; ``{}`` is the subject.
        relations: the facts; the first one opens the passage.
        colour: sentences without facts.
        noun: for the subject after the first sentence; people have pronouns.
    """

    kind: str
    title: str
    relations: tuple[Relation, ...]
    colour: tuple[str, ...]
    noun: str = ""
