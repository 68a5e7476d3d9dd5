"""Budgets through the whole stack: whatever a model, provider or agent below does, no more is spent than allowed."""

from contextlib import suppress
from pathlib import Path

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmos.errors import LLMosError, LowBatteryError
from llmos.messages import Reply, Text, ToolCall, Usage
from llmos.traces.events import BudgetWarned, ModelFailed, ModelReplied, RunFinished
from tests.support.homes import Place, make_place
from tests.support.hourglass import WAIT, hourglass
from tests.support.messages_api import MessagesAPI
from tests.support.messages_api import events as stream_events
from tests.support.overlays import overlay
from tests.support.runs import all_whole, events, hire, journals, play, whole
from tests.support.tapes import asks, says

pytestmark = pytest.mark.anyio

LIMIT_S = 60.0
"""What a run may take where time is the limit: less than a tool may, and more than any machine needs."""
LOOK = ("Glob", {"pattern": "*"})
OPUS_PER_TOKEN = 20.0 / 1e6
"""Dollars for one output token of the dev model."""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A home and a workspace."""
    return make_place(tmp_path)


@pytest.mark.parametrize("budget_usd", [float("nan"), -0.01])
async def test_a_budget_that_is_none_is_refused(place: Place, budget_usd: float) -> None:
    """What limits nothing never begins a run."""
    with pytest.raises(LLMosError) as refused:
        await play(place, says(), budget_usd=budget_usd)
    assert str(refused.value) == f"A budget cannot be {budget_usd:g} usd; give a number from 0 on."
    assert journals(place) == []


async def test_without_a_dollar_a_free_model_works_to_the_end(place: Place) -> None:
    """`--budget-usd 0` means that nothing may be spent, not that nothing may be done."""
    outcome = await play(place, asks(LOOK), asks(LOOK), says("three steps"), budget_usd=0.0)
    assert (outcome.outcome, outcome.answer, outcome.steps) == ("done", "three steps", 3)


async def test_replies_that_break_off_are_paid_from_what_was_held(place: Place) -> None:
    """A provider that bills and drops, again and again, gets no more than the budget and one reply."""
    hire(place)
    overlay(place.home, {"models.base_delay_s": 0.001, "models.max_delay_s": 0.001})
    big = Reply((Text("word " * 10),), "end", Usage(1_000, 4_000), "claude-opus-5-5")
    async with MessagesAPI() as api:
        for _ in range(4):
            api.stream(list(stream_events(big))[:-1], then="drop")
        async with place.system(api=api.url, budget_usd=0.13) as system:
            with pytest.raises(LowBatteryError) as refused:
                await system.execute("go", "worker")
            left_usd = system.usd_left
        asked = len(api.requests)
    assert str(refused.value) == (
        "Replies that broke off have cost what was held for this one; raise the budget or resume the run."
    )
    assert asked == 1
    assert left_usd > -4_096 * OPUS_PER_TOKEN
    (entries,) = all_whole(place)
    assert sum(event.usage.output_tokens for event in events(entries, ModelFailed)) == 4_000
    assert [event.outcome for event in events(entries, RunFinished)] == ["budget"]


@pytest.mark.parametrize("max_steps", [2, 3, 5])
async def test_an_agent_below_leaves_its_caller_a_step_to_answer_with(place: Place, max_steps: int) -> None:
    """Both spend from one purse, and the caller still says what was reached."""
    hire(place)
    hire(place, "---\nname: boss\ndescription: Delegates.\ntools: Agent\n---\n\nDelegate.\n", "boss")
    below = [asks(LOOK, text=f"looked {number}") for number in range(max_steps - 2)]
    lines = [asks(("Agent", {"subagent_type": "worker", "prompt": "look"})), *below, says("the worker looked")]
    outcome = await play(place, *lines, agent="boss", max_steps=max_steps)
    assert (outcome.outcome, outcome.answer) == ("budget", "the worker looked")
    assert outcome.reason == "The steps of this budget are used up; resume the run to go on."
    child, parent = sorted(all_whole(place), key=lambda entries: entries[0].event.parent is None)  # type: ignore[attr-defined]
    assert [event.outcome for event in events(child, RunFinished)] == ["budget"]
    assert len(list(events(child, ModelReplied))) + len(list(events(parent, ModelReplied))) == max_steps


async def test_what_an_agent_below_spends_is_its_callers_expense(place: Place) -> None:
    """Tokens of the child count against the parent's limit; the parent hears why the child ended, and ends, too."""
    hire(place)
    hire(place, "---\nname: boss\ndescription: Delegates.\ntools: Agent\n---\n\nDelegate.\n", "boss")
    overlay(place.home, {"budget.max_tokens": 30_000})
    outcome = await play(
        place,
        asks(("Agent", {"subagent_type": "worker", "prompt": "look"})),
        asks(LOOK, usage={"input_tokens": 29_900}, text="looked"),
        {"expect": "worker ended with budget", **says("never asked")},
        agent="boss",
    )
    assert outcome.outcome == "budget"
    assert outcome.reason.startswith("The next call needs ")
    assert outcome.tool_calls[0].error is not None
    assert outcome.tool_calls[0].error.startswith("worker ended with budget: The next call needs ")
    assert outcome.usage.total == 29_900
    assert len(all_whole(place)) == 2


async def test_a_purse_of_its_own_inside_the_callers(place: Place) -> None:
    """An agent with a small budget ends with it, and its caller goes on with the rest."""
    metadata = "metadata:\n  llmos-budget-usd: 0.0001\n"
    hire(place, f"---\nname: worker\ndescription: Works.\nmodel: dev\n{metadata}---\n\nWork.\n")
    hire(place, "---\nname: boss\ndescription: Delegates.\ntools: Agent\n---\n\nDelegate.\n", "boss")
    async with MessagesAPI() as api:
        call = ToolCall("toolu_1", "Agent", {"subagent_type": "worker", "prompt": "look"})
        api.say(
            Reply((call,), "tools", Usage(100, 10), "claude-opus-5-5"),
            Reply((Text("It was too poor."),), "end", Usage(100, 10), "claude-opus-5-5"),
        )
        async with place.system(api=api.url, budget_usd=5.0) as system:
            outcome = await system.execute("go", "boss")
    assert (outcome.outcome, outcome.answer) == ("done", "It was too poor.")
    (error,) = [use.error for use in outcome.tool_calls]
    assert error is not None
    assert error.startswith("worker ended with budget: The next call may cost $")


async def test_agents_that_delegate_to_themselves_come_to_an_end(place: Place) -> None:
    """Three deep, then the one below is told to do it itself."""
    hire(place)
    call = asks(("Agent", {"subagent_type": "worker", "prompt": "you do it"}))
    deepest = "delegation may go 3 deep and does already; do this part yourself"
    outcome = await play(
        place, call, call, call, call, {"expect": deepest, **says("1")}, says("2"), says("3"), says("4")
    )
    assert (outcome.outcome, outcome.answer) == ("done", "4")
    assert len(all_whole(place)) == 4


async def test_time_that_runs_out_below_is_a_spent_budget_everywhere(place: Place) -> None:
    """Neither journal calls it an interruption, and both keep what was said so far."""
    hire(place)
    hire(place, "---\nname: boss\ndescription: Delegates.\ntools: Agent\n---\n\nDelegate.\n", "boss")
    overlay(place.home, {"budget.max_seconds": LIMIT_S})
    place.write("user/tools/wait.py", WAIT)
    with hourglass(LIMIT_S) as clock:
        outcome = await play(
            place,
            asks(("Agent", {"subagent_type": "worker", "prompt": "wait"}), text="I have it done."),
            asks(("wait", {}), text="I wait."),
            agent="boss",
            clock=clock,
        )
    assert (outcome.outcome, outcome.answer) == ("budget", "I have it done.")
    assert outcome.reason == "The time of this budget is used up; resume the run to go on."
    ends = [event for entries in all_whole(place) for event in events(entries, RunFinished)]
    assert sorted((event.outcome, event.answer) for event in ends) == [
        ("budget", "I have it done."),
        ("budget", "I wait."),
    ]


async def test_what_was_done_before_time_ran_out_is_told(place: Place) -> None:
    """A file that was written stands in the outcome, although the call after it never came to an end."""
    overlay(place.home, {"budget.max_seconds": LIMIT_S})
    place.write("user/tools/wait.py", WAIT)
    with hourglass(LIMIT_S) as clock:
        outcome = await play(place, asks(("Write", {"file_path": "x", "content": "y"}), ("wait", {})), clock=clock)
    assert (outcome.outcome, [(use.tool, use.ok) for use in outcome.tool_calls]) == ("budget", [("Write", True)])


async def test_a_low_budget_is_warned_of_once_and_the_last_turn_answers(place: Place) -> None:
    """At seventy percent a warning, at ninety-five one turn without tools; both stand in the journal."""
    overlay(place.home, {"budget.max_tokens": 400_000})
    use = {"input_tokens": 96_000}
    outcome = await play(place, *[asks(LOOK, usage=use)] * 4, {"expect": "your last turn", **says("partial")})
    assert (outcome.outcome, outcome.answer, outcome.steps) == ("budget", "partial", 5)
    entries = whole(outcome.journal)
    assert [event.purse for event in events(entries, BudgetWarned)] == ["tokens"]


USES = st.tuples(st.integers(0, 40_000), st.integers(0, 4_096), st.booleans())


@settings(max_examples=12)
@given(limit=st.integers(2_000, 60_000), uses=st.lists(USES, min_size=1, max_size=12))
def test_no_run_spends_more_than_its_tokens_and_one_reply(
    tmp_path_factory: pytest.TempPathFactory, limit: int, uses: list[tuple[int, int, bool]]
) -> None:
    """Whatever the replies cost, the sum without the last one stays within the limit."""
    place = make_place(tmp_path_factory.mktemp("place"))
    overlay(place.home, {"budget.max_tokens": limit})
    lines = [
        (asks(LOOK, usage=usage) if goes_on else says(usage=usage))
        for tokens_in, tokens_out, goes_on in uses
        for usage in [{"input_tokens": tokens_in, "output_tokens": tokens_out}]
    ]
    with suppress(LowBatteryError):
        anyio.run(lambda: play(place, *lines))
    (entries,) = all_whole(place)
    totals = [event.usage.total for event in events(entries, ModelReplied)]
    assert sum(totals[:-1]) <= limit
