"""Reads the numbers of a goal but for those in names: `5 kg weight` is a thing, and is looked for as it is written.

Knows no template. In doubt the goal is read as if no thing had a name.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from llmos.models.reading import read_goal
from llmos.models.reading_words import NO_THINGS

_AMOUNT = re.compile(r"-?\d+\.\d+ (?:(?:m|deg|s|kg)\b|%)")
_WORD = re.compile(r"[^\W\d_]+")
_BEFORE, _BEHIND = r'(?<![^\s(\["])', r'(?![^\s,.;:!?)\]"]|[.,:]\d)'
"""What may stand on either side of a name: a blank, or a mark that makes it no piece of a longer word or number."""


def read_around(goal: str, things: Iterable[str]) -> str:
    """The goal as `read_goal` has it; where names of `things` hold amounts, these stay as written, the rest is read.

    >>> read_around("Move the 2 inch pipe 2 inches up", ["2_inch_pipe"])
    'move the 2 inch pipe 0.051 m up'
    """
    text, reading = _plain(goal), read_goal(goal)
    names = {name for name in map(_name, things) if name in text and _is_misread(name)}
    if not names:
        return reading
    longest_first = sorted(names, key=len, reverse=True)
    name = re.compile(f"{_BEFORE}(?:{'|'.join(map(re.escape, longest_first))}){_BEHIND}")
    found, stand_in = name.findall(text), _stand_in(text)
    parts = read_goal(name.sub(stand_in, text)).split(stand_in)
    if _filled(parts, [read_goal(each) for each in found]) != reading:
        return reading  # a name is a piece of something longer, as in `minus 2 inch pipe`
    return _filled(parts, found)


@lru_cache(maxsize=256)
def _is_misread(name: str) -> bool:
    """Whether a name holds an amount, and a word that names a thing: `5 kg` and `2 m left` are no names."""
    reading = read_goal(name)
    rest = _AMOUNT.sub(" ", reading)
    return reading not in {name, rest} and any(word not in NO_THINGS for word in _WORD.findall(rest))


def _stand_in(text: str) -> str:
    """A word of no language that is not in the text."""
    word = "zq"
    while word in text:
        word += "q"
    return word


def _filled(parts: Sequence[str], names: Sequence[str]) -> str:
    """The parts with a name between each and the next; nothing where they are not as many as that takes."""
    if len(parts) != len(names) + 1:
        return ""
    return "".join(part + name for part, name in zip(parts, [*names, ""], strict=True))


def _name(thing: str) -> str:
    return _plain(thing.replace("_", " "))


def _plain(text: str) -> str:
    return " ".join(text.lower().split())
