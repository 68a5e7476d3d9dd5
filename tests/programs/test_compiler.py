"""A compiled program does what the interpreter does, and its text is plain, safe Python."""

from typing import Any

import anyio
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from llmos.messages import JSON
from llmos.programs.compiler import to_python
from llmos.programs.form import Program, ProgramError
from llmos.programs.interpreter import Call, drive, steps
from llmos.programs.parser import parse
from llmos.programs.printer import show
from llmos.programs.python_text import mangled
from llmos.programs.values import Result, StoppedError
from llmos.programs.verified import Verified
from llmos.programs.verifier import verify
from tests.support.typed_programs import ANSWERS, TOOLS, sensible_programs

End = tuple[str, str, int]


class World:
    """Answers calls from a list, round and round, and writes down what was asked."""

    def __init__(self, answers: list[Result]) -> None:
        self.asked: list[tuple[str, JSON]] = []
        self._answers = answers

    async def call(self, tool: str, args: JSON) -> Result:
        """The next answer."""
        self.asked.append((tool, args))
        return self._answers[len(self.asked) % len(self._answers)]

    async def sleep(self, seconds: float) -> None:
        """Write the wait down."""
        self.asked.append(("sleep", seconds))


async def interpreted(verified: Verified, values: dict[str, JSON], world: World) -> End:
    """How the program ends when it is interpreted."""

    async def call(step: Call) -> Result:
        return await world.call(step.tool, step.args)

    try:
        finish = await drive(steps(verified, values), call, world.sleep)
    except ProgramError as error:
        return "required", error.sentence, error.line
    return ("done", finish.text, 0) if finish.ok else ("stopped", finish.text, finish.line)


async def compiled(text: str, values: dict[str, JSON], world: World) -> End:
    """How the program ends when it is compiled."""
    space: dict[str, Any] = {}
    exec(compile(text, "compiled", "exec"), space)
    given_values = {mangled(name): value for name, value in values.items()}
    sleep = {"sleep": world.sleep} if "sleep=" in text else {}
    try:
        return "done", await space["run"](world.call, **given_values, **sleep), 0
    except ProgramError as error:
        return "required", error.sentence, error.line
    except StoppedError as error:
        return "stopped", error.sentence, error.line


@given(sensible_programs(), st.lists(ANSWERS, min_size=1, max_size=6))
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much], deadline=None)
def test_compiled_and_interpreted_programs_do_the_same(
    sensible: tuple[Program, dict[str, JSON]], answers: list[Result]
) -> None:
    """The same calls and waits with the same arguments, and the same end, whatever the tools answer."""
    program, values = sensible
    try:
        verified = verify(parse(show(program)), TOOLS)
    except ProgramError:
        assume(False)
        raise
    text = to_python(verified, "run")

    async def both() -> None:
        first, second = World(answers), World(answers)
        one, other = await interpreted(verified, values, first), await compiled(text, values, second)
        if one[0] == "required" and other[0] == "stopped":
            one = ("stopped", *one[1:])  # the sentence of what is required could not be computed
        assert one == other
        assert first.asked == second.asked
        assert repr(first.asked) == repr(second.asked)
        calls = sum(tool != "sleep" for tool, _ in first.asked)
        assert calls <= verified.cost.calls
        assert sum(args for tool, args in first.asked if tool == "sleep") <= verified.cost.waited_s + 1e-6

    anyio.run(both)
