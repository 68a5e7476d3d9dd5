"""Leads a run through a verified program: its calls go the way of every call, and what fails is a model's to mend.

Knows no tool and no skill; whoever makes it says how time passes.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from llmos.documents.document import hash_of
from llmos.errors import LLMosError
from llmos.messages import JSON, Reply, Text, ToolCall, ToolResult, Usage
from llmos.programs.interpreter import Call, Finish, Steps, steps
from llmos.programs.values import Result
from llmos.programs.verified import Verified
from llmos.runtime.terms import Standing


class ProgramLead:
    """A lead over one program; ProgramError where these values are none that it takes. Made for one run.

    `alone`: no model is to go on where the program gives up; the run has failed there. With a `house`, a file that is
    there already and holds something else than the program would write is left to the model.
    """

    def __init__(
        self,
        name: str,
        program: Verified,
        values: Mapping[str, JSON],
        sleep: Callable[[float], Awaitable[None]],
        *,
        alone: bool = False,
        house: Standing | None = None,
    ) -> None:
        self.name = name
        self.reached = False
        self.aside = False
        self._steps: Steps = steps(program, values)
        self._sleep = sleep
        self._alone = alone
        self._house = house
        self._written: set[str] = set()
        self._calls = 0

    async def step(self, results: Sequence[ToolResult]) -> Reply | str:
        """The next call; at the end the answer, or why the program gave up."""
        told = Result(not results[-1].is_error, results[-1].text) if results else None
        try:
            while not isinstance(asked := self._steps.send(told), Call):
                await self._sleep(asked.seconds)
                told = None
        except StopIteration as end:
            finish: Finish = end.value
            return self._end(finish)
        self._calls += 1
        call = ToolCall(f"call-{self._calls}-line-{asked.line}", asked.tool, asked.args)
        if clash := await self._clash(call):
            self.aside = True
            return f"{self.name} stopped before line {asked.line}: {clash}"
        return Reply((call,), "tools", Usage(), self.name)

    async def _clash(self, call: ToolCall) -> str:
        """Why the call may not write where it would: a file of somebody else stands there."""
        if self._house is None:
            return ""
        try:
            found = await self._house.standing(call)
        except LLMosError as error:
            return str(error)
        ours = {hash_of(text.encode("utf-8", "surrogatepass")) for text in call.args.values() if isinstance(text, str)}
        for path, content in found.items():
            if content is not None and content not in ours and path not in self._written:
                return f"{path} is there already and holds something else"
        self._written.update(found)
        return ""

    def _end(self, finish: Finish) -> Reply | str:
        said = finish.text if finish.ok else f"{self.name} stopped in line {finish.line}: {finish.text}"
        if not finish.ok and not self._alone:
            return said.rstrip(".")
        self.reached = finish.ok
        return Reply((Text(said),), "end", Usage(), self.name, claim="done" if finish.ok else "failed")
