"""Reads an amount: a number with its unit, such as `30cm`, `half a metre`, `5'3"`, `a quarter turn`, `two feet`.

Knows no coordinates and no sentence around the amount, but for the word that tells the inch from `in`.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import pi

from llmos.models.numerals import Numeral, ends_free, numeral
from llmos.models.reading_tokens import Tokens, attached, mark, word
from llmos.models.reading_words import DIRECTIONS
from llmos.quantities import SIGNS, scale

_TURNS = frozenset({"turns", "revolutions", "rotations", "revs"})
_TURN = frozenset({"turn", "revolution", "rotation"})
_WHOLE = frozenset({"full", "whole", "complete", "entire"})
_NO_UNIT = frozenset({"squared", "cubed", "cubic", "celsius", "fahrenheit", "per"})
_ONE = frozenset({"a", "an", "another"})
_SINGLE = """millimeter millimetre centimeter centimetre meter metre inch foot yard kilometer kilometre degree"""
_SINGLES = frozenset(_SINGLE.split())


@dataclass(frozen=True, slots=True)
class Amount:
    """A number with its unit, in the one unit of its kind, and where it ends."""

    value: Fraction
    kind: str
    end: int
    unit: Fraction
    """How many of the one unit the written unit is."""

    @property
    def text(self) -> str | None:
        """As a reply writes it."""
        figure = written(self.value)
        return figure and f"{figure} {SIGNS[self.kind]}"


def written(value: Fraction) -> str | None:
    """A number as a reply writes it, to three decimals; None where it is too large, or would be rounded to nothing."""
    if abs(value) > 10**9 or (value and abs(value) < Fraction(1, 2000)):
        return None
    return repr(round(float(value), 3) + 0.0)


def amount(tokens: Tokens, at: int, *, named: bool = False) -> Amount | None:
    """The amount that begins at a token; `named` says that its number may be the name of the word before it."""
    found = _with_decimal_comma(tokens, at) or numeral(tokens, at)
    if found is None:
        return _one(tokens, at)
    if found.form == "pi":
        return Amount(found.value * 180 / Fraction(pi), "angle", found.end, Fraction(180))
    first = _with_unit(tokens, found, named=named)
    if first is None:
        return None
    return _with_smaller(tokens, at, _and_a_half(tokens, first))


def unit(tokens: Tokens, at: int) -> tuple[str, Fraction, int] | None:
    """Kind and size of a unit, and where it ends; `5-inch` and marks such as `\N{DEGREE SIGN}` and `'` too."""
    if mark(tokens, at, attached=True) == "-" and attached(tokens, at + 1):
        at += 1
    sign = mark(tokens, at)
    if sign in {"'", '"'}:
        free = attached(tokens, at) and tokens[at].measures
        letter = attached(tokens, at + 1) and tokens[at + 1].kind == "word"
        return ("length", Fraction(3048 if sign == "'" else 254, 10_000), at + 1) if free and not letter else None
    known = scale(sign or word(tokens, at))
    if known is None or word(tokens, at + 1) in _NO_UNIT:
        return None
    if sign == "\N{DEGREE SIGN}" and word(tokens, at + 1) in {"c", "f"}:
        return None
    if mark(tokens, at + 1) == "/" or (not sign and not ends_free(tokens, at + 1)):
        return None
    return *known, at + 1


def _with_decimal_comma(tokens: Tokens, at: int) -> Numeral | None:
    """`1,5 m` and `0,500 m`; `1,500 m` may be a kilometre and a half, but 1,500 mm is none."""
    found = numeral(tokens, at) if at < len(tokens) else None
    sign = 1
    if found is None and at < len(tokens):
        sign = -1 if mark(tokens, at) == "-" else 1
    start = at + (mark(tokens, at) in {"-", "+"})
    decimals = decimal_comma(tokens, start)
    if decimals is None or not (at == start or attached(tokens, start)):
        return None
    value, behind = decimals, unit(tokens, start + 3)
    if behind is None:
        return None
    if len(tokens[start + 2].text) == 3 and tokens[start].text != "0":
        if behind[1] != Fraction(1, 1000):
            return None
        value *= 1000
    return Numeral((-1 if mark(tokens, at) == "-" else 1) * value * abs(sign), start + 3, "decimal")


def decimal_comma(tokens: Tokens, at: int) -> Fraction | None:
    """The value of `1,5` at a token."""
    parts = tokens[at : at + 3]
    if len(parts) < 3 or mark(tokens, at + 1, attached=True) != "," or parts[2].gap:
        return None
    whole, decimals = parts[0].text, parts[2].text
    if not (whole.isdecimal() and decimals.isdecimal() and len(whole) + len(decimals) < 16):
        return None
    if (len(whole) > 1 and whole[0] == "0") or parts[0].kind != "number":
        return None
    return Fraction(f"{whole}.{decimals}")


def _with_unit(tokens: Tokens, found: Numeral, *, named: bool) -> Amount | None:
    at = found.end
    if found.form in {"part", "mixed"} and word(tokens, at) == "of":
        at += 1
    if found.form == "part" and word(tokens, at) in {"a", "an", "one"}:
        at += 1
    if (turned := _turns(tokens, at, found)) is not None:
        return Amount(found.value * 360, "angle", turned, Fraction(360))
    if word(tokens, at) == "in" and not attached(tokens, at) and (named or not _is_inch(tokens, at)):
        return None
    known = unit(tokens, at)
    return Amount(found.value * known[1], known[0], known[2], known[1]) if known else None


def _turns(tokens: Tokens, at: int, found: Numeral) -> int | None:
    """Where `turns` end; `move 0.5 turn left` is two things, and `one turn left` no full one."""
    if mark(tokens, at, attached=True) == "-":
        at += 1
    name = word(tokens, at)
    if name in _WHOLE and word(tokens, at + 1) in _TURN | _TURNS:
        return at + 2
    if name in _TURNS or (name in _TURN and found.form in {"part", "mixed"}):
        return at + 1
    if name == "of" and word(tokens, at + 1) == "a" and word(tokens, at + 2) in _TURN:
        return at + 3
    if name in _TURN and found.value == 1 and found.form == "word" and word(tokens, at + 1) not in {"left", "right"}:
        return at + 1
    return None


def _is_inch(tokens: Tokens, at: int) -> bool:
    """`2 in up`, but not `put 2 in the box`."""
    following = word(tokens, at + 1)
    return at + 1 == len(tokens) or tokens[at + 1].kind == "mark" or following in DIRECTIONS | {"to", "and", "then"}


def _one(tokens: Tokens, at: int) -> Amount | None:
    """`a meter`, `another inch`, `a full turn`; but `an inch or two` names no number."""
    if word(tokens, at) not in _ONE:
        return None
    turn = word(tokens, at + 1) in _WHOLE and word(tokens, at + 2) in _TURN
    if turn:
        return Amount(Fraction(360), "angle", at + 3, Fraction(360))
    known = unit(tokens, at + 1) if word(tokens, at + 1) in _SINGLES else None
    if known is None or word(tokens, known[2]) == "or":
        return None
    return _and_a_half(tokens, Amount(known[1], known[0], known[2], known[1]))


def _and_a_half(tokens: Tokens, first: Amount) -> Amount:
    """`a metre and a half`."""
    at = first.end
    if word(tokens, at) != "and" or word(tokens, at + 1) != "a" or word(tokens, at + 2) not in {"half", "quarter"}:
        return first
    if word(tokens, at + 3) == "of" or unit(tokens, at + 3) or word(tokens, at + 3) in _TURN:
        return first
    part = Fraction(1, 2 if word(tokens, at + 2) == "half" else 4)
    more = part * first.unit if first.value > 0 else -part * first.unit
    return Amount(first.value + more, first.kind, at + 3, first.unit)


def _with_smaller(tokens: Tokens, at: int, first: Amount) -> Amount:
    """`5 feet 3 inches`, `1 m 20 cm`; but in `up 1 m 20 cm left` they are two ways."""
    found = numeral(tokens, first.end) if first.kind == "length" and word(tokens, at - 1) not in DIRECTIONS else None
    if found is None and mark(tokens, first.end - 1) == "'" and attached(tokens, first.end):
        written_inches = tokens[first.end].text
        inches = tokens[first.end].kind == "number" and mark(tokens, first.end + 1, attached=True) == '"'
        found = Numeral(Fraction(written_inches), first.end + 1, "whole") if inches else None
    second = _with_unit(tokens, found, named=False) if found else None
    if second is None or second.kind != "length" or second.unit >= first.unit or not 0 <= second.value < first.unit:
        return first
    value = first.value + second.value if first.value >= 0 else first.value - second.value
    return Amount(value, "length", second.end, second.unit)
