"""Reads the minutes and seconds of arc behind degrees: the `15'` of `30\N{DEGREE SIGN}15'`, `30 degrees 15 minutes`.

Knows no degrees; whoever has read them asks what stands behind. A time tells itself by what follows it.
"""

from decimal import Decimal

from llmos.models.numerals import is_and, numeral
from llmos.models.reading_tokens import Tokens, attached, mark, word

_SIXTY = 60
_MINUTES = frozenset({"minute", "minutes", "min", "mins", "arcminute", "arcminutes", "arcmin", "arcmins"})
_SECONDS = frozenset({"second", "seconds", "sec", "secs", "s", "arcsecond", "arcseconds", "arcsec", "arcsecs"})
_OF_TIME = frozenset({"later", "after", "before", "ago", "from", "earlier", "long", "apart", "per", "each"})
"""Behind minutes these say that they are of time: `turn 30 degrees 15 minutes later`."""


def signed_minutes(tokens: Tokens, at: int) -> tuple[Decimal, int] | None:
    """Of `15'` and `15'36"` without a blank before them the part of a degree, and where they end; None for others."""
    more, end = Decimal(0), at
    for sign, share in (("'", _SIXTY), ('"', _SIXTY**2)):
        if not attached(tokens, end) or tokens[end].kind != "number" or mark(tokens, end + 1, attached=True) != sign:
            break
        if (part := Decimal(tokens[end].text)) >= _SIXTY:
            return None
        more, end = more + part / share, end + 2
    return (more, end) if end > at else None


def named_minutes(tokens: Tokens, at: int) -> tuple[Decimal, int] | None:
    """Of `15 minutes`, `and 15 arc minutes` and `15 min 36 sec` the part of a degree, and where they end; None else."""
    found = _minutes_and_seconds(tokens, at)
    if not found or not all(0 <= part < _SIXTY for part, _ in found):
        return None
    return sum((part / _SIXTY ** (i + 1) for i, (part, _) in enumerate(found)), Decimal(0)), found[-1][1]


def doubtful_minutes(tokens: Tokens, at: int) -> int | None:
    """Where the 15' of `30 degrees 15'` ends, which may be minutes of arc, or feet, and where `75 minutes` do."""
    if at < len(tokens) and tokens[at].kind == "number" and mark(tokens, at + 1, attached=True) in {"'", '"'}:
        return at + 2
    found = _minutes_and_seconds(tokens, at)
    return found[-1][1] if found else None


def _minutes_and_seconds(tokens: Tokens, at: int) -> list[tuple[Decimal, int]]:
    """The minutes named at a token and where they end, and the seconds behind them; empty where they are of time."""
    found: list[tuple[Decimal, int]] = []
    for names in (_MINUTES, _SECONDS):
        part = _named(tokens, found[-1][1] if found else at, names)
        if part is None:
            break
        found.append(part)
    return found if found and word(tokens, found[-1][1]) not in _OF_TIME else []


def _named(tokens: Tokens, at: int, names: frozenset[str]) -> tuple[Decimal, int] | None:
    """The number of these at a token, and where they end with all that says that they are of arc."""
    found = numeral(tokens, at + is_and(tokens, at))
    if found is None or found.form not in {"whole", "word", "decimal"}:
        return None
    end = found.end
    if word(tokens, end) == "arc":
        end += 1 + (mark(tokens, end + 1, attached=True) == "-")
    if word(tokens, end) not in names:
        return None
    of_arc = word(tokens, end + 1) == "of" and word(tokens, end + 2) == "arc"
    return found.value, end + (3 if of_arc else 1)
