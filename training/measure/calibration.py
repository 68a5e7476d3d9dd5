"""Whether a model is as sure as it is right, and from which probability on it is to be believed.

Knows no model and no prompt: probabilities (0 to 1) beside what came of them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

BINS = 10
STEP = 0.001
"""A threshold is written with three digits: much of what a small model writes is more than 0.99 sure."""


@dataclass(frozen=True, slots=True)
class Judged:
    """How probable a reply was, and whether it was right."""

    probability: float
    is_right: bool


@dataclass(frozen=True, slots=True)
class Bin:
    """Replies of like probability: how many, how probable on average, and what share was right (0 to 1)."""

    low: float
    high: float
    count: int
    probability: float
    right: float


def reliability(judged: Sequence[Judged]) -> list[Bin]:
    """Ten bins of equal width; those in which nothing lies are left out."""
    bins = []
    for index in range(BINS):
        inside = [one for one in judged if min(int(one.probability * BINS), BINS - 1) == index]
        if inside:
            mean = sum(one.probability for one in inside) / len(inside)
            right = sum(one.is_right for one in inside) / len(inside)
            bins.append(Bin(index / BINS, (index + 1) / BINS, len(inside), mean, right))
    return bins


def expected_error(bins: Sequence[Bin]) -> float:
    """The expected calibration error, 0 to 1 (Guo et al. 2017, https://arxiv.org/abs/1706.04599)."""
    total = sum(one.count for one in bins)
    return sum(one.count * abs(one.right - one.probability) for one in bins) / total if total else 0.0


def risk_coverage(judged: Sequence[Judged]) -> list[tuple[float, float]]:
    """Coverage and risk, 0 to 1, as ever less probable replies are let through, the most probable first.

    Replies of one probability are let through together (Geifman and El-Yaniv 2017, https://arxiv.org/abs/1705.08500).
    """
    ordered = sorted(judged, key=lambda one: -one.probability)
    wrong = list(accumulate(not one.is_right for one in ordered))
    ends = [
        at for at, one in enumerate(ordered) if at + 1 == len(ordered) or ordered[at + 1].probability != one.probability
    ]
    return [((at + 1) / len(ordered), wrong[at] / (at + 1)) for at in ends]


def threshold(groups: Sequence[tuple[Sequence[float], int]], most: float) -> float:
    """The smallest confidence, in steps of 0.001, at which no group has a share of more than `most` above it.

    A group is the probabilities of what must not pass, and of how many texts they come.
    """
    return max((_smallest(sorted(bad), total, most) for bad, total in groups), default=0.0)


def _smallest(bad: Sequence[float], total: int, most: float) -> float:
    allowed = math.floor(total * most)
    if len(bad) <= allowed:
        return 0.0
    worst = bad[len(bad) - allowed - 1]
    return min(1.0, round((math.floor(worst / STEP + 1e-9) + 1) * STEP, 3))
