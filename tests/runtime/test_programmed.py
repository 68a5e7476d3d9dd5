"""A run that a program leads: its calls are the run's calls, and its end is the run's end, or a model's beginning."""

from pathlib import Path

import pytest

from llmos.messages import JSON, Effect, ToolSpec
from llmos.programs.interpreter import steps
from llmos.programs.parser import parse
from llmos.programs.verifier import verify
from llmos.runtime.programmed import Programmed
from llmos.traces.events import ModelReplied, ToolCalled
from tests.support.loops import bench
from tests.support.tapes import cassette, says

pytestmark = pytest.mark.anyio

ANY = {"type": "object", "additionalProperties": True}
TOOLS = {name: ToolSpec(name, "", ANY, Effect.PURE) for name in ("look", "move")}
SLEPT: list[float] = []


async def sleep(seconds: float) -> None:
    """Only write it down."""
    SLEPT.append(seconds)


def lead(text: str, values: dict[str, JSON] | None = None, *, alone: bool = False) -> Programmed:
    """The lead over this program."""
    return Programmed("test", steps(verify(parse(text), TOOLS), values or {}), sleep, alone=alone)


async def test_a_program_leads_a_run_to_its_end(tmp_path: Path) -> None:
    """No model is asked; its replies stand in the journal under the program's name."""
    programmed = lead('given n: number\nlet s = call look()\ncall move(x=n + s.x)\ndone "at " + s.x', {"n": 2})
    run = bench(cassette(tmp_path), tools={"look": lambda _: '{"x": 1}', "move": lambda _: "moved"}, lead=programmed)
    ending = await run.run()
    assert (ending.outcome, ending.answer) == ("done", "at 1")
    assert run.tools.log == ["look{}", 'move{"x": 3}']
    assert programmed.reached
    assert [event.model for event in run.journal.named(ModelReplied)] == ["program:test"] * 3


async def test_a_model_goes_on_where_a_program_stops(tmp_path: Path) -> None:
    """It is told line and reason."""
    programmed = lead('let s = call look()\nexpect s.text contains "open" else "it is shut"\ndone "x"')
    expected = {"expect": "line 2 of the program: it is shut", **says("I opened it")}
    run = bench(cassette(tmp_path, expected), tools={"look": lambda _: "shut"}, lead=programmed)
    ending = await run.run()
    assert (ending.outcome, ending.answer) == ("done", "I opened it")
    assert not programmed.reached


async def test_alone_a_program_that_stops_has_failed(tmp_path: Path) -> None:
    """There is nobody to take over."""
    programmed = lead('stop "not today"', alone=True)
    ending = await bench(cassette(tmp_path), lead=programmed).run()
    assert (ending.outcome, ending.answer) == ("failed", "line 1 of the program: not today")


async def test_a_program_waits_between_its_calls(tmp_path: Path) -> None:
    """And asks again."""
    SLEPT.clear()
    answers = iter(["no", "no", "yes"])
    programmed = lead('wait until s.text == "yes" asking s = call look() within 5 s every 2 s\ndone s.text')
    run = bench(cassette(tmp_path), tools={"look": lambda _: next(answers)}, lead=programmed)
    ending = await run.run()
    assert (ending.answer, SLEPT) == ("yes", [2, 2])
    assert len(run.journal.named(ToolCalled)) in (0, 3)
