"""Two bounds and what lies between them.

Knows no unit: the key that holds a range names it.
"""

from typing import NamedTuple

from llmos.documents.keys import Number


class Range(NamedTuple):
    """All numbers from `low` to `high`, both included, are `in` it."""

    low: Number
    high: Number

    def __contains__(self, value: object) -> bool:
        return isinstance(value, int | float) and self.low <= value <= self.high

    def __str__(self) -> str:
        return f"[{self.low:g}, {self.high:g}]"
