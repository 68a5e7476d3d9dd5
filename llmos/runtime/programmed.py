"""A lead over a verified program: makes its calls one after the other, and steps aside or ends where it stops.

Knows no model, no tool and no file. What it asks for goes the same way as what a model asks for.
"""

from collections.abc import Awaitable, Callable, Sequence

from llmos.messages import Reply, Text, ToolCall, ToolResult, Usage
from llmos.programs.interpreter import Call, Finish, Steps
from llmos.programs.values import Result


class Programmed:
    """A lead that runs a program; made for one run.

    Where the program stops, a model may take over; `alone`, there is none, and the run has failed.
    """

    def __init__(
        self, name: str, steps: Steps, sleep: Callable[[float], Awaitable[None]], *, alone: bool = False
    ) -> None:
        self.name = f"program:{name}"
        self.reached = False
        self._steps = steps
        self._sleep = sleep
        self._alone = alone
        self._calls = 0

    async def step(self, results: Sequence[ToolResult]) -> Reply | str:
        """The next call of the program, or its end."""
        answer = Result(not results[-1].is_error, results[-1].text) if results else None
        while True:
            try:
                step = self._steps.send(answer)
            except StopIteration as end:
                return self._end(end.value)
            if isinstance(step, Call):
                return self._call(step)
            await self._sleep(step.seconds)
            answer = None

    def _call(self, step: Call) -> Reply:
        self._calls += 1
        call = ToolCall(f"program-{self._calls}", step.tool, step.args)
        return Reply((call,), "tools", Usage(), self.name)

    def _end(self, finish: Finish) -> Reply | str:
        if finish.ok:
            self.reached = True
            return Reply((Text(finish.text),), "end", Usage(), self.name)
        said = f"line {finish.line} of the program: {finish.text}"
        if not self._alone:
            return said
        return Reply((Text(said),), "end", Usage(), self.name, claim="failed")
