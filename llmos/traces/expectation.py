"""How the answer of a replayed step is judged: the words as they were, the numbers near what they should be.

Knows no tool. A word that differs is never passed over: "holding 'cube'" and "closed on nothing" are not alike.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from llmos.errors import LLMosError
from llmos.messages import JSON, ToolResult
from llmos.traces.answers import told, with_root, without_root

NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
"""A number in an answer; digits within a word or a version are none."""

WORD = re.compile(r"""[^\s"'`,;()\[\]]+""")

_LONGEST_QUOTE = 120
_LONGEST_COUNT = 15
_ANY_NUMBER = rf"({NUMBER.pattern})"


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How much measured numbers may differ and still be the same."""

    absolute: float
    """Of numbers with decimals in answers; whole numbers are counts and must be equal."""
    relative: float
    position_m: float
    """Where the robot must be at the start, for steps that depend on it."""
    angle_deg: float

    def alike(self, one: float, other: float) -> bool:
        """Whether two numbers of an answer are the same measurement."""
        return math.isclose(one, other, rel_tol=self.relative, abs_tol=self.absolute)


@dataclass(frozen=True, slots=True)
class Number:
    """A number that an answer must have in a place: this one, or near it when `measured`; None is any."""

    value: float | None
    measured: bool = False

    def unlike(self, found: str, tolerance: Tolerance) -> bool:
        """Whether what was found there is another number."""
        if self.value is None:
            return False
        number = float(found)
        return not tolerance.alike(number, self.value) if self.measured else number != self.value


Piece: TypeAlias = str | Number


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tool is expected to answer.

    `whole` is the hash of the one answer that is the same; empty where that is not known. `pieces` is what another one
    must look like, None where only the same will do.
    """

    whole: str
    pieces: tuple[Piece, ...] | None
    root: str
    """The workspace, which the answers of traces do not name."""

    def same(self, result: ToolResult) -> bool:
        """Whether it is the recorded answer, to the letter."""
        return not result.is_error and told(result.content, self.root)[1] == self.whole

    def unlike(self, result: ToolResult, tolerance: Tolerance) -> str:
        """Why the answer is not what was expected, in one sentence; empty when it is."""
        text, found = told(result.content, self.root)
        if result.is_error:
            return f"it failed: {_quoted(text)}"
        if self.whole and found == self.whole:
            return ""
        if self.pieces is None:
            return f"it answered otherwise than before: {_quoted(text)}"
        match = re.fullmatch("".join(map(_pattern, self.pieces)), text)
        numbers = [piece for piece in self.pieces if isinstance(piece, Number)]
        if match is None or any(n.unlike(s, tolerance) for n, s in zip(numbers, match.groups(), strict=True)):
            return f"it answered {_quoted(text)}, where {_quoted(self.shown)} was expected"
        return ""

    @property
    def shown(self) -> str:
        """What is expected, for people; a number that may be any is `#`."""
        return "".join(map(_shown, self.pieces or ()))


@dataclass(frozen=True, slots=True)
class Taken:
    """An argument that is read from the answer of an earlier step, counted from 0."""

    step: int
    kind: Literal["whole", "field", "number", "word"]
    at: tuple[str | int, ...]
    """The way to a field of JSON, or the how-manieth number or word."""
    root: str = ""
    also: tuple["Taken", ...] = ()
    """Other places in which it stood just as well."""

    def value(self, answers: Sequence[str]) -> JSON:
        """What stands there; LLMosError when nothing does, or another value in one of the other places."""
        found = self._found(answers)
        for other in self.also:
            if (there := other._found(answers)) != found:  # noqa: SLF001 - of its own kind
                raise LLMosError(f"step {self.step + 1} says {found}, and step {other.step + 1} says {there}")
        return found

    def _found(self, answers: Sequence[str]) -> JSON:
        text = without_root(answers[self.step], self.root)
        found = read(text, self.kind, self.at)
        if found is None:
            place = "" if self.kind == "whole" else f" {self.kind} {'.'.join(map(str, self.at))}"
            raise LLMosError(f"the answer of step {self.step + 1} has no{place}: {_quoted(text)}")
        return with_root(found, self.root) if isinstance(found, str) and self.root else found


def read(text: str, kind: str, at: Sequence[str | int]) -> JSON:
    """What stands at a place of an answer; None where there is nothing."""
    if kind == "whole":
        return text
    if kind == "field":
        return _field(text, at)
    found = numbers_in(text) if kind == "number" else words_in(text)
    index = at[0]
    return found[index] if isinstance(index, int) and index < len(found) else None


def numbers_in(text: str) -> list[float]:
    """The numbers of an answer, in order."""
    return [_number(each) for each in NUMBER.findall(text)]


def words_in(text: str) -> list[str]:
    """What stands between blanks, quotes, commas and brackets; the full stop of a sentence is not of its last word."""
    return [bare for word in WORD.findall(text) if (bare := word.rstrip(".:!?"))]


def cut(text: str) -> list[str]:
    """The text in pieces: every second one is a number."""
    return re.split(_ANY_NUMBER, text)


def _number(shown: str) -> float:
    return int(shown) if len(shown) <= _LONGEST_COUNT and shown.lstrip("+-").isdecimal() else float(shown)


def _field(text: str, at: Sequence[str | int]) -> JSON:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    for key in at:
        fits = isinstance(value, Mapping) if isinstance(key, str) else isinstance(value, list)
        if not fits or (key not in value if isinstance(key, str) else key >= len(value)):
            return None
        value = value[key]
    return value


def _pattern(piece: Piece) -> str:
    return re.escape(piece) if isinstance(piece, str) else _ANY_NUMBER


def _shown(piece: Piece) -> str:
    if isinstance(piece, str):
        return piece
    return "#" if piece.value is None else f"{piece.value:g}"


def _quoted(text: str) -> str:
    line = " ".join(text.split())
    return f'"{line if len(line) <= _LONGEST_QUOTE else line[:_LONGEST_QUOTE] + "…"}"'
