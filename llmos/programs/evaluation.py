"""Computes the value of an expression from what its names stand for.

Knows no statement; what cannot be computed raises StoppedError with the line.
"""

from collections.abc import Callable, Mapping

from llmos.programs.form import (
    Binary,
    Expression,
    Field,
    Item,
    Listing,
    Name,
    Negative,
    Not,
    Nothing,
    Number,
    Point,
    Record,
    Text,
    Truth,
)
from llmos.programs.values import (
    Value,
    at_least,
    at_most,
    contains,
    field,
    item,
    less,
    light,
    minus,
    more,
    negated,
    over,
    plus,
    point,
    same,
    times,
    truth,
)

_OPERATIONS: Mapping[str, Callable[[Value, Value, int], Value]] = {
    "+": plus,
    "-": minus,
    "*": times,
    "/": over,
    "<": less,
    "<=": at_most,
    ">": more,
    ">=": at_least,
    "==": lambda left, right, _: same(left, right),
    "!=": lambda left, right, _: not same(left, right),
    "contains": contains,
}


def evaluate(expression: Expression, names: Mapping[str, Value]) -> Value:
    """The value of a verified expression; raises StoppedError."""
    match expression:
        case Number():
            return expression.canonical
        case Text(value) | Truth(value):
            return value
        case Name(name):
            return names[name]
        case Field(of, name):
            return field(evaluate(of, names), name, expression.line)
        case Binary(operator, left, right) if operator not in ("and", "or"):
            return _OPERATIONS[operator](evaluate(left, names), evaluate(right, names), expression.line)
        case Binary() | Not():
            return holds(expression, names)
        case _:
            return _made(expression, names)


def holds(condition: Expression, names: Mapping[str, Value]) -> bool:
    """Whether a condition holds; raises StoppedError where it is neither true nor false."""
    match condition:
        case Binary("and", left, right):
            return holds(left, names) and holds(right, names)
        case Binary("or", left, right):
            return holds(left, names) or holds(right, names)
        case Not(of):
            return not holds(of, names)
        case _:
            return truth(evaluate(condition, names), condition.line)


def _made(expression: Expression, names: Mapping[str, Value]) -> Value:
    match expression:
        case Negative(of):
            return negated(evaluate(of, names), expression.line)
        case Item(of, index):
            return item(evaluate(of, names), evaluate(index, names), expression.line)
        case Point(x, y, z):
            return point(evaluate(x, names), evaluate(y, names), evaluate(z, names), expression.line)
        case Listing(items):
            return light([evaluate(each, names) for each in items], expression.line)
        case Record(pairs):
            return light({key: evaluate(each, names) for key, each in pairs}, expression.line)
        case _:
            assert isinstance(expression, Nothing)
            return None
