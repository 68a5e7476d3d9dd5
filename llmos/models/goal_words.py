"""What the words around a word of a goal say: whether it means a thing, and which one of several.

Knows no position. It goes by few words, and takes every other word for a thing.
"""

import re
from collections.abc import Container, Iterable, Sequence
from itertools import pairwise

from llmos.models.reading_words import BODY, DIRECTIONS, NO_THINGS
from llmos.quantities import scale

_COUNTING = """zero one two three four five six seven eight nine ten eleven twelve"""
_DIGITS = {word: str(number) for number, word in enumerate(_COUNTING.split())}
_ORDINAL = re.compile(r"\d+(?:st|nd|rd|th)")
_HANDLING = """bring carry catch charge check clear close collect deliver deposit dock dump feed fetch fill get give
    grab grasp grip handle hold inspect leave let load look open park release remove rest return scan sort stack store
    test transfer transport unload wait wash"""
_DEEDS = (NO_THINGS - DIRECTIONS) | frozenset(_HANDLING.split())
"""Words of a name that may be a goal's verb: of the drop zone the one in `drop it there`."""
_BEFORE_DEEDS = frozenset({"and", "but", "it", "just", "not", "now", "or", "please", "them", "then", "you"})
_AFTER_DEEDS = """a all an down everything it my off our that the them there this up what your"""
_BEHIND_DEEDS = frozenset(_AFTER_DEEDS.split())
_GRIPPING = frozenset({"fetch", "grab", "grasp", "pick"})
_ANY = frozenset({"a", "an", "another", "any", "both", "each", "either", "every", "one", "some"})
THE = frozenset({"the", "this", "that", "my", "your", "our"})
_TOLD_APART = frozenset(
    {"bottom", "center", "central", "closer", "closest", "farthest", "first", "front", "furthest", "highest", "last"}
    | {"left", "leftmost", "lower", "lowest", "middle", "nearer", "nearest", "other", "outer", "rear", "remaining"}
    | {"right", "rightmost", "second", "third", "top", "topmost", "upper", "uppermost"}
)
"""Words before a thing that may tell it from the others by where it is, which is not judged here."""
_SIDES = _TOLD_APART | {"back", "far", "near"}
_NEAREST = frozenset({"closer", "closest", "farthest", "furthest", "nearer", "nearest"} | {"leftmost", "rightmost"})
_WHICH = frozenset({"is", "located", "lying", "sitting", "standing", "that", "which"})
_PLACING = frozenset({"lay", "move", "place", "put", "set", "shift", "slide"})
"""What comes last behind such a verb is where a thing goes to: `put the cube on the left`."""


def is_no_noun(words: Sequence[str], at: int) -> bool:
    """Whether a word of a goal is its verb, a direction or the robot, and no thing.

    >>> [is_no_noun(goal.split(), goal.split().index("drop")) for goal in ("now drop it", "to the drop zone")]
    [True, False]
    """
    word, before = words[at], ["", *words[:at]]
    if word in BODY:
        said = [each for each in before if each not in _ANY | THE | {"up"}]
        return said[-1] not in _GRIPPING
    if before[-1] in _ANY | THE:
        return False
    begins = at == 0 or before[-1] in _BEFORE_DEEDS
    return word in DIRECTIONS or (word in _DEEDS and (begins or not _BEHIND_DEEDS.isdisjoint(words[at + 1 : at + 2])))


def is_told_apart(words: Sequence[str], at: int, names: Container[str]) -> bool:
    """Whether any thing is wanted, as in `a red cube`, or one by its place: `the left cube`, `the cube on the left`.

    `names` are the words by which things are called.
    """
    first = last = at
    while first and words[first - 1] in names:
        first -= 1
    while last + 1 < len(words) and words[last + 1] in names:
        last += 1
    before = words[first - 1] if first else ""
    if before in _TOLD_APART or _ORDINAL.fullmatch(before) or _is_where(words[:first], words[last + 1 :], names):
        return True
    articles = (word for word in reversed(words[:at]) if word in _ANY | THE)
    return next(articles, "") in _ANY


def in_digits(words: Sequence[str], names: Iterable[Sequence[str]]) -> list[str]:
    """The words with digits where a number is a name's: `block two`, but not `the block two metres ahead`.

    `names` are the words of each name, a number at its end in digits.
    """
    pairs = {pair for name in names for pair in pairwise(name)}
    counted = list(words)
    for at, (before, word) in enumerate(pairwise(words), 1):
        digit = _DIGITS.get(word, "")
        is_named = before == "number" or (before, digit) in pairs
        if digit and is_named and not scale("".join(words[at + 1 : at + 2])):
            counted[at] = digit
    return counted


def digits_last(name: Sequence[str]) -> list[str]:
    """The words of a name, a number at its end in digits.

    >>> digits_last(["block", "two"])
    ['block', '2']
    """
    return [_DIGITS.get(word, word) if 0 < at == len(name) - 1 else word for at, word in enumerate(name)]


def _is_where(before: Sequence[str], behind: Sequence[str], names: Container[str]) -> bool:
    """Whether what stands behind a thing says which one: `on the left`, but not `on the left shelf`."""
    said = [word for word in behind if word not in _WHICH | THE]
    if said and said[0] in _NEAREST:
        return True
    if len(said) < 2 or said[0] not in {"at", "by", "from", "in", "on", "to"} or said[1] not in _SIDES:
        return False
    if len(said) == 2:
        return _PLACING.isdisjoint(before)
    return said[2] not in names and said[2] != ""
