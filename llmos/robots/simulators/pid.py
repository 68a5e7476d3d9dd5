"""A PID controller for drivers whose robot takes speeds or forces where the gate sends positions.

Knows no robot and no clock: time comes in with every step. The derivative is taken of the measurement, so that a new
setpoint gives no kick, and the integral grows only while the output may follow it (conditional integration; Astrom and
Hagglund, "Advanced PID Control", ISA 2006, section 3.5).
"""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gains:
    """Output per unit of error, per unit of error and second, and per unit of error per second; the output's bounds.

    Raises ValueError for bounds that leave no room and for anything that is not finite.
    """

    proportional: float
    integral: float
    derivative: float
    low: float
    high: float

    def __post_init__(self) -> None:
        values = (self.proportional, self.integral, self.derivative, self.low, self.high)
        if not all(map(math.isfinite, values)) or not self.low < self.high:
            raise ValueError(f"gains must be finite and low below high, not {values}")


class Pid:
    """One controlled quantity; `wraps` takes differences around the circle, for headings in radians."""

    def __init__(self, gains: Gains, *, wraps: bool = False) -> None:
        self._gains = gains
        self._wraps = wraps
        self._sum = 0.0
        self._before: float | None = None

    def reset(self) -> None:
        """Forget what was: before a new motion and after every stop."""
        self._sum, self._before = 0.0, None

    def step(self, setpoint: float, measured: float, period_s: float) -> float:
        """The output after a period, within its bounds.

        A measurement, setpoint or period that means nothing gives the output nearest to 0 and forgets what was.
        """
        gains = self._gains
        if not (math.isfinite(setpoint) and math.isfinite(measured) and 0.0 < period_s < math.inf):
            self.reset()
            return min(max(0.0, gains.low), gains.high)
        error = self._difference(setpoint, measured)
        rate = 0.0 if self._before is None else self._difference(measured, self._before) / period_s
        self._before = measured
        summed = self._sum + gains.integral * error * period_s
        wanted = gains.proportional * error + summed - gains.derivative * rate
        if not math.isfinite(wanted):  # finite values can be too large to be reckoned with
            return self.step(math.nan, measured, period_s)
        output = min(max(wanted, gains.low), gains.high)
        if output == wanted or (summed - self._sum) * (wanted - output) < 0.0:
            self._sum = min(max(summed, gains.low), gains.high)
        return output

    def _difference(self, a: float, b: float) -> float:
        return math.remainder(a - b, math.tau) if self._wraps else a - b
