"""Takes values apart: the slots of a goal into components, arguments into leaves, and how the one can be the other.

Knows no trace. A component is a number, a text, a truth value or nothing: `point1.x`, `list1[0]`, `text1`.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from llmos.messages import JSON
from llmos.traces.trace import WORKSPACE

_AXES = "xyz"
_COORDINATES = ("point", "pair")
_EXACT = 1e-9
_MOST = 1e15
_DIGITS = 12
"""Significant digits that survive a change of units."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How a number of the goal is written in an argument: `factor` times."""

    factor: float
    name: str = ""

    def of(self, value: float) -> float:
        """The argument for a number of the goal; a whole number stays one."""
        if self.factor == 1:
            return value
        return tidy(value * self.factor)

    def fits(self, argument: float, value: float) -> bool:
        """Whether the argument is this number of the goal."""
        return alike(argument, value * self.factor)


def tidy(value: float) -> float:
    """The number without the last bits, which only come from reckoning with it.

    >>> tidy(0.1 + 0.2)
    0.3
    """
    return value if value == 0 else round(value, _DIGITS - 1 - math.floor(math.log10(abs(value))))


_PLAIN = Scale(1.0)
_LENGTHS = (Scale(1000.0, "in mm"), Scale(100.0, "in cm"))
_ANGLES = (Scale(math.pi / 180.0, "in radians"),)
_TIMES = (Scale(1000.0, "in ms"), Scale(1 / 60.0, "in minutes"))


def scales(component: str) -> tuple[Scale, ...]:
    """What a number of this slot may be multiplied with; the direction of a distance may stand in the goal's words."""
    kind = re.match(r"[a-z]*", component)
    match kind[0] if kind else "":
        case "point" | "pair":
            return (_PLAIN, *_LENGTHS)
        case "length":
            return _signed(_PLAIN, *_LENGTHS)
        case "angle":
            return _signed(_PLAIN, *_ANGLES)
        case "duration":
            return (_PLAIN, *_TIMES)
        case "number":
            return _signed(_PLAIN)
    return (_PLAIN,)


def _signed(*several: Scale) -> tuple[Scale, ...]:
    negative = (Scale(-each.factor, f"negative {each.name}".rstrip()) for each in several)
    return (*several, *negative)


def alike(one: float, other: float) -> bool:
    """Whether two numbers are the same but for the last bits of a floating point number."""
    return math.isclose(one, other, rel_tol=_EXACT, abs_tol=_EXACT)


def is_number(value: JSON) -> bool:
    """Whether it is a number that can be reckoned with: no truth value, not infinite, not of a hundred digits."""
    return isinstance(value, int | float) and not isinstance(value, bool) and -_MOST < value < _MOST


def equal(one: JSON, other: JSON) -> bool:
    """Whether two values are the same; 1 and 1.0 are, 1 and true are not."""
    if is_number(one) and is_number(other):
        return bool(one == other)
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(equal, one, other))
    return type(one) is type(other) and bool(one == other)


def components(slots: Mapping[str, JSON]) -> dict[str, JSON]:
    """The single values of all slots by name; of a point the axes."""
    return {name: value for slot, value in slots.items() for name, value in _below(slot, value)}


def leaves(args: Mapping[str, JSON]) -> dict[str, JSON]:
    """The single values of arguments by their place: `x`, `at[0]`, `options.speed`; an empty list or mapping is one."""
    return {name: value for argument, item in args.items() for name, value in _leaves(argument, item)}


def keys_below(value: JSON, depth: int = 0) -> Iterator[str]:
    """The keys of mappings within arguments, whose own names belong to the tool."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if depth:
                yield key
            yield from keys_below(item, depth + 1)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from keys_below(item, depth + 1)


def refilled(args: Mapping[str, JSON], values: Mapping[str, JSON]) -> dict[str, JSON]:
    """The arguments with other leaves, given by their places."""
    return {argument: _refilled(argument, item, values) for argument, item in args.items()}


def count_leaves(args: Mapping[str, JSON]) -> int:
    """How many leaves there are; more than `leaves` gives when two of them have the same place."""
    return sum(1 for argument, item in args.items() for _ in _leaves(argument, item))


def same_text(argument: str, value: str) -> tuple[str, str] | None:
    """What stands before and after a text of the goal that is the whole of an argument; None when it is not.

    A path may be written from the workspace's root, and a text may be given its line end.
    """
    for before in ("", f"{WORKSPACE}/", "./"):
        for after in ("", "\n"):
            if value and argument == f"{before}{value}{after}":
                return before, after
    return None


def _below(name: str, value: JSON) -> Iterator[tuple[str, JSON]]:
    if isinstance(value, list | tuple):
        point = name.startswith(_COORDINATES) and len(value) <= len(_AXES) and "." not in name
        for index, item in enumerate(value):
            yield from _below(f"{name}.{_AXES[index]}" if point else f"{name}[{index}]", item)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _below(f"{name}.{key}", item)
    else:
        yield name, value


def _leaves(name: str, value: JSON) -> Iterator[tuple[str, JSON]]:
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _leaves(f"{name}.{key}", item)
    elif isinstance(value, list | tuple) and value:
        for index, item in enumerate(value):
            yield from _leaves(f"{name}[{index}]", item)
    else:
        yield name, value


def _refilled(name: str, value: JSON, values: Mapping[str, JSON]) -> JSON:
    if isinstance(value, Mapping) and value:
        return {key: _refilled(f"{name}.{key}", item, values) for key, item in value.items()}
    if isinstance(value, list | tuple) and value:
        return [_refilled(f"{name}[{index}]", item, values) for index, item in enumerate(value)]
    return values[name]
