"""Reads expressions, types and calls from tokens.

Knows no statement.
"""

from llmos.errors import nearest
from llmos.programs.form import (
    KINDS,
    MOST_EXPRESSION_HEIGHT,
    MOST_ITEMS,
    NUMERIC,
    UNITS,
    Binary,
    CallTool,
    Expression,
    Field,
    Item,
    Kind,
    Listing,
    ListOf,
    Name,
    Negative,
    Not,
    Nothing,
    Number,
    OneOf,
    Operator,
    Plain,
    Point,
    Record,
    Text,
    Truth,
    Type,
    height,
)
from llmos.programs.grammar import BINDING, KEYWORDS
from llmos.programs.reader import Reader

_OPERATORS: dict[str, Operator] = {
    each: each
    for each in ("+", "-", "*", "/", "==", "!=", "<", "<=", ">", ">=", "contains", "and", "or")
}  # fmt: skip


def read_expression(reader: Reader) -> Expression:
    """The expression that comes next."""
    line = reader.line
    found = _binary(reader, 1)
    if height(found) > MOST_EXPRESSION_HEIGHT:
        raise reader.wrong(
            f"more than {MOST_EXPRESSION_HEIGHT} parts of an expression stand inside each other; "
            "name a part of it with 'let'",
            line,
        )
    return found


def read_call(reader: Reader) -> CallTool:
    """`call TOOL(ARGUMENT=EXPRESSION, ...)`, perhaps after `try`."""
    line = reader.line
    may_fail = reader.took("try")
    reader.need("call", "a call")
    tool = reader.need_label("a call")
    reader.need("(", f"the call of {tool}")
    args: list[tuple[str, Expression]] = []
    while not reader.took(")"):
        name = reader.need_label(f"an argument of {tool}")
        if any(name == each for each, _ in args):
            raise reader.wrong(f"the argument '{name}' of {tool} is given twice")
        reader.need("=", f"the argument '{name}' of {tool}")
        in_lines = reader.now.text == "|"
        args.append((name, read_expression(reader)))
        if not reader.took(",") and not reader.sees(")") and not in_lines:
            raise reader.wrong(f"the call of {tool} needs ',' or ')' where {reader.now} stands")
    return CallTool(tool, tuple(args), may_fail, line)


def read_type(reader: Reader) -> Type:
    """The type that comes next."""
    if reader.took("list"):
        reader.need("of", "a list")
        line = reader.line
        inner = read_type(reader)
        if isinstance(inner, ListOf):
            raise reader.wrong("a list cannot hold lists", line)
        return ListOf(inner, read_most(reader))
    if reader.took("one"):
        reader.need("of", "a choice")
        choices = [reader.need_text("a choice")]
        while reader.took(","):
            choices.append(reader.need_text("a choice"))
        return OneOf(tuple(dict.fromkeys(choices)))
    kind = _kind(reader)
    return _ranged(reader, kind) if reader.took("in") else Plain(kind)


def read_most(reader: Reader) -> int:
    """`up to N`: how many items a list may hold."""
    reader.need("up", "a list")
    reader.need("to", "a list")
    most = reader.need_number("a list")
    if most.unit or not isinstance(most.value, int) or not 1 <= most.value <= MOST_ITEMS:
        raise reader.wrong(f"a list holds up to a whole number of items from 1 to {MOST_ITEMS:,}", most.line)
    return most.value


def _kind(reader: Reader) -> Kind:
    word = reader.now.text
    if word == "whole":
        reader.take()
        reader.need("number", "a whole number")
        return "whole number"
    for kind in KINDS:
        if reader.now.kind == "word" and word == kind:
            reader.take()
            return kind
    known = (*KINDS, "list of ... up to N", "one of ...")
    raise reader.wrong(f"there is no type {reader.now}; {nearest(word, known)}")


def _ranged(reader: Reader, kind: Kind) -> Plain:
    line = reader.line
    if kind not in NUMERIC:
        raise reader.wrong(f"a {kind} has no range; only numbers do")
    low = reader.need_number("a range")
    reader.need("..", "a range")
    high = reader.need_number("a range")
    for each in (low, high):
        if each.unit and UNITS[each.unit][0] != kind:
            raise reader.wrong(f"'{each.unit}' is no unit of a {kind}", line)
        if kind == "whole number" and not isinstance(each.value, int):
            raise reader.wrong("the range of a whole number has whole ends", line)
    if bool(low.unit) != bool(high.unit):
        raise reader.wrong("both ends of a range need a unit, or neither", line)
    if low.canonical > high.canonical:
        raise reader.wrong("the range ends below its beginning", line)
    return Plain(kind, low, high)


def _binary(reader: Reader, least: int) -> Expression:
    """Operators that bind at least so tightly, from left to right."""
    line = reader.line
    if least == BINDING["not"] and reader.took("not"):
        reader.deeper(line)
        found: Expression = Not(_binary(reader, least), line)
        reader.back()
        return found
    if least == BINDING["minus"]:
        return _unary(reader)
    left = _binary(reader, least + 1)
    while reader.sees(*_OPERATORS) and BINDING[reader.now.text] == least:
        operator = _OPERATORS[reader.take().text]
        left = Binary(operator, left, _binary(reader, least + 1), line)
        if least == BINDING["=="] and reader.sees(*_OPERATORS) and BINDING[reader.now.text] == least:
            raise reader.wrong("comparisons do not chain; join them with 'and'")
    return left


def _unary(reader: Reader) -> Expression:
    line = reader.line
    if not reader.took("-"):
        return _postfix(reader)
    if reader.now.kind == "number":
        number = reader.need_number("a number")
        if reader.sees(".", "["):  # minus binds less tightly than a field, also before a number
            return Negative(_fields(reader, number), line)
        return Number(-number.value, number.unit, line)
    reader.deeper(line)
    found = Negative(_unary(reader), line)
    reader.back()
    return found


def _postfix(reader: Reader) -> Expression:
    return _fields(reader, _primary(reader))


def _fields(reader: Reader, found: Expression) -> Expression:
    """The fields and items that follow."""
    while reader.sees(".", "["):
        line = reader.line
        if reader.take().text == ".":
            token = reader.take()
            if token.kind != "word":
                raise reader.wrong(f"'.' needs the name of a field where {token} stands", token.line)
            found = Field(found, token.text, line)
        else:
            reader.deeper(line)
            found = Item(found, _binary(reader, 1), line)
            reader.need("]", "an item")
            reader.back()
    return found


def _primary(reader: Reader) -> Expression:
    token = reader.now
    if token.kind == "number":
        return reader.need_number("a number")
    if token.kind == "text":
        return Text(reader.need_text("a text"), token.line)
    if token.kind == "word":
        return _word(reader)
    if reader.sees("(", "[", "{"):
        reader.deeper(token.line)
        found = _bracketed(reader)
        reader.back()
        return found
    raise reader.wrong(f"a value is missing where {token} stands")


def _word(reader: Reader) -> Expression:
    token = reader.take()
    if token.text in ("true", "false"):
        return Truth(token.text == "true", token.line)
    if token.text == "none":
        return Nothing(token.line)
    if token.text == "call" or token.text == "try":
        raise reader.wrong("a call stands on its own or after 'let NAME =', not inside an expression", token.line)
    if token.text in KEYWORDS:
        raise reader.wrong(f"a value is missing where '{token.text}' stands", token.line)
    if reader.sees("("):
        raise reader.wrong(f"there are no functions; a tool is called with 'call {token.text[:40]}(...)'", token.line)
    return Name(token.text, token.line)


def _bracketed(reader: Reader) -> Expression:
    opening = reader.take()
    if opening.text == "[":
        return Listing(tuple(_items(reader, "]")), opening.line)
    if opening.text == "{":
        return _record(reader, opening.line)
    items = _items(reader, ")")
    if len(items) == 1:
        return items[0]
    if len(items) != 3:
        raise reader.wrong(f"a point is (x, y, z), and this has {len(items)} parts", opening.line)
    return Point(items[0], items[1], items[2], opening.line)


def _items(reader: Reader, closing: str) -> list[Expression]:
    items: list[Expression] = []
    while not reader.took(closing):
        items.append(_binary(reader, 1))
        if not reader.took(",") and not reader.sees(closing):
            raise reader.wrong(f"',' or '{closing}' is missing where {reader.now} stands")
    return items


def _record(reader: Reader, line: int) -> Record:
    pairs: dict[str, Expression] = {}
    while not reader.took("}"):
        key = reader.need_text("an object")
        if key in pairs:
            raise reader.wrong(f"the key '{key[:40]}' is given twice")
        reader.need(":", "an object")
        pairs[key] = _binary(reader, 1)
        if not reader.took(",") and not reader.sees("}"):
            raise reader.wrong(f"',' or '}}' is missing where {reader.now} stands")
    return Record(tuple(pairs.items()), line)
