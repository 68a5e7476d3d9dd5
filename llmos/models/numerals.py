"""Numbers as people write and say them: digits, `thirty five`, `one and a half`, `three quarters`, `1/2`, `pi/2`.

Knows of units only the radian and which words are some, and no goal.
"""

from dataclasses import dataclass
from decimal import Decimal
from math import gcd

from llmos.models.reading_tokens import Tokens, attached, mark, word
from llmos.models.reading_words import may_precede
from llmos.quantities import scale

_TO_NINETEEN = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen"""
_TO_NINETY = "twenty thirty forty fifty sixty seventy eighty ninety"
_SMALL = {name: value for value, name in enumerate(_TO_NINETEEN.split())}
_TENS = {name: 10 * value for value, name in enumerate(_TO_NINETY.split(), start=2)} | {"fourty": 40}
_PARTS = {
    "half": 2, "halves": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4, "fourth": 4, "fourths": 4,
    "fifth": 5, "fifths": 5, "eighth": 8, "eighths": 8, "tenth": 10, "tenths": 10,
}  # fmt: skip
_ZEROS = frozenset({"oh", "o"})
_MANY_PARTS = {"halves", "thirds", "quarters", "fourths", "fifths", "eighths", "tenths"}
_UNDER = frozenset({*range(1, 11), 12, 16, 32, 64, 100})
_RADIAN = scale("rad")
_LONGEST = 20
"""Letters of a number of digits that is read."""
_OVER = frozenset({"/", "\u00f7"})
_ORDINAL = frozenset({"th", "ths", "rd", "rds"})
PI = frozenset({"pi", "\u03c0"})
_PLAIN_PARTS = {"half", "quarter", "quarters", "halves"}
_OF_ITS_OWN = frozenset({"a", "an", "of", "the"})
"""Behind a part these say what it is a part of: `half a metre`."""
_JOINED = "=(:[{,;<>~*\"'|" + "\u00b1"
_TIED = frozenset("-+/:.'^_@#$&*\u2013")

_WHOLE_WORDS = frozenset({"hundred", "thousand", *_SMALL, *_TENS})
NUMBER_WORDS = _WHOLE_WORDS | {"a", "an", "minus", "negative", "point", *_PARTS, *PI}
"""Every word that a number may begin with."""


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number of a text and where it ends."""

    value: Decimal
    end: int
    form: str
    """`whole` of digits only, `decimal`, `word` such as thirty, `part` of something, `mixed`, `point` as in point five,
    or `pi`, whose value is in degrees."""


def numeral(tokens: Tokens, at: int, *, inside: bool = False) -> Numeral | None:
    """The number that begins at a token, a sign before it included; None where none begins there.

    `inside` says that what stands before it is known to belong to no name.
    """
    sign, start = (1, at if at < len(tokens) else None) if inside else _sign(tokens, at)
    if start is None:
        return None
    found = _pi(tokens, start) or _digits(tokens, start) or _spoken(tokens, start)
    return Numeral(sign * found.value, found.end, found.form) if found else None


def in_hundreds(tokens: Tokens, at: int) -> Numeral | None:
    """`one eighty`, `two seventy five`, `one oh five`; what stands around it tells whether it is one number."""
    sign, start = _sign(tokens, at)
    hundreds = _SMALL.get(word(tokens, start), 0) if start is not None else 0
    if start is None or not 0 < hundreds < 10:
        return None
    behind = start + 1 + (mark(tokens, start + 1, attached=True) == "-")
    if word(tokens, behind) in _ZEROS:
        ones = _SMALL.get(word(tokens, behind + 1), 0)
        return Numeral(Decimal(sign * (100 * hundreds + ones)), behind + 2, "word") if 0 < ones < 10 else None
    rest = _cardinal(tokens, behind)
    return Numeral(sign * (100 * hundreds + rest[0]), rest[1], "word") if rest and 10 <= rest[0] < 100 else None


def counts(tokens: Tokens, at: int) -> bool:
    """Whether a number stands at a token, or a word that one may begin with."""
    return 0 <= at < len(tokens) and (tokens[at].kind == "number" or word(tokens, at) in NUMBER_WORDS)


def is_spoken(tokens: Tokens, at: int) -> bool:
    """Whether a word of a whole number stands at a token: `eighty`, but not `a` and not `half`."""
    return word(tokens, at) in _WHOLE_WORDS


def is_and(tokens: Tokens, at: int) -> bool:
    """Whether `and` stands at a token, or its sign."""
    return word(tokens, at) == "and" or mark(tokens, at) == "&"


def and_a_part(tokens: Tokens, at: int) -> tuple[Decimal, int] | None:
    """`and a half`, `and half`, `& three quarters`, `and one-half`, `and 1/2`: the part and where it ends."""
    if not is_and(tokens, at):
        return None
    written = _ratio(tokens, at + 1) if at + 1 < len(tokens) and tokens[at + 1].gap else None
    if written and written.value < 1:
        return written.value, written.end
    if word(tokens, at + 1) in _PLAIN_PARTS and word(tokens, at + 2) not in _OF_ITS_OWN:
        return Decimal(1) / _PARTS[word(tokens, at + 1)], at + 2
    many = _SMALL.get(word(tokens, at + 1), 1 if word(tokens, at + 1) in {"a", "an"} else 0)
    behind = at + 2 + (mark(tokens, at + 2, attached=True) == "-" and attached(tokens, at + 3))
    part = _PARTS.get(word(tokens, behind), 0)
    return (Decimal(many) / part, behind + 1) if 0 < many < part else None


def and_part_of(tokens: Tokens, at: int) -> int | None:
    """Where the part begins in `and half a metre` and `& a quarter of a metre`: nothing tells of what it is one."""
    if not is_and(tokens, at):
        return None
    part = at + 1 + (word(tokens, at + 1) in {"a", "an"})
    return at + 1 if word(tokens, part) in _PLAIN_PARTS and word(tokens, part + 1) in _OF_ITS_OWN else None


def is_part(tokens: Tokens, at: int) -> bool:
    """Whether a word of a part stands at a token: `half`, `thirds`."""
    return word(tokens, at) in _PARTS


def stands_free(tokens: Tokens, at: int) -> bool:
    """Whether a token is no part of a name, a version, a range or a time that began before it."""
    if at >= len(tokens) or tokens[at].gap:
        return at < len(tokens)
    before = tokens[at - 1]
    if before.kind != "mark" or before.text not in _JOINED:
        return False
    return not (before.text in ",:'" and at > 1 and tokens[at - 2].kind == "number" and not before.gap)


def ends_free(tokens: Tokens, at: int) -> bool:
    """Whether no name, version, range or time goes on at a token."""
    if not attached(tokens, at):
        return True
    if tokens[at].kind != "mark":
        return False
    follows = attached(tokens, at + 1) and tokens[at + 1].kind == "number"
    if tokens[at].text == "," and follows and tokens[at - 1].kind == "number":
        return False
    return not (tokens[at].text in _TIED and attached(tokens, at + 1) and tokens[at + 1].kind != "mark")


def _sign(tokens: Tokens, at: int) -> tuple[int, int | None]:
    """The sign at a token, and where its number begins; None where a minus stands between two numbers."""
    if word(tokens, at) in {"minus", "negative"}:
        spoken = at == 0 or tokens[at - 1].kind != "number"
        return -1, at + 1 if spoken and at + 1 < len(tokens) else None
    if mark(tokens, at) in {"-", "+"} and stands_free(tokens, at):
        return (-1 if tokens[at].text == "-" else 1), at + 1 if attached(tokens, at + 1) else None
    return 1, at if at < len(tokens) and stands_free(tokens, at) else None


def _digits(tokens: Tokens, at: int) -> Numeral | None:
    written = tokens[at].text
    if tokens[at].kind != "number" or len(written) > _LONGEST or _goes_on(tokens, at + 1):
        return None
    whole = written.isdecimal()
    if written.startswith("0") and written[1:2].isdecimal():
        return None
    following = tokens[at + 1].text if at + 1 < len(tokens) else ""
    if whole and len(following) == 3 and following.isdecimal() and following[0] == "0":
        return None
    value = Decimal(written)
    if not whole:
        return Numeral(value, at + 1, "decimal")
    if parted := _ratio(tokens, at):
        return parted
    if at + 1 < len(tokens) and tokens[at + 1].gap and (parted := _ratio(tokens, at + 1)) and parted.value < 1:
        return Numeral(value + parted.value, parted.end, "mixed")
    if (more := and_a_part(tokens, at + 1)) is not None:
        return Numeral(value + more[0], more[1], "mixed")
    if value < 20 and (part := _many_parts(tokens, at + 1)):
        return Numeral(value / part, at + 2, "part")
    return Numeral(value, at + 1, "whole")


def _many_parts(tokens: Tokens, at: int) -> int:
    """Of `3 quarters` and `3 quarter turns` the 4; 0 where a digit counts no parts, as in `block 3 half a metre up`."""
    if attached(tokens, at) or not (word(tokens, at) in _MANY_PARTS or word(tokens, at + 1) == "turns"):
        return 0
    return _PARTS.get(word(tokens, at), 0)


def _goes_on(tokens: Tokens, at: int) -> bool:
    """Whether a second point makes it a version."""
    return attached(tokens, at) and tokens[at].kind == "number"


def _ratio(tokens: Tokens, at: int) -> Numeral | None:
    """`3/4` and `3/4ths`, two small whole numbers without blanks; but no date and no range such as `10/15`."""
    slash = mark(tokens, at + 1, attached=True) in {"/", "\u2044"}
    if not slash or not attached(tokens, at + 2):
        return None
    over, under = tokens[at].text, tokens[at + 2].text
    if not (over.isdecimal() and under.isdecimal() and under.isascii() and len(over) < 4 and len(under) < 4):
        return None
    if int(under) not in _UNDER or gcd(int(over), int(under)) > 1:
        return None
    end = at + 3 + (attached(tokens, at + 3) and word(tokens, at + 3) in _ORDINAL)
    if not ends_free(tokens, end) and mark(tokens, end) in {"/", ".", "-"}:
        return None
    return Numeral(Decimal(over) / Decimal(under), end, "part")


def _pi(tokens: Tokens, at: int) -> Numeral | None:
    """`pi/2`, `2pi`, `3 pi / 4`, `pi over two`, `pi rad`: degrees; a lone pi is a name."""
    end = at
    if tokens[at].kind == "number":
        end = at + 2 if mark(tokens, at + 1) == "*" else at + 1
    if word(tokens, end) not in PI or len(tokens[at].text) > _LONGEST:
        return None
    degrees = Decimal(180) * (Decimal(tokens[at].text) if end > at else 1)
    divided = _divisor(tokens, end + 1)
    if divided is None and mark(tokens, end + 1) in _OVER:
        return None
    divisor, end = divided or (Decimal(1), end + 1)
    in_radians = word(tokens, end) in {"rad", "radian", "radians"}
    return Numeral(degrees / divisor, end + in_radians, "pi") if in_radians or end > at + 1 else None


def _divisor(tokens: Tokens, at: int) -> tuple[Decimal, int] | None:
    """The two of `/ 2`, `over two` and `divided by 2`, and where it ends; in `over 3 seconds` nothing is divided."""
    start = behind_over(tokens, at) or (at + 1 if mark(tokens, at) in _OVER else None)
    if start is None or start >= len(tokens):
        return None
    text = tokens[start].text
    digits = (Decimal(text), start + 1) if tokens[start].kind == "number" and len(text) <= _LONGEST else None
    found = digits or _cardinal(tokens, start)
    if not found or not found[0] or (attached(tokens, found[1]) and _more(tokens, found[1])):
        return None
    name = word(tokens, found[1])
    in_radians, plain = scale(name) == _RADIAN, scale(name) is None or name == "in"
    return found if in_radians or (plain and (mark(tokens, at) or may_precede(tokens, found[1]))) else None


def _more(tokens: Tokens, at: int) -> bool:
    """Whether a divisor goes on at a token: `pi/2/3`, `pi/2.5.1`."""
    return tokens[at].kind == "number" or mark(tokens, at) == "/"


def behind_over(tokens: Tokens, at: int) -> int | None:
    """Where the number begins by which `over` or `divided by` divides; None where no such word stands at a token."""
    if word(tokens, at) == "divided" and word(tokens, at + 1) == "by":
        return at + 2
    return at + 1 if word(tokens, at) == "over" else None


def _spoken(tokens: Tokens, at: int) -> Numeral | None:
    """`thirty five`, `one point two`, `a hundred and eighty`, `one and a half`, `three quarters`, `half`, `a tenth`."""
    start = at + 1 if word(tokens, at) in {"a", "an"} else at
    if (part := _PARTS.get(word(tokens, start))) and (start > at or word(tokens, start) in _PLAIN_PARTS):
        return Numeral(Decimal(1) / part, start + 1, "part")
    if start > at and word(tokens, start) not in {"hundred", "thousand"}:
        return None
    found = _cardinal(tokens, start)
    if found is None:
        return _after_point(tokens, start, Decimal(0), "point") if word(tokens, start) == "point" else None
    value, end = found
    if pointed := _after_point(tokens, end, value, "decimal"):
        return pointed
    if more := and_a_part(tokens, end):
        return Numeral(value + more[0], more[1], "mixed")
    next_at = end + 1 if mark(tokens, end, attached=True) == "-" else end
    if (part := _PARTS.get(word(tokens, next_at))) and value < 20:
        return Numeral(value / part, next_at + 1, "part")
    return Numeral(value, end, "word")


def _cardinal(tokens: Tokens, at: int) -> tuple[Decimal, int] | None:
    """A whole number in words."""
    total, current, end = 0, None, at
    while end - at < 12:
        here = end
        if end > at and mark(tokens, here, attached=True) == "-" and attached(tokens, here + 1):
            here += 1
        if end > at and word(tokens, here) == "and" and word(tokens, end - 1) in {"hundred", "thousand"}:
            here += 1
        grown = _grow(total, current, word(tokens, here))
        if grown is None:
            break
        total, current, end = *grown, here + 1
    return (Decimal(total + (current or 0)), end) if end > at else None


def _grow(total: int, current: int | None, name: str) -> tuple[int, int | None] | None:
    """Total and current group of a spoken number after one more word; None where the word does not go on with it."""
    room = 1000 if current is None else 100 if current and current % 100 == 0 else 10 if _ten(current) else 0
    if name in _SMALL and _SMALL[name] < room and (current is None or _SMALL[name]):
        return total, (current or 0) + _SMALL[name]
    if name in _TENS and room >= 100:
        return total, (current or 0) + _TENS[name]
    if name == "hundred" and (current is None or 0 < current < 20):
        return total, (current or 1) * 100
    if name == "thousand" and total == 0 and (current is None or current):
        return (current or 1) * 1000, None
    return None


def _ten(current: int) -> bool:
    return current % 100 >= 20 and current % 10 == 0


def _after_point(tokens: Tokens, at: int, value: Decimal, form: str) -> Numeral | None:
    """The decimals of `one point two five`."""
    if word(tokens, at) != "point":
        return None
    end, decimals = at + 1, ""
    while (figure := _figure(word(tokens, end))) < 10 and len(decimals) < 6:
        decimals += str(figure)
        end += 1
    if not decimals and (word(tokens, end) in _TENS or word(tokens, end) in _SMALL):
        found = _cardinal(tokens, end)
        decimals, end = (str(found[0]), found[1]) if found else ("", end)
    return Numeral(value + Decimal(f"0.{decimals}"), end, form) if decimals else None


def _figure(name: str) -> int:
    """The one figure that a word says, or more than nine."""
    return 0 if name in _ZEROS else _SMALL.get(name, 10)
