"""Runs a verified program: it hands out calls and waits, is told results, and ends with an answer or a sentence.

Knows no tool, no clock and no model; whoever drives it makes the calls. The same results always lead to the same end.
"""

from collections.abc import Awaitable, Callable, Generator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from llmos.messages import JSON
from llmos.programs.evaluation import evaluate, holds
from llmos.programs.form import (
    EVERY,
    MOST_CHARACTERS,
    Act,
    CallTool,
    Done,
    Expect,
    Expression,
    ForEach,
    If,
    Let,
    ProgramError,
    Repeat,
    Require,
    Statement,
    Stop,
    WaitUntil,
)
from llmos.programs.given import check_names, checked
from llmos.programs.literals import constant
from llmos.programs.printer import show_expression
from llmos.programs.values import Result, StoppedError, Value, asked, is_number, items, said, succeed
from llmos.programs.verified import Verified


@dataclass(frozen=True, slots=True)
class Call:
    """The program asks for a tool and goes on with its Result."""

    tool: str
    args: Mapping[str, JSON]
    line: int


@dataclass(frozen=True, slots=True)
class Wait:
    """The program asks for so many seconds to pass; what is sent back does not matter."""

    seconds: float
    line: int


@dataclass(frozen=True, slots=True)
class Finish:
    """How a program ended: `text` is its answer, or why it gave up; `line` is where."""

    ok: bool
    text: str
    line: int


Steps: TypeAlias = Generator[Call | Wait, Result | None, Finish]


def begin(verified: Verified, values: Mapping[str, JSON]) -> dict[str, Value]:
    """What the parameters are; raises ProgramError where a value is wrong or what is required does not hold."""
    program = verified.program
    check_names(program.parameters, values)
    names: dict[str, Value] = {}
    for each in program.parameters:
        if each.name in values:
            names[each.name] = checked(each.name, values[each.name], each.type)
        else:
            assert each.default is not None
            names[each.name] = checked(each.name, constant(each.default, each.type), each.type)
    for require in program.requires:
        try:
            if not holds(require.condition, names):
                raise ProgramError(_said(require.otherwise, unmet(require), names), require.line)
        except StoppedError as error:
            raise ProgramError(error.sentence, error.line) from None
    return names


def unmet(statement: Require | Expect | WaitUntil) -> str:
    """Why a condition that says nothing itself ended the program."""
    condition = show_expression(statement.condition)
    match statement:
        case Require():
            return f"this is required and does not hold: {condition}"
        case Expect():
            return f"this was expected and does not hold: {condition}"
        case WaitUntil(_, _, _, within):
            return f"this did not come within {show_expression(within)}: {condition}"


def steps(verified: Verified, values: Mapping[str, JSON]) -> Steps:
    """The program's calls and waits, one after the other; raises ProgramError before the first, as `begin` does."""
    return _Run(verified, begin(verified, values)).steps()


async def drive(
    steps: Steps,
    call: Callable[[Call], Awaitable[Result]],
    sleep: Callable[[float], Awaitable[None]],
) -> Finish:
    """Carry out a program to its end."""
    answer: Result | None = None
    while True:
        try:
            step = steps.send(answer)
        except StopIteration as end:
            finish: Finish = end.value
            return finish
        if isinstance(step, Call):
            answer = await call(step)
        else:
            await sleep(step.seconds)
            answer = None


def _said(expression: Expression | None, otherwise: str, names: Mapping[str, Value]) -> str:
    return otherwise if expression is None else said(evaluate(expression, names))


_Part: TypeAlias = Generator[Call | Wait, Result | None, Finish | None]


class _Run:
    """One run of a program over what its names stand for."""

    def __init__(self, verified: Verified, names: dict[str, Value]) -> None:
        self._body = verified.program.body
        self._names = names

    def steps(self) -> Steps:
        try:
            finish = yield from self._block(self._body)
        except StoppedError as error:
            return Finish(False, error.sentence, error.line)
        assert finish is not None, "the verifier has seen that every way ends"
        return finish

    def _block(self, body: tuple[Statement, ...]) -> _Part:
        for statement in body:
            finish = yield from self._statement(statement)
            if finish is not None:
                return finish
        return None

    def _statement(self, statement: Statement) -> _Part:
        names = self._names
        match statement:
            case Act(call):
                yield from self._call(call)
            case Let(name, value):
                if isinstance(value, CallTool):
                    names[name] = yield from self._call(value)
                else:
                    names[name] = evaluate(value, names)
            case If(condition, then, otherwise):
                return (yield from self._block(then if holds(condition, names) else otherwise))
            case Repeat():
                return (yield from self._repeat(statement))
            case ForEach():
                return (yield from self._for_each(statement))
            case WaitUntil():
                yield from self._wait(statement)
            case Expect() | Stop() | Done():
                return self._end(statement)
        return None

    def _end(self, statement: Expect | Stop | Done) -> Finish | None:
        names = self._names
        match statement:
            case Expect(condition, otherwise, line):
                met = holds(condition, names)
                return None if met else Finish(False, _said(otherwise, unmet(statement), names), line)
            case Stop(sentence, line):
                return Finish(False, said(evaluate(sentence, names)), line)
            case Done(answer, line):
                return Finish(True, said(evaluate(answer, names)), line)

    def _repeat(self, loop: Repeat) -> _Part:
        times = evaluate(loop.count, self._names)
        assert isinstance(times, int)
        for _ in range(times):
            finish = yield from self._block(loop.body)
            if finish is not None:
                return finish
        return None

    def _for_each(self, loop: ForEach) -> _Part:
        most = MOST_CHARACTERS if loop.most is None else loop.most  # where none is written, the verifier knows one
        for each in items(evaluate(loop.items, self._names), most, loop.line):
            self._names[loop.name] = each
            finish = yield from self._block(loop.body)
            if finish is not None:
                return finish
        return None

    def _wait(self, wait: WaitUntil) -> _Part:
        within_s, every_s = evaluate(wait.within, self._names), (wait.every or EVERY).canonical
        assert is_number(within_s)
        for turn in range(asked(within_s, every_s)):
            if turn:
                yield Wait(every_s, wait.line)
            self._names[wait.name] = yield from self._call(wait.call)
            if holds(wait.condition, self._names):
                return None
        raise StoppedError(_said(wait.otherwise, unmet(wait), self._names), wait.line)

    def _call(self, call: CallTool) -> Generator[Call | Wait, Result | None, Result]:
        result = yield Call(call.tool, {name: evaluate(value, self._names) for name, value in call.args}, call.line)
        assert result is not None, "a call is answered with a Result"
        return result if call.may_fail else succeed(result, call.line)
