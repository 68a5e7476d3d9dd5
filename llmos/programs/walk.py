"""Walks over the parts of a program: its expressions, the names that it binds, its size.

Judges nothing.
"""

from collections.abc import Iterator

from llmos.programs.form import (
    CallTool,
    Done,
    Expect,
    Expression,
    ForEach,
    If,
    Let,
    Program,
    Repeat,
    Statement,
    Stop,
    WaitUntil,
    blocks,
    calls,
)


def bound_in(body: tuple[Statement, ...]) -> set[str]:
    """The names that these statements bind."""
    found: set[str] = set()
    for statement in body:
        if isinstance(statement, Let | ForEach | WaitUntil):
            found.add(statement.name)
        for block in blocks(statement):
            found |= bound_in(block)
    return found


def expressions(program: Program) -> Iterator[Expression]:
    """Every expression that stands in no other."""
    yield from (each.default for each in program.parameters if each.default is not None)
    for require in program.requires:
        yield from (each for each in (require.condition, require.otherwise) if each is not None)
    yield from _expressions_in(program.body)


def _expressions_in(body: tuple[Statement, ...]) -> Iterator[Expression]:
    for call in calls(body):
        yield from (value for _, value in call.args)
    for statement in body:
        match statement:
            case Let(_, value) if not isinstance(value, CallTool):
                yield value
            case If(condition) | Repeat(condition) | ForEach(_, condition):
                yield condition
            case WaitUntil(condition, _, _, within):
                yield from (condition, within)
            case Stop(said) | Done(said):
                yield said
        if isinstance(statement, Expect | WaitUntil):
            yield from (each for each in (statement.condition, statement.otherwise) if each is not None)
        for block in blocks(statement):
            yield from _expressions_in(block)
