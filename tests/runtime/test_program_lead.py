"""A verified program leads a run: its calls are made in order, and what it gives up a model may go on with."""

from pathlib import Path

import anyio
import pytest

from llmos.messages import Effect
from llmos.programs.form import ProgramError
from llmos.programs.parser import parse
from llmos.programs.verifier import verify
from llmos.runtime.program_lead import ProgramLead
from llmos.runtime.terms import Lead
from tests.support.loops import bench, spec
from tests.support.tapes import cassette, says

pytestmark = pytest.mark.anyio

TEXT = """
given times: whole number in 1..3

repeat times
  let said = call hello()
  expect said.text contains "hi" else "nobody greets back"
end
wait until seen.text == "yes" asking seen = call look() within 5 s every 1 s
done "greeted"
"""


def lead_of(text: str, slept: list[float] | None = None, **values: object) -> Lead:
    """The lead of a program over the tools hello and look."""

    async def sleep(seconds: float) -> None:
        (slept if slept is not None else []).append(seconds)

    tools = {"hello": spec("hello"), "look": spec("look", Effect.PURE)}
    return ProgramLead("program:greet", verify(parse(text), tools), values, sleep)


async def test_its_calls_are_made_and_its_answer_is_the_runs(tmp_path: Path) -> None:
    """Waits pass on whatever clock it was given; no model is asked."""
    looks, slept = iter(["no", "no", "yes"]), list[float]()
    lead = lead_of(TEXT, slept, times=2)
    run = bench(cassette(tmp_path), tools={"hello": lambda _: "hi!", "look": lambda _: next(looks)}, lead=lead)
    ending = await run.run()
    assert (ending.outcome, ending.answer, lead.reached) == ("done", "greeted", True)
    assert run.tools.log == ["hello{}", "hello{}", "look{}", "look{}", "look{}"]
    assert slept == [1, 1]


async def test_what_it_gives_up_a_model_goes_on_with(tmp_path: Path) -> None:
    """With the line and the sentence of the expectation that did not hold."""
    lead = lead_of(TEXT, times=2)
    handed_over = {"expect": "program:greet stopped in line 6: nobody greets back", **says("I shall look into it.")}
    run = bench(
        cassette(tmp_path, handed_over), tools={"hello": lambda _: "go away", "look": lambda _: "no"}, lead=lead
    )
    ending = await run.run()
    assert (ending.answer, lead.reached) == ("I shall look into it.", False)
    assert run.tools.log == ["hello{}"]


async def test_a_tool_that_fails_stops_it(tmp_path: Path) -> None:
    """Unless the program says that it may fail."""
    lead = lead_of(TEXT, times=1)
    run = bench(
        cassette(tmp_path, says("no")), tools={"hello": lambda _: "error: nobody", "look": lambda _: ""}, lead=lead
    )
    await run.run()
    assert not lead.reached
    assert run.tools.log == ["hello{}"]


@pytest.mark.parametrize("values", [{}, {"times": 0}, {"times": 4}, {"times": "2"}, {"times": 1, "other": 2}])
def test_wrong_values_lead_nowhere(values: dict[str, object]) -> None:
    """They are refused before the first call."""
    with pytest.raises(ProgramError, match="parameter"):
        lead_of(TEXT, **values)


async def test_alone_a_program_that_gives_up_has_failed(tmp_path: Path) -> None:
    """There is nobody to go on."""
    lead = ProgramLead("program:greet", verify(parse('stop "not today"'), {}), {}, anyio.sleep, alone=True)
    ending = await bench(cassette(tmp_path), lead=lead).run()
    assert (ending.outcome, ending.answer) == ("failed", "program:greet stopped in line 1: not today")
    assert not lead.reached
