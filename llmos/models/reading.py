"""Reads the numbers of a goal for a tiny model, so that it only has to copy them.

Knows no tool and no state. A whole number without unit is a name, as in `bin 7`, or a count, as in `2 blocks`, and
stays as written, unless the words beside it are of the few that name no thing: verbs of moving, directions,
prepositions, punctuation. A number with a point or a unit is always a number. What may be a range, a time, a date, a
version or a thousand (`1,500 m`) stays as written too. Who reads a name as a number loses a thing, who leaves a number
as written loses only its `.0`: in doubt it stays.
"""

from functools import lru_cache

from llmos.models.numerals import NUMBER_WORDS, Numeral, ends_free
from llmos.models.reading_doubts import doubtful, multiplied, number_at
from llmos.models.reading_lists import markers
from llmos.models.reading_places import AXES, Place, place
from llmos.models.reading_tokens import Tokens, as_written, cut, word
from llmos.models.reading_units import amount, may_be_inch, unit_apart, written
from llmos.models.reading_words import ANGLES, is_amount, may_be_name, may_follow

_SIGNS = frozenset({"-", "+", "minus", "negative"})
_BEGINNINGS = NUMBER_WORDS | AXES | set("([{-+") | {"another"}
_YEAR = 1000
"""A whole number from here on that has no unit is a year or a telephone number, and no way of a robot."""
_REMEMBERED = 64
"""Goals whose reading is kept: one decision asks for it several times, each a third of a millisecond."""
_PASSES = 8
"""What is read is read again until it stays: a number that was read may make clear what the one beside it is."""


@lru_cache(maxsize=_REMEMBERED)
def read_goal(text: str) -> str:
    """The goal in lower case and single blanks, every number as a reply writes it: m, degrees, three decimals.

    A value that has more decimals is rounded and then says so by its digits: 1.57 rad is 89.954 deg. One that would be
    rounded to nothing stays as written.

    >>> read_goal("Go to (1.5, 1, .5), then 30cm UP and a quarter turn left of bin 7")
    'go to x1.5 y1.0 z0.5, then 0.3 m up and 90.0 deg left of bin 7'
    """
    for _ in range(_PASSES):
        text, before = _read(text), text
        if text == before:
            break
    return text


def _read(text: str) -> str:
    tokens = cut(text)
    parts: list[str] = []
    begin = 0
    for start, end in (*markers(tokens), (len(tokens), len(tokens))):
        parts += _read_part(tokens[begin:start]), *(f"{' ' * each.gap}{each.text}" for each in tokens[start:end])
        begin = end
    return "".join(parts).strip()


def _read_part(tokens: Tokens) -> str:
    """One part of a list, or a whole goal without one; a blank before it stays."""
    parts: list[str] = []
    names: set[int] = set()
    at, apart = 0, False
    while at < len(tokens):
        found = _reading(tokens, at, names)
        gap = tokens[at].gap or (apart and (tokens[at].kind != "mark" or tokens[at].text in "([{"))
        parts += " " if gap else "", found.text if found else tokens[at].text
        at, apart = (found.end if found else at + 1), found is not None
    return "".join(parts)


def _reading(tokens: Tokens, at: int, names: set[int]) -> Place | None:
    """What a reply writes for the numbers that begin at a token; remembers in `names` which whole numbers are names."""
    if tokens[at].kind != "number" and tokens[at].text not in _BEGINNINGS:
        return None
    if found := place(tokens, at, names):
        return found
    number = number_at(tokens, at)
    if end := doubtful(tokens, at, number, names):
        return Place(as_written(tokens, at, end), end)
    measured = amount(tokens, at, number, named=not may_follow(tokens, at, names))
    if measured:
        return Place(measured.text, measured.end) if measured.text else None
    if number is None or number.form in {"part", "point"} or not ends_free(tokens, number.end):
        return None
    return _bare(tokens, at, number, names)


def _bare(tokens: Tokens, at: int, number: Numeral, names: set[int]) -> Place | None:
    """A number without unit; one whose unit stands a few words later stays as written, for bare it would be metres."""
    if unit_apart(tokens, number.end):
        return None
    beside = [token.kind == "number" for token in (*tokens[max(0, at - 1) : at], *tokens[number.end : number.end + 1])]
    sure = number.form in {"decimal", "mixed"} or (tokens[at].text in _SIGNS and not any(beside))
    inches = may_be_inch(tokens, number.end) and not ANGLES & {word(tokens, at - 1), word(tokens, at - 2)}
    if number.form != "decimal" and (inches or multiplied(tokens, at)):
        return None
    if word(tokens, at) == "one" and number.end == at + 1 and not _is_counted(tokens, at):
        return None
    amounts = is_amount(tokens, at, number.end, names) and not may_be_name(tokens, at, number.end)
    if word(tokens, at - 1) in {"version", "v", "python"} or not (sure or amounts):
        names.add(number.end - 1)
        return None
    text = written(number.value) if sure or number.value < _YEAR else None
    return Place(text, number.end) if text else None


def _is_counted(tokens: Tokens, at: int) -> bool:
    """Whether `one` is a number: `by one`, but not `one by one`."""
    return word(tokens, at - 1) == "by" and word(tokens, at - 2) != "one"
