"""A circuit breaker: keeps callers away from a provider that fails again and again.

Knows no provider and no waiting: it says for how long, and whoever asks decides.

    closed      calls pass; `failures` failures in a row open it
    open        no call passes for `reset_s`
    half open   one trial passes: its success closes the breaker, its failure opens it again
"""

from llmos.clock import Clock


class Breaker:
    """The breaker of one provider; every call that `enter` lets pass ends with one of the three words below it."""

    def __init__(self, failures: int, reset_s: float, clock: Clock) -> None:
        self._limit = failures
        self._reset_s = reset_s
        self._clock = clock
        self._failures = 0
        self._opened_s: float | None = None
        self._trial = False

    def enter(self) -> float:
        """0 when the call may pass, else for how many seconds none may; a trial under way holds others off."""
        left_s = self.closed_to_calls_s()
        if left_s == 0 and self._opened_s is not None:
            self._trial = True
        return left_s

    def closed_to_calls_s(self) -> float:
        """For how many seconds no call may pass; asking changes nothing."""
        if self._opened_s is None:
            return 0.0
        if self._trial:
            return self._reset_s
        return max(0.0, self._opened_s + self._reset_s - self._clock.monotonic_s())

    def succeeded(self) -> None:
        """The provider answered."""
        self._failures = 0
        self._opened_s = None
        self._trial = False

    def failed(self) -> None:
        """The provider failed in a way that another call may not."""
        self._failures += 1
        if self._trial or self._failures >= self._limit:
            self._opened_s = self._clock.monotonic_s()
        self._trial = False

    def abandoned(self) -> None:
        """The call was cancelled, or failed in a way that says nothing of the provider."""
        self._trial = False
