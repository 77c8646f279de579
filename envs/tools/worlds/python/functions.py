"""Functions to write: what each does, a right and a wrong one, and tests that tell them apart."""

from typing import NamedTuple


class Function(NamedTuple):
    """A function to write.

    Attributes:
        name: of the function.
        argument: of its only parameter.
        spec: what it does, after "a function that".
        code: a right one.
        wrong: one that fails some tests.
        tests: a list of pairs of argument and result, as Python.
    """

    name: str
    argument: str
    spec: str
    code: str
    wrong: str
    tests: str


INITIALS = Function(
    name="initials",
    argument="text",
    spec="returns the first letters of a text's words, upper case, without blanks",
    code="""
def initials(text):
    return ''.join(word[0].upper() for word in text.split())
""",
    wrong="""
def initials(text):
    return ''.join(word[0] for word in text.split())
""",
    tests="""[
    ('ada king', 'AK'),
    ('  one  two three ', 'OTT'),
    ('', ''),
    ('x', 'X'),
]""",
)
MIDDLE = Function(
    name="middle",
    argument="text",
    spec=("returns the text without its first and last character, and an empty text if it has fewer than three"),
    code="""
def middle(text):
    return text[1:-1]
""",
    wrong="""
def middle(text):
    return text[1:]
""",
    tests="""[
    ('abcd', 'bc'),
    ('abc', 'b'),
    ('ab', ''),
    ('', ''),
]""",
)
RUNS = Function(
    name="runs",
    argument="text",
    spec="returns a list of [character, length] for the runs of equal characters of a text, in order",
    code="""
import itertools

def runs(text):
    return [[c, len(list(g))] for c, g in itertools.groupby(text)]
""",
    wrong="""
def runs(text):
    return [[c, text.count(c)] for c in dict.fromkeys(text)]
""",
    tests="""[
    ('aab', [['a', 2], ['b', 1]]),
    ('', []),
    ('abaa', [['a', 1], ['b', 1], ['a', 2]]),
]""",
)
MERGED = Function(
    name="merged",
    argument="spans",
    spec=("merges a list of [first, last] whole-number intervals that overlap or share an end, sorted by first"),
    code="""
def merged(spans):
    result = []
    for a, b in sorted(spans):
        if result and a <= result[-1][1]:
            result[-1][1] = max(result[-1][1], b)
        else:
            result.append([a, b])
    return result
""",
    wrong="""
def merged(spans):
    result = []
    for a, b in sorted(spans):
        if result and a <= result[-1][1]:
            result[-1][1] = b
        else:
            result.append([a, b])
    return result
""",
    tests="""[
    ([[5, 6], [1, 3], [2, 4]], [[1, 4], [5, 6]]),
    ([[1, 9], [2, 3]], [[1, 9]]),
    ([[1, 2], [2, 3]], [[1, 3]]),
    ([], []),
]""",
)
ROMAN = Function(
    name="roman",
    argument="n",
    spec="returns the Roman numeral of a whole number from 1 to 3999",
    code="""
def roman(n):
    values = (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1)
    signs = ('M', 'CM', 'D', 'CD', 'C', 'XC', 'L', 'XL', 'X', 'IX', 'V', 'IV', 'I')
    text = ''
    for value, sign in zip(values, signs):
        text += sign * (n // value)
        n %= value
    return text
""",
    wrong="""
def roman(n):
    text = ''
    for value, sign in zip((1000, 500, 100, 50, 10, 5, 1), 'MDCLXVI'):
        text += sign * (n // value)
        n %= value
    return text
""",
    tests="""[
    (1, 'I'),
    (4, 'IV'),
    (1994, 'MCMXCIV'),
    (3999, 'MMMCMXCIX'),
    (40, 'XL'),
    (2026, 'MMXXVI'),
]""",
)
BALANCED = Function(
    name="balanced",
    argument="text",
    spec=("says whether the brackets ()[]{} of a text are balanced and properly nested; other characters don't matter"),
    code="""
def balanced(text):
    stack = []
    for c in text:
        if c in '([{':
            stack.append(c)
        elif c in ')]}' and (not stack or stack.pop() != dict(zip(')]}', '([{'))[c]):
            return False
    return not stack
""",
    wrong="""
def balanced(text):
    return all(text.count(a) == text.count(b) for a, b in ('()', '[]', '{}'))
""",
    tests="""[
    ('a(b[c]{})', True),
    ('(]', False),
    ('([)]', False),
    (')(', False),
    ('', True),
    ('((', False),
]""",
)
FUNCTIONS = {1: (INITIALS, MIDDLE), 2: (RUNS, MERGED), 3: (ROMAN, BALANCED)}
"""By level."""
