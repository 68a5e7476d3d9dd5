"""Writes a program as a person reads it: `parse(show(program)) == program`, and showing that changes nothing.

Knows the one way of writing each part, so that two equal programs are equal texts.
"""

import json
from collections.abc import Iterator

from llmos.documents.document import hash_of
from llmos.programs.form import (
    Act,
    Binary,
    CallTool,
    Comment,
    Done,
    Expect,
    Expression,
    Field,
    ForEach,
    If,
    Item,
    Let,
    Listing,
    ListOf,
    Name,
    Negative,
    Not,
    Nothing,
    Number,
    OneOf,
    Parameter,
    Plain,
    Point,
    Program,
    Record,
    Repeat,
    Require,
    Statement,
    Stop,
    Text,
    Truth,
    Type,
    WaitUntil,
)
from llmos.programs.grammar import BINDING, is_word

_INDENT = "  "
_WIDTH = 100
_ATOM = 10


def show(program: Program) -> str:
    """The program's text, ending with a line break unless it is empty."""
    head = [line for each in program.parameters for line in _parameter(each)]
    head += [line for each in program.requires for line in _require(each)]
    body = list(_block(program.body, ""))
    lines = [*head, *([""] if head and body else []), *body]
    return "".join(f"{line}\n" for line in lines)


def program_hash(program: Program) -> str:
    """By what a program is known again, `sha256:HEX`; however it was written, as long as it says the same."""
    return hash_of(show(program).encode("utf-8", "surrogatepass"))


def show_expression(expression: Expression) -> str:
    """One expression, as it stands in a program."""
    return _expression(expression, 0)


def show_type(of: Type) -> str:
    """A parameter's type, e.g. `length in 5 cm..50 cm`."""
    match of:
        case Plain(kind, low, high):
            if low is None or high is None:
                return kind
            return f"{kind} in {_expression(low, 0)}..{_expression(high, 0)}"
        case OneOf(choices):
            return f"one of {', '.join(map(_quoted, choices))}"
        case ListOf(inner, most):
            return f"list of {show_type(inner)} up to {most}"


def _notes(notes: tuple[str, ...]) -> Iterator[str]:
    return (f"# {in_one_line(note)}".rstrip() for note in notes)


def in_one_line(note: str) -> str:
    """A comment ends with its line, whatever it was made from."""
    return "".join(character if character.isprintable() else " " for character in note).strip()


def _parameter(parameter: Parameter) -> Iterator[str]:
    yield from _notes(parameter.notes)
    default = "" if parameter.default is None else f" = {show_expression(parameter.default)}"
    yield f"given {parameter.name}: {show_type(parameter.type)}{default}"


def _require(require: Require) -> Iterator[str]:
    yield from _notes(require.notes)
    yield f"require {show_expression(require.condition)}{_otherwise(require.otherwise)}"


def _otherwise(expression: Expression | None) -> str:
    return "" if expression is None else f" else {show_expression(expression)}"


def _block(statements: tuple[Statement, ...], indent: str) -> Iterator[str]:
    for statement in statements:
        yield from _statement(statement, indent)


def _statement(statement: Statement, indent: str) -> Iterator[str]:
    match statement:
        case Act(call):
            yield from _call("", call, "", indent)
        case Let(name, CallTool() as call):
            yield from _call(f"let {name} = ", call, "", indent)
        case Let():
            assert not isinstance(statement.value, CallTool)
            yield f"{indent}let {statement.name} = {show_expression(statement.value)}"
        case WaitUntil():
            yield from _wait(statement, indent)
        case Expect(condition, otherwise):
            yield f"{indent}expect {show_expression(condition)}{_otherwise(otherwise)}"
        case Stop(sentence):
            yield f"{indent}stop {show_expression(sentence)}"
        case Done(answer):
            yield f"{indent}done {show_expression(answer)}"
        case Comment(text):
            yield f"{indent}# {in_one_line(text)}".rstrip()
        case _:
            yield from _with_body(statement, indent)


def _with_body(statement: If | Repeat | ForEach, indent: str) -> Iterator[str]:
    match statement:
        case If():
            yield from _if(statement, indent, "")
        case Repeat(count, body):
            yield from _loop(f"repeat {show_expression(count)}", body, indent)
        case ForEach(name, items, body, most):
            limit = "" if most is None else f" up to {most}"
            yield from _loop(f"for each {name} in {show_expression(items)}{limit}", body, indent)


def _loop(head: str, body: tuple[Statement, ...], indent: str) -> Iterator[str]:
    yield f"{indent}{head}"
    yield from _block(body, indent + _INDENT)
    yield f"{indent}end"


def _if(statement: If, indent: str, before: str) -> Iterator[str]:
    yield f"{indent}{before}if {show_expression(statement.condition)}"
    yield from _block(statement.then, indent + _INDENT)
    match statement.otherwise:
        case (If() as another,):
            yield from _if(another, indent, "else ")
            return
        case ():
            pass
        case otherwise:
            yield f"{indent}else"
            yield from _block(otherwise, indent + _INDENT)
    yield f"{indent}end"


def _wait(wait: WaitUntil, indent: str) -> Iterator[str]:
    every = "" if wait.every is None else f" every {show_expression(wait.every)}"
    tail = f" within {show_expression(wait.within)}{every}{_otherwise(wait.otherwise)}"
    head = f"wait until {show_expression(wait.condition)} asking {wait.name} = "
    yield from _call(head, wait.call, tail, indent)


def _call(head: str, call: CallTool, tail: str, indent: str) -> Iterator[str]:
    """A call in one line, or with a line for each argument where that is too long or a text has lines of its own."""
    tool = call.tool if is_word(call.tool) else _quoted(call.tool)
    args = [(name if is_word(name) else _quoted(name), value) for name, value in call.args]
    begin = f"{indent}{head}{'try ' if call.may_fail else ''}call {tool}("
    flat = f"{begin}{', '.join(f'{name}={show_expression(value)}' for name, value in args)}){tail}"
    if not args or (len(flat) <= _WIDTH and not any(_has_lines(value) for _, value in args)):
        yield flat
        return
    yield begin
    inner = indent + _INDENT
    for number, (name, value) in enumerate(args, start=1):
        comma = "," if number < len(args) else ""
        if isinstance(value, Text) and _has_lines(value):
            yield f"{inner}{name}="
            yield from (f"{inner}{_INDENT}| {line}" if line else f"{inner}{_INDENT}|" for line in _lines(value))
        else:
            yield f"{inner}{name}={show_expression(value)}{comma}"
    yield f"{indent}){tail}"


def _lines(value: Text) -> list[str]:
    return value.value.split("\n")[:-1]


def _has_lines(value: Expression) -> bool:
    """Whether it is a text that is better written line by line."""
    if not isinstance(value, Text) or not value.value.endswith("\n"):
        return False
    return all(character.isprintable() for character in value.value if character not in "\n\t")


def _expression(expression: Expression, outer: int) -> str:
    """The expression, in parentheses where it binds less tightly than what it stands in."""
    text, tightness = _written(expression)
    return f"({text})" if tightness < outer else text


def _written(expression: Expression) -> tuple[str, int]:
    """The text of an expression, and how tightly it holds together."""
    match expression:
        case Binary(operator, left, right):
            tight = BINDING[operator]
            first = tight + 1 if tight == BINDING["=="] else tight
            return f"{_expression(left, first)} {operator} {_expression(right, tight + 1)}", tight
        case Not(of):
            return f"not {_expression(of, BINDING['not'])}", BINDING["not"]
        case Negative(of):
            inner = _expression(of, BINDING["minus"])
            return f"-({inner})" if isinstance(of, Number) and of.value >= 0 else f"-{inner}", BINDING["minus"]
        case Field(of, name):
            return f"{_expression(of, _ATOM)}.{name}", _ATOM
        case Item(of, index):
            return f"{_expression(of, _ATOM)}[{_expression(index, 0)}]", _ATOM
        case _:
            return _atom(expression)


def _atom(expression: Expression) -> tuple[str, int]:
    match expression:
        case Number(value, unit):
            text = f"{value!r} {unit}" if unit else repr(value)
            return text, BINDING["minus"] if text.startswith("-") else _ATOM
        case Text(value):
            return _quoted(value), _ATOM
        case Truth(value):
            return "true" if value else "false", _ATOM
        case Name(name):
            return name, _ATOM
        case Point(x, y, z):
            return f"({', '.join(_expression(each, 0) for each in (x, y, z))})", _ATOM
        case Listing(items):
            return f"[{', '.join(_expression(each, 0) for each in items)}]", _ATOM
        case Record(pairs):
            inner = ", ".join(f"{_quoted(key)}: {_expression(each, 0)}" for key, each in pairs)
            return f"{{{inner}}}", _ATOM
        case _:
            assert isinstance(expression, Nothing)
            return "none", _ATOM


def _quoted(text: str) -> str:
    """A text in quotes; what cannot be seen is escaped."""
    return "".join(
        character if character.isprintable() else json.dumps(character)[1:-1]
        for character in json.dumps(text, ensure_ascii=False)
    )
