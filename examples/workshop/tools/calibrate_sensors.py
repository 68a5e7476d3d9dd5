"""Calibrates a sensor from readings of a known quantity; it computes, it moves and stores nothing."""

from dataclasses import dataclass
from statistics import fmean, stdev

from llmos import Effect, LLMosError, tool

FEWEST = 3


@dataclass(frozen=True)
class Calibration:
    """What to add to each reading, how much single readings scatter, and how sure the offset is (one sigma each)."""

    offset: float
    noise: float
    offset_uncertainty: float
    readings: int


@tool(effect=Effect.PURE)
def calibrate_sensors(readings: list[float], reference: float) -> Calibration:
    """Find a sensor's offset and noise from repeated readings of a quantity that is known exactly.

    Args:
        readings: What the sensor showed, at least three times, in its own unit.
        reference: The true value, in the same unit.

    """
    if len(readings) < FEWEST:
        raise LLMosError(f"a calibration needs at least {FEWEST} readings; there are {len(readings)}")
    noise = stdev(readings)
    return Calibration(
        offset=reference - fmean(readings),
        noise=noise,
        offset_uncertainty=noise / len(readings) ** 0.5,
        readings=len(readings),
    )
