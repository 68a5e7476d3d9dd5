"""A run that is led: what works before the model costs nothing, and the model goes on where it stops."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from llmos.budget import Limits
from llmos.documents.kernel import Price
from llmos.errors import LLMosError
from llmos.messages import JSON, Effect, Reply, Text, ToolCall, ToolResult, Usage
from llmos.runtime.judge import PhysicalResult
from llmos.traces.events import LeadEnded, MessageAdded, ModelReplied, PromptSet
from tests.support.loops import bench
from tests.support.tapes import asks, cassette, says

pytestmark = pytest.mark.anyio

DEAR = Price(input=1000.0, output=1000.0, cache_read=0.0, cache_write=0.0, cache_write_1h=0.0)


class Script:
    """Leads through these replies, and keeps the results that it was shown."""

    name = "trace:test"
    reached = False
    aside = False

    def __init__(self, *said: Reply | str) -> None:
        self._said = iter(said)
        self.seen: list[list[str]] = []

    async def step(self, results: Sequence[ToolResult]) -> Reply | str:
        """The next one."""
        self.seen.append([result.text for result in results])
        return next(self._said)


def call(name: str) -> Reply:
    """A reply that asks for one tool."""
    return Reply((ToolCall(f"c-{name}", name, {}),), "tools", Usage(), "trace:test")


def answer(text: str) -> Reply:
    """A reply that ends the run."""
    return Reply((Text(text),), "end", Usage(), "trace:test")


async def test_a_run_that_is_led_to_its_end_asks_no_model_and_costs_nothing(tmp_path: Path) -> None:
    """Not even where there is no money for a single call."""
    script = Script(call("a"), call("b"), answer("both done"))
    run = bench(
        cassette(tmp_path),
        tools={"a": lambda _: "one", "b": lambda _: "two"},
        lead=script,
        price=DEAR,
        limits=Limits(usd=0.0, steps=1, tool_calls=2),
    )
    ending = await run.run()
    assert (ending.outcome, ending.answer) == ("done", "both done")
    assert script.seen == [[], ["one"], ["two"]]
    assert (run.loop.steps, run.loop.cost_usd, run.purse.spent.usd, run.loop.usage) == (3, 0.0, 0.0, Usage())
    assert [event.model for event in run.journal.named(ModelReplied)] == ["trace:test"] * 3
    assert run.journal.named(PromptSet) == []


async def test_the_model_goes_on_from_what_was_done(tmp_path: Path) -> None:
    """It is told why the lead stopped, finds calls and results in the history, and nothing runs twice."""
    run = bench(
        cassette(tmp_path, {"expect": "the file has changed", **asks("b")}, says("ok")),
        tools={"a": lambda _: "one", "b": lambda _: "two"},
        lead=Script(call("a"), "the file has changed"),
    )
    ending = await run.run()
    assert ending.outcome == "done"
    assert run.tools.log == ["a{}", "b{}"]
    assert [message.role for message in run.history] == [
        "user",
        "assistant",
        "user",
        "user",
        "assistant",
        "user",
        "assistant",
    ]
    assert [event.system for event in run.journal.named(PromptSet)] == ["rules"]
    assert run.journal.named(LeadEnded) == [LeadEnded("trace:test", "the file has changed")]
    texts = [
        part.text for event in run.journal.named(MessageAdded) for part in event.message.parts if isinstance(part, Text)
    ]
    assert texts == ["hand-over {'reason': 'the file has changed'}"]


class Veto:
    """What the gate said last."""

    outcome: PhysicalResult = "refused"
    sentence = "the zone was in the way"
    evidence: Mapping[str, JSON] = {"refused": 1}


@pytest.mark.parametrize(("physical", "outcome"), [(None, "failed"), (Veto(), "refused")])
async def test_where_no_model_can_go_on_both_reasons_are_told(physical: Veto | None, outcome: str) -> None:
    """Where the lead stopped and why nobody goes on; what was measured decides how that ends."""
    run = bench(
        LLMosError("There is no model."),
        tools={"a": lambda _: "one"},
        lead=Script(call("a"), "the file has changed."),
        physical=physical,
    )
    ending = await run.run()
    assert ending.outcome == outcome
    assert ending.reason == "trace:test led no further: the file has changed. There is no model."
    assert dict(ending.evidence) == (dict(physical.evidence) if physical else {})
    assert run.tools.log == ["a{}"]
    assert [
        event.parts for event in run.journal.named(MessageAdded) if event.role == "user" and event.message.text
    ] == []


async def test_a_lead_is_held_to_the_purse_of_tool_calls(tmp_path: Path) -> None:
    """What works without a model may not work without end."""
    script = Script(*[call("a")] * 3, answer("done"))
    run = bench(cassette(tmp_path), tools={"a": lambda _: "one"}, lead=script, limits=Limits(steps=5, tool_calls=2))
    await run.run()
    assert run.tools.log == ["a{}", "a{}"]


async def test_the_history_can_be_read_off_the_journal_of_a_led_run(tmp_path: Path) -> None:
    """Message by message, so that it can be resumed like any other."""
    run = bench(
        cassette(tmp_path),
        tools={"a": lambda _: "one"},
        effects={"a": Effect.PURE},
        lead=Script(call("a"), answer("x")),
    )
    await run.run()
    told = [event.message for event in run.journal.events if isinstance(event, MessageAdded | ModelReplied)]
    assert told == run.history[1:]
