"""Arithmetic without `eval`: the expression is parsed, and only what is a sum is carried out."""

import ast
import math
import operator
from collections.abc import Callable

from llmos import Effect, LLMosError, tool

SIGNS: dict[type[ast.operator] | type[ast.unaryop], Callable[..., float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
FUNCTIONS: dict[str, Callable[..., float]] = {
    "sqrt": math.sqrt,
    "sin": math.sin,
    "cos": math.cos,
    "abs": abs,
    "round": round,
}
NAMES = {"pi": math.pi, "e": math.e}
LONGEST = 200
LARGEST_POWER = 1000


@tool(effect=Effect.PURE)
def calculate(expression: str) -> str:
    """Work out an arithmetic expression such as `2 + 2` or `sqrt(2) * (3 - 1) ** 2`.

    Args:
        expression: Numbers, + - * / // % **, parentheses, sqrt, sin, cos, abs, round, pi and e.

    """
    if len(expression) > LONGEST:
        raise LLMosError(f"an expression has at most {LONGEST} letters; this one has {len(expression)}")
    try:
        return f"{expression} = {value(ast.parse(expression.strip(), mode='eval').body):.15g}"
    except (SyntaxError, ArithmeticError, ValueError, TypeError) as error:
        raise LLMosError(f"'{expression}' cannot be worked out: {error}") from error


def value(node: ast.expr) -> float:
    """The number that a part of the expression stands for."""
    match node:
        case ast.Constant(value=bool() | str() | complex()):
            pass
        case ast.Constant(value=int() | float() as number):
            return number
        case ast.Name(id=name) if name in NAMES:
            return NAMES[name]
        case ast.UnaryOp(op=sign, operand=inner) if type(sign) in SIGNS:
            return SIGNS[type(sign)](value(inner))
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in SIGNS:
            first, second = value(left), value(right)
            if isinstance(sign, ast.Pow) and abs(second) > LARGEST_POWER:
                raise ValueError(f"powers go up to {LARGEST_POWER}")
            return SIGNS[type(sign)](float(first) if isinstance(sign, ast.Pow) else first, second)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in FUNCTIONS:
            return FUNCTIONS[name](*map(value, args))
    raise ValueError(f"'{ast.unparse(node)}' is no arithmetic")
