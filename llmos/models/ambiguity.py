"""Holds back a call to one of several things that the goal's words fit alike: to choose among them is a guess.

Knows no gate. It judges calls to a position, for those that move the robot to a thing, and only where it is sure.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import dist

from llmos.messages import JSON, Request
from llmos.models.called_numbers import EXACT_M, is_near, numbers_of
from llmos.models.goal_numbers import named
from llmos.models.goal_words import THE, digits_last, in_digits, is_no_noun, is_told_apart
from llmos.models.newest_goal import goal_of
from llmos.models.reading import read_goal

_WORD = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_SHORTEST = 3
_NO_NAMES = frozenset({"and", "back", "for", "from", "left", "move", "pick", "place", "put", "right", "the", "with"})
"""Words of a name that a goal has for other reasons; those of pocket's template."""
_GENERIC = frozenset({"object", "item", "part", "thing", "piece", "workpiece", "component"})
_ABOUT_M = 0.05
"""What is so near to a position that the goal names is meant by it."""
_BESIDE_M = 0.5
"""What is named and so near may be what tells a thing from the others: `the cube on the shelf`."""


@dataclass(frozen=True, slots=True)
class _Thing:
    name: str
    at: tuple[float, ...]
    is_object: bool
    words: frozenset[str]
    """Those by which the goal may mean it."""


def ambiguous(arguments: Mapping[str, JSON], request: Request) -> str | None:
    """Why a call to a position is a guess, in one sentence; None where it may be none.

    It is one where words of the goal fit several things alike, and nothing tells them apart: no other word of a name,
    no position of one of them, or about one only, nothing named beside one of them or on all but one, no two places
    (one may be where the thing is), no word for where it is (`the left cube`). Who wants any of them (`a cube`) is
    served, and so is what the robot holds. Nor is a call a guess that goes to a position which the goal names.
    """
    numbers = numbers_of(arguments)
    if not {"x", "y"} <= set(numbers):
        return None
    point = numbers["x"], numbers["y"]
    goal, things = goal_of(request.messages), list(_things(request.state))
    words, full = _unnamed_words(goal, things)
    told = [thing.at for thing in things if thing.name in full]
    said = _said_places(goal)
    if len(told) + len(said) > 1 or any(place.keys() >= {"x", "y"} and _lies_at(point, place) for place in said):
        return None
    free = [thing for thing in things if not any(_is_near(at, thing.at) for at in told)]
    for alike in (*_sharing(words, free), *_whatever(words, free, point)):
        is_held = any(thing.name == request.state.get("holding") for thing in alike)
        is_told = any(_says(goal, thing.at) or _is_beside(thing.at, told) for thing in alike)
        if not (is_held or is_told or any(_tells_apart(place, alike) for place in said)):
            names = ", ".join(sorted(thing.name for thing in alike))
            return f"It is not clear which thing or place is meant, for the goal fits several alike: {names}."
    return None


def _sharing(words: Sequence[str], things: Sequence[_Thing]) -> Iterator[list[_Thing]]:
    """Things whose names share a word of the goal, two at least; of `the red cube` those that are both."""
    names = frozenset[str]().union(*(thing.words for thing in things))
    for at, word in enumerate(words):
        fitting = [thing for thing in things if word in thing.words]
        most = max((_count(thing, words) for thing in fitting), default=0)
        best = [thing for thing in fitting if _count(thing, words) == most]
        if len(best) > 1 and not (is_no_noun(words, at) or is_told_apart(words, at, names)):
            yield best


def _whatever(words: Sequence[str], things: Sequence[_Thing], point: Sequence[float]) -> Iterator[list[_Thing]]:
    """The objects, where the goal says `the object`, nobody's name has a word of it, and the call goes to one."""
    objects = [thing for thing in things if thing.is_object and not thing.words & set(words)]
    is_said = any(word in _GENERIC and before in THE for before, word in pairwise(words))
    if is_said and len(objects) > 1 and any(_is_near(thing.at, point) for thing in objects):
        yield objects


def _count(thing: _Thing, words: Sequence[str]) -> int:
    """How many words of its name the goal has, codes too: `the A3 shelf`; a longer one may begin a word: `picking`."""
    parts = set(_name(thing))
    return sum(
        any(word == part or (len(part) >= _SHORTEST and word.startswith(part)) for word in words) for part in parts
    )


def _is_beside(at: Sequence[float], told: Sequence[Sequence[float]]) -> bool:
    return any(dist(at[:2], each[:2]) < _BESIDE_M for each in told)


def _unnamed_words(goal: str, things: Sequence[_Thing]) -> tuple[list[str], set[str]]:
    """The words of a goal without those of things that it names in full, and the names of these; longest ones first."""
    words, full = in_digits(_words(goal), map(_name, things)), set()
    for thing in sorted(things, key=lambda each: -len(each.name)):
        name = _name(thing)
        for at in range(len(words) - len(name) + 1):
            if name and words[at : at + len(name)] == name:
                full.add(thing.name)
                words[at : at + len(name)] = [""] * len(name)
    return words, full


def _things(state: Mapping[str, JSON]) -> Iterator[_Thing]:
    for group in ("objects", "places"):
        for name, at in (state.get(group) or {}).items():
            words = frozenset(word for word in _words(name) if len(word) >= _SHORTEST and word.isalpha()) - _NO_NAMES
            yield _Thing(name, tuple(at), group == "objects", words)


def _name(thing: _Thing) -> list[str]:
    """The words of a name, a number at its end in digits."""
    return digits_last(_words(thing.name))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower().replace("_", " "))


def _says(goal: str, at: Sequence[float]) -> bool:
    """Whether the goal holds both numbers of a position, one behind the other, in whatever form."""
    numbers = [float(number) for number in _NUMBER.findall(read_goal(goal))]
    return any(_is_near(pair, [abs(axis) for axis in at[:2]]) for pair in pairwise(numbers))


def _said_places(goal: str) -> list[Mapping[str, float]]:
    """The places that the goal names, those too of which x or y is missing; coordinates by their axes."""
    said = named(goal)
    whole = [dict(zip("xyz", place, strict=False)) for place in (*said.positions, *said.spots)]
    return [*whole, *said.partial]


def _tells_apart(place: Mapping[str, float], alike: Sequence[_Thing]) -> bool:
    """Whether one of the things is measured about there, and only one: nobody names a place to the millimetre."""
    return sum(_lies_at(thing.at, place, _ABOUT_M) for thing in alike) == 1


def _lies_at(at: Sequence[float], place: Mapping[str, float], within: float = EXACT_M) -> bool:
    """On the floor, as far as the place is named."""
    return all(abs(is_ - place[axis]) <= within for axis, is_ in zip("xy", at, strict=False) if axis in place)


def _is_near(at: Sequence[float], point: Sequence[float]) -> bool:
    """On the floor: a thing may be approached from above."""
    return is_near(at[:2], point[:2])
