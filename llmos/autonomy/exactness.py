"""Exact coordinates: where a goal names positions, a motion goes to one of them, or to a thing that is seen.

Knows no gate. It catches the slip of a pen that no safety rule can see: a lawful position that nobody meant.
"""

import math
from collections.abc import Iterable, Mapping, Sequence

from llmos.messages import JSON

_AXES = ("x", "y", "z")


def inexact(
    named: Sequence[Sequence[float]],
    args: Mapping[str, JSON],
    seen: Iterable[Sequence[float]],
    tolerance_m: float,
) -> tuple[float, float, float] | None:
    """The position of a motion that neither goal nor things explain; None when there is nothing to object to.

    Explained is what lies within `tolerance_m` of a position that the goal has `named`, or above or below one, or above
    or below something `seen`. A goal without positions asks for none, and a motion without x, y and z has none.
    """
    if not named or not set(_AXES) <= set(args):
        return None
    x, y, z = (float(args[axis]) for axis in _AXES)
    known = [*((each[0], each[1]) for each in named), *((each[0], each[1]) for each in seen)]
    explained = any(math.dist((x, y), each) <= tolerance_m for each in known)
    return None if explained else (x, y, z)
