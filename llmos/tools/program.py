"""The tool RunProgram: one program in place of many calls; what the tools answer on the way stays with the program.

Knows no single tool: every call goes back through the toolbox, which checks, permits and journals it like any other.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import anyio

from llmos.errors import LLMosError, counted
from llmos.messages import Effect, Text, ToolCall, ToolResult, ToolSpec
from llmos.tools.base import Tool, ToolOutcome, failure, tool

if TYPE_CHECKING:  # runs without a program need not wait for what reads one
    from llmos.programs.interpreter import Call, Finish
    from llmos.programs.values import Result
    from llmos.programs.verified import Verified

NAME = "RunProgram"


class House(Protocol):
    """The toolbox of a run."""

    def specs(self) -> tuple[ToolSpec, ...]:
        """What the run's agent may call."""
        ...

    async def call(self, call: ToolCall, step: int = 0) -> ToolResult:
        """Carry out one call."""
        ...


class _UsedUpError(LLMosError):
    """The budget has no more tool calls."""


@dataclass(slots=True)
class Inside:
    """Where the calls of a run's programs go: the run's own toolbox, once there is one.

    `take` takes a tool call from the run's budget, False where none is left.
    """

    take: Callable[[], bool]
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep
    house: House | None = None
    programs: int = 0

    def verify(self, text: str) -> "Verified":
        """The program, for the tools that its agent has; raises ProgramError."""
        from llmos.programs.form import ProgramError
        from llmos.programs.parser import parse
        from llmos.programs.verifier import verify

        assert self.house is not None
        program = parse(text)
        for each in program.parameters:
            if each.default is None:
                raise ProgramError("nobody gives this program its parameters; write the values into it", each.line)
        return verify(program, {spec.name: spec for spec in self.house.specs() if spec.name != NAME})

    async def run(self, verified: "Verified") -> "tuple[Finish, int]":
        """How the program ended, and how many calls it made."""
        from llmos.programs.interpreter import Finish, drive, steps
        from llmos.programs.values import Result

        self.programs += 1
        house, number, made = self.house, self.programs, 0
        assert house is not None

        async def call(step: "Call") -> "Result":
            nonlocal made
            if not self.take():
                raise _UsedUpError("the tool calls of this budget are used up")
            made += 1
            call_id = f"program-{number}-{made}-line-{step.line}"
            result = await house.call(ToolCall(call_id, step.tool, step.args))
            return Result(not result.is_error, result.text)

        try:
            return await drive(steps(verified, {}), call, self.sleep), made
        except _UsedUpError as error:
            return Finish(False, str(error), 0), made


def program_tool(inside: Inside) -> Tool:
    """RunProgram, over the tools that its agent has. Its time is that of its calls and waits."""

    @tool(effect=Effect.IRREVERSIBLE, name=NAME)
    async def run_program(program: str) -> ToolOutcome:
        """Run a program that calls your other tools, and get only its last word: use it for loops and long sequences.

        Args:
            program: One statement a line; blocks end with `end`. `call move_to(x=0.5, y=1, z=0.5)`;
                `let s = call get_status()`, then s.text, s.ok and fields of a JSON answer such as s.count;
                `let s = try call ...`, where an error does not stop the program; `let n = 2 * 3`;
                `if s.text contains "open"` ... `else` ... `end`; `repeat 4` ... `end`;
                `for each p in [(1, 1, 0.5), (0, 1, 0.5)]` ... `end`, with p.x, p.y, p.z;
                `wait until s.text contains "home" asking s = call get_status() within 10 s`;
                `expect CONDITION else "why not"`; `stop "why"`; `done "answer " + s.text`. It must end with done or
                stop. Operators: + - * / == != < <= > >= contains and or not. Texts in double quotes; # is a comment.

        """
        try:
            verified = inside.verify(program)
        except LLMosError as error:
            return failure(f"The program was not begun: {error}")
        finish, made = await inside.run(verified)
        if finish.ok:
            return ToolOutcome((Text(finish.text),))
        where = f" at line {finish.line}" if finish.line else ""
        return failure(f"The program stopped{where} after {counted(made, 'call')}: {finish.text}")

    def effect_of(args: Mapping[str, Any]) -> Effect:
        try:
            return inside.verify(args["program"]).effect
        except LLMosError:
            return Effect.PURE  # it will not be begun

    return replace(run_program, effect_of=effect_of, minds_time=True, only_listed=True)
