"""Numbers and quantities as people write them, in one unit for each kind: m, degrees, s, kg, percent.

Knows no goal. A number is taken only where its value is exactly what was written, so that no two numbers become one.
"""

import math
from decimal import Decimal

_LONGEST = 40
_SURE_PLACES = (
    15  # IEEE 754: two decimals of so many places that differ are never one double, not even after one product
)
_LARGEST = 2**53
_RADIANS = {"rad", "radian", "radians"}
# As people write: metres, degrees, seconds, kilograms, percent. Inch, foot, yard: international yard and pound, 1959.
_UNITS = {
    "length": {
        "0.001": "mm millimeter millimeters millimetre millimetres",
        "0.01": "cm centimeter centimeters centimetre centimetres",
        "1": "m meter meters metre metres",
        "1000": "km kilometer kilometers kilometre kilometres",
        "0.0254": "inch inches in",
        "0.3048": "ft foot feet",
        "0.9144": "yd yard yards",
    },
    "angle": {"1": "° deg degs degree degrees"},
    "duration": {
        "0.001": "ms msec millisecond milliseconds",
        "1": "s sec secs second seconds",
        "60": "min mins minute minutes",
        "3600": "h hr hrs hour hours",
    },
    "mass": {"0.001": "g gram grams gramme grammes", "1": "kg kilogram kilograms"},
    "percent": {"1": "% percent"},
}
_KNOWN = {
    name: (kind, Decimal(factor))
    for kind, factors in _UNITS.items()
    for factor, names in factors.items()
    for name in names.split()
}
UNITS = tuple(sorted({*_KNOWN, *_RADIANS}, key=len, reverse=True))
"""Every unit that is understood, longest first."""

SIGNS = {"length": "m", "angle": "deg", "duration": "s", "mass": "kg", "percent": "%"}
"""The one unit of each kind, as it is written."""


def scale(unit: str) -> tuple[str, Decimal] | None:
    """Kind of a unit, and how many of the one unit of that kind it is; None for what is no unit."""
    return ("angle", Decimal(math.degrees(1))) if unit in _RADIANS else _KNOWN.get(unit)


def number(written: str) -> int | float | None:
    """The value of a number without unit; None where it may be a name, as `007` and the version `3.10`, or is too long.

    A whole number is an int however it was written.
    """
    whole, _, fraction = written.lstrip("+-").partition(".")
    if _padded(whole) or (whole.strip("0") and len(fraction) > 1 and fraction.endswith("0")):
        return None
    value = exact(written)
    return int(value) if value is not None and value == int(value) else value


def coordinate(written: str) -> float | None:
    """The value of a number among coordinates; None where it is too long."""
    return None if _padded(written.lstrip("+-").partition(".")[0]) else exact(written)


def quantity(written: str, unit: str) -> tuple[str, float] | None:
    """Kind and value of a number with its unit, in the one unit of that kind; None where it is too long."""
    if _padded(written.lstrip("+-").partition(".")[0]):
        return None
    unit = unit.casefold()
    if unit in _RADIANS:
        turned = exact(written)
        if turned is None or len(Decimal(written).as_tuple().digits) > _SURE_PLACES:
            return None
        return "angle", math.degrees(turned)
    kind, factor = _KNOWN[unit]
    value = exact(written, factor)
    return None if value is None else (kind, value)


def exact(written: str, factor: Decimal = Decimal(1)) -> float | None:
    """The float that shows as exactly this decimal number times the factor; None where no float does."""
    if len(written) > _LONGEST:
        return None
    value = Decimal(written) * factor
    near = float(value)
    if not math.isfinite(near) or abs(near) > _LARGEST or Decimal(repr(near)) != value:
        return None
    return near + 0.0


def _padded(whole: str) -> bool:
    return len(whole) > 1 and whole[0] == "0"
