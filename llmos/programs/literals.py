"""The value of an expression that is written out: no names, no operators.

Knows no program; defaults of parameters and what a person types on the command line are read with it.
"""

from llmos.messages import JSON
from llmos.programs.form import (
    UNITS,
    Expression,
    Listing,
    ListOf,
    Negative,
    Nothing,
    Number,
    OneOf,
    Plain,
    Point,
    ProgramError,
    Text,
    Truth,
    Type,
)
from llmos.programs.lexer import tokens
from llmos.programs.phrases import read_expression
from llmos.programs.printer import show_type
from llmos.programs.reader import Reader
from llmos.programs.values import negated


def constant(expression: Expression, of: Type) -> JSON:
    """The value; raises ProgramError where it is not written out, or has the unit of something else."""
    match expression:
        case Number(_, unit):
            if unit and (not isinstance(of, Plain) or UNITS[unit][0] != of.kind):
                raise ProgramError(f"'{unit}' is no unit of a {show_type(of)}", expression.line)
            return expression.canonical
        case Text(value) | Truth(value):
            return value
        case Nothing():
            return None
        case Negative(positive):
            return negated(constant(positive, of), expression.line)
        case Point(x, y, z):
            return [constant(each, Plain("length")) for each in (x, y, z)]
        case Listing(items):
            inner = of.of if isinstance(of, ListOf) else of
            return [constant(each, inner) for each in items]
        case _:
            raise ProgramError("a value must be written out here, without names", expression.line)


def typed(text: str, of: Type) -> JSON:
    """What a person typed for a parameter: texts as they are, others as in a program; raises ProgramError."""
    if isinstance(of, OneOf) or (isinstance(of, Plain) and of.kind in ("text", "path")):
        return text
    if isinstance(of, ListOf) and not text.lstrip().startswith("["):
        text = f"[{text}]"
    if of == Plain("point") and not text.lstrip().startswith("("):
        text = f"({text})"
    reader = Reader(tokens(text))
    found = constant(read_expression(reader), of)
    reader.end_of_line("the value")
    return found
