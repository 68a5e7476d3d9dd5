"""How often somebody may ask: a bucket per caller that fills steadily and empties with each request.

Knows no request. Keeps no more callers than `_MOST`; the one not heard of for longest is forgotten.
"""

from collections import OrderedDict
from collections.abc import Callable

_MOST = 10_000
_BURST = 2.0  # seconds' worth that may come at once


class RateLimit:
    """`per_second` tokens a second for each caller, twice that at once."""

    def __init__(self, per_second: float, now_s: Callable[[], float]) -> None:
        self._rate = per_second
        self._full = max(1.0, per_second * _BURST)
        self._now_s = now_s
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, caller: str) -> float:
        """0 when this caller may ask now, which then counts; else the seconds until it may."""
        now_s = self._now_s()
        level, at_s = self._buckets.pop(caller, (self._full, now_s))
        level = min(self._full, level + (now_s - at_s) * self._rate)
        allowed = level >= 1.0
        self._buckets[caller] = (level - 1.0 if allowed else level, now_s)
        if len(self._buckets) > _MOST:
            self._buckets.popitem(last=False)
        return 0.0 if allowed else (1.0 - level) / self._rate
