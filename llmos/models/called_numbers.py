"""The numbers of a tool call, and whether two positions are one; knows no goal."""

from collections.abc import Mapping, Sequence
from math import inf, isclose

from llmos.messages import JSON

EXACT_M = 0.0006
"""Half of the last decimal of a reply, and a little for the sum of two."""


def numbers_of(arguments: Mapping[str, JSON]) -> dict[str, float]:
    """The arguments that are numbers; one that no float can hold is infinite.

    >>> numbers_of({"x": 1, "y": -(10**400), "view": "top", "activate": True})
    {'x': 1.0, 'y': -inf}
    """
    return {
        name: _float(value)
        for name, value in arguments.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


def is_near(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether two positions in metres, each with as many axes, are as close as a reply can say.

    >>> is_near((1.5, 1.0), (1.5004, 1.0))
    True
    """
    return all(isclose(a, b, abs_tol=EXACT_M, rel_tol=0) for a, b in zip(one, other, strict=True))


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return inf if value > 0 else -inf
