"""Find the slots of a goal: numbers, quantities, coordinates, quoted texts, paths, addresses, ordinals, lists of those.

Knows no skeleton. What could be read in two ways, as `1,5` or `12:30`, is no slot; it stays in the goal as written.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from llmos.messages import JSON
from llmos.quantities import UNITS, coordinate, number, quantity
from llmos.runtime.goal_paths import read_chunk
from llmos.runtime.goal_quotes import find_quotes
from llmos.runtime.goal_text import PlainText

_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_LISTED = frozenset({"number", "length", "angle", "duration", "mass", "percent", "text", "path", "ordinal"})
_VERBATIM = frozenset({"path", "pattern", "address"})
_AND = re.compile(r"\s*,\s*(?:and\s+|&\s*)?|\s+and\s+|\s*&\s*", re.IGNORECASE)
_NUMBER = r"[-+]?(?:\d++(?:\.\d++)?+|\.\d++)(?:e[-+]?\d{1,2}(?!\d))?+"
# Not inside a word, a version, a range, a time or a date.
_BEGIN = r"(?<![\w.])(?<!\w[-+/:,'^\u2019])"
_END = r"(?![\w^])(?![-+.:/'\u2019]\w)(?!,\d)"
_NAMES = "|".join(name for name in UNITS if name != "in")


def _unit(group: str) -> str:
    """A unit after its number; `5 in the box` is no inch, and a squared unit is none of ours."""
    return (
        rf"(?:(?:\s*+|-)(?P<{group}>{_NAMES})|(?P<{group}_in>in))"
        r"(?![\w^])(?![-'\u2019]\w)(?!\s*+(?:squared?|cubed|cubic|celsius|fahrenheit)\b)"
    )


def _coordinates(group: str) -> str:
    """Two or more numbers between brackets, apart by commas, semicolons or blanks."""
    return (
        rf"(?P<{group}>\s*+{_NUMBER}"
        rf"(?:(?:\s*+,\s*+{_NUMBER})++|(?:\s*+;\s*+{_NUMBER})++|(?:\s++{_NUMBER})++)\s*+)"
    )


_AXIS = rf"[xyz]\s*+[=:]\s*+{_NUMBER}{_END}(?!(?:\s*+|-)(?:{_NAMES})(?![\w^]))"
_TOKEN = re.compile(
    rf"\({_coordinates('round')}\)|\[{_coordinates('square')}\]"
    rf"|(?<![\w.])(?P<axes>{_AXIS}(?:\s*+(?:[,;]\s*+)?(?:and\s++)?{_AXIS}){{1,2}})"
    rf"|{_BEGIN}(?P<row>{_NUMBER}(?:,{_NUMBER}){{2,}}+){_END}"
    rf"|{_BEGIN}(?P<ranked>\d{{1,9}}+)(?:st|nd|rd|th)(?!\w)"
    rf"|{_BEGIN}(?P<much>{_NUMBER}){_unit('unit')}"
    rf"|{_BEGIN}(?P<comma>[-+]?\d++,\d++){_unit('comma_unit')}"
    rf"|{_BEGIN}(?P<number>{_NUMBER}){_END}"
    r"|(?<![\w-])(?:the|this|that|its|his|her|my|your|our|their)\s++"
    rf"(?P<ordinal>{'|'.join(_ORDINALS)})(?![\w-])"
    r"|(?<!\w)(?P<address>[a-z][a-z0-9+.-]{0,15}+://[^\s\"'<>(){}\[\]]++)"
    r"|(?<![^\s(\[{<,;=:|&])(?P<chunk>(?:[a-z]:(?=[\\/]))?[\w.~/\\*@%-]"
    r"[^\s\"'\u201c\u201d\u201e\u00ab\u00bb\u2018\u2019`<>(){}\[\],;|=&:]*+)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the plain goal: a slot with its kind and value, or, of kind "", a word whose case matters."""

    start: int
    end: int
    kind: str
    value: JSON = None
    count: int = 1
    """How many there are of this kind; more than one makes a list."""


def find_pieces(plain: PlainText) -> list[Piece]:
    """The slots of a goal, and the words whose case matters, in order."""
    return list(_listed(list(_single(plain)), plain.text))


def _single(plain: PlainText) -> Iterator[Piece]:
    at = 0
    for quoted in find_quotes(plain.text):
        yield from _unquoted(plain, at, quoted.start)
        yield Piece(quoted.start, quoted.end, "text", plain.written(quoted.inner_start, quoted.inner_end))
        at = quoted.end
    yield from _unquoted(plain, at, len(plain.text))


def _unquoted(plain: PlainText, start: int, end: int) -> Iterator[Piece]:
    for found in _TOKEN.finditer(plain.text, start, end):
        piece = _READERS[found.lastgroup or ""](found)
        if piece is None:
            continue
        yield replace(piece, value=plain.written(piece.start, piece.end)) if piece.kind in _VERBATIM else piece


def _read_coordinates(found: re.Match[str]) -> Piece | None:
    inside = found[0][1:-1]
    # `(1,000, 2, 3)` may be three numbers or four.
    if re.search(r",\d{3}(?!\d)", inside) and re.search(r",\s", inside):
        return None
    return _numbers(found, [coordinate(each) for each in re.split(r"[\s,;]+", inside.strip())])


def _numbers(found: re.Match[str], values: list[float | None]) -> Piece | None:
    if None in values:
        return None
    kind = {2: "pair", 3: "point"}.get(len(values))
    return Piece(*found.span(), kind or "number", values, 1 if kind else len(values))


def _read_axes(found: re.Match[str]) -> Piece | None:
    sides = re.findall(rf"([xyz])\s*[=:]\s*({_NUMBER})", found[0], re.IGNORECASE)
    named = {axis.lower(): coordinate(written) for axis, written in sides}
    if len(named) != len(sides) or not {"x", "y"} <= set(named):
        return None
    return _numbers(found, [named[axis] for axis in sorted(named)])


def _read_row(found: re.Match[str]) -> Piece | None:
    items = found["row"].split(",")
    # `1,200,300` may be one number.
    if all(re.fullmatch(r"\d{3}", item) for item in items[1:]):
        return None
    values = [number(item) for item in items]
    return None if None in values else Piece(*found.span("row"), "number", values, len(values))


def _read_ranked(found: re.Match[str]) -> Piece | None:
    return Piece(*found.span(), "ordinal", int(found["ranked"]))


def _read_ordinal(found: re.Match[str]) -> Piece | None:
    return Piece(*found.span("ordinal"), "ordinal", _ORDINALS.index(found["ordinal"].lower()) + 1)


def _read_much(found: re.Match[str]) -> Piece | None:
    known = quantity(found["much"], found["unit"] or found["unit_in"])
    return Piece(*found.span(), *known) if known else None


def _read_comma(found: re.Match[str]) -> Piece | None:
    whole, _, fraction = found["comma"].partition(",")
    # `1,500 m` may be a kilometre and a half.
    if len(fraction) == 3 and whole.lstrip("+-") != "0":
        return None
    known = quantity(f"{whole}.{fraction}", found["comma_unit"] or found["comma_unit_in"])
    return Piece(*found.span(), *known) if known else None


def _read_number(found: re.Match[str]) -> Piece | None:
    value = number(found["number"])
    return None if value is None else Piece(*found.span("number"), "number", value)


def _read_address(found: re.Match[str]) -> Piece | None:
    start, end = found.start(), found.start() + len(found[0].rstrip(".,;:!?"))
    return Piece(start, end, "address")


def _read_chunk(found: re.Match[str]) -> Piece | None:
    chunk = read_chunk(found["chunk"])
    start, end = found.start(), found.start() + chunk.length
    if chunk.kind != "word":
        return Piece(start, end, chunk.kind)
    return Piece(start, end, "") if chunk.cased else None


_READERS: dict[str, Callable[[re.Match[str]], Piece | None]] = {
    "round": _read_coordinates,
    "square": _read_coordinates,
    "axes": _read_axes,
    "row": _read_row,
    "ranked": _read_ranked,
    "unit": _read_much,
    "unit_in": _read_much,
    "comma_unit": _read_comma,
    "comma_unit_in": _read_comma,
    "number": _read_number,
    "ordinal": _read_ordinal,
    "address": _read_address,
    "chunk": _read_chunk,
}


def _listed(pieces: list[Piece], text: str) -> Iterator[Piece]:
    """Three or more of one kind in a row, `1, 2 and 3`, made one list."""
    at = 0
    while at < len(pieces):
        end = at + 1
        while end < len(pieces) and _follows(pieces[end - 1], pieces[end], text):
            end += 1
        row = pieces[at:end]
        # Two are a first and a second, each with its own place.
        if len(row) > 2:
            yield Piece(row[0].start, row[-1].end, row[0].kind, [piece.value for piece in row], len(row))
        else:
            yield from row
        at = end


def _follows(one: Piece, other: Piece, text: str) -> bool:
    alike = one.kind == other.kind and one.kind in _LISTED and one.count == other.count == 1
    return alike and _AND.fullmatch(text, one.end, other.start) is not None
