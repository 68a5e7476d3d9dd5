"""Reads the numbers of a goal but for those in names: `5 kg weight` is a thing, and is looked for as it is written.

Knows no template. In doubt the goal is read as if no thing had a name.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from llmos.models.reading import read_goal
from llmos.models.reading_words import NO_THINGS

_UNIT = r" (?:(?:m|deg|s|kg)\b|%)"
_AMOUNT = re.compile(rf"-?\d+\.\d+{_UNIT}")
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"(?<![\d.])\d+(?![\d.])")
"""A whole number, which may be read with `.0` behind it."""
_BEFORE, _BEHIND = r'(?<![^\s(\["])', r'(?![^\s,.;:!?)\]"]|[.,:]\d)'
"""What may stand on either side of a name: a blank, or a mark that makes it no piece of a longer word or number."""


def read_around(goal: str, things: Iterable[str]) -> str:
    """The goal as `read_goal` has it; where it would change the names of `things`, these stay as written.

    >>> read_around("Move the 2 inch pipe 2 inches up", ["2_inch_pipe"])
    'move the 2 inch pipe 0.051 m up'
    >>> read_around("go to shelf 1.10", ["shelf 1.1", "shelf 1.10"])
    'go to shelf 1.10'
    """
    text, reading = _plain(goal), read_goal(goal)
    in_text = {name for name in map(_name, things) if name in text and _names_a_thing(name)}
    misread = {name for name in in_text if _count(name, reading) < _count(name, text)}
    if not misread:
        return reading
    name, stand_in = _whole(*sorted(misread, key=len, reverse=True)), _stand_in(text)
    found = name.findall(text)
    parts = read_goal(name.sub(stand_in, text)).split(stand_in)
    if not re.fullmatch(_filled(list(map(re.escape, parts)), list(map(_readings, found))), reading):
        return reading  # a name is a piece of something longer, as in `minus 2 inch pipe`
    return _filled(parts, found)


@lru_cache(maxsize=256)
def _names_a_thing(name: str) -> bool:
    """Whether a name has a word, beside its amounts, that names a thing: `5 kg` and `2 m left` are no names."""
    return any(word not in NO_THINGS for word in _WORD.findall(_AMOUNT.sub(" ", read_goal(name))))


def _count(name: str, text: str) -> int:
    return len(_whole(name).findall(text))


def _whole(*names: str) -> "re.Pattern[str]":
    """Any of the names, where it is no piece of something longer."""
    return re.compile(f"{_BEFORE}(?:{'|'.join(map(re.escape, names))}){_BEHIND}")


def _readings(name: str) -> str:
    """What a name may have become in the goal, as a pattern: the tool 3 is `tool 3.0` behind `the`, alone it is not.

    In `to dock west 2 m` the number is no name's.
    """
    as_written = re.escape(name)
    return f"(?:{re.escape(read_goal(name))}|{_NUMBER.sub(_with_or_without_point, as_written)})(?!{_UNIT})"


def _with_or_without_point(number: "re.Match[str]") -> str:
    return rf"{number[0]}(?:\.0)?"


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
