"""Reads an amount: a number with its unit, such as `30cm`, `half a metre`, `5'3"`, `a quarter turn`, `two feet`.

Knows no coordinates and no sentence around the amount, but for the word that tells the inch from `in`.
"""

from dataclasses import dataclass, replace
from decimal import Decimal

from llmos.models.numerals import Numeral, counts, ends_free, is_and, numeral, stands_free
from llmos.models.reading_arcs import named_minutes, signed_minutes
from llmos.models.reading_tokens import Tokens, attached, mark, word
from llmos.models.reading_words import DIRECTIONS
from llmos.quantities import SIGNS, scale

_TURNS = frozenset({"turns", "revolutions", "rotations", "revs"})
_TURN = frozenset({"turn", "revolution", "rotation"})
_WHOLE = frozenset({"full", "whole", "complete", "entire"})
_NO_UNIT = frozenset({"squared", "cubed", "cubic", "celsius", "fahrenheit", "per"})
_ONE = frozenset({"a", "an", "another"})
_ADVERB_WORDS = "and then slowly quickly carefully gently immediately safely now please"
_ADVERBS = frozenset(_ADVERB_WORDS.split())
_RELATIONS = """to closer more further farther straight from above below off away along toward towards before after
    until"""
_ROTATIONS = frozenset({"clockwise", "counterclockwise", "anticlockwise", "counter", "anti", "cw", "ccw"})
_BEHIND_INCH = (DIRECTIONS - _ROTATIONS) | _ADVERBS | frozenset(_RELATIONS.split())
_NO_INCH = "x y z dx dy dz on the this that my your its positive negative total"
_BEHIND_IN = _ROTATIONS | frozenset(_NO_INCH.split())
_SENSE_WORDS = "direction directions sense line motion movement rotation way manner mode hand handed"
_SIDED_WORDS = "side half bin box tray drawer slot corner zone area position place lane row column"
_OF_A_SIDE = frozenset(f"{_SENSE_WORDS} {_SIDED_WORDS}".split())
"""What a direction may describe: `in left direction`, `in left bin`; then `in` may be no inch."""
_BEFORE_WAYS = frozenset({"to", "the", "your", "my", "its", "more", "further", "farther", "straight"})
_WAY_WORDS = "x y z dx dy dz in along toward towards away closer nearer out off"
_WAYS = DIRECTIONS | frozenset(_WAY_WORDS.split())
_FOOT, _INCH = Decimal("0.3048"), Decimal("0.0254")
_DOZEN = 12
_LEAST, _LARGEST = Decimal("0.0005"), Decimal(10**9)
_SINGLE = """millimeter millimetre centimeter centimetre meter metre inch foot yard kilometer kilometre degree"""
_SINGLES = frozenset(_SINGLE.split())
_SHORT = {"cms": "cm", "mms": "mm", "mtr": "m", "mtrs": "m", "mts": "m", "ins": "in", "fts": "ft"}
_LONG = [form for name in _SINGLES - {"inch", "foot", "yard"} for form in (name, f"{name}s")] + ["inches"]
"""No yards: six years are none."""


def _without_one(name: str) -> list[str]:
    return [name[:i] + name[i + 1 :] for i in range(len(name))]


_MISSPELT = {form: scale(name) for name in _LONG for form in (name, *_without_one(name))} | {
    short: scale(name) for short, name in _SHORT.items()
}
"""Units with a letter missing; a word that becomes one of these when it loses a letter is misspelt too."""
_BRIDGE_WORDS = "or so|or more|or less|and a bit|and some|some|odd|plus|+|(|[|)|]"
_BRIDGES = [tuple(bridge.split()) for bridge in _BRIDGE_WORDS.split("|")]
"""What may stand between a number and its unit."""


@dataclass(frozen=True, slots=True)
class Amount:
    """A number with its unit, in the one unit of its kind, and where it ends."""

    value: Decimal
    kind: str
    end: int
    unit: Decimal
    """How many of the one unit the written unit is."""

    @property
    def is_whole(self) -> bool:
        """Whether it is a whole number of the written unit; one too large to be written is none."""
        return abs(self.value) <= _LARGEST and not self.value % self.unit

    @property
    def text(self) -> str | None:
        """As a reply writes it."""
        figure = written(self.value)
        return figure and f"{figure} {SIGNS[self.kind]}"


def written(value: Decimal) -> str | None:
    """A number as a reply writes it, to three decimals; None where it is too large, or would be rounded to nothing."""
    if abs(value) > _LARGEST or (value and abs(value) < _LEAST):
        return None
    return repr(round(float(value), 3) + 0.0)


def amount(tokens: Tokens, at: int, found: Numeral | None, *, named: bool = False) -> Amount | None:
    """The amount that begins at a token with the number that was found there.

    `named` says that the number may be the name of the word before it.
    """
    found = _with_decimal_comma(tokens, at) or found
    if found is None:
        return _one(tokens, at)
    if found.form == "pi":
        return Amount(found.value, "angle", found.end, Decimal(180))
    if found.form == "part" and (share := _share(tokens, found.value, found.end)):
        return share
    first = _with_unit(tokens, found, named=named)
    if first and first.kind == "percent" and (share := _share(tokens, first.value / 100, first.end)):
        return share
    if first and first.kind == "angle" and first.unit == 1:
        return _with_minutes(tokens, first)
    return first and _with_smaller(tokens, at, _and_a_half(tokens, first))


def _share(tokens: Tokens, part: Decimal, at: int) -> Amount | None:
    """The product in `half of 50 cm` and `80 % of 2 m`, where `of` stands at the token."""
    found = (_with_decimal_comma(tokens, at + 1) or numeral(tokens, at + 1)) if word(tokens, at) == "of" else None
    if found is None or found.form in {"part", "pi", "point"}:
        return None
    second = _with_unit(tokens, found, named=False)
    whole = _with_smaller(tokens, at + 1, _and_a_half(tokens, second)) if second else None
    return whole and replace(whole, value=part * whole.value)


def unit(tokens: Tokens, at: int) -> tuple[str, Decimal, int] | None:
    """Kind and size of a unit, and where it ends; `5-inch` and marks such as `\N{DEGREE SIGN}` and `'` too.

    The second of `a thirty-second of an inch` is none.
    """
    hyphen = mark(tokens, at, attached=True) == "-" and attached(tokens, at + 1)
    at += hyphen
    if hyphen and word(tokens, at) == "second" and word(tokens, at + 1) == "of":
        return None
    sign = mark(tokens, at)
    if sign in {"'", '"'}:
        free = attached(tokens, at) and tokens[at].measures
        behind = at + 1 + has_dash(tokens, at + 1)
        goes_on = attached(tokens, behind) and tokens[behind].kind != "mark"
        ends = not goes_on or (sign == "'" and _inches(tokens, behind) is not None)
        return ("length", _FOOT if sign == "'" else _INCH, at + 1) if free and ends else None
    known = scale(sign or word(tokens, at)) or _MISSPELT.get(_nearest(word(tokens, at)))
    if known is None or word(tokens, at + 1) in _NO_UNIT:
        return None
    if sign == "\N{DEGREE SIGN}" and word(tokens, at + 1) in {"c", "f"}:
        return None
    if mark(tokens, at + 1) == "/" or (not sign and not ends_free(tokens, at + 1)):
        return None
    return *known, at + 1


def unit_apart(tokens: Tokens, at: int) -> bool:
    """Whether a unit other than the metre and the degree stands behind a few words: `2 or so inches`, `5+ cm`."""
    for bridge in _BRIDGES:
        end = at + len(bridge)
        if tuple(token.text for token in tokens[at:end]) != bridge:
            continue
        known = unit(tokens, end)
        if word(tokens, end) == "in" and not (is_inch(tokens, end) or may_be_inch(tokens, end)):
            return False
        return word(tokens, end) in _TURNS or (known is not None and known[0] in {"length", "angle"} and known[1] != 1)
    return False


def has_dash(tokens: Tokens, at: int) -> bool:
    """Whether the dash of `5'-6"` stands at a token."""
    return mark(tokens, at, attached=True) == "-" and attached(tokens, at + 1) and tokens[at + 1].kind == "number"


def _inches(tokens: Tokens, at: int) -> Numeral | None:
    """The inches of `5'3"` and `5'6 1/2"`; what ends in no mark, as `1'500`, is a thousand or anything."""
    if tokens[at].kind != "number":
        return None
    found = numeral(tokens, at, inside=True) or Numeral(Decimal(tokens[at].text), at + 1, "whole")
    closed = mark(tokens, found.end, attached=True) == '"' and tokens[found.end].measures
    return found if closed and found.value < _DOZEN else None


def _nearest(name: str) -> str:
    """A key of the misspelt units that a word may be meant for; empty where there is none."""
    if name in _SHORT or not 4 < len(name) < 14:
        return name if name in _SHORT else ""
    return next((form for form in (name, *_without_one(name)) if form in _MISSPELT and form[0] == name[0]), "")


def _with_decimal_comma(tokens: Tokens, at: int) -> Numeral | None:
    """`1,5 m` and `0,500 m`; `1,500 m` may be a kilometre and a half, but 1,500 mm is none."""
    signed = mark(tokens, at) in {"-", "+"} and attached(tokens, at + 1)
    start = at + signed
    value = decimal_comma(tokens, start) if stands_free(tokens, at) else None
    behind = unit(tokens, start + 3) if value is not None else None
    if value is None or behind is None:
        return None
    if may_be_thousands(tokens, start):
        if behind[1] != Decimal("0.001"):
            return None
        value *= 1000
    return Numeral(-value if tokens[at].text == "-" else value, start + 3, "decimal")


def decimal_comma(tokens: Tokens, at: int) -> Decimal | None:
    """The value of `1,5` at a token."""
    if mark(tokens, at + 1, attached=True) != "," or not attached(tokens, at + 2):
        return None
    whole, decimals = tokens[at].text, tokens[at + 2].text
    if not (whole.isdecimal() and decimals.isdecimal() and len(whole) + len(decimals) < 16):
        return None
    return Decimal(f"{whole}.{decimals}") if whole == "0" or whole[0] != "0" else None


def may_be_thousands(tokens: Tokens, at: int) -> bool:
    """Whether the decimal comma at a token may part thousands: `1,500`, but not `0,500` and not `1,5`."""
    return len(tokens[at + 2].text) == 3 and tokens[at].text != "0"


def _with_unit(tokens: Tokens, found: Numeral, *, named: bool) -> Amount | None:
    at = found.end
    if found.form in {"part", "mixed"} and word(tokens, at) == "of":
        at += 1
    if found.form == "part" and word(tokens, at) in {"a", "an", "one"}:
        at += 1
    if (turned := _turns(tokens, at, found)) is not None:
        return Amount(found.value * 360, "angle", turned, Decimal(360))
    if word(tokens, at) == "in" and not attached(tokens, at) and (named or not is_inch(tokens, at)):
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


def is_inch(tokens: Tokens, at: int, *, behind_place: bool = False) -> bool:
    """`2 in up` and `2 in slowly`, but not `put 2 in the box`, not `0.2 in -y` and not `90 in more than 3 seconds`.

    In `90 in left direction` nothing tells.
    Behind a place a direction decides nothing: `put it at (1, 2, 3) in right there`.
    """
    if at + 1 == len(tokens) or mark(tokens, at + 1) in set(".,;:!?)]"):
        return True
    if word(tokens, at + 2) == "than" or (word(tokens, at + 1) in {"above", "below"} and counts(tokens, at + 2)):
        return False
    described = at + 2 + (mark(tokens, at + 2, attached=True) == "-")
    if word(tokens, at + 1) in DIRECTIONS | {"straight"} and word(tokens, described) in _OF_A_SIDE:
        return False
    return word(tokens, at + 1) in (_ADVERBS if behind_place else _BEHIND_INCH)


def may_be_inch(tokens: Tokens, at: int) -> bool:
    """Whether nothing tells if the word at a token is the inch or `in`: `1 in thoughtfully`, but not `1 in x`."""
    if word(tokens, at) != "in" or is_inch(tokens, at):
        return False
    if mark(tokens, at + 1) in {"-", "+"} or word(tokens, at + 1) in _BEHIND_IN or counts(tokens, at + 1):
        return False
    return not (counts(tokens, at + 2) or word(tokens, at + 2) == "than")


def _one(tokens: Tokens, at: int) -> Amount | None:
    """`a meter`, `another inch`, `a full turn`; but `an inch or two` names no number."""
    if word(tokens, at) not in _ONE:
        return None
    turn = word(tokens, at + 1) in _WHOLE and word(tokens, at + 2) in _TURN
    if turn:
        return Amount(Decimal(360), "angle", at + 3, Decimal(360))
    known = unit(tokens, at + 1) if word(tokens, at + 1) in _SINGLES else None
    if known is None or word(tokens, known[2]) == "or":
        return None
    return _with_smaller(tokens, at, _and_a_half(tokens, Amount(known[1], known[0], known[2], known[1])))


def _and_a_half(tokens: Tokens, first: Amount) -> Amount:
    """`a metre and a half`, `2 metres & half`; but not `1 m and half speed`."""
    article = word(tokens, first.end + 1) == "a"
    at = first.end + 1 + article
    if not is_and(tokens, first.end) or word(tokens, at) not in {"half", "quarter"}:
        return first
    if word(tokens, at + 1) in {"of", "a", "an", "the"} or unit(tokens, at + 1) or word(tokens, at + 1) in _TURN:
        return first
    if not (article or ends_saying(tokens, at + 1) or word(tokens, at + 1) in DIRECTIONS):
        return first
    part = Decimal("0.5" if word(tokens, at) == "half" else "0.25")
    more = part * first.unit if first.value > 0 else -part * first.unit
    return Amount(first.value + more, first.kind, at + 1, first.unit)


def _with_minutes(tokens: Tokens, first: Amount) -> Amount:
    """Minutes and seconds of arc: `30\N{DEGREE SIGN}15'36"` and, of whole degrees, `30 degrees 15 minutes`."""
    by_sign = mark(tokens, first.end - 1) == "\N{DEGREE SIGN}"
    found = signed_minutes(tokens, first.end) if by_sign else None
    found = found or (named_minutes(tokens, first.end) if first.is_whole else None)
    if found is None:
        return first
    more, end = found
    return Amount(first.value + (-more if first.value.is_signed() else more), "angle", end, first.unit)


def _with_smaller(tokens: Tokens, at: int, first: Amount) -> Amount:
    """`5 feet 3 inches`, `1 m 20 cm`, `2 feet, 3 inches`; but in `up 1 m 20 cm left` they are two ways."""
    start = _behind_joint(tokens, first)
    found = numeral(tokens, start) if first.kind == "length" else None
    if found is None and mark(tokens, first.end - 1) == "'" and attached(tokens, first.end):
        found = _inches(tokens, start)
    second = _with_unit(tokens, found, named=False) if found else None
    if second is None or second.kind != "length" or second.unit >= first.unit or not 0 <= second.value < first.unit:
        return first
    if mark(tokens, start - 1) in {",", "."} and not _are_feet_and_inches(tokens, first, second):
        return first
    if _may_be_two(tokens, at, first, second) if start > first.end else _are_two(tokens, at, second):
        return first
    value = first.value + second.value if first.value >= 0 else first.value - second.value
    return Amount(value, "length", second.end, second.unit)


def _behind_joint(tokens: Tokens, first: Amount) -> int:
    """Where a second amount may begin: `2 feet and 3`, `2 feet, 3`, `2 ft. 3`, `2 ft., 3`, `2'-3`."""
    at = first.end
    if first.unit == _FOOT and word(tokens, at - 1) == "ft" and mark(tokens, at, attached=True) == ".":
        at += 1
    if is_and(tokens, at) or (mark(tokens, at - 1) == "'" and has_dash(tokens, at)):
        return at + 1
    return at + (first.unit == _FOOT and mark(tokens, at) == ",")


def _are_feet_and_inches(tokens: Tokens, first: Amount, second: Amount) -> bool:
    """Whether `2 feet, 6 inches` is one length; in `2 feet, 6 inches, 3 inches` lengths are listed."""
    listed = is_and(tokens, second.end) or mark(tokens, second.end) == ","
    return (first.unit, second.unit) == (_FOOT, _INCH) and not (listed and counts(tokens, second.end + 1))


def _are_two(tokens: Tokens, at: int, second: Amount) -> bool:
    """Whether `1 m 20 cm` are two ways: a direction stands before the one and behind the other."""
    return word(tokens, at - 1) in DIRECTIONS and _goes_a_way(tokens, second.end)


def _may_be_two(tokens: Tokens, at: int, first: Amount, second: Amount) -> bool:
    """Whether `1 m and 20 cm` may be two lengths: `between 1 m and 20 cm`, `0.5 m and 20 cm`, `1 m and 20 cm left`."""
    if word(tokens, at - 1) == "between" or not first.is_whole:
        return True
    in_feet = (first.unit, second.unit) == (_FOOT, _INCH) and word(tokens, at - 1) not in DIRECTIONS
    return not in_feet and _goes_a_way(tokens, second.end)


def _goes_a_way(tokens: Tokens, at: int) -> bool:
    """Whether a direction stands here: `left`, `to the left`, `along x`."""
    end = at
    while end < at + 3 and word(tokens, end) in _BEFORE_WAYS:
        end += 1
    return word(tokens, end) in _WAYS


def ends_saying(tokens: Tokens, at: int) -> bool:
    """Whether what is said of a way ends here: at the end, at a mark, before an adverb; `2. turn` counts sentences."""
    if at >= len(tokens) or word(tokens, at) in _ADVERBS or mark(tokens, at) in {",", ";", "!", "?"}:
        return True
    return mark(tokens, at) == "." and at + 1 == len(tokens)
