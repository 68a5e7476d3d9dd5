"""Finds a whole number beside a length in centimetres: whether it is one of them too or in metres, nothing tells.

Knows only steps that follow one another, and no angle: `turn 90 left and go 10 cm up` is clear.
"""

from llmos.models.numerals import Numeral, is_and, numeral
from llmos.models.reading_tokens import Tokens, mark, word
from llmos.models.reading_units import amount, ends_saying
from llmos.models.reading_words import ANGLES, DIRECTIONS, may_follow

_GOING = DIRECTIONS | {"go", "move", "shift", "slide", "by", "it", "also", "another"}
_BEFORE_WAYS = frozenset({"to", "the", "your", "my"})
_TURNING_WORDS = "turn turning rotate rotating spin swivel twist pivot revolve tilt face degrees degree deg"
_TURNING = ANGLES | frozenset(_TURNING_WORDS.split())
_NEAR = 6
"""Words in which a turn stands before its angle, and between one step and the next."""
_MOST = 4
"""Steps of one row that are looked at."""


def unsaid(tokens: Tokens, at: int, found: Numeral | None, names: set[int]) -> int | None:
    """Where `10 cm left and 1 up`, `1 left and 10 cm up` and `5 and 10 cm` end; None where nothing is in doubt."""
    turned = _TURNING & {word(tokens, before) for before in range(at - _NEAR, at)}
    if turned or not may_follow(tokens, at, names):
        return None
    kinds: set[str] = set()
    last, step = None, at
    for _ in range(_MOST):
        kind, end = _step(tokens, step, found)
        kinds.add(kind)
        if not kind:
            break
        last = end if len(kinds) > 1 else None
        step = _behind(tokens, end) or len(tokens)
        found = numeral(tokens, step)
    return last


def _step(tokens: Tokens, at: int, found: Numeral | None) -> tuple[str, int]:
    """Of what kind the number of a step is, `small` or `bare`, and where it ends; no kind where it is neither."""
    measured = amount(tokens, at, found)
    if measured:
        return ("small" if measured.kind == "length" and measured.unit < 1 else ""), measured.end
    if found is None or found.form not in {"whole", "word"}:
        return "", at
    goes = _way(tokens, found.end) or word(tokens, at - 1) in DIRECTIONS
    ends = _way(tokens, found.end) or _is_joint(tokens, found.end) or ends_saying(tokens, found.end)
    listed = _is_joint(tokens, found.end) and numeral(tokens, found.end + 1)
    return ("bare" if (goes and ends) or listed else ""), found.end


def _behind(tokens: Tokens, at: int) -> int | None:
    """Where the next step's number may begin; None where no step follows."""
    end, joined = at, False
    while end < at + _NEAR:
        joined = joined or _is_joint(tokens, end)
        if not (_is_joint(tokens, end) or word(tokens, end) in _GOING):
            way = _way(tokens, end)
            if way is None:
                break
            end = way - 1
        end += 1
    return end if joined else None


def _is_joint(tokens: Tokens, at: int) -> bool:
    return is_and(tokens, at) or word(tokens, at) == "then" or mark(tokens, at) in {",", ";"}


def _way(tokens: Tokens, at: int) -> int | None:
    """Where `left` and `to the left` end."""
    end = at
    while end < at + 2 and word(tokens, end) in _BEFORE_WAYS:
        end += 1
    return end + 1 if word(tokens, end) in DIRECTIONS else None
