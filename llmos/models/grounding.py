"""Holds a tiny model to the numbers of its goal: a position that nobody named is a slip, and a slip moves a robot.

Knows no gate and no unit but those of lengths. It refuses only what it can be sure of; the gate guards the rest.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from math import isclose

from llmos.messages import JSON, Message, Request, Text

_NUMBER = r"[-+]?(?:\d+(?:\.\d+)?|\.\d+)"
_POSITION = re.compile(rf"({_NUMBER})\s*,\s*({_NUMBER})\s*,\s*({_NUMBER})")
_SPOT = re.compile(rf"({_NUMBER})\s*,\s*({_NUMBER})")
_METRES = {
    "m": (1.0, r"m|met(?:er|re)s?"),
    "cm": (0.01, r"cm|centimet(?:er|re)s?"),
    "mm": (0.001, r"mm|millimet(?:er|re)s?"),
    "in": (0.0254, r"in|inch(?:es)?"),
    "ft": (0.3048, r"ft|foot|feet"),
}
_UNITS = "|".join(rf"(?P<{unit}>(?:{words})\b)" for unit, (_, words) in _METRES.items())
_LENGTH = re.compile(rf"(?P<number>{_NUMBER})\s*(?:{_UNITS})?", re.IGNORECASE)
_AXES, _SHIFTS = ("x", "y", "z"), ("dx", "dy", "dz")


def ungrounded(arguments: Mapping[str, JSON], request: Request) -> str | None:
    """What is wrong with the numbers of a call, in one sentence; None where nothing is sure to be.

    Where the goal names positions such as `(1.5, 1.0, 0.5)`, a call's x, y and z must be one of them, or lie above or
    below an object or a place of the state. Where it names positions on a floor such as `(1, 0.5)`, the x and y of a
    call without z must be one of those. Where it names one number, a shift along one axis must be that length, in the
    unit that stands behind it.
    """
    goal = _goal(request.messages)
    named = positions(goal)
    if named and set(_AXES) <= set(arguments):
        asked = tuple(float(arguments[axis]) for axis in _AXES)
        if not any(_near(asked, position) for position in named) and not any(
            _near(asked[:2], known[:2]) for known in _known(request.state)
        ):
            return f"The model wrote the position {asked}, which the goal does not name; nothing was moved."
    if (floor := spots(goal)) and {"x", "y"} <= set(arguments) and "z" not in arguments:
        spot = (float(arguments["x"]), float(arguments["y"]))
        if not any(_near(spot, each) for each in floor):
            return f"The model wrote the position {spot}, which the goal does not name; nothing was moved."
    lengths = [_lengths_m(found) for found in _LENGTH.finditer(goal)]
    shifts = [float(arguments[axis]) for axis in _SHIFTS if arguments.get(axis)]
    if len(lengths) == len(shifts) == 1 and not any(_near((abs(shifts[0]),), (each,)) for each in lengths[0]):
        return f"The model wrote a way of {shifts[0]:g} m, which the goal does not name; nothing was moved."
    return None


def spots(text: str) -> list[tuple[float, float]]:
    """Every position on a floor that a text names, as two numbers with a comma; none where it names three."""
    return [] if positions(text) else [(float(x), float(y)) for x, y in _SPOT.findall(text)]


def positions(text: str) -> list[tuple[float, float, float]]:
    """Every position that a text names, as three numbers with commas.

    >>> positions("Take it from (1.5, 1.0, 0.5) to -1, -1, .7")
    [(1.5, 1.0, 0.5), (-1.0, -1.0, 0.7)]
    """
    return [(float(x), float(y), float(z)) for x, y, z in _POSITION.findall(text)]


def _lengths_m(found: "re.Match[str]") -> list[float]:
    """What a number may mean in metres: one length with a unit, several without."""
    number = abs(float(found["number"]))
    said = [scale for unit, (scale, _) in _METRES.items() if found[unit]]
    return [number * scale for scale in said or [scale for scale, _ in _METRES.values()]]


def _goal(messages: Sequence[Message]) -> str:
    """The newest text of a person."""
    return next(
        (
            message.text
            for message in reversed(messages)
            if message.role == "user" and any(map(_is_text, message.parts))
        ),
        "",
    )


def _is_text(part: object) -> bool:
    return isinstance(part, Text)


def _known(state: Mapping[str, JSON]) -> Iterator[tuple[float, ...]]:
    """Where the objects and places of the state are."""
    for group in ("objects", "places"):
        yield from (tuple(position) for position in (state.get(group) or {}).values())


def _near(a: Sequence[float], b: Sequence[float]) -> bool:
    return all(isclose(one, other, abs_tol=1e-6) for one, other in zip(a, b, strict=True))
