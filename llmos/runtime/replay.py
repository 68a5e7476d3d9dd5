"""Replays a bound trace: makes its calls one after the other for as long as all is as it was, and else steps aside.

Knows no model, no tool and no file. What it asks for goes the same way as what a model asks for: permission, gate and
journal are the same. It stops *before* the step that would not be the same any more.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from llmos.errors import LLMosError, counted
from llmos.messages import Effect, Reply, Text, ToolCall, ToolResult, Usage
from llmos.runtime.terms import Standing
from llmos.traces.bound import Bound, BoundStep
from llmos.traces.expectation import Tolerance

_REPEATABLE = frozenset({Effect.PURE, Effect.IDEMPOTENT})


@dataclass(frozen=True, slots=True)
class ReplayRules:
    """How near is near enough, and how often what may be repeated is repeated when it fails."""

    tolerance: Tolerance
    retries: int


class Follower:
    """A lead that follows a trace; made for one run."""

    def __init__(self, bound: Bound, house: Standing, rules: ReplayRules) -> None:
        self.name = f"trace:{bound.trace_ids[0]}"
        self._bound = bound
        self._house = house
        self._rules = rules
        self._answers: list[str] = []
        self._tries = 0
        self._all_same = True
        self.reached = False
        self.aside = False

    async def step(self, results: Sequence[ToolResult]) -> Reply | str:
        """The next call of the trace, or at its end the answer; a sentence where it was another case after all."""
        steps = self._bound.steps
        if results and (said := self._after(steps[len(self._answers)], results[-1])):
            return said
        if len(self._answers) == len(steps):
            return self._end()
        found = await self._before(steps[len(self._answers)])
        self.aside = isinstance(found, str)
        return found

    def _after(self, step: BoundStep, result: ToolResult) -> Reply | str:
        """Judge what came of a step: nothing to say when all is well, the same call again, or why not to go on."""
        if result.is_error and step.effect in _REPEATABLE and self._tries <= self._rules.retries:
            return self._call(step)
        if unlike := step.expect.unlike(result, self._rules.tolerance):
            return f"after {self._named(step)}, {unlike}"
        self._all_same = self._all_same and step.expect.same(result)
        self._answers.append(result.text)
        self._tries = 0
        return ""

    async def _before(self, step: BoundStep) -> Reply | str:
        """The call, when the files that it writes are as they were."""
        try:
            reply = self._call(step)
            found = await self._house.standing(reply.tool_calls[0]) if step.before else {}
        except LLMosError as error:
            return f"{self._named(step)} cannot be made: {error}"
        for path, content in found.items():
            if path in step.before and content not in step.before[path]:
                return f"before {self._named(step)}, {path} {_changed(content)}"
        return reply

    def _call(self, step: BoundStep) -> Reply:
        self._tries += 1
        number = len(self._answers) + 1
        call = ToolCall(f"step-{number}-{self._tries}", step.tool, step.arguments(self._answers))
        return Reply((call,), "tools", Usage(), self.name)

    def _named(self, step: BoundStep) -> str:
        return f"step {len(self._answers) + 1} ({step.tool})"

    def _end(self) -> Reply:
        """The recorded answer if everything was as recorded, else what was done."""
        self.reached = True
        answer = self._bound.answer if self._all_same else None
        if answer is None:
            last = f" {self._answers[-1]}" if self._answers and self._answers[-1] else ""
            answer = f"Done as before, in {counted(len(self._bound.steps), 'step')}.{last}"
        return Reply((Text(answer),), "end", Usage(), self.name)


def _changed(content: str | None) -> str:
    return "is gone" if content is None else "holds something else than it did"
