"""Finds what names no one number, a range, a choice, a product, or a piece of a number: as a whole it stays as written.

Knows no names of things but those it is told.
"""

from llmos.models.numerals import Numeral, and_part_of, behind_over, counts, in_hundreds, is_and, is_spoken, numeral
from llmos.models.reading_tails import of_hundreds, open_end, tail
from llmos.models.reading_tokens import Tokens, mark, word
from llmos.models.reading_units import Amount, amount, has_dash, unit
from llmos.models.reading_unsaid import unsaid
from llmos.models.reading_words import BODY, DIRECTIONS, are_things, may_follow

_SUM_WORDS = frozenset({"plus", "minus"})
_JOINT_WORDS = frozenset({"or", "to", "by", "x", "through", "thru"}) | _SUM_WORDS
_TIMES = frozenset({"*", "\u00d7"})
_SUMS = frozenset({"+", "\u00b1"})
_DASHES = frozenset({"-", "\u2013", "\u2014", "~", "\u2192"})
_JOINTS = _DASHES | _TIMES | _SUMS | {"/"}
_SIGNS = 3
"""Marks of one joint: `+/-`, `->`."""
_MOST = 3
"""Joints of one range or product that are looked at: a text may be one long row of them."""
_POINTING_WORDS = "that this other same next last first second third every each any either no which"
_POINTING = frozenset(_POINTING_WORDS.split())
_ARTICLES = frozenset({"the", "a", "that", "this", "my", "your", "its"})
_TURN_WORDS = "turn turning rotate rotating spin swivel twist pivot revolve yaw tilt face a it"
_TURNING = frozenset(_TURN_WORDS.split())
_AMOUNT_WORDS = """by about around exactly roughly approximately almost nearly another go drive travel advance proceed
    reverse retreat climb rise descend ascend"""
_BEFORE_AMOUNTS = frozenset(_AMOUNT_WORDS.split())
_PAUSES = frozenset(".,;:!?")
_CLOSINGS = frozenset({")", "]", "}"})


def number_at(tokens: Tokens, at: int) -> Numeral | None:
    """The number that begins at a token; `one eighty` is 180 where it has a unit and can be nothing else."""
    larger = _hundreds(tokens, at)
    return larger[0] if larger and larger[1] else numeral(tokens, at)


def doubtful(tokens: Tokens, at: int, found: Numeral | None, names: set[int]) -> int | None:
    """Where what may be more than one number, or only a piece of one, ends; None where nothing is in doubt."""
    if end := _range(tokens, at, found, names) or _sum(tokens, at, found):
        return end
    larger = _hundreds(tokens, at)
    if larger and not larger[1]:
        measured = amount(tokens, at, larger[0])
        return measured.end if measured else None
    piece = _piece(tokens, at, found, names) or _named_part(tokens, at, found, names)
    piece = piece or _and_part_of(tokens, at, found, names)
    piece = piece or of_hundreds(tokens, found) or _dashed(tokens, found)
    piece = piece or open_end(tokens, at, found) or tail(tokens, at, found, names)
    return piece or unsaid(tokens, at, found, names)


def _range(tokens: Tokens, at: int, first: Numeral | None, names: set[int]) -> int | None:
    """Where `2 to 3 cm`, `2 - 3 cm`, `2 by 3 cm`, `between 2 and 3 cm` or `an inch or two` end; None for one number."""
    if first is None:
        few = word(tokens, at + 2) == "or" and word(tokens, at + 3) in {"two", "so"}
        return at + 4 if few and word(tokens, at) in {"a", "an"} else None
    between, end = word(tokens, at - 1) == "between", first.end
    if first.form in {"pi", "point"} or not (between or may_follow(tokens, at, names)):
        return None
    for _ in range(_MOST):
        start = end + 1 if between and word(tokens, end) == "and" else _behind_joint(tokens, end)
        following = (numeral(tokens, start) or numeral(tokens, start, inside=True)) if start else None
        if start is None or following is None:
            return None
        if last := amount(tokens, start, following):
            changes = first.form in {"whole", "word", "part"} or last.unit != 1 or _is_sum(tokens, end)
            return last.end if changes and not (behind_over(tokens, end) and last.kind == "duration") else None
        if mark(tokens, following.end) in _CLOSINGS and unit(tokens, following.end + 1):
            return following.end
        end = following.end
    return None


def multiplied(tokens: Tokens, at: int) -> bool:
    """Whether the whole number at a token tells how often the amount before it is meant: `10 cm x 3`."""
    if at < 3 or not (word(tokens, at - 1) == "x" or mark(tokens, at - 1) in _TIMES):
        return False
    return counts(tokens, at - 3) and unit(tokens, at - 2) is not None


def _behind_joint(tokens: Tokens, at: int) -> int | None:
    """Where the second number of a range, a sum or a product begins, or None where none is announced."""
    if word(tokens, at) in _JOINT_WORDS:
        return at + 1
    end, dots = _behind_signs(tokens, at), at
    while mark(tokens, dots) == "." and dots < at + 3:
        dots += 1
    return behind_over(tokens, at) or (end if end > at else dots if dots > at + 1 else None)


def _behind_signs(tokens: Tokens, at: int) -> int:
    """Where the signs of a joint end, such as `+/-` and `->`."""
    end = at
    while end < at + _SIGNS and mark(tokens, end) in (_JOINTS | {">"} if end > at else _JOINTS):
        end += 1
    return end


def _is_sum(tokens: Tokens, at: int) -> bool:
    """Whether the joint at a token adds or takes away, and is no dash, which may mean anything."""
    return mark(tokens, at) in _SUMS or word(tokens, at) in _SUM_WORDS


def _sum(tokens: Tokens, at: int, found: Numeral | None) -> int | None:
    """Where `10 cm + 5 cm`, `1 foot minus 2 inches`, `10 cm plus 5` and `50 cm over 2` end; None for one amount."""
    measured, summed = amount(tokens, at, found), None
    while measured and (joint := _summand(tokens, measured.end)):
        summed, measured = joint
    return summed


def _summand(tokens: Tokens, at: int) -> tuple[int, Amount | None] | None:
    """Where what is added to an amount ends, or what divides it, and the amount it is; None where nothing is added."""
    factor = at + 1 if word(tokens, at) == "times" else behind_over(tokens, at)
    start = factor or _behind_sign(tokens, at)
    number = (numeral(tokens, start) or numeral(tokens, start, inside=True)) if start else None
    measured = amount(tokens, start, number) if start else None
    if measured:
        return None if factor else (measured.end, measured)
    return (number.end, None) if number and (factor or _is_sum(tokens, at)) else None


def _behind_sign(tokens: Tokens, at: int) -> int | None:
    """Where the second amount of a sum or a range may begin, or None where none is announced."""
    if word(tokens, at) in _SUM_WORDS | {"less"}:
        return at + 1
    return _behind_signs(tokens, at) if mark(tokens, at) in _SUMS | _DASHES else None


def _hundreds(tokens: Tokens, at: int) -> tuple[Numeral, bool] | None:
    """`one eighty` before a unit, and whether it is surely 180; None where it is `that one` and eighty, or two things.

    Behind what may be moved it may be a name, as in `push the left one fifty centimeters`.
    """
    found = in_hundreds(tokens, at)
    measured = amount(tokens, at, found) if found else None
    before = word(tokens, at - 1)
    if found is None or measured is None or before in _POINTING or are_things(tokens, measured.end):
        return None
    way = before in DIRECTIONS and word(tokens, at - 2) not in _ARTICLES
    body = before in BODY and word(tokens, at - 2) in {"the", "your"}
    begins = at == 0 or mark(tokens, at - 1) in _PAUSES
    turned = measured.kind == "angle" and before in _TURNING
    sure = way or body or begins or turned or before in _BEFORE_AMOUNTS
    return found, sure and measured.kind in {"length", "angle"}


def _piece(tokens: Tokens, at: int, found: Numeral | None, names: set[int]) -> int | None:
    """Where a number ends whose beginning could not be read, as the `1/2 inches` of `5'6 1/2 inches`."""
    if found is None or at < 1:
        return None
    measured = amount(tokens, at, found)
    if found.form in {"part", "mixed"} and tokens[at - 1].kind == "number":
        return measured.end if measured and may_follow(tokens, at - 1, names) else None
    before = at - 2 if word(tokens, at - 1) in {"oh", "o"} else at - 1
    if not is_spoken(tokens, before) or not is_spoken(tokens, at):
        return None
    end = measured.end if measured else found.end
    pointed = word(tokens, before) == "one" and word(tokens, before - 1) in _POINTING
    return None if pointed or are_things(tokens, end) else end


def _named_part(tokens: Tokens, at: int, found: Numeral | None, names: set[int]) -> int | None:
    """Where `5 and a half turn` and `2 1/2 inch` end behind `bin`; None for one number, as in `the box 2 1/2 m`."""
    if found is None or found.form != "mixed" or may_follow(tokens, at, names):
        return None
    joined = any(is_and(tokens, inside) for inside in range(at, found.end))
    many = word(tokens, found.end).endswith("s") or word(tokens, found.end) == "feet"
    many = many and word(tokens, at - 1) != "between"
    measured = None if many or not (joined or _may_be_two(tokens, at)) else amount(tokens, at, found)
    return measured.end if measured and (joined or measured.kind in {"length", "angle"}) else None


def _dashed(tokens: Tokens, found: Numeral | None) -> int | None:
    """Where `5'-6` and `5"-6"` end, which are no feet and inches."""
    quoted = found and mark(tokens, found.end, attached=True) in {"'", '"'} and tokens[found.end].measures
    if found is None or not quoted or not has_dash(tokens, found.end + 1) or unit(tokens, found.end):
        return None
    return found.end + 3 + (mark(tokens, found.end + 3, attached=True) in {"'", '"'})


def _and_part_of(tokens: Tokens, at: int, found: Numeral | None, names: set[int]) -> int | None:
    """Where `two and half a metre` ends, which may be two and a half or two things; not behind `bin`."""
    if found and found.form == "mixed" and word(tokens, found.end) == "of":
        whole = amount(tokens, found.end + 1, numeral(tokens, found.end + 1))
        return whole.end if whole else None
    start = and_part_of(tokens, found.end) if found and may_follow(tokens, at, names) else None
    measured = amount(tokens, start, numeral(tokens, start)) if start else None
    return measured.end if measured else None


def _may_be_two(tokens: Tokens, at: int) -> bool:
    """Whether `2 1/2` may be a name and a part; behind `the` and `the box` it is no name."""
    told = word(tokens, at - 1) in _POINTING or _ARTICLES & {word(tokens, before) for before in range(at - 3, at)}
    return tokens[at].kind == "number" and not tokens[at + 1].parted and not told
