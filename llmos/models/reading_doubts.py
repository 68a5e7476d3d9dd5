"""Finds what names no one number, a range, a choice or a product: it stays as written as a whole.

Knows no names of things but those it is told.
"""

from llmos.models.numerals import Numeral, numeral
from llmos.models.reading_tokens import Tokens, mark, word
from llmos.models.reading_units import amount, counts, unit
from llmos.models.reading_words import may_follow

_JOINT_WORDS = frozenset({"or", "to", "by", "x"})
_TIMES = frozenset({"*", "\u00d7"})
_JOINTS = frozenset({"-", "\u2013", "\u2014", "~", "/"}) | _TIMES
_MOST = 3
"""Joints of one range or product that are looked at: a text may be one long row of them."""
_CLOSINGS = frozenset({")", "]", "}"})


def vague(tokens: Tokens, at: int, first: Numeral | None, names: set[int]) -> int | None:
    """Where `2 to 3 cm`, `2 - 3 cm`, `2 by 3 cm`, `between 2 and 3 cm` or `an inch or two` end; None for one number."""
    if first is None:
        few = word(tokens, at + 2) == "or" and word(tokens, at + 3) in {"two", "so"}
        return at + 4 if few and word(tokens, at) in {"a", "an"} else None
    between, end = word(tokens, at - 1) == "between", first.end
    if first.form not in {"whole", "word", "decimal", "mixed"} or not (between or may_follow(tokens, at, names)):
        return None
    for _ in range(_MOST):
        start = end + 1 if between and word(tokens, end) == "and" else _behind_joint(tokens, end)
        following = (numeral(tokens, start) or numeral(tokens, start, inside=True)) if start else None
        if start is None or following is None:
            return None
        if last := amount(tokens, start, following):
            changes = first.form in {"whole", "word"} or last.unit != 1
            return last.end if changes else None
        if mark(tokens, following.end) in _CLOSINGS and unit(tokens, following.end + 1):
            return following.end
        end = following.end
    return None


def tail(tokens: Tokens, at: int, found: Numeral | None, names: set[int]) -> int | None:
    """Where a number ends that is the end of one whose beginning could not be read; None for any other."""
    if found is None or found.form not in {"part", "mixed"} or at < 1 or tokens[at - 1].kind != "number":
        return None
    measured = amount(tokens, at, found) if may_follow(tokens, at - 1, names) else None
    return measured.end if measured else None


def multiplied(tokens: Tokens, at: int) -> bool:
    """Whether the whole number at a token tells how often the amount before it is meant: `10 cm x 3`."""
    if at < 3 or not (word(tokens, at - 1) == "x" or mark(tokens, at - 1) in _TIMES):
        return False
    return counts(tokens, at - 3) and unit(tokens, at - 2) is not None


def _behind_joint(tokens: Tokens, at: int) -> int | None:
    """Where the second number of a range or a product begins, or None where none is announced."""
    if word(tokens, at) in _JOINT_WORDS or mark(tokens, at) in _JOINTS:
        return at + 1
    dots = at
    while mark(tokens, dots) == "." and dots < at + 3:
        dots += 1
    return dots if dots > at + 1 else None
