"""RunProgram: a program's calls are calls like any other, and only its last word comes back."""

from pathlib import Path

import pytest

from llmos.messages import Effect, ToolCall, ToolResult
from llmos.tools.base import Tool, failure, tool
from llmos.tools.files import file_tools
from llmos.tools.program import Inside, program_tool
from llmos.tools.toolbox import Toolbox
from llmos.traces.events import FileKept, PermissionDecided, ToolCalled, ToolReturned
from tests.support.tools import Bench, Person, make_workspace

pytestmark = pytest.mark.anyio


@tool(effect=Effect.PURE)
async def count(start: int = 0) -> dict[str, int]:
    """Count."""
    return {"next": start + 1}


@tool(effect=Effect.IDEMPOTENT)
async def fail() -> object:
    """Fail."""
    return failure("it is broken")


class Run:
    """The toolbox of one run whose agent may also write programs."""

    def __init__(self, folder: Path, *more: Tool, calls: int = 50, person: Person | None = None) -> None:
        self.left = calls
        self.slept: list[float] = []
        inside = Inside(self._take, self._sleep)
        workspace = make_workspace(folder)
        tools = [program_tool(inside), count, fail, *more]
        self.bench = Bench(workspace, tools, person=person)
        self.bench.tools = [*tools, *file_tools(workspace, self.bench.rules)]
        self.toolbox: Toolbox = self.bench.toolbox()
        inside.house = self.toolbox

    def _take(self) -> bool:
        self.left -= 1
        return self.left >= 0

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def program(self, text: str) -> ToolResult:
        """What a model gets that writes this program."""
        return await self.toolbox.call(ToolCall("c1", "RunProgram", {"program": text}), 3)


async def test_only_the_last_word_comes_back(tmp_path: Path) -> None:
    """What the tools answered on the way stays with the program; the journal has it all."""
    run = Run(tmp_path)
    result = await run.program(
        """
        let a = call count(start=40)
        let b = call count(start=a.next)
        done "It is " + b.next
        """
    )
    assert (result.text, result.is_error) == ("It is 42", False)
    called = run.bench.journal.named(ToolCalled)
    assert [(each.call_id, each.tool) for each in called] == [
        ("c1", "RunProgram"),
        ("program-1-1-line-2", "count"),
        ("program-1-2-line-3", "count"),
    ]
    assert [each.text for each in run.bench.journal.named(ToolReturned)] == ['{"next":41}', '{"next":42}', "It is 42"]
    assert run.left == 48


async def test_its_effect_is_the_worst_of_its_calls(tmp_path: Path) -> None:
    """Pure where it only looks, so that a trace of it may be replayed; and on disk before any effect."""
    run = Run(tmp_path)
    await run.program('call count()\ndone "x"')
    await run.program('call Write(file_path="a.txt", content="b")\ndone "x"')
    programs = [each.effect for each in run.bench.journal.named(ToolCalled) if each.tool == "RunProgram"]
    assert programs == [Effect.PURE, Effect.REVERSIBLE]
    assert [each.call_id for each in run.bench.journal.named(FileKept)] == ["program-2-1-line-1"]


async def test_permission_is_asked_for_every_call_inside(tmp_path: Path) -> None:
    """A program reaches no further than its agent: the person is asked, and the answer is a result of that call."""
    person = Person(yes=False)
    run = Run(tmp_path, person=person)
    result = await run.program(
        'let r = try call Read(file_path="../data/x")\nexpect r.ok else "no: " + r.text\ndone "y"'
    )
    assert result.is_error
    assert result.text.startswith("The program stopped at line 2 after 1 call: no: Read may not read ")
    assert len(person.questions) == len(run.bench.journal.named(PermissionDecided)) == 1


async def test_an_error_stops_it(tmp_path: Path) -> None:
    """With the tool's own sentence, the line, and how much was done before."""
    run = Run(tmp_path)
    result = await run.program('call count()\ncall fail()\ndone "never"')
    assert result == ToolResult(
        "c1", failure("The program stopped at line 2 after 2 calls: it is broken").content, True
    )


async def test_waiting_goes_through_the_clock_it_was_given(tmp_path: Path) -> None:
    """A wait of the program is no tool's time."""
    run = Run(tmp_path)
    result = await run.program("wait until s.next > 1 asking s = call count() within 2 s\ndone 1")
    assert result.text == ("The program stopped at line 1 after 3 calls: this did not come within 2 s: s.next > 1")
    assert run.slept == [1, 1]


async def test_a_program_spends_the_calls_of_its_run(tmp_path: Path) -> None:
    """No program makes more of them than a model could have."""
    result = await Run(tmp_path, calls=3).program('repeat 9\n  let r = try call count()\nend\ndone "x"')
    assert result.text == "The program stopped after 3 calls: the tool calls of this budget are used up"


@pytest.mark.parametrize(
    ("program", "sentence"),
    [
        ("call cont()\ndone 1", "line 1: there is no tool 'cont' here; did you mean 'count'?"),
        (
            'call RunProgram(program="done 1")\ndone 1',
            "line 1: there is no tool 'RunProgram' here; known are: Edit, Read, Write, count, fail",
        ),
        ("repeat 10000\n  call count()\nend\ndone 1", "it may call tools 10,000 times; at most 1,000 are allowed"),
        ("given a: number\ndone a", "line 1: nobody gives this program its parameters; write the values into it"),
        ("done", "line 1: a value is missing where the end of the line stands"),
    ],
)
async def test_a_program_that_cannot_be_verified_is_not_begun(tmp_path: Path, program: str, sentence: str) -> None:
    """And the model is told the line and what would be right."""
    run = Run(tmp_path)
    result = await run.program(program)
    assert result.is_error
    assert result.text == f"The program was not begun: {sentence}"
    assert [each.tool for each in run.bench.journal.named(ToolCalled)] == ["RunProgram"]
    assert run.left == 50


async def test_it_is_offered_only_to_agents_that_list_it(tmp_path: Path) -> None:
    """An agent that inherits all tools does not get it unasked."""
    toolbox = Run(tmp_path).toolbox
    assert "RunProgram" not in {spec.name for spec in toolbox.only(None).specs()}
    assert [spec.name for spec in toolbox.only(("RunProgram", "count")).specs()] == ["RunProgram", "count"]


async def test_it_has_the_tools_of_its_agent_and_no_others(tmp_path: Path) -> None:
    """What an agent may not call, its programs may not."""
    run = Run(tmp_path)
    inside = Inside(lambda: True)
    own = Toolbox([program_tool(inside), count, fail], *_parts(run)).only(("RunProgram", "count"))
    inside.house = own
    result = await own.call(ToolCall("c1", "RunProgram", {"program": "call fail()\ndone 1"}))
    assert result.text == "The program was not begun: line 1: there is no tool 'fail' here; known are: count"


def _parts(run: Run) -> tuple:
    toolbox = run.toolbox
    return toolbox._permissions, run.bench.rules, run.bench.journal
