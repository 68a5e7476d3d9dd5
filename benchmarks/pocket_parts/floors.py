"""What a pocket model must reach, and how a share is held against it.

Knows no model. The floors are judged as they stand when everything is asked; of a sample chance alone may take two
standard errors, so it is held against that much less.
"""

import math
from dataclasses import dataclass, replace

from benchmarks.figures import Figure
from training.measure.judging import Share
from training.measure.splits import KNOWN, NUMBERS, PHRASES, UNKNOWN

EXACT = {NUMBERS: 98.0, PHRASES: 92.0, KNOWN: 80.0, UNKNOWN: 60.0}
"""Percent of goals that must come out exact; of those that people wrote, of first replies."""
REFUSALS = 98.0
FALSE_ACTIONS = 1.0
DECISION_MS = 25.0
ADDED_MB = 60.0


@dataclass(frozen=True, slots=True)
class Judge:
    """Makes figures of shares; a `sampled` measurement is held against what chance may leave of a floor."""

    sampled: bool

    def told(self, what: str, share: Share) -> Figure:
        """A share for information."""
        return Figure(what, share.percent, f"% of {share.of}")

    def at_least(self, what: str, share: Share, percent: float | None) -> Figure:
        """A share that should be high; without a floor, or of nothing, it is for information."""
        return self._held(self.told(what, share), share, percent, ">=", -1)

    def at_most(self, what: str, share: Share, percent: float | None) -> Figure:
        """A share that should be low."""
        return self._held(self.told(what, share), share, percent, "<=", 1)

    def _held(self, figure: Figure, share: Share, percent: float | None, better: str, sign: int) -> Figure:
        if percent is None or not share.of:
            return figure
        error = 100 * math.sqrt(percent / 100 * (1 - percent / 100) / share.of)
        target = round(percent + sign * 2 * error, 1) if self.sampled else percent
        return replace(figure, target=target, better=better)
