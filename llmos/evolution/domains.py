"""For which values of a goal a program is meant: the types, ranges and conditions of its parameters.

Knows no binding and no tool. Each slot stands on a level: any value, values between those seen, or
those only.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Final

from llmos.errors import LLMosError
from llmos.messages import JSON
from llmos.programs.form import (
    Binary,
    Expression,
    Field,
    Kind,
    Listing,
    ListOf,
    Name,
    Number,
    OneOf,
    Operator,
    Parameter,
    Plain,
    Require,
    Text,
    Type,
)
from llmos.programs.grammar import is_name
from llmos.traces.components import equal, is_number
from llmos.traces.evidence import decimals

_KINDS: Final[Mapping[str, Kind]] = {
    "point": "point",
    "length": "length",
    "angle": "angle",
    "duration": "duration",
    "number": "number",
    "mass": "number",
    "percent": "number",
    "ordinal": "whole number",
    "text": "text",
    "path": "path",
    "pattern": "text",
    "address": "text",
}
_UNITS: Final[Mapping[Kind, str]] = {"length": "m", "angle": "deg", "duration": "s"}
_ANY: Final = ("qua-17.txt", "Two words", "k", "sub/deep er.md", 'a "b"', "Überzug", "x_1")
_MOST_CHOICES = 12
_SAMPLE = 4
_FAR_M = 9.0
_AXES = "xyz"


class Level(IntEnum):
    """How far a slot may go beyond what was seen."""

    ANY = 0
    BETWEEN = 1
    SEEN = 2


class NoTypeError(LLMosError):
    """Values for which a program has no parameter, in a clause."""


@dataclass(frozen=True, slots=True)
class Domain:
    """The values that a program takes: those that were seen, slot by slot, and how far beyond them it may go."""

    seen: Mapping[str, tuple[JSON, ...]]
    levels: Mapping[str, Level] = field(default_factory=dict)

    @classmethod
    def of(cls, several: Sequence[Mapping[str, JSON]]) -> "Domain":
        """What these values of goals show; NoTypeError where no parameter could take them."""
        seen: dict[str, tuple[JSON, ...]] = dict.fromkeys(several[0], ())
        for slots in several:
            for name, value in slots.items():
                if not any(equal(value, each) for each in seen[name]):
                    seen[name] = (*seen[name], value)
        found = cls(seen)
        for name in seen:
            if not is_name(name) or name.startswith("step"):
                raise NoTypeError(f"'{name[:40]}' cannot be the name of a parameter")
            found._type(name)
        return cls(seen, {name: found.possible(name)[0] for name in seen})

    def at(self, name: str, level: Level) -> "Domain":
        """The same with this slot on another level."""
        return replace(self, levels={**self.levels, name: level})

    def only_seen(self) -> "Domain":
        """Only values that were seen, in whatever combination."""
        return replace(self, levels=dict.fromkeys(self.seen, Level.SEEN))

    def possible(self, name: str) -> tuple[Level, ...]:
        """The levels on which this slot may stand, the widest first."""
        values = [leaf for value in self.seen[name] for leaf in _flat(value)]
        if not all(map(is_number, values)):
            return (Level.ANY, Level.SEEN)
        return (Level.ANY, Level.BETWEEN, Level.SEEN) if _kind(name) == "point" else (Level.BETWEEN, Level.SEEN)

    def parameters(self) -> Iterator[Parameter]:
        """The parameters of a program for these values."""
        return (Parameter(name, self._type(name)) for name in self.seen)

    def requires(self) -> Iterator[Require]:
        """What must hold of them beyond their types."""
        for name, values in self.seen.items():
            if (condition := self._condition(name, values)) is not None:
                yield Require(condition, Text(f"nothing is known of such a value of {name}"))

    def values(self, name: str, rng: random.Random) -> Iterator[JSON]:
        """Some values that this slot may have, those that were seen among them."""
        seen, level = self.seen[name], self.levels[name]
        yield from rng.sample(seen, min(len(seen), _SAMPLE))
        if level is Level.SEEN:
            return
        for _ in range(_SAMPLE):
            one, other = rng.choice(seen), rng.choice(seen)
            yield _fresh(one, other, rng) if level is Level.BETWEEN else _any(one, rng)

    def draw(self, rng: random.Random) -> dict[str, JSON]:
        """A goal of the domain, by chance."""
        return {name: rng.choice(list(self.values(name, rng))) for name in self.seen}

    def finer(self, name: str, axis: int | None) -> JSON:
        """A value between those that were seen with one decimal more than any of them; None where there is none."""
        values = [each if axis is None else each[axis] for each in self.seen[name]]
        low, high = min(values), max(values)
        value = round(low + (high - low) / 3, most_decimals(values)) + 5 * 10 ** -(most_decimals(values) + 1)
        value = round(value, most_decimals(values) + 1)
        return value if low < value < high else None

    def _type(self, name: str) -> Type:
        values, kind = self.seen[name], _kind(name)
        if kind is not None:
            return self._plain(name, kind, values)
        items = [item for value in values for item in _flat(value)]
        if not name.startswith(("list", "pair")) or not items or not all(isinstance(each, list) for each in values):
            raise NoTypeError(f"a program has no type for {name}")
        inner: Kind = "number" if all(map(is_number, items)) else "text"
        if inner == "text" and not all(isinstance(each, str) for each in items):
            raise NoTypeError(f"a program has no type for {name}")
        plain = _ranged(inner, items) if inner == "number" else Plain("text")
        return ListOf(plain, max(map(len, values)))

    def _plain(self, name: str, kind: Kind, values: Sequence[JSON]) -> Type:
        if kind == "point":
            if not all(isinstance(each, list) and len(each) == len(_AXES) for each in values):
                raise NoTypeError(f"a program has no type for {name}")
            return Plain("point")
        if kind in ("text", "path"):
            if not all(isinstance(each, str) for each in values):
                raise NoTypeError(f"a program has no type for {name}")
            if self.levels.get(name) is Level.SEEN:
                return OneOf(tuple(sorted(values)))
            return Plain(kind)
        if not all(map(is_number, values)):
            raise NoTypeError(f"a program has no type for {name}")
        return _ranged(kind, values)

    def _condition(self, name: str, values: Sequence[JSON]) -> Expression | None:
        level, point = self.levels[name], _kind(name) == "point"
        if level is Level.SEEN:
            if isinstance(values[0], str) or (len(values) == 1 and not isinstance(values[0], list)):
                return None  # its type says so
            if len(values) > _MOST_CHOICES:
                raise NoTypeError(f"{name} had too many values to name them all")
            return _joined("or", [_is(name, each, is_point=point) for each in values])
        if level is Level.BETWEEN and point:
            return _joined("and", [each for axis in range(3) for each in _box(name, axis, [v[axis] for v in values])])
        return None


def most_decimals(values: Sequence[float]) -> int:
    """How many decimals the longest of them has."""
    return max(map(decimals, values))


def _kind(name: str) -> Kind | None:
    return _KINDS.get(name.rstrip("0123456789"))


def _flat(value: JSON) -> list[JSON]:
    return list(value) if isinstance(value, list) else [value]


def _ranged(kind: Kind, values: Sequence[float]) -> Plain:
    """The range of these numbers; of nothing but whole ones it has no others."""
    if kind == "number" and all(value == int(value) for value in values):
        kind = "whole number"
    low, high = (
        Number(int(each) if each == int(each) else each, _UNITS.get(kind, "")) for each in (min(values), max(values))
    )
    return Plain(kind, low, high)


def _is(name: str, value: JSON, *, is_point: bool) -> Expression:
    if is_point:
        axes = [Binary("==", Field(Name(name), _AXES[i]), _written(each)) for i, each in enumerate(value)]
        return _joined("and", axes)
    if isinstance(value, list):
        return Binary("==", Name(name), Listing(tuple(map(_written, value))))
    return Binary("==", Name(name), _written(value))


def _box(name: str, axis: int, values: Sequence[float]) -> Iterator[Expression]:
    where = Field(Name(name), _AXES[axis])
    if min(values) == max(values):
        yield Binary("==", where, _written(values[0]))
    else:
        yield Binary(">=", where, _written(min(values)))
        yield Binary("<=", where, _written(max(values)))


def _written(value: JSON) -> Expression:
    from llmos.evolution.origins import literal

    found = literal(value)
    if found is None:
        raise NoTypeError("a value of its goals lies in the workspace")
    return found


def _joined(operator: Operator, several: Sequence[Expression]) -> Expression:
    whole = several[0]
    for each in several[1:]:
        whole = Binary(operator, whole, each)
    return whole


def _fresh(one: JSON, other: JSON, rng: random.Random) -> JSON:
    """A value between two of the same kind, no finer than they are."""
    if isinstance(one, list):
        return [_fresh(a, b, rng) for a, b in zip(one, other, strict=False)]
    found = round(one + (other - one) * rng.random(), most_decimals([one, other]))
    return int(found) if isinstance(one, int) and isinstance(other, int) else found


def _any(like: JSON, rng: random.Random) -> JSON:
    """A value that nobody has seen."""
    if isinstance(like, list):
        return [_any(each, rng) for each in like]
    return round(rng.uniform(-_FAR_M, _FAR_M), 2) if is_number(like) else rng.choice(_ANY)
