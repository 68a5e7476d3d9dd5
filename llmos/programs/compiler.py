"""Writes a verified program as one plain Python function: always the same text for the same program.

Runs nothing. No Python that a model wrote is ever executed: this text comes from the verified form alone.
"""

from collections.abc import Iterator

from llmos.messages import JSON
from llmos.programs.form import (
    EVERY,
    Act,
    CallTool,
    Comment,
    Done,
    Expect,
    Expression,
    ForEach,
    If,
    Let,
    ListOf,
    Number,
    OneOf,
    Parameter,
    Plain,
    ProgramError,
    Repeat,
    Require,
    Statement,
    Stop,
    Type,
    WaitUntil,
    blocks,
)
from llmos.programs.grammar import is_name
from llmos.programs.interpreter import unmet
from llmos.programs.literals import constant
from llmos.programs.printer import in_one_line, show_type
from llmos.programs.python_text import WIDTH, Writer, literal, mangled
from llmos.programs.verified import Verified

_INDENT = "    "


def to_python(verified: Verified, name: str = "program") -> str:
    """A Python module with one async function of this name; raises ProgramError where that can be none.

    The function takes `call(tool, args)`, which is awaited for a `Result`, and the parameters by name. It returns the
    answer; it raises ProgramError for a wrong parameter and StoppedError where the program stops.
    """
    if not is_name(name):
        raise ProgramError(f"{ascii(name)[:40]} cannot be the name of a Python function")
    return _Compiler(verified).module(mangled(name))


class _Compiler:
    def __init__(self, verified: Verified) -> None:
        self._program = verified.program
        self._writer = Writer(verified.facts)
        self._types: set[str] = set()
        self._sleeps = _waits(verified.program.body)

    def module(self, name: str) -> str:
        body = list(self._function(name))
        types = self._type_table()
        lines = [f'"""{name}: compiled from a verified program; edit the program, not this file."""', ""]
        lines += self._imports()
        lines += ["", *types] if types else []
        return "\n".join([*lines, "", "", *body]) + "\n"

    def _imports(self) -> Iterator[str]:
        if self._sleeps:
            yield from ("import anyio", "")
        form = {*self._types, *(["ProgramError"] if self._program.requires else [])}
        if form:
            yield f"from llmos.programs.form import {', '.join(sorted(form))}"
        if self._program.parameters:
            yield "from llmos.programs.given import checked"
        if self._writer.used:
            yield from _wrapped("from llmos.programs.values import ", sorted(self._writer.used))

    def _type_table(self) -> list[str]:
        """What each parameter may be."""
        if not self._program.parameters:
            return []
        table = (f"{_INDENT}{literal(each.name)}: {self._type(each.type)}," for each in self._program.parameters)
        return ["TYPES = {", *table, "}"]

    def _type(self, of: Type) -> str:
        self._types.add(type(of).__name__)
        match of:
            case OneOf(choices):
                return f"OneOf({literal(choices)})"
            case ListOf(inner, most):
                return f"ListOf({self._type(inner)}, {most})"
            case Plain(kind, low, high):
                if low is None or high is None:
                    return f"Plain({literal(kind)})"
                self._types.add("Number")
                return f"Plain({literal(kind)}, {_number(low)}, {_number(high)})"

    def _function(self, name: str) -> Iterator[str]:
        parameters = ["call"]
        given = [self._parameter(each) for each in self._program.parameters]
        if given or self._sleeps:
            parameters += ["*", *given]
        if self._sleeps:
            parameters.append("sleep=anyio.sleep")
        yield from _wrapped_call(f"async def {name}", parameters, ":")
        yield from self._docstring()
        for each in self._program.parameters:
            python = mangled(each.name)
            yield f"{_INDENT}{python} = checked({literal(each.name)}, {python}, TYPES[{literal(each.name)}])"
        for require in self._program.requires:
            yield from self._unless(require, require.otherwise, "ProgramError", _INDENT)
        yield from self._block(self._program.body, _INDENT)

    def _parameter(self, parameter: Parameter) -> str:
        if parameter.default is None:
            return mangled(parameter.name)
        return f"{mangled(parameter.name)}={literal(_frozen(constant(parameter.default, parameter.type)))}"

    def _docstring(self) -> Iterator[str]:
        said = "Call tools with `await call(name, args)`; return the answer or raise StoppedError."
        if not self._program.parameters:
            yield f'{_INDENT}"""{said}"""'
            return
        yield f'{_INDENT}"""{said}'
        yield ""
        yield f"{_INDENT}Args:"
        for each in self._program.parameters:
            notes = "; ".join(filter(None, map(in_one_line, each.notes)))
            about = f"{show_type(each.type)}{'; ' if notes else ''}{notes}"
            yield f"{_INDENT * 2}{mangled(each.name)}: {_in_docstring(about)}"
        yield f'{_INDENT}"""'

    def _block(self, body: tuple[Statement, ...], indent: str) -> Iterator[str]:
        for statement in body:
            yield from self._statement(statement, indent)
        if all(isinstance(each, Comment) for each in body):
            yield f"{indent}pass"

    def _statement(self, statement: Statement, indent: str) -> Iterator[str]:
        writer = self._writer
        match statement:
            case Act(call):
                yield from writer.call(call, indent)
            case Let(name, value):
                if isinstance(value, CallTool):
                    yield from writer.call(value, indent, f"{mangled(name)} = ")
                else:
                    yield f"{indent}{mangled(name)} = {writer.expression(value)}"
            case If():
                yield from self._if(statement, indent, "if")
            case Repeat(count, body):
                yield f"{indent}for _ in range({writer.expression(count)}):"
                yield from self._block(body, indent + _INDENT)
            case ForEach():
                yield from self._for_each(statement, indent)
            case WaitUntil():
                yield from self._wait(statement, indent)
            case Expect() | Stop() | Done() | Comment():
                yield from self._simple(statement, indent)

    def _simple(self, statement: Expect | Stop | Done | Comment, indent: str) -> Iterator[str]:
        match statement:
            case Expect():
                yield from self._unless(statement, statement.otherwise, "StoppedError", indent)
            case Stop(sentence, line):
                yield f"{indent}raise {self._stopped('StoppedError', self._writer.said(sentence), line)}"
            case Done(answer):
                yield f"{indent}return {self._writer.said(answer)}"
            case Comment(text):
                yield f"{indent}# {in_one_line(text)}".rstrip()

    def _stopped(self, error: str, sentence: str, line: int) -> str:
        if error == "StoppedError":
            self._writer.used.add(error)
        return f"{error}({sentence}, {line})"

    def _unless(
        self, statement: Require | Expect, otherwise: Expression | None, error: str, indent: str
    ) -> Iterator[str]:
        sentence = literal(unmet(statement)) if otherwise is None else self._writer.said(otherwise)
        yield f"{indent}if not {self._writer.condition(statement.condition, 3)}:"
        yield f"{indent}{_INDENT}raise {self._stopped(error, sentence, statement.line)}"

    def _if(self, statement: If, indent: str, word: str) -> Iterator[str]:
        yield f"{indent}{word} {self._writer.condition(statement.condition)}:"
        yield from self._block(statement.then, indent + _INDENT)
        match statement.otherwise:
            case (If() as another,):
                yield from self._if(another, indent, "elif")
            case ():
                pass
            case otherwise:
                yield f"{indent}else:"
                yield from self._block(otherwise, indent + _INDENT)

    def _for_each(self, loop: ForEach, indent: str) -> Iterator[str]:
        known = self._writer.known(loop.items)
        items = self._writer.expression(loop.items)
        if known.sort != "list" or (loop.most is not None and known.high > loop.most):
            items = self._writer.operation("items", items, str(loop.most), line=loop.line)
        yield f"{indent}for {mangled(loop.name)} in {items}:"
        yield from self._block(loop.body, indent + _INDENT)

    def _wait(self, wait: WaitUntil, indent: str) -> Iterator[str]:
        writer, inner = self._writer, indent + _INDENT
        every_s = literal((wait.every or EVERY).canonical)
        sentence = literal(unmet(wait)) if wait.otherwise is None else writer.said(wait.otherwise)
        writer.used.add("asked")
        yield f"{indent}for turn in range(asked({writer.expression(wait.within)}, {every_s})):"
        yield f"{inner}if turn:"
        yield f"{inner}{_INDENT}await sleep({every_s})"
        yield from writer.call(wait.call, inner, f"{mangled(wait.name)} = ")
        yield f"{inner}if {writer.condition(wait.condition)}:"
        yield f"{inner}{_INDENT}break"
        yield f"{indent}else:"
        yield f"{inner}raise {self._stopped('StoppedError', sentence, wait.line)}"


def _waits(body: tuple[Statement, ...]) -> bool:
    return any(isinstance(each, WaitUntil) or any(map(_waits, blocks(each))) for each in body)


def _number(number: Number) -> str:
    return (
        f"Number({literal(number.value)}, {literal(number.unit)})"
        if number.unit
        else f"Number({literal(number.value)})"
    )


def _frozen(value: JSON) -> object:
    """A default that nobody can change."""
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _in_docstring(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"') if "\\" in text or '"""' in text else text


def _wrapped(head: str, names: list[str]) -> Iterator[str]:
    flat = f"{head}{', '.join(names)}"
    if len(flat) <= WIDTH:
        yield flat
        return
    yield f"{head}("
    yield from (f"{_INDENT}{name}," for name in names)
    yield ")"


def _wrapped_call(head: str, parameters: list[str], tail: str) -> Iterator[str]:
    flat = f"{head}({', '.join(parameters)}){tail}"
    if len(flat) <= WIDTH:
        yield flat
        return
    yield f"{head}("
    yield from (f"{_INDENT}{each}," for each in parameters)
    yield f"){tail}"
