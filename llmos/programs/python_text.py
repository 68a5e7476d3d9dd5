"""Writes expressions and names as Python.

Knows what the verifier found of each expression: where nothing can go wrong, Python's own operators stand, elsewhere
the operations of `values.py`, which the interpreter uses too.
"""

import keyword
from collections.abc import Mapping, Sequence

from llmos.programs import values
from llmos.programs.form import (
    Binary,
    CallTool,
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
from llmos.programs.kinds import Known, is_small

WIDTH = 88
"""As black has it."""

_ATOM, _OR, _AND, _NOT, _COMPARISON, _SUM, _PRODUCT, _MINUS = 10, 1, 2, 3, 4, 5, 6, 7
_ARITHMETIC = {"+": ("plus", _SUM), "-": ("minus", _SUM), "*": ("times", _PRODUCT), "/": ("over", _PRODUCT)}
_ORDER = {"<": "less", "<=": "at_most", ">": "more", ">=": "at_least"}
_OPERATIONS = frozenset(name for name in vars(values) if not name.startswith("_"))
_OF_MODULES = {"checked", "anyio", "TYPES", "Number", "Plain", "OneOf", "ListOf", "ProgramError"}
_OF_FUNCTIONS = {"", "__debug", "call", "sleep", "range", "turn"}
_TAKEN = frozenset(keyword.kwlist) | _OPERATIONS | _OF_MODULES | _OF_FUNCTIONS


def mangled(name: str) -> str:
    """The name as one of Python's that means nothing else here; two names never become one."""
    return f"{name}_" if name.rstrip("_") in _TAKEN else name


def literal(value: object) -> str:
    """The value as Python writes it, texts in double quotes where they hold none."""
    if isinstance(value, tuple):
        inner = ", ".join(map(literal, value))
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    text = repr(value)
    if isinstance(value, str) and text.startswith("'") and '"' not in text:
        inner = text[1:-1].replace(r"\'", "'")
        return f'"{inner}"'
    return text


class Writer:
    """Writes expressions; `used` is what must be imported for them."""

    def __init__(self, facts: Mapping[int, Known]) -> None:
        self._facts = facts
        self.used: set[str] = set()

    def known(self, expression: Expression) -> Known:
        """What the verifier knows of it."""
        return self._facts.get(id(expression), Known("anything"))

    def operation(self, name: str, *args: str, line: int) -> str:
        """The call of an operation of `values.py`, which says the line where it fails."""
        self.used.add(name)
        return f"{name}({', '.join((*args, str(line)))})"

    def call(self, call: CallTool, indent: str, before: str = "") -> list[str]:
        """The call of a tool as a statement, in as many lines as it needs; `before` stands before the call."""
        after = ")"
        if not call.may_fail:
            self.used.add("succeed")
            before, after = f"{before}succeed(", f"), {call.line})"
        args = [f"{literal(name)}: {self.expression(value)}" for name, value in call.args]
        flat = f"{indent}{before}await call({literal(call.tool)}, {{{', '.join(args)}}}{after}"
        if len(flat) <= WIDTH or not args:
            return [flat]
        return [
            f"{indent}{before}await call({literal(call.tool)}, {{",
            *(f"{indent}    {each}," for each in args),
            f"{indent}}}{after}",
        ]

    def said(self, expression: Expression) -> str:
        """The expression as a text."""
        if self.known(expression).is_texty:
            return self.expression(expression)
        self.used.add("said")
        return f"said({self.expression(expression)})"

    def condition(self, expression: Expression, outer: int = 0) -> str:
        """The expression as something that is true or false."""
        match expression:
            case Binary("and" | "or" as operator, left, right):
                tight = _OR if operator == "or" else _AND
                text = f"{self.condition(left, tight)} {operator} {self.condition(right, tight + 1)}"
                return f"({text})" if tight < outer else text
            case Not(of):
                text = f"not {self.condition(of, _NOT)}"
                return f"({text})" if outer > _NOT else text
            case _ if self.known(expression).sort == "boolean":
                return self.expression(expression, outer)
            case _:
                return self.operation("truth", self.expression(expression), line=expression.line)

    def expression(self, expression: Expression, outer: int = 0) -> str:
        """The expression, in parentheses where it binds less tightly than what it stands in."""
        text, tight = self._written(expression)
        return f"({text})" if tight < outer else text

    def _written(self, expression: Expression) -> tuple[str, int]:
        match expression:
            case Binary("and" | "or" | "contains" | "==" | "!=" | "<" | "<=" | ">" | ">="):
                return self._compared(expression)
            case Binary():
                return self._computed(expression)
            case Not():
                return self.condition(expression), _NOT
            case Negative(of):
                if self.known(of).is_numeric:
                    return f"-{self.expression(of, _MINUS)}", _MINUS
                return self.operation("negated", self.expression(of), line=expression.line), _ATOM
            case Number():
                text = literal(expression.canonical)
                return text, _MINUS if text.startswith("-") else _ATOM
            case _:
                return self._atom(expression), _ATOM

    def _computed(self, expression: Binary) -> tuple[str, int]:
        left, right = self.known(expression.left), self.known(expression.right)
        operation, tight = _ARITHMETIC[expression.operator]
        safe = left.is_numeric and right.is_numeric and is_small(self.known(expression))
        if safe and not (expression.operator == "/" and right.low <= 0 <= right.high):
            first, second = self.expression(expression.left, tight), self.expression(expression.right, tight + 1)
            return f"{first} {expression.operator} {second}", tight
        both = self.expression(expression.left), self.expression(expression.right)
        return self.operation(operation, *both, line=expression.line), _ATOM

    def _compared(self, expression: Binary) -> tuple[str, int]:
        operator = expression.operator
        if operator in ("and", "or"):
            return self.condition(expression), _OR if operator == "or" else _AND
        left, right = self.known(expression.left), self.known(expression.right)
        if operator == "contains":
            # Python looks at the part first, which must not be where it fails
            plain = isinstance(expression.right, Text | Name)
            return self._contained(expression, safe=left.is_texty and right.is_texty and plain)
        numbers = left.is_numeric and right.is_numeric
        if numbers or (operator in ("==", "!=") and _are_equal_in_python(left, right)):
            first, second = (self.expression(each, _SUM) for each in (expression.left, expression.right))
            return f"{first} {operator} {second}", _COMPARISON
        first, second = self.expression(expression.left), self.expression(expression.right)
        if operator in ("==", "!="):
            self.used.add("same")
            return (f"same({first}, {second})", _ATOM) if operator == "==" else (f"not same({first}, {second})", _NOT)
        return self.operation(_ORDER[operator], first, second, line=expression.line), _ATOM

    def _contained(self, expression: Binary, *, safe: bool) -> tuple[str, int]:
        if safe:
            part, whole = self.expression(expression.right, _SUM), self.expression(expression.left, _SUM)
            return f"{part} in {whole}", _COMPARISON
        both = self.expression(expression.left), self.expression(expression.right)
        return self.operation("contains", *both, line=expression.line), _ATOM

    def _atom(self, expression: Expression) -> str:
        match expression:
            case Text(value) | Truth(value):
                return literal(value)
            case Name(name):
                return mangled(name)
            case Field(of, name):
                return self._field(of, name, expression.line)
            case Item(of, index):
                return self.operation("item", self.expression(of), self.expression(index), line=expression.line)
            case Point(x, y, z):
                return self._point((x, y, z), expression.line)
            case Listing(items):
                return self._light(f"[{', '.join(map(self.expression, items))}]", items, expression.line)
            case Record(pairs):
                inner = ", ".join(f"{literal(key)}: {self.expression(each)}" for key, each in pairs)
                return self._light(f"{{{inner}}}", [each for _, each in pairs], expression.line)
            case _:
                assert isinstance(expression, Nothing)
                return "None"

    def _field(self, of: Expression, name: str, line: int) -> str:
        known = self.known(of)
        inner = self.expression(of, _ATOM)
        if known.sort == "result" and name in ("ok", "text"):
            return f"{inner}.{name}"
        if known.sort == "point":
            return f"{inner}[{'xyz'.index(name)}]"
        return self.operation("field", self.expression(of), literal(name), line=line)

    def _point(self, axes: Sequence[Expression], line: int) -> str:
        written = [self.expression(each) for each in axes]
        if all(self.known(each).is_numeric for each in axes):
            return f"[{', '.join(written)}]"
        return self.operation("point", *written, line=line)

    def _light(self, text: str, parts: Sequence[Expression], line: int) -> str:
        """A list or object; where its parts are only numbers and the like, its size is that of the program."""
        if all(self.known(each).is_numeric or isinstance(each, Text | Truth | Nothing) for each in parts):
            return text
        return self.operation("light", text, line=line)


def _are_equal_in_python(left: Known, right: Known) -> bool:
    """Whether Python's `==` means the same as ours."""
    return (left.is_texty and right.is_texty) or left.sort == right.sort == "boolean"
