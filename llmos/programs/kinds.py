"""What is known of a value before a program runs: its kind, between which numbers it lies, how long it is.

Knows no program; intervals are closed and never too narrow (interval arithmetic, Moore 1966).
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from llmos.programs.form import NUMERIC, UNITS, ListOf, Number, OneOf, Plain, Type

Sort: TypeAlias = Literal[
    "number", "whole number", "length", "angle", "duration", "boolean", "text", "path", "point",
    "list", "object", "none", "result", "anything",
]  # fmt: skip
DIMENSIONS: frozenset[Sort] = frozenset({"length", "angle", "duration"})
_WITH_AN: frozenset[Sort] = frozenset({"angle", "object"})


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a value.

    `low` and `high` bound a number, or the length of a list. A `bare` number was written without a unit, so that it
    counts as a length, angle or duration where one is meant. `choices` are all the texts that it may be.
    """

    sort: Sort
    low: float = -math.inf
    high: float = math.inf
    bare: bool = False
    choices: tuple[str, ...] | None = None
    of: "Known | None" = None

    @property
    def is_numeric(self) -> bool:
        """Whether it is surely a number."""
        return self.sort in NUMERIC

    @property
    def is_texty(self) -> bool:
        """Whether it is surely a text."""
        return self.sort in ("text", "path")

    @property
    def words(self) -> str:
        """As a sentence names it."""
        if self.sort in ("none", "anything"):
            return self.sort
        return f"{'an' if self.sort in _WITH_AN else 'a'} {self.sort}"


ANYTHING = Known("anything")
BOOLEAN = Known("boolean")
TEXT = Known("text")
RESULT = Known("result")
LENGTH = Known("length")


def of_type(of: Type) -> Known:
    """What is known of a parameter."""
    match of:
        case OneOf(choices):
            return Known("text", choices=choices)
        case ListOf(inner, most):
            return Known("list", 0, most, of=of_type(inner))
        case Plain(kind):
            return Known(kind, of.least, of.most)


def of_number(number: Number) -> Known:
    """What is known of a number that is written out."""
    value = number.canonical
    if number.unit:
        return Known(UNITS[number.unit][0], value, value)
    return Known("whole number" if isinstance(number.value, int) else "number", value, value, bare=True)


def joined(one: Known, other: Known) -> Known:
    """What is known of a value that is one or the other."""
    if one == other:
        return one
    if one.sort != other.sort:
        if {one.sort, other.sort} == {"number", "whole number"}:
            return joined(replace(one, sort="number"), replace(other, sort="number"))
        return TEXT if one.is_texty and other.is_texty else ANYTHING
    choices = None
    if one.choices is not None and other.choices is not None:
        choices = tuple(dict.fromkeys((*one.choices, *other.choices)))
    inner = joined(one.of, other.of) if one.of is not None and other.of is not None else None
    return Known(one.sort, min(one.low, other.low), max(one.high, other.high), one.bare and other.bare, choices, inner)


def all_joined(each: Iterable[Known]) -> Known | None:
    """What is known of a value that is one of these; None of none."""
    found: Known | None = None
    for known in each:
        found = known if found is None else joined(found, known)
    return found


def widened(known: Known) -> Known:
    """The same kind, with nothing known of its size: for a name that a loop binds again."""
    low = 0 if known.sort == "list" else -math.inf
    return Known(known.sort, low, bare=known.bare, of=known.of and widened(known.of))


def dimension(left: Known, right: Known) -> Sort | None:
    """The kind of a sum, or what two numbers are compared as; None where they do not go together."""
    if left.sort == right.sort:
        return left.sort
    if "anything" in (left.sort, right.sort):
        return "anything"
    for one, other in ((left, right), (right, left)):
        if one.bare and other.is_numeric:
            return other.sort if other.sort in DIMENSIONS else "number"
    return "number" if {left.sort, right.sort} == {"number", "whole number"} else None


def product(left: Known, right: Known) -> Sort | None:
    """The kind of a product; None for an area and the like."""
    if "anything" in (left.sort, right.sort):
        return "anything"
    found = [each.sort for each in (left, right) if each.sort in DIMENSIONS]
    if found:
        return found[0] if len(found) == 1 else None
    return "whole number" if left.sort == right.sort == "whole number" else "number"


def quotient(left: Known, right: Known) -> Sort | None:
    """The kind of a quotient; None where something is divided by a length and is none."""
    if "anything" in (left.sort, right.sort):
        return "anything"
    if right.sort in DIMENSIONS:
        return "number" if left.sort == right.sort else None
    return left.sort if left.sort in DIMENSIONS else "number"


def bounds(operator: str, left: Known, right: Known) -> tuple[float, float]:
    """Between which numbers the outcome of `+`, `-`, `*` or `/` lies."""
    if operator == "+":
        return _outward(left.low + right.low, left.high + right.high)
    if operator == "-":
        return _outward(left.low - right.high, left.high - right.low)
    if operator == "/" and right.low <= 0 <= right.high:
        return -math.inf, math.inf
    corners = [_corner(operator, a, b) for a in (left.low, left.high) for b in (right.low, right.high)]
    return _outward(min(corners), max(corners))


def _corner(operator: str, a: float, b: float) -> float:
    if operator == "/":
        return 0.0 if math.isinf(b) else a / b
    return 0.0 if a == 0 or b == 0 else a * b


def _outward(low: float, high: float) -> tuple[float, float]:
    """A rounding wider, unless both ends are whole numbers, which are exact."""
    whole = all(math.isfinite(each) and each == int(each) and abs(each) < 2**53 for each in (low, high))
    if whole:
        return low, high
    return math.nextafter(low, -math.inf), math.nextafter(high, math.inf)


def order(left: Known, right: Known) -> tuple[bool | None, bool | None]:
    """Whether `left < right` and whether `left <= right`; None where it depends."""
    below = True if left.high < right.low else False if left.low >= right.high else None
    at_most = True if left.high <= right.low else False if left.low > right.high else None
    return below, at_most


def is_small(known: Known) -> bool:
    """Whether arithmetic on such a number cannot grow too large."""
    return known.is_numeric and known.low >= -1e15 and known.high <= 1e15
