"""Reads coordinates: `(1.5, 1, .5)`, `x=0.4 y=-0.3`, `0.8 / 0.2 / 1.4`, `(100, 200, 500) mm`, `1.0 0.5 0.75`.

Knows no workspace: how many numbers belong together is told by the brackets, the axes and the words beside them.
"""

from dataclasses import dataclass, replace
from decimal import Decimal

from llmos.models.numerals import NUMBER_WORDS, ends_free, is_and, is_spoken, numeral, stands_free
from llmos.models.reading_doubts import multiplied
from llmos.models.reading_tokens import Tokens, as_written, attached, mark, word
from llmos.models.reading_units import decimal_comma, is_inch, may_be_thousands, unit, written
from llmos.models.reading_words import DIRECTIONS, is_amount, may_precede

_BRACKETS = {"(": ")", "[": "]", "{": "}"}
AXES = frozenset({"x", "y", "z", "dx", "dy", "dz"})
_ALONG = frozenset({"along", "in", "the", "positive", "negative", "per", "on"})
_SPOT_WORDS = """to at position pos point points location coordinate coordinates coords spot target waypoint pose goto
    goal destination towards toward near from xy xyz"""
_SPOTS = frozenset(_SPOT_WORDS.split())
_TOWARDS = frozenset({"to", "toward", "towards", "along", "from", "more", "further", "farther"})
_SEPARATORS = frozenset({",", ";", "/"})
_MM = Decimal("0.001")
_BESIDE = 6
"""Tokens in which an axis is beside a place: `y = 2 m, and x 1`."""
_FARTHEST = 10_000
"""No coordinate that stands bare between blanks is as large as this; a telephone number is."""


@dataclass(frozen=True, slots=True)
class Place:
    """Coordinates as a reply writes them, and where they end."""

    text: str
    end: int


@dataclass(frozen=True, slots=True)
class _Side:
    value: Decimal
    end: int
    form: str
    """As a numeral's; or `comma`, with a decimal comma, or `thousands`, with one that may part thousands: 1,500."""
    kind: str = ""
    unit: Decimal = Decimal(1)


def place(tokens: Tokens, at: int, names: set[int]) -> Place | None:
    """The coordinates that begin at a token; `names` are the tokens known to be names of things."""
    return _bracketed(tokens, at) or _named(tokens, at) or _bare(tokens, at, names)


def _bracketed(tokens: Tokens, at: int) -> Place | None:
    closing = _BRACKETS.get(mark(tokens, at))
    if closing is None:
        return None
    named, _ = _axes(tokens, at + 1)
    if len(named) > 1 and mark(tokens, named[-1][1].end) == closing:
        return _shown(tokens, at, named, named[-1][1].end + 1)
    for comma in (False, True):
        sides, _ = _row(tokens, at + 1, comma=comma, inside=True)
        turned = len(sides) == 4 and sides[3].kind == "angle"
        if (len(sides) in {2, 3} or turned) and mark(tokens, sides[-1].end) == closing:
            return _of(tokens, at, sides, sides[-1].end + 1)
    return None


def _bare(tokens: Tokens, at: int, names: set[int]) -> Place | None:
    behind = at - 1 - (_mark(tokens, at - 1) in _SEPARATORS)
    in_a_row = behind >= 0 and tokens[behind].kind == "number"
    pointed = word(tokens, at - 1) == "point" and is_spoken(tokens, at - 2)
    if in_a_row or pointed or (tokens[at].kind == "word" and tokens[at].text not in NUMBER_WORDS):
        return None
    for comma in (False, True):
        sides, separator = _row(tokens, at, comma=comma, inside=False)
        if last := _last(tokens, at, sides, separator):
            sides.append(last)
            if all(side.form in {"whole", "word"} for side in sides):
                return Place(as_written(tokens, at, last.end), last.end)
        if len(sides) in {2, 3} and _belong(tokens, at, sides, separator, names):
            return _of(tokens, at, sides, sides[-1].end)
    return None


def _last(tokens: Tokens, at: int, sides: list[_Side], separator: str) -> _Side | None:
    """The 0.5 of `go to 1.5, 1, and 0.5`; none in `go to 1.5, 1 and 0.5 up`, which are a place and a way."""
    if len(sides) != 2 or separator != "," or word(tokens, at - 1) not in _SPOTS:
        return None
    joint = sides[-1].end + (mark(tokens, sides[-1].end) == ",")
    last = _side(tokens, joint + 1, comma=False, inside=False, behind=",") if is_and(tokens, joint) else None
    return None if last is None or word(tokens, last.end) in DIRECTIONS | _TOWARDS else last


def _belong(tokens: Tokens, at: int, sides: list[_Side], separator: str, names: set[int]) -> bool:
    """Whether a row of numbers without brackets is one place."""
    end, sought = sides[-1].end, word(tokens, at - 1) in _SPOTS
    whole = all(side.form in {"whole", "word"} for side in sides)
    each_measured = separator and sought and len(sides) == 3 and all(side.kind == "length" for side in sides)
    if not ends_free(tokens, end) or (any(side.kind for side in sides[:-1]) and not each_measured):
        return False
    if len(sides) == 2 and (separator not in {",", ""} or not sought or sides[-1].kind or not may_precede(tokens, end)):
        return False
    if separator == "," and len(sides) == 2 and whole and not tokens[end - 1].gap:
        return False
    if separator == "/" and whole and not tokens[at + 1].gap:
        return False
    if not separator and any(abs(side.value) >= _FARTHEST or side.form == "word" for side in sides):
        return False
    return sought or not whole or (is_amount(tokens, at, end, names) and all(side.form == "whole" for side in sides))


def _row(tokens: Tokens, at: int, *, comma: bool, inside: bool) -> tuple[list[_Side], str]:
    """Numbers and what they are apart by; four at most, for more than three are no coordinates.

    `comma` reads `1,5` as one number; then no comma parts two of them.
    """
    first = _side(tokens, at, comma=comma, inside=inside)
    if first is None or (comma and first.end < at + 3):
        return [], ""
    sides, separator = [first], _mark(tokens, first.end)
    if separator not in _SEPARATORS or (comma and separator == ","):
        separator = ""
    while len(sides) < 4:
        at = sides[-1].end
        if separator and _mark(tokens, at) != separator:
            break
        side = _side(tokens, at + bool(separator), comma=comma, inside=inside, behind=separator or " ")
        if side is None:
            break
        sides.append(side)
    return sides, separator


def _mark(tokens: Tokens, at: int) -> str:
    """The mark at a token, which may be spoken."""
    return "," if word(tokens, at) == "comma" else mark(tokens, at)


def _side(tokens: Tokens, at: int, *, comma: bool, inside: bool, behind: str = "") -> _Side | None:
    """One number of a row, with its unit; `behind` is what parts it from the one before.

    Only between brackets and behind a comma a minus may stand apart from its number; `(10-15)` is a range.
    """
    if at >= len(tokens) or not (inside or behind in _SEPARATORS or stands_free(tokens, at)):
        return None
    signed = mark(tokens, at) in {"-", "+"}
    start = at + signed
    if signed and not (inside or attached(tokens, start)):
        return None
    if signed and behind == " " and (attached(tokens, at) or not attached(tokens, start)):
        return None
    sign = -1 if tokens[at].text == "-" else 1
    if comma and (value := decimal_comma(tokens, start)) is not None:
        form = "thousands" if may_be_thousands(tokens, start) else "comma"
        return _measured(tokens, sign * value, start + 3, form)
    found = numeral(tokens, start, inside=signed or inside or behind != "")
    if found is None or found.form in {"part", "pi", "point"}:
        return None
    return _measured(tokens, sign * found.value, found.end, found.form)


def _measured(tokens: Tokens, value: Decimal, at: int, form: str) -> _Side:
    known = _unit(tokens, at)
    if known is None or known[0] not in {"length", "angle"}:
        return _Side(value, at, form)
    return _Side(value * known[1], known[2], form, known[0], known[1])


def _unit(tokens: Tokens, at: int) -> tuple[str, Decimal, int] | None:
    """Kind and size of a unit, and where it ends; an `in` that is none, as in `(1, 2) in the box`, left out."""
    apart = word(tokens, at) == "in" and tokens[at].gap
    return None if apart and not is_inch(tokens, at, behind_place=True) else unit(tokens, at)


def _of(tokens: Tokens, at: int, sides: list[_Side], end: int) -> Place | None:
    """A place; an angle may be the last of its numbers."""
    turned = sides[-1].kind == "angle" and len(sides) > 2
    if any(side.kind == "angle" for side in sides[: -1 if turned else None]):
        return None
    names = ("x", "y", "z", "") if len(sides) > 3 else ("x", "y", "" if turned else "z")
    return _shown(tokens, at, list(zip(names, sides, strict=False)), end)


def _shown(tokens: Tokens, at: int, named: list[tuple[str, _Side]], end: int) -> Place:
    """Numbers with the names of their axes; as they are written where that is no length, or in doubt.

    A unit behind them is that of all of them.
    """
    sides = [side for _, side in named]
    kinds, scale = [side.kind for side in sides], Decimal(1)
    behind = None if any(kinds) else _unit(tokens, end)
    if behind and behind[0] == "length":
        scale, end = behind[1], behind[2]
    elif kinds[-1] == "length" and not any(kinds[:-1]):
        scale = sides[-1].unit
    sides, sure = _with_thousands(sides, scale)
    figures = [_figure(side, scale) for side in sides]
    if not sure or None in figures or _may_be_metres(sides, kinds):
        return Place(as_written(tokens, at, end), end)
    shown = [f"{name}{figure}" for (name, _), figure in zip(named, figures, strict=True)]
    if all(name for name, _ in named) and _stands_alone(tokens, at, end):
        shown.sort(key=lambda axis: "xyz".index(axis.lstrip("d")[0]))
    return Place(" ".join(shown), end)


def _stands_alone(tokens: Tokens, at: int, end: int) -> bool:
    """Whether no other axes stand beside a place: of several, in another order, each might go to the wrong one."""
    beside = (*range(at - _BESIDE, at), *range(end, end + _BESIDE))
    return not any(word(tokens, near) in AXES for near in beside)


def _figure(side: _Side, scale: Decimal) -> str | None:
    """A number of a place as a reply writes it, an angle with its sign."""
    figure = written(side.value if side.kind else side.value * scale)
    return f"{figure} deg" if figure and side.kind == "angle" else figure


def _with_thousands(sides: list[_Side], scale: Decimal) -> tuple[list[_Side], bool]:
    """Sides with their thousands, and whether none is in doubt: 1,500 mm is no millimetre and a half.

    Beside a number that surely has a decimal comma, as in `(1,500; 0,2; 1,0)`, they are decimals too.
    """
    decimals, sure = any(side.form == "comma" for side in sides), True
    whole = list(sides)
    for at, side in enumerate(sides):
        if side.form == "thousands" and (side.unit if side.kind else scale) == _MM:
            whole[at] = replace(side, value=side.value * 1000)
        elif side.form == "thousands" and not decimals:
            sure = False
    return whole, sure


def _may_be_metres(sides: list[_Side], kinds: list[str]) -> bool:
    """Whether only the last number is surely of its unit: `0.5, 0.3, 20 cm`."""
    last = sides[-1]
    if kinds[-1] != "length" or any(kinds[:-1]) or last.unit not in {Decimal("0.01"), Decimal("0.001")}:
        return False
    return last.value / last.unit % 1 == 0 and any(side.value % 1 for side in sides[:-1])


def _named(tokens: Tokens, at: int) -> Place | None:
    """`x=0.4, y=-0.3`, `x 0.4 y 0.3`, `x: 1`; a lone `x1` may be a name."""
    named, sure = _axes(tokens, at)
    if len(named) == 1 and named[0][1].form in {"whole", "word"} and multiplied(tokens, at + 1):
        return None
    return _shown(tokens, at, named, named[-1][1].end) if named and (sure or len(named) > 1) else None


def _axes(tokens: Tokens, at: int) -> tuple[list[tuple[str, _Side]], bool]:
    """Axes with their numbers, and whether one of them is surely no name."""
    named: list[tuple[str, _Side]] = []
    sure = False
    while (side := _axis(tokens, at, first=not named)) and side[0] not in {name for name, _ in named}:
        named.append(side[:2])
        sure = sure or side[2]
        at = side[1].end
        at += mark(tokens, at) in {",", ";"}
        at += word(tokens, at) == "and"
    return named, sure


def _axis(tokens: Tokens, at: int, *, first: bool) -> tuple[str, _Side, bool] | None:
    """One axis with its number, and whether it is surely no name."""
    name = word(tokens, at)
    if name not in AXES or (first and not _begins_axes(tokens, at)):
        return None
    start = at + (mark(tokens, at + 1) in {"=", ":"})
    if mark(tokens, at + 1, attached=True) in {"-", "+"} and not attached(tokens, at + 2):
        return None
    told = start > at or attached(tokens, at + 1) is False
    if start == at and told and word(tokens, at - 1) in _ALONG:
        return None
    side = _side(tokens, start + 1, comma=True, inside=True)
    if side is None or side.kind == "angle" or not ends_free(tokens, side.end):
        return None
    return name, side, told or side.form in {"decimal", "comma", "thousands"}


def _begins_axes(tokens: Tokens, at: int) -> bool:
    """Whether no name or number goes on at an axis, and no row of axes as in `x, y = 1, 2`."""
    if not stands_free(tokens, at) or (at and tokens[at - 1].kind == "number"):
        return False
    named_before = word(tokens, at - 1) or word(tokens, at - 2) * (mark(tokens, at - 1) == ",")
    return named_before not in AXES or not _is_row(tokens, at + 1)


def _is_row(tokens: Tokens, at: int) -> bool:
    """Whether two numbers begin at a token, behind an equals sign or none."""
    at += mark(tokens, at) in {"=", ":"}
    at += 1 + (mark(tokens, at) in {"-", "+"})
    at += mark(tokens, at) in _SEPARATORS
    at += mark(tokens, at) in {"-", "+"}
    return at < len(tokens) and (tokens[at].kind == "number" or word(tokens, at) in NUMBER_WORDS)
