"""The form of a program: its parameters, statements and expressions, as frozen values with line numbers.

Knows neither how it is written nor what it does. Equality ignores lines.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from llmos.errors import LLMosError

MOST_CHARACTERS = 100_000
"""Of a program, and of a text that it makes."""
MOST_STATEMENTS = 1_000
MOST_BLOCKS_DEEP = 16
MOST_EXPRESSION_HEIGHT = 40
MOST_ITEMS = 1_000
"""Of a list that a parameter takes."""

Dimension: TypeAlias = Literal["length", "angle", "duration"]
Kind: TypeAlias = Literal["number", "whole number", "length", "angle", "duration", "boolean", "text", "path", "point"]
Operator: TypeAlias = Literal["+", "-", "*", "/", "==", "!=", "<", "<=", ">", ">=", "contains", "and", "or"]

KINDS: tuple[Kind, ...] = (
    "number", "whole number", "length", "angle", "duration", "boolean", "text", "path", "point",
)  # fmt: skip
NUMERIC: frozenset[Kind] = frozenset({"number", "whole number", "length", "angle", "duration"})

UNITS: dict[str, tuple[Dimension, float, float]] = {
    "m": ("length", 1, 1),
    "cm": ("length", 1, 100),
    "mm": ("length", 1, 1000),
    "deg": ("angle", 1, 1),
    "rad": ("angle", 180, 3.141592653589793),
    "s": ("duration", 1, 1),
    "ms": ("duration", 1, 1000),
    "min": ("duration", 60, 1),
    "h": ("duration", 3600, 1),
}
"""Unit -> what it measures, and numerator and denominator of the factor to metres, degrees or seconds."""


class ProgramError(LLMosError):
    """A program that cannot be read, verified or begun; `line` is 0 where it has no place in the text."""

    def __init__(self, sentence: str, line: int = 0) -> None:
        super().__init__(f"line {line}: {sentence}" if line else sentence)
        self.sentence = sentence
        self.line = line


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it is written; without a unit it counts metres, degrees or seconds where those are meant."""

    value: int | float
    unit: str = ""
    line: int = field(default=0, compare=False, repr=False)

    @property
    def canonical(self) -> int | float:
        """The number in metres, degrees or seconds."""
        _, up, down = UNITS.get(self.unit, ("length", 1, 1))
        return self.value if up == down else self.value * up / down


@dataclass(frozen=True, slots=True)
class Text:
    """A text."""

    value: str
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Truth:
    """`true` or `false`."""

    value: bool
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Nothing:
    """`none`: JSON's null."""

    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Name:
    """A parameter, or what `let` or a loop has named."""

    name: str
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Field:
    """`.x` of a point, `.ok` and `.text` of a result, or a field of the JSON that a tool answered."""

    of: "Expression"
    name: str
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Item:
    """The item of a list, counted from 0, or what an object has under a key."""

    of: "Expression"
    index: "Expression"
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Point:
    """A position, in metres."""

    x: "Expression"
    y: "Expression"
    z: "Expression"
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Listing:
    """A list that is written out."""

    items: tuple["Expression", ...]
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Record:
    """A JSON object that is written out."""

    items: tuple[tuple[str, "Expression"], ...]
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Negative:
    """Minus something."""

    of: "Expression"
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of a condition."""

    of: "Expression"
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Binary:
    """Two expressions and what stands between them; `and` and `or` look at the right one only where they must."""

    operator: Operator
    left: "Expression"
    right: "Expression"
    line: int = field(default=0, compare=False, repr=False)


Expression: TypeAlias = (
    Number | Text | Truth | Nothing | Name | Field | Item | Point | Listing | Record | Negative | Not | Binary
)


@dataclass(frozen=True, slots=True)
class CallTool:
    """A tool and its arguments; an error ends the program unless it is one that `may_fail` (`try call`)."""

    tool: str
    args: tuple[tuple[str, Expression], ...] = ()
    may_fail: bool = False
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Act:
    """`call`: nobody asks what the tool answers."""

    call: CallTool
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Let:
    """`let`: name a value, or what a tool answers."""

    name: str
    value: Expression | CallTool
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class If:
    """`if`, `else`; an `else if` is an If that stands alone in `otherwise`."""

    condition: Expression
    then: tuple["Statement", ...]
    otherwise: tuple["Statement", ...] = ()
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Repeat:
    """`repeat n`: the body so many times."""

    count: Expression
    body: tuple["Statement", ...]
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ForEach:
    """`for each`: the body once for every item of a list, in order.

    `most` bounds a list whose length nobody knows before, such as one that a tool answers.
    """

    name: str
    items: Expression
    body: tuple["Statement", ...]
    most: int | None = None
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class WaitUntil:
    """`wait until`: ask a tool that changes nothing, again and again, until the condition holds or time is up."""

    condition: Expression
    name: str
    call: CallTool
    within: Expression
    every: Number | None = None
    otherwise: Expression | None = None
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Expect:
    """`expect`: go on only if the condition holds."""

    condition: Expression
    otherwise: Expression | None = None
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Stop:
    """`stop`: the program gives up, and says why."""

    sentence: Expression
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Done:
    """`done`: the program has reached what it is for, and answers."""

    answer: Expression
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Comment:
    """A line for people."""

    text: str
    line: int = field(default=0, compare=False, repr=False)


EVERY = Number(1, "s")
"""How often a wait asks that does not say it."""

Statement: TypeAlias = Act | Let | If | Repeat | ForEach | WaitUntil | Expect | Stop | Done | Comment


@dataclass(frozen=True, slots=True)
class Plain:
    """A type of one value; `low` and `high` bound a number, both ends included."""

    kind: Kind
    low: Number | None = None
    high: Number | None = None
    least: float = field(default=-math.inf, init=False, compare=False, repr=False)
    most: float = field(default=math.inf, init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.low is not None and self.high is not None:
            object.__setattr__(self, "least", self.low.canonical)
            object.__setattr__(self, "most", self.high.canonical)


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of these texts."""

    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of at most so many."""

    of: Plain | OneOf
    most: int


Type: TypeAlias = Plain | OneOf | ListOf


@dataclass(frozen=True, slots=True)
class Parameter:
    """What is given to a program; without a `default` it must be. `notes` are the comments above it."""

    name: str
    type: Type
    default: Expression | None = None
    notes: tuple[str, ...] = ()
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Require:
    """What must hold of the parameters before anything is done."""

    condition: Expression
    otherwise: Expression | None = None
    notes: tuple[str, ...] = ()
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Program:
    """A whole program; verified before it may run."""

    parameters: tuple[Parameter, ...]
    requires: tuple[Require, ...]
    body: tuple[Statement, ...]


def parts(expression: Expression) -> tuple[Expression, ...]:
    """The expressions directly inside this one."""
    match expression:
        case Field(of) | Negative(of) | Not(of):
            return (of,)
        case Item(of, index):
            return (of, index)
        case Binary(_, left, right):
            return (left, right)
        case Point(x, y, z):
            return (x, y, z)
        case Listing(items):
            return items
        case Record(pairs):
            return tuple(each for _, each in pairs)
        case _:
            return ()


def height(expression: Expression) -> int:
    """How many expressions stand inside each other; counts without recursion, for it judges what may recurse."""
    tall, level = 0, [expression]
    while level:
        tall += 1
        level = [each for outer in level for each in parts(outer)]
    return tall


def blocks(statement: Statement) -> tuple[tuple[Statement, ...], ...]:
    """The blocks of statements directly inside this one."""
    match statement:
        case If(_, then, otherwise):
            return (then, otherwise)
        case Repeat(_, body) | ForEach(_, _, body, _):
            return (body,)
        case _:
            return ()


def calls(body: tuple[Statement, ...]) -> Iterator[CallTool]:
    """Every place of these statements that calls a tool, in the order in which they are written."""
    for statement in body:
        match statement:
            case Act(call) | Let(_, CallTool() as call) | WaitUntil(_, _, call):
                yield call
            case _:
                for block in blocks(statement):
                    yield from calls(block)
