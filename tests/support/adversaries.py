"""Goals that are alike: what was learned, what is asked for next, and whether the one may be done again for the other.

Every task carries the tool calls that truly reach it, so that a replay is judged by what it does and not by its name.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Literal, Protocol, TypeAlias

from llmos.messages import JSON

Must = Literal["replay", "rebind", "never"]
"""`replay`: it is the same goal, written otherwise. `rebind`: the same with other values, which the calls follow.
`never`: what was learned is not what is asked for, and nothing in it says what is."""
Body = Literal["arm", "files"]
Call: TypeAlias = tuple[str, Mapping[str, JSON]]
BLANKS = (" ", "  ", " \t", "\n", "\u00a0", "\u3000")


class Written(Protocol):
    """A value in a goal."""

    def __call__(self, chance: Random | None) -> str:
        """How it is written: plainly, or by chance in one of the ways that mean the same."""
        ...


@dataclass(frozen=True, slots=True)
class Task:
    """A goal and the calls that reach it."""

    goal: str
    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked for after a lesson, what it must come to, and what makes it hard."""

    task: Task
    must: Must
    why: str


@dataclass(frozen=True, slots=True)
class Lesson:
    """What is learned, in what surroundings, and what is asked for then."""

    name: str
    body: Body
    learned: tuple[Task, ...]
    asks: tuple[Ask, ...]
    scene: str = "empty"
    files: Mapping[str, str] = field(default_factory=dict)
    """What stands in the workspace before each run."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One learned goal beside one that is asked for."""

    learned: Task
    asked: Task
    must: Must
    why: str


def pairs(lessons: Sequence[Lesson]) -> Iterator[Pair]:
    """Every ask beside the goals that were learned before; the same goal is only sought beside the first of them."""
    for lesson in lessons:
        for ask in lesson.asks:
            for task in lesson.learned[:1] if ask.must == "replay" else lesson.learned:
                yield Pair(task, ask.task, ask.must, f"{lesson.name}: {ask.why}")


def point(x: float, y: float, z: float) -> Written:
    """Coordinates."""
    plain = [_plain(each) for each in (x, y, z)]

    def write(chance: Random | None) -> str:
        if chance is None:
            return f"({', '.join(plain)})"
        a, b, c = (_varied(each, chance) for each in plain)
        ways = (f"({a},{b},{c})", f"[{a}, {b}, {c}]", f"( {a} ; {b} ; {c} )", f"[{a} {b} {c}]")
        return chance.choice((*ways, f"x={a} y={b} z={c}", f"x={a}, y={b} and z={c}", f"({a}, {b}, {c})"))

    return write


def length(metres: float) -> Written:
    """A distance; plainly in metres."""
    return _measure(metres, {"m": "1", "metres": "1", "cm": "100", "mm": "1000", "centimetres": "100"})


def angle(degrees: float) -> Written:
    """An angle."""
    return _measure(degrees, {"deg": "1", "\u00b0": "1", "degrees": "1"})


def duration(seconds: float) -> Written:
    """A time."""
    return _measure(seconds, {"s": "1", "seconds": "1", "ms": "1000"})


def number(value: int) -> Written:
    """A count."""
    return lambda chance: str(value) if chance is None else chance.choice((str(value), f"{value}.0", wide(str(value))))


def text(value: str) -> Written:
    """What stands in quotes."""
    quotes = ("''", '""', "\u201c\u201d", "``", "\u00ab\u00bb")
    return lambda chance: "{0[0]}{1}{0[1]}".format("''" if chance is None else chance.choice(quotes), value)


def word(value: str) -> Written:
    """What stands there as it is: a path, a name whose case matters."""
    return lambda chance: value


def say(template: str, *values: Written, chance: Random | None = None, cased: bool = False) -> str:
    """A goal; each `{}` of the template is a value. By chance its blanks, its case and its end are another's habit.

    `cased`: the case of its words is no habit, since one of them is written into a file.
    """
    stretches = template.split("{}")
    if chance is None:
        return "".join(_alternating(stretches, [value(None) for value in values]))
    turn = str if cased else chance.choice((str.upper, str.lower, str.title, str.capitalize, str, wide))
    told = "".join(_alternating([turn(each) for each in stretches], [value(chance) for value in values]))
    if chance.random() < 0.7:
        told = _spaced(told, chance)
    return f"{chance.choice(('', ' ', chr(10)))}{told}{chance.choice(('', '.', '!', ' !', '...'))}"


def wide(plain: str) -> str:
    """The same in fullwidth letters and digits."""
    return "".join(chr(ord(char) + 0xFEE0) if char.isascii() and char.isalnum() else char for char in plain)


def again(told: Callable[[Random], str], task: Task, chance: Random, count: int) -> Iterator[Ask]:
    """The same goal so many times, each time written otherwise."""
    for _ in range(count):
        yield Ask(Task(told(chance), task.calls), "replay", "formatting")


def _alternating(stretches: Sequence[str], values: Sequence[str]) -> Iterator[str]:
    for stretch, value in zip(stretches, [*values, ""], strict=True):
        yield stretch
        yield value


def _measure(value: float, units: Mapping[str, str]) -> Written:
    first = next(iter(units))

    def write(chance: Random | None) -> str:
        if chance is None:
            return f"{_plain(value)} {first}"
        unit = chance.choice(list(units))
        shown = _varied(_plain(Decimal(_plain(value)) * Decimal(units[unit])), chance)
        return f"{shown}{chance.choice(('', ' ', '  '))}{unit}"

    return write


def _plain(value: float | Decimal) -> str:
    shown = f"{Decimal(str(value)):f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def _varied(plain: str, chance: Random) -> str:
    """A number with another minus, zeros at its end, or without the zero before its point."""
    sign, digits = ("-", plain[1:]) if plain[0] == "-" else ("", plain)
    if "." in digits and chance.random() < 0.3:
        digits += "0"
    if digits.startswith("0.") and chance.random() < 0.3:
        digits = digits[1:]
    return (chance.choice(("-", "\u2212")) if sign else "") + (wide(digits) if chance.random() < 0.2 else digits)


def _spaced(told: str, chance: Random) -> str:
    """Other blanks between words; those in quotes stay."""
    quoted, parts = "", []
    for char in told:
        if quoted:
            quoted = "" if char == quoted else quoted
        elif char in "'\"`\u201c\u00ab":
            quoted = {"\u201c": "\u201d", "\u00ab": "\u00bb"}.get(char, char)
        parts.append(chance.choice(BLANKS) if char == " " and not quoted else char)
    return "".join(parts)
