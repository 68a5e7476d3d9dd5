"""Exact coordinates: where a goal names positions, a motion goes to one of them, or to a thing that is seen.

Knows no gate. It catches the slip of a pen that no safety rule can see: a lawful position that nobody meant.
"""

import math
from collections.abc import Iterable, Mapping, Sequence

from llmos.documents.verbs import AXES, RobotKind
from llmos.messages import JSON


def inexact(
    named: Sequence[Sequence[float]],
    args: Mapping[str, JSON],
    seen: Iterable[Sequence[float]],
    tolerance_m: float,
    kind: RobotKind = "arm",
) -> tuple[float, ...] | None:
    """The position of a motion that neither goal nor things explain; None when there is nothing to object to.

    Explained is what lies within `tolerance_m` of a position that the goal has `named`, or above or below one, or above
    or below something `seen`. A goal without positions asks for none, and a motion without coordinates has none.
    """
    axes = AXES[kind]
    if not named or not set(axes) <= set(args):
        return None
    position = tuple(float(args[axis]) for axis in axes)
    known = [*((each[0], each[1]) for each in named), *((each[0], each[1]) for each in seen)]
    explained = any(math.dist(position[:2], each) <= tolerance_m for each in known)
    return None if explained else position
