"""How one variable moves in time: it returns exponentially to its setpoint, and an event pushes it.

Knows no event and no mode. x' = mu + (x - mu) exp(-dt / tau) + sum of impulses, cut to [-1, 1]; a first-order lag, so
the state after a time does not depend on the steps in which that time is counted.
"""

import math

from llmos.autonomy.sentience import Vector
from llmos.documents.kernel_rules import Impulse


def clipped(value: float) -> float:
    """The value, cut to [-1, 1]."""
    return max(-1.0, min(1.0, value))


def relaxed(value: float, setpoint: float, tau_s: float, dt_s: float) -> float:
    """The value `dt_s` seconds later, when nothing happens meanwhile.

    >>> round(relaxed(1.0, 0.0, 10.0, 10.0), 3)
    0.368
    """
    return clipped(setpoint + (value - setpoint) * math.exp(-dt_s / tau_s))


def pushed(state: Vector, impulse: Impulse, times: float = 1.0) -> Vector:
    """The state after an event that counts `times`."""
    return Vector(
        clipped(state.safety + times * impulse.safety),
        clipped(state.curiosity + times * impulse.curiosity),
        clipped(state.energy + times * impulse.energy),
        clipped(state.self_confidence + times * impulse.self_confidence),
    )
