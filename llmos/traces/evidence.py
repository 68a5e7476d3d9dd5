"""What several runs show together of the values of a goal: which varied, which did not, and how far they went.

Knows no step. A value that stood still in all runs may have been anything in their steps, a constant included.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from llmos.messages import JSON
from llmos.traces.components import components, is_number
from llmos.traces.trace import Trace

_ENOUGH = 3
"""Different values after which one more is believed not to matter, if none of them did."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The values of these runs' goals beside those of a new one, by component."""

    traces: Sequence[Trace]
    wanted: Mapping[str, JSON]
    new: Mapping[str, JSON]
    """The components of the new goal."""
    seen: Mapping[str, Sequence[JSON]]
    """The values of each, run by run."""
    numbers: Sequence[str]
    """The components that are numbers."""
    texts: Sequence[str]
    goals: int
    """How many different goals the runs had."""
    settled: bool
    """Whether nothing leaps: then what was equal in all runs did not depend on any value, as far as they show."""

    @classmethod
    def of(cls, traces: Sequence[Trace], wanted: Mapping[str, JSON]) -> "Evidence":
        """What these traces show for the goal with these values."""
        new = components(wanted)
        many = [components(trace.slots) for trace in traces]
        seen = {name: [one.get(name) for one in many] for name in new}
        different = {name: set(_keys(values)) for name, values in seen.items()}
        return cls(
            traces=traces,
            wanted=wanted,
            new=new,
            seen=seen,
            numbers=[name for name, value in new.items() if is_number(value)],
            texts=[name for name, value in new.items() if isinstance(value, str)],
            goals=len(set(zip(*map(_keys, seen.values()), strict=True))) if seen else 1,
            settled=all(len(keys) > 1 or _key(new[name]) in keys for name, keys in different.items()),
        )

    @property
    def comparable(self) -> bool:
        """Whether all goals have the same components, of the same kinds."""
        shapes = [{name: _kind(value) for name, value in components(trace.slots).items()} for trace in self.traces]
        return all(shape == {name: _kind(value) for name, value in self.new.items()} for shape in shapes)

    def distinct(self, name: str) -> int:
        """How many different values a component had."""
        return len(set(_keys(self.seen[name])))

    def known(self, name: str) -> bool:
        """Whether the new value is one that a run had."""
        return _key(self.new[name]) in _keys(self.seen[name])

    def leaps(self, name: str) -> bool:
        """Whether the new value is another than the only one that runs had."""
        return self.distinct(name) == 1 and not self.known(name)

    def within(self, name: str) -> bool:
        """Whether the new value lies between those of the runs, and is no finer or stranger than they are."""
        if self.known(name):
            return True
        value, seen = self.new[name], self.seen[name]
        if self.distinct(name) == 1:
            return False
        if isinstance(value, str):
            return bool(value) and _letters(value) <= set().union(*map(_letters, seen))
        if not is_number(value):
            return False
        return min(seen) <= value <= max(seen) and decimals(value) <= max(map(decimals, seen))

    def irrelevant(self, name: str) -> bool:
        """Whether a component that explains no argument may be passed over."""
        return self.known(name) or (self.distinct(name) >= _ENOUGH and self.within(name))

    def touches(self, text: str) -> bool:
        """Whether a text that changes with the goal stands in it, or it in one of them."""
        folded = text.casefold()
        changing = (name for name in self.texts if any(value != self.new[name] for value in self.seen[name]))
        others = {str(value).casefold() for name in changing for value in (*self.seen[name], self.new[name])}
        return any(other in folded or folded in other for other in others)


def _key(value: JSON) -> tuple[str, JSON]:
    return ("number", float(value)) if is_number(value) else (_kind(value), value)


def _keys(values: Sequence[JSON]) -> list[tuple[str, JSON]]:
    return [_key(value) for value in values]


def _kind(value: JSON) -> str:
    return "number" if is_number(value) else type(value).__name__


def decimals(value: float) -> int:
    """How many digits it has after the point.

    >>> [decimals(each) for each in (3, 0.25, 1e-3, 20.0)]
    [0, 2, 3, 0]
    """
    exponent = Decimal(repr(value)).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _letters(text: str) -> set[str]:
    """The kinds of its letters; of what is neither letter nor digit each is a kind of its own."""
    return {_letter(each) for each in text}


def _letter(letter: str) -> str:
    category = unicodedata.category(letter)
    return category if category[0] in "LN" and letter.isascii() else letter
