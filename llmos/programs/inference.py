"""Infers what is known of an expression's value, and says what cannot be computed.

Knows no statement: which names there are, and where mistakes go, is told to it.
"""

from collections.abc import Callable, Mapping

from llmos.errors import nearest
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
from llmos.programs.kinds import (
    ANYTHING,
    BOOLEAN,
    LENGTH,
    TEXT,
    Known,
    all_joined,
    bounds,
    dimension,
    joined,
    of_number,
    order,
    product,
    quotient,
)

_AXES = ("x", "y", "z")
_VERBS = {"+": "added", "-": "subtracted", "*": "multiplied", "/": "divided"}


class Inference:
    """Keeps what it found of every expression; `facts` are by the identity of the expression."""

    def __init__(self, wrong: Callable[[str, int], None]) -> None:
        self._wrong = wrong
        self.facts: dict[int, Known] = {}
        self.named: set[str] = set()
        """Every name that some path has bound."""
        self.parts = 0
        """How many expressions were looked at since somebody set it to 0."""

    def of(self, expression: Expression, names: Mapping[str, Known]) -> Known:
        """What is known of the expression where these names are bound."""
        self.parts += 1
        found = self._of(expression, names)
        before = self.facts.get(id(expression))
        self.facts[id(expression)] = found if before is None else joined(before, found)
        return found

    def condition(self, expression: Expression, names: Mapping[str, Known]) -> bool | None:
        """Check that it is a condition; whether it always or never holds, None where it depends."""
        self._need_truth(self.of(expression, names), expression)
        return self._decided(expression)

    def _of(self, expression: Expression, names: Mapping[str, Known]) -> Known:
        match expression:
            case Number():
                return of_number(expression)
            case Text(value):
                return Known("text", choices=(value,))
            case Truth():
                return BOOLEAN
            case Nothing():
                return Known("none")
            case Name():
                return self._name(expression, names)
            case Negative(of):
                return self._negative(expression, self.of(of, names))
            case Not(of):
                self._need_truth(self.of(of, names), of)
                return BOOLEAN
            case Binary():
                return self._binary(expression, names)
            case _:
                return self._part_or_whole(expression, names)

    def _part_or_whole(self, expression: Field | Item | Point | Listing | Record, names: Mapping[str, Known]) -> Known:
        match expression:
            case Field(of, name):
                return self._field(self.of(of, names), name, expression.line)
            case Item(of, index):
                return self._item(self.of(of, names), self.of(index, names), expression.line)
            case Point(x, y, z):
                for each in (x, y, z):
                    self._need_coordinate(self.of(each, names), expression.line)
                return Known("point")
            case Listing(items):
                found = [self._plain(each, names) for each in items]
                return Known("list", len(items), len(items), of=all_joined(found))
            case Record(pairs):
                for _, each in pairs:
                    self._plain(each, names)
                return Known("object")

    def _plain(self, expression: Expression, names: Mapping[str, Known]) -> Known:
        """A value that can be a part of another."""
        known = self.of(expression, names)
        if known.sort == "result":
            self._wrong("a result cannot be a part of something; write its .text or a field of it", expression.line)
            return ANYTHING
        return known

    def _name(self, name: Name, names: Mapping[str, Known]) -> Known:
        if name.name in names:
            return names[name.name]
        if name.name in self.named:
            self._wrong(f"'{name.name}' has no value on some way to this line", name.line)
        else:
            self._wrong(f"nothing is called '{name.name}' here; {nearest(name.name, names)}", name.line)
        return ANYTHING

    def _field(self, known: Known, name: str, line: int) -> Known:
        match known.sort:
            case "result":
                return {"ok": BOOLEAN, "text": TEXT}.get(name, ANYTHING)
            case "object" | "anything":
                return ANYTHING
            case "point" if name in _AXES:
                return LENGTH
            case "point":
                self._wrong(f"a point has no field '{name}'; known are: x, y, z", line)
            case _:
                self._wrong(f"{known.words} has no field '{name}'", line)
        return ANYTHING

    def _item(self, known: Known, index: Known, line: int) -> Known:
        by_number = index.sort in ("number", "whole number", "anything")
        by_key = index.is_texty or index.sort == "anything"
        match known.sort:
            case "list" if by_number:
                return known.of or ANYTHING
            case "point" if by_number:
                return LENGTH
            case "object" if by_key:
                return ANYTHING
            case "result" | "anything" if by_number or by_key:
                return ANYTHING
        self._wrong(f"{known.words} has no item under {index.words}", line)
        return ANYTHING

    def _negative(self, expression: Negative, known: Known) -> Known:
        if known.sort == "anything":
            return ANYTHING
        if not known.is_numeric:
            self._wrong(f"there is no minus {known.words}", expression.line)
            return ANYTHING
        return Known(known.sort, -known.high, -known.low, known.bare)

    def _binary(self, expression: Binary, names: Mapping[str, Known]) -> Known:
        left, right = self.of(expression.left, names), self.of(expression.right, names)
        if "result" in (left.sort, right.sort):
            self._wrong(
                f"'{expression.operator}' cannot take a result; write its .text or a field of it", expression.line
            )
            return ANYTHING
        match expression.operator:
            case "+" | "-" | "*" | "/":
                return self._arithmetic(expression, left, right)
            case "and" | "or":
                self._need_truth(left, expression.left)
                self._need_truth(right, expression.right)
            case "contains":
                self._check_contains(left, right, expression.line)
            case "==" | "!=":
                self._check_equal(left, right, expression.line)
            case _:
                self._check_order(left, right, expression.line)
        return BOOLEAN

    def _arithmetic(self, expression: Binary, left: Known, right: Known) -> Known:
        operator, line = expression.operator, expression.line
        if operator == "+" and (left.is_texty or right.is_texty):
            other = right if left.is_texty else left
            if other.sort in ("point", "list", "object"):
                self._wrong(f"{other.words} cannot be joined to a text", line)
            return TEXT
        for each in (left, right):
            if not each.is_numeric and each.sort != "anything":
                self._wrong(f"{each.words} cannot be {_VERBS[operator]}", line)
                return ANYTHING
        kind = {"*": product, "/": quotient}.get(operator, dimension)(left, right)
        if kind is None:
            self._wrong(f"{left.words} and {right.words} cannot be {_VERBS[operator]}", line)
            return ANYTHING
        if operator == "/" and right.low == right.high == 0:
            self._wrong("it always divides by zero", line)
        if kind == "anything":
            return ANYTHING
        low, high = bounds(operator, left, right)
        return Known(kind, low, high, left.bare and right.bare)

    def _check_contains(self, left: Known, right: Known, line: int) -> None:
        texts = left.is_texty or left.sort == "object"
        if left.sort in ("list", "anything") or (texts and (right.is_texty or right.sort == "anything")):
            return
        self._wrong(f"{left.words} cannot contain {right.words}", line)

    def _check_equal(self, left: Known, right: Known, line: int) -> None:
        numbers = left.is_numeric and right.is_numeric and dimension(left, right) is not None
        texts = left.is_texty and right.is_texty
        if not (numbers or texts or left.sort == right.sort or "anything" in (left.sort, right.sort)):
            self._wrong(f"{left.words} is never equal to {right.words}", line)

    def _check_order(self, left: Known, right: Known, line: int) -> None:
        ordered = all(each.is_numeric or each.sort == "anything" for each in (left, right))
        if not ordered or dimension(left, right) is None:
            self._wrong(f"{left.words} and {right.words} have no order", line)

    def _need_truth(self, known: Known, expression: Expression) -> None:
        if known.sort not in ("boolean", "anything"):
            self._wrong(f"a condition must be true or false, and this is {known.words}", expression.line)

    def _need_coordinate(self, known: Known, line: int) -> None:
        if known.sort not in ("length", "number", "whole number", "anything"):
            self._wrong(f"a point has three lengths, and {known.words} is none", line)

    def _decided(self, expression: Expression) -> bool | None:
        match expression:
            case Truth(value):
                return value
            case Not(of):
                inner = self._decided(of)
                return None if inner is None else not inner
            case Binary("and" | "or" as operator, left, right):
                first, second = self._decided(left), self._decided(right)
                settles = operator == "or"
                if settles in (first, second):
                    return settles
                return None if None in (first, second) else not settles
            case Binary(operator, left, right):
                return _compared(operator, self.facts[id(left)], self.facts[id(right)])
            case _:
                return None


def _compared(operator: str, left: Known, right: Known) -> bool | None:
    """Whether a comparison of numbers always or never holds."""
    if not left.is_numeric or not right.is_numeric:
        return None
    below, at_most = order(left, right)
    above, at_least = order(right, left)
    match operator:
        case "<" | "<=":
            return below if operator == "<" else at_most
        case ">" | ">=":
            return above if operator == ">" else at_least
        case "==" | "!=":
            equal = True if at_most and at_least else False if below or above else None
            return equal if operator == "==" or equal is None else not equal
        case _:
            return None
