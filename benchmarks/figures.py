"""A measured figure beside its target, and how a benchmark prints and judges its figures.

Knows no benchmark. Times on a shared machine are noise; what is judged is ratios within one run.
"""

import sys
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured, and what it should be; a target of None is a figure for information."""

    what: str
    measured: float
    unit: str
    target: float | None = None
    better: Literal["<=", ">="] = "<="

    @property
    def holds(self) -> bool:
        """Whether the target is met."""
        if self.target is None:
            return True
        return self.measured <= self.target if self.better == "<=" else self.measured >= self.target

    def __str__(self) -> str:
        wanted = "" if self.target is None else f"  (target {self.better} {self.target:g} {self.unit})"
        verdict = "" if self.target is None else "  ok" if self.holds else "  MISSED"
        return f"{self.what:<58} {self.measured:>10.3f} {self.unit}{wanted}{verdict}"


def report(title: str, figures: list[Figure]) -> int:
    """Print the figures; the exit code is 1 when a target was missed."""
    print(title)
    for figure in figures:
        print(f"  {figure}")
    sys.stdout.flush()
    return 0 if all(figure.holds for figure in figures) else 1
