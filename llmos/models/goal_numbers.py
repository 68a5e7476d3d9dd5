"""What a goal names in numbers: positions, lengths, angles, and whether it says all of them.

Knows no call and no state. It goes by the goal as it was read, so it knows no unit but metres and degrees.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from llmos.models.reading import read_goal
from llmos.models.reading_units import written
from llmos.quantities import SIGNS, scale

_NUMBER = r"-?\d+\.\d+"
_POINT = re.compile(rf"\b([xyz])({_NUMBER}) (?!\1)([xyz])({_NUMBER})(?: (?!\1|\3)([xyz])({_NUMBER}))?")
"""Two axes or three, each once, in any order."""
_AXIS = re.compile(rf"\b([xyz])(?: ?(?:=|:|is|to|of|at) ?)?({_NUMBER})")
_LENGTH = re.compile(rf"({_NUMBER}) m\b")
_ANGLE = re.compile(rf"({_NUMBER}) deg\b")
_RATE = re.compile(
    r"(?<![\w.])\d+(?:[.,]\d+)? ?[^\W\d_]+(?: ?/ ?| per )(?:s|secs?|seconds?|min|minutes?|h|hours?)\b(?:\^?2|\u00b2)?"
)
"""A speed, as `0.5 m/s`; nobody's way and no turn."""
_SMALL = re.compile(r"(?<![\w.,-])(-?(?:\d*\.\d+|\d+,\d+)) ?(?!in\b)([^\W\d_]+|\N{DEGREE SIGN})")
"""Perhaps an amount that stays as written, for rounded it would be nothing; `0.01 in x` names no inch."""
_OTHER = re.compile(rf"{_NUMBER} (?:(?:s|kg)\b|%)|\bd?[xyz]{_NUMBER}")
_BARE = re.compile(rf"(?<![\w.])({_NUMBER})")
_ARC = re.compile(
    r"(?:\N{DEGREE SIGN}|\bdeg(?:s|rees?)?\b) ?(?:(?:and|&) )?\d[\d.]* ?(?:['\"]|min)"
    r"|\d ?arc[ -]?(?:min|sec)|\b(?:min|minutes?|s|secs?|seconds?) of arc\b"
)
"""Minutes and seconds of arc that were left as written, or read as a time."""
_UNREAD = re.compile(r"\d ?([^\W\d_]+|[\"'%])|\d[-,/:]\d")
_CLAUSE = re.compile(r"[,;!?]|\.(?!\d)|\b(?:and|then|after|before|first|next|followed|but|or)\b")
_WAY = re.compile(
    r"\b(?:left|right|up|down|forwards?|back|backwards?|ahead|higher|lower|(?:up|down|left|right)wards?|raise|lift|rise"
    r"|climb|sink|descend|ascend|elevate|retreat|reverse|advance|along)\b"
)
_TURN = re.compile(
    r"\b(?:turn|rotate|spin|twist|swivel|pivot|revolve|yaw|face|around|c?cw|(?:counter|anti)?clockwise)\b"
)
_VAGUE = re.compile(
    r"\b(?:slightly|bit|little|tad|touch|hair|smidge|notch|somewhat|step|gently|barely|few|couple|square|circle|triangle"
    r"|rectangle|diagonal(?:ly)?|halfway|twice|thrice|times?|double|half|again|same|each|sides?|stack|tower|pile|all)\b"
)
_CORRECTED = re.compile(r"\b(?:no|wait|sorry|rather|actually|mean|meant|oops|correction|scratch|instead)\b")


@dataclass(frozen=True, slots=True)
class Named:
    """What a goal names. A number without unit may be a length in any unit, or an angle: `bare` holds those."""

    positions: tuple[tuple[float, float, float], ...]
    spots: tuple[tuple[float, float], ...]
    partial: tuple[Mapping[str, float], ...]
    """Positions of which x or y is missing; as `z 0.2 x -0.1` they may be shifts too."""
    axes: tuple[tuple[str, float], ...]
    lengths_m: tuple[float, ...]
    angles_deg: tuple[float, ...]
    bare: tuple[float, ...]
    every_way: bool
    """Whether no way is without its length."""
    every_turn: bool
    """Whether no turn is without its angle."""
    corrected: bool
    arcs_unread: bool
    """Whether it names minutes of arc that could not be read, so that nobody knows the angle."""


@lru_cache(maxsize=64)
def named(goal: str) -> Named:
    """What a goal names.

    >>> named("Take it from (1.5, 1.0, 0.5) to -1, -1, .7, then 30cm up").positions
    ((1.5, 1.0, 0.5), (-1.0, -1.0, 0.7))
    """
    text = _SMALL.sub(_in_one_unit, _RATE.sub("", read_goal(goal)))
    points = [_point(found) for found in _POINT.finditer(text)]
    apart = _POINT.sub(lambda found: "" if _is_whole(_point(found)) else found[0], text)
    rest = _OTHER.sub("", apart)
    bare = _ANGLE.sub("", _LENGTH.sub("", rest))
    sure = not (_VAGUE.search(text) or _unread(_BARE.sub("", bare)))
    clauses = _CLAUSE.split(apart)
    return Named(
        positions=tuple((point["x"], point["y"], point["z"]) for point in points if len(point) == len("xyz")),
        spots=tuple((point["x"], point["y"]) for point in points if point.keys() == {"x", "y"}),
        partial=tuple(point for point in points if not _is_whole(point)),
        axes=tuple((axis, float(value)) for axis, value in _AXIS.findall(apart)),
        lengths_m=tuple(map(float, _LENGTH.findall(rest))),
        angles_deg=tuple(map(float, _ANGLE.findall(rest))),
        bare=tuple(map(float, _BARE.findall(bare))),
        every_way=sure and _says_all(clauses, _WAY, rf"{_NUMBER}(?! (?:(?:deg|s|kg)\b|%))"),
        every_turn=sure and _says_all(clauses, _TURN, rf"{_NUMBER}(?! (?:(?:m|s|kg)\b|%))"),
        corrected=_CORRECTED.search(text) is not None,
        arcs_unread=_ARC.search(text) is not None,
    )


def _point(found: "re.Match[str]") -> dict[str, float]:
    """The numbers of a position by their axes."""
    axis = iter(found.groups())
    return {name: float(value) for name, value in zip(axis, axis, strict=True) if name}


def _is_whole(point: Mapping[str, float]) -> bool:
    return {"x", "y"} <= point.keys()


def _in_one_unit(found: "re.Match[str]") -> str:
    """An amount too small to be written in m or degrees, in m or degrees; anything else as it is."""
    kind, factor = scale(found[2]) or ("", Decimal(1))
    value = Decimal(found[1].replace(",", ".")) * factor
    is_small = kind in {"length", "angle"} and abs(value) < 1 and written(value) is None
    return f"{value:f} {SIGNS[kind]}" if is_small else found[0]


def _says_all(clauses: Sequence[str], verb: "re.Pattern[str]", number: str) -> bool:
    return all(re.search(number, clause) for clause in clauses if verb.search(clause))


def _unread(rest: str) -> bool:
    """Whether an amount was left as it was written, as `2 or 3 cm` and `1-3`."""
    return any(not found[1] or found[1] in {'"', "'"} or scale(found[1]) for found in _UNREAD.finditer(rest))
