"""The loop: what it asks, what it calls, how it ends."""

from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from llmos.budget import Limits, cost_usd, estimate_message
from llmos.documents.kernel import Price
from llmos.errors import StorageError
from llmos.messages import Effect, Image, Message, Reply, Request, Text, ToolCall, ToolResult, Usage
from llmos.models.base import BrokenReplyError, OnText
from llmos.traces.events import BudgetWarned, MessageAdded, ModelFailed, ModelReplied
from tests.support.journals import MemoryJournal
from tests.support.loops import FREE, ORCHESTRATION, Bench, bench
from tests.support.scripted import ScriptedModel, said
from tests.support.tapes import asks, cassette, says

pytestmark = pytest.mark.anyio


async def test_an_answer_without_tool_calls_ends_the_run(tmp_path: Path) -> None:
    """A reply that calls nothing is the answer, and its claim is what the run came to."""
    run = bench(cassette(tmp_path, says("four")))
    ending = await run.run()
    assert (ending.outcome, ending.answer, ending.reason) == (
        "done",
        "four",
        "The agent reports that the goal is reached.",
    )
    assert run.loop.steps == 1


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        ("failed", "The agent reports that the goal was not reached."),
        ("abstained", "The model did not understand the goal and did nothing more."),
    ],
)
async def test_a_claim_of_failure_is_believed(tmp_path: Path, claim: str, reason: str) -> None:
    """Nobody overrules a model that says that it failed or did not understand."""
    ending = await bench(cassette(tmp_path, says("sorry", claim=claim))).run()
    assert (ending.outcome, ending.reason) == ("failed", reason)


async def test_tool_results_reach_the_model_in_the_order_of_its_calls(tmp_path: Path) -> None:
    """Each call has its result, in order, in one user message."""
    run = bench(
        cassette(tmp_path, asks("a", "b"), {"expect": "two", **says("ok")}),
        tools={"a": lambda _: "one", "b": lambda _: "two"},
    )
    await run.run()
    results = run.history[2]
    assert results.role == "user"
    assert [part.text for part in results.parts if isinstance(part, ToolResult)] == ["one", "two"]


async def test_what_is_journaled_is_what_the_model_saw(tmp_path: Path) -> None:
    """The history can be read off the journal, message by message."""
    run = bench(cassette(tmp_path, asks("a"), says("ok")), tools={"a": lambda _: "one"})
    await run.run()
    written = [event.message for event in run.journal.events if isinstance(event, MessageAdded | ModelReplied)]
    assert written == run.history[1:]


async def test_neighbouring_pure_calls_run_side_by_side(tmp_path: Path) -> None:
    """Two pure calls that wait for each other both return; in sequence they would wait for ever."""
    first, second = anyio.Event(), anyio.Event()

    async def a() -> str:
        first.set()
        await second.wait()
        return "a"

    async def b() -> str:
        second.set()
        await first.wait()
        return "b"

    run = bench(
        cassette(tmp_path, asks("a", "b"), says("ok")),
        tools={"a": lambda _: a(), "b": lambda _: b()},
        effects={"a": Effect.PURE, "b": Effect.PURE},
    )
    with anyio.fail_after(5):
        assert (await run.run()).outcome == "done"


async def test_calls_with_effects_keep_their_order(tmp_path: Path) -> None:
    """A pure call does not overtake an effect, nor is it overtaken."""
    run = bench(
        cassette(tmp_path, asks("act", "look", "act"), says("ok")),
        tools={"act": lambda _: "acted", "look": lambda _: "seen"},
        effects={"look": Effect.PURE},
    )
    await run.run()
    assert run.tools.log == ["act{}", "look{}", "act{}"]


async def test_a_tool_that_keeps_failing_ends_the_run(tmp_path: Path) -> None:
    """After max_tool_retries further tries in a row the run has failed, with the last error told."""
    run = bench(
        cassette(tmp_path, *[asks("a")] * 3),
        tools={"a": lambda _: "error: no"},
        orchestration=replace(ORCHESTRATION, max_tool_retries=2),
    )
    ending = await run.run()
    assert (ending.outcome, ending.reason) == ("failed", "The tool a failed 3 times in a row, last with: error: no")


async def test_a_success_forgives_earlier_failures(tmp_path: Path) -> None:
    """Only failures in a row count."""
    answers = iter(["error: no", "yes", "error: no", "yes"])
    run = bench(
        cassette(tmp_path, *[asks("a")] * 4, says("ok")),
        tools={"a": lambda _: next(answers)},
        orchestration=replace(ORCHESTRATION, max_tool_retries=1),
    )
    assert (await run.run()).outcome == "done"


async def test_the_last_step_asks_for_a_partial_answer(tmp_path: Path) -> None:
    """Before the steps are used up the model is told so and answers; the outcome is `budget`, not `done`."""
    run = bench(
        cassette(tmp_path, asks("a"), {"expect": "final-turn {'limit': 'steps'}", **says("half of it")}),
        tools={"a": lambda _: "one"},
        limits=Limits(steps=2),
    )
    ending = await run.run()
    assert (ending.outcome, ending.answer) == ("budget", "half of it")
    assert ending.reason == "The steps of this budget are used up; resume the run to go on."


async def test_tool_calls_beyond_the_limit_are_not_made(tmp_path: Path) -> None:
    """The call that cannot be paid comes back as a result, and the model gets its last turn."""
    run = bench(
        cassette(tmp_path, asks("a", "a"), says("partial")),
        tools={"a": lambda _: "one"},
        limits=Limits(steps=9, tool_calls=1),
    )
    ending = await run.run()
    assert run.tools.log == ["a{}"]
    assert run.loop.tool_uses.all[1].error == "The tool calls of this run are used up; this one was not made."
    assert (ending.outcome, ending.answer) == ("budget", "partial")


async def test_nothing_is_called_that_cannot_be_afforded(tmp_path: Path) -> None:
    """A purse too small for the first call means that the model is never asked."""
    price = Price(input=5.0, output=25.0, cache_read=0.5, cache_write=6.25, cache_write_1h=10.0)
    run = bench(cassette(tmp_path), limits=Limits(usd=0.0001, steps=15), price=price)
    ending = await run.run()
    assert ending.outcome == "budget"
    assert run.journal.events == []
    assert run.purse.spent.reserved_usd == 0


async def test_a_low_budget_is_warned_of_once(tmp_path: Path) -> None:
    """At 70 % of a limit the journal says so, one time."""
    run = bench(
        cassette(tmp_path, *[asks("a")] * 8, says("ok")),
        tools={"a": lambda _: "one"},
        limits=Limits(steps=10),
    )
    await run.run()
    warnings = run.journal.named(BudgetWarned)
    assert [(warning.purse, warning.used) for warning in warnings] == [("steps", 0.7)]


async def test_a_reply_cut_off_is_continued(tmp_path: Path) -> None:
    """`length` is no end: the model is told and goes on, and the person gets both halves."""
    run = bench(
        cassette(
            tmp_path,
            says("the first ha", stop_reason="length", usage={"output_tokens": 7}),
            {"expect": "cut-short {'tokens': 7}", **says("lf")},
        )
    )
    assert (await run.run()).answer == "the first half"


async def test_a_pause_is_no_end(tmp_path: Path) -> None:
    """A provider that pauses its turn is asked to go on with what it had."""
    run = bench(cassette(tmp_path, says("wait", stop_reason="pause"), says("done")))
    ending = await run.run()
    assert (ending.outcome, ending.answer, run.loop.steps) == ("done", "done", 2)


async def test_a_model_that_declines_is_a_refusal(tmp_path: Path) -> None:
    """A provider's refusal ends the run as refused."""
    ending = await bench(cassette(tmp_path, says("no", stop_reason="refusal", model="m-1"))).run()
    assert (ending.outcome, ending.reason) == ("refused", "The model m-1 declined to go on.")
    reply = says("no", stop_reason="refusal", model="m-1", stop_detail="it is about weapons")
    ending = await bench(cassette(tmp_path, reply)).run()
    assert ending.reason == "The model m-1 declined to go on: it is about weapons"


async def test_a_model_that_fails_for_good_ends_the_run_with_its_sentence(tmp_path: Path) -> None:
    """What was answered so far is kept."""
    run = bench(
        cassette(tmp_path, asks("a", text="so far"), {"error": "fatal", "sentence": "The provider is gone."}),
        tools={"a": lambda _: "one"},
    )
    ending = await run.run()
    assert (ending.outcome, ending.answer, ending.reason) == ("failed", "so far", "The provider is gone.")
    assert run.purse.spent.reserved_tokens == 0


async def test_a_journal_that_cannot_be_written_stops_the_run(tmp_path: Path) -> None:
    """Nothing goes on unwitnessed."""

    class FullDisk(MemoryJournal):
        def write(self, event: object, *, durable: bool = False) -> None:
            raise StorageError("the disk is full")

    run = bench(cassette(tmp_path, asks("a")), tools={"a": lambda _: "one"})
    run.loop._journal = FullDisk()
    with pytest.raises(StorageError, match="the disk is full"):
        await run.run()
    assert run.tools.log == []


async def test_a_storage_error_of_a_parallel_call_arrives_as_itself(tmp_path: Path) -> None:
    """Side by side or not, the error is one sentence and no group."""

    def broken(_: ToolCall) -> str:
        raise StorageError("the disk is full")

    run = bench(cassette(tmp_path, asks("a", "a")), tools={"a": broken}, effects={"a": Effect.PURE})
    with pytest.raises(StorageError, match="the disk is full"):
        await run.run()


async def test_pictures_in_the_history_are_paid_for(tmp_path: Path) -> None:
    """A picture costs what the dearest picture costs, before it is sent."""
    price = Price(input=5.0, output=25.0, cache_read=0.5, cache_write=6.25, cache_write_1h=10.0)
    picture = Message("user", (Image(b"png"),))
    run = bench(cassette(tmp_path), history=[picture], limits=Limits(usd=0.015, steps=15), price=price)
    assert (await run.run()).outcome == "budget"
    run = bench(cassette(tmp_path, says("ok")), limits=Limits(usd=0.015, steps=15), price=price)
    assert (await run.run()).outcome == "done"
    assert Text("ok") in run.history[-1].parts


@pytest.mark.parametrize(("context_tokens", "asked_for"), [(200_000, 4096), (1000, 900), (100, 256)])
async def test_no_longer_reply_is_asked_for_than_the_context_holds(context_tokens: int, asked_for: int) -> None:
    """The reply's length is what history and tools leave of the context; never so little that it would be useless."""
    model = ScriptedModel(said("ok"))
    model.context_tokens = context_tokens
    await bench(model).run()
    assert model.requests[0].max_output_tokens == pytest.approx(asked_for, abs=100 if context_tokens == 1000 else 0)


OPUS = Price(input=4.0, output=20.0, cache_read=0.4, cache_write=5.0, cache_write_1h=8.0)


class Interrupted:
    """A model that is cut off amid its reply, as an adapter tells it."""

    name = "scripted:one"
    context_tokens = 200_000

    def __init__(self, counted: Usage | None, *said: str) -> None:
        self.counted = counted
        self.said = said
        self.scope = anyio.CancelScope()

    async def reply(self, _: Request, on_text: OnText) -> Reply:
        for piece in self.said:
            on_text(piece)
        self.scope.cancel()
        try:
            await anyio.sleep_forever()
        except anyio.get_cancelled_exc_class() as error:
            if self.counted is None:
                raise
            said = Message("assistant", (Text("".join(self.said)),))
            sentence = "the reply of http://x was cut off by an interruption"
            raise error from BrokenReplyError(sentence, self.counted, said)
        raise AssertionError("nobody interrupts")

    async def aclose(self) -> None:
        """Hold nothing."""


async def cut_off(model: Interrupted) -> Bench:
    """A run whose only reply is interrupted."""
    run = bench(model, price=OPUS)
    with model.scope:
        await run.run()
        pytest.fail("the run went on")
    return run


@pytest.mark.parametrize(
    ("said", "output_tokens"),
    [((), 8), (("ab" * 300,), 208), (("abc",), 50)],
)
async def test_an_interrupted_reply_is_paid_for(said: tuple[str, ...], output_tokens: int) -> None:
    """The provider bills what it had read and said: input as it counted, output as it counted or as came in."""
    counted = Usage(900, 50 if output_tokens == 50 else 1, 300, 20)
    run = await cut_off(Interrupted(counted, *said))
    usage = replace(counted, output_tokens=output_tokens)
    assert (run.purse.spent.usage, run.purse.spent.usd) == (usage, cost_usd(usage, OPUS))
    assert (run.purse.spent.reserved_usd, run.purse.spent.reserved_tokens, run.purse.spent.steps) == (0.0, 0, 0)
    reason = "the reply of http://x was cut off by an interruption"
    (failed,) = run.journal.named(ModelFailed)
    assert failed == ModelFailed(model="scripted:one", reason=reason, usage=usage, cost_usd=run.purse.spent.usd)


async def test_an_interrupted_reply_of_who_does_not_count_is_guessed() -> None:
    """Servers that count at the end, or never, have read the conversation all the same."""
    run = await cut_off(Interrupted(Usage(), "ab" * 300))
    assert run.purse.spent.usage.output_tokens == 208
    assert run.purse.spent.usage.input_tokens >= estimate_message(run.history[0])
    assert run.purse.spent.usd > 0


async def test_what_had_not_begun_costs_nothing() -> None:
    """An interruption while nothing has come in is not billed, as far as anybody knows."""
    run = await cut_off(Interrupted(None))
    assert (run.purse.spent.usd, run.purse.spent.usage, run.journal.named(ModelFailed)) == (0.0, Usage(), [])


@pytest.mark.parametrize(
    ("price", "counted", "guessed"), [(OPUS, True, True), (OPUS, False, True), (FREE, False, True), (FREE, True, False)]
)
async def test_a_reply_that_nobody_counted_is_charged_as_guessed(price: Price, counted: bool, guessed: bool) -> None:
    """A server without `usage` leaves no budget without limit; only what is free and says so costs no tokens."""
    silent = Reply((Text("ab" * 300),), "end", Usage(), "m", counted=counted)
    run = bench(ScriptedModel(silent), goal="x" * 3000, price=price)
    assert (await run.run()).outcome == "done"
    usage = run.purse.spent.usage
    assert (usage.input_tokens > 1000, usage.output_tokens) == ((True, 208) if guessed else (False, 0))
    assert run.purse.spent.usd == cost_usd(usage, price)
    (replied,) = run.journal.named(ModelReplied)
    assert (replied.usage, replied.cost_usd) == (run.loop.usage, run.loop.cost_usd) == (usage, run.purse.spent.usd)
