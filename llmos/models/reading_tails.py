"""Finds an amount of which a piece cannot be read, the head of `1 500 mm` or the rest of `1 m 20`: it stays as written.

Knows only the heads and rests that people write and `numerals` does not read.
"""

from llmos.models.numerals import PI, Numeral, and_a_part, behind_over, is_part, is_spoken, numeral
from llmos.models.reading_arcs import doubtful_minutes
from llmos.models.reading_tokens import Tokens, mark, word
from llmos.models.reading_units import amount, ends_saying
from llmos.models.reading_words import DIRECTIONS, are_things, may_follow

_MEASURE_WORDS = """distance distances length lengths height width depth radius diameter gap clearance margin spacing
    altitude size step steps move moves movement movements shift shifts way displacement offset offsets translation
    instead total sum travel stroke angle angles turn turns rotation rotations heading orientation bearing yaw pitch
    roll theta x y z"""
_MEASURES = frozenset(_MEASURE_WORDS.split())
"""What may be `of a metre` as a whole; whatever else stands there may be a part of it, as `a fiftieth` is."""
_NO_PARTS = frozenset({"path", "paths", "breadth", "both", "with", "north", "south", "widths", "depths"})
_PORTIONS = frozenset({"part", "parts", "portion", "fraction", "percent", "cent", "most", "rest"})
_ARTICLES = frozenset({"the", "that", "this", "those", "these", "a", "an"})
_THOUSANDS = frozenset({"hundred", "thousand"})
_LARGER = _THOUSANDS | {"million", "dozen"}
_VAGUE = frozenset({"couple", "few", "several", "some", "many", "half", "quarter"})
_GROUP = 3
"""Digits of a group: 1 500 is 1500."""


def tail(tokens: Tokens, at: int, found: Numeral | None, names: set[int]) -> int | None:
    """Where the amount at a token ends whose head stands unread before it; None where it is whole."""
    if at < 1:
        return None
    headed = _of_a_part(tokens, at, found) or _behind_point(tokens, at, found) or _of_pi(tokens, at, found, names)
    headed = headed or _few_hundred(tokens, at) or _behind_pi(tokens, at, found)
    measured = amount(tokens, at, found) if headed or _in_thousands(tokens, at, names) else None
    if measured is None or (not headed and are_things(tokens, measured.end)):
        return None
    return measured.end


def open_end(tokens: Tokens, at: int, found: Numeral | None) -> int | None:
    """Where `1 m 20`, `five foot six` and `30 degrees 15'` end: the rest has no unit, or one in doubt; else None."""
    measured = amount(tokens, at, found)
    if measured and measured.kind == "angle":
        return doubtful_minutes(tokens, measured.end)
    decimal = found is not None and found.form == "decimal"
    if measured is None or decimal or measured.kind != "length" or not measured.is_whole:
        return None
    end = _rest(tokens, measured.end)
    bound = end is not None and word(tokens, at - 1) not in DIRECTIONS and word(tokens, end) in DIRECTIONS
    return end if end is not None and (bound or ends_saying(tokens, end)) else None


def of_hundreds(tokens: Tokens, found: Numeral | None) -> int | None:
    """Where `one and a half hundred mm`, `half a hundred mm` and `1.5 million mm` end; None for others."""
    if found is None or found.form not in {"part", "mixed", "decimal"}:
        return None
    end = found.end + (word(tokens, found.end) == "of")
    end += word(tokens, end) == "a"
    if word(tokens, end) not in _LARGER:
        return None
    hundreds = numeral(tokens, end)
    measured = amount(tokens, end, hundreds) if hundreds else None
    return measured.end if measured else end + 1


def _few_hundred(tokens: Tokens, at: int) -> bool:
    """`a few hundred mm`, `a couple of hundred mm`, the `a hundred mm` of `"half a hundred mm"`."""
    hundreds = word(tokens, at + (word(tokens, at) == "a")) in _THOUSANDS
    return hundreds and word(tokens, at - 1 - (word(tokens, at - 1) == "of")) in _VAGUE


def _rest(tokens: Tokens, at: int) -> int | None:
    """Where a bare number or `and` with a part ends; `one` may be a thing: `the 5 cm one`."""
    if part := and_a_part(tokens, at):
        return part[1]
    begins = (at < len(tokens) and tokens[at].kind == "number") or is_spoken(tokens, at)
    rest = numeral(tokens, at) if begins and word(tokens, at) != "one" else None
    return rest.end if rest and rest.form in {"whole", "word"} else None


def _of_a_part(tokens: Tokens, at: int, found: Numeral | None) -> bool:
    """`a sixteenth of an inch`, `80 % of a metre`, `half of the 50 cm`; not `a distance of a metre`."""
    of = at - 1 - (word(tokens, at - 1) in _ARTICLES)
    if word(tokens, of) != "of":
        return False
    if of == at - 1 and (found is None or found.form == "pi"):
        return word(tokens, of - 1) not in _MEASURES
    return found is not None and _is_portion(tokens, of - 1)


def _is_portion(tokens: Tokens, at: int) -> bool:
    """Whether a part stands at a token, `sixteenth` and `%` too, that no number before it reads."""
    name = word(tokens, at)
    counted = name.endswith(("th", "ths")) and name not in _MEASURES | _NO_PARTS
    return counted or is_part(tokens, at) or name in _PORTIONS or mark(tokens, at) == "%"


def _behind_point(tokens: Tokens, at: int, found: Numeral | None) -> bool:
    """`zero point 2 m`, `2 point five m`, `up point 5 m`; not `the point 2 m left of it`."""
    if found is not None and found.form == "point":
        return tokens[at - 1].kind == "number"
    if word(tokens, at - 1) != "point" or tokens[at].kind != "number" or at < 2:
        return False
    whole = tokens[at - 2].kind == "number" or is_spoken(tokens, at - 2)
    return whole or word(tokens, at - 2) in DIRECTIONS or word(tokens, at - 2) == "by"


def _of_pi(tokens: Tokens, at: int, found: Numeral | None, names: set[int]) -> bool:
    """`half pi rad`, `3/4 * pi rad`, `two pi rad`; not `joint two pi/2 rad`."""
    if found is None or found.form != "pi" or tokens[at].kind != "word":
        return False
    head = at - 1 - (mark(tokens, at - 1) in {"*", "\u00d7"})
    head -= word(tokens, head) == "a" and is_part(tokens, head - 1)
    if head < 0 or not is_spoken(tokens, head):
        return head >= 0 and (tokens[head].kind == "number" or is_part(tokens, head))
    return is_spoken(tokens, head - 1) or may_follow(tokens, head, names)


def _behind_pi(tokens: Tokens, at: int, found: Numeral | None) -> bool:
    """`pi * 2 rad`, `pi / 4 m`; not `pi over 3 seconds`."""
    joint = tokens[at - 1].text in {"*", "\u00d7", "/", "\u00f7", "times", "over"} or behind_over(tokens, at - 2) == at
    head = at - 2 - (word(tokens, at - 1) == "by")
    measured = amount(tokens, at, found) if joint and word(tokens, head) in PI else None
    return measured is not None and measured.kind in {"length", "angle"}


def _in_thousands(tokens: Tokens, at: int, names: set[int]) -> bool:
    """`1 500 mm`, `2 hundred mm`; not `block 1 500 mm`."""
    head = tokens[at - 1]
    if head.kind != "number" or not tokens[at].gap:
        return False
    if word(tokens, at) in _THOUSANDS:
        return not head.text.isdecimal() or may_follow(tokens, at - 1, names)
    grouped = tokens[at].kind == "number" and len(tokens[at].text.split(".")[0]) == _GROUP
    return grouped and head.text.isdecimal() and len(head.text) <= _GROUP and may_follow(tokens, at - 1, names)
