"""Purses: reserve before, settle after, and what the tightest allows is allowed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.budget import Limits, Purse, Reservation, Spent, cost_usd, estimate_message, estimate_prefix, worst_usage
from llmos.clock import SimulatedClock
from llmos.documents.kernel import Price
from llmos.errors import LLMosError, LowBatteryError
from llmos.messages import Image, Message, Text, Thinking, ToolCall, ToolResult, ToolSpec, Usage

OPUS = Price(input=4.0, output=20.0, cache_read=0.2, cache_write=5.0, cache_write_1h=8.0)
FREE = Price(input=0.0, output=0.0, cache_read=0.0, cache_write=0.0, cache_write_1h=0.0)


def purse(clock: SimulatedClock | None = None, **limits: float) -> Purse:
    """A purse on a clock that stands still."""
    return Purse(Limits(**limits), (clock or SimulatedClock()).monotonic_s)


def test_a_reply_costs_what_each_kind_of_token_costs() -> None:
    """Input, output, cache reads and cache writes have their own prices."""
    usage = Usage(input_tokens=1_000, output_tokens=100, cache_read_tokens=10_000, cache_write_tokens=2_000)
    assert cost_usd(usage, OPUS) == pytest.approx((4_000 + 2_000 + 2_000 + 10_000) / 1e6)


def test_a_long_prompt_costs_its_own_tier() -> None:
    """Above the limit of the price all of the call costs more, cached tokens counted in."""
    price = Price(0.1, 0.5, 0.01, 0.125, 0.2, long_above_tokens=100_000, long_factor=5.0)
    assert cost_usd(Usage(input_tokens=100_000), price) == pytest.approx(0.01)
    assert cost_usd(Usage(input_tokens=100_000, cache_read_tokens=1), price) == pytest.approx(0.05, rel=1e-4)


def test_what_is_reserved_cannot_be_reserved_again() -> None:
    """Two calls at once share what is there."""
    own = purse(usd=0.05)
    held = own.reserve(1_000, OPUS, 2_000, 1)
    assert held == Reservation(pytest.approx(0.045), 3_000, 2_000)
    with pytest.raises(LowBatteryError) as refused:
        own.reserve(1_000, OPUS, 2_000, 1)
    assert str(refused.value) == (
        "The next call may cost $0.0050 and $0.0050 of the budget is left; raise --budget-usd, take a cheaper model or "
        "resume the run."
    )
    own.release(held)
    assert own.usd_left == pytest.approx(0.05)


def test_tokens_that_are_reserved_cannot_be_reserved_again() -> None:
    """Two calls at once may not both count on the same tokens, also where they cost nothing."""
    own = purse(tokens=4_000)
    held = own.reserve(1_000, FREE, 2_000, 1)
    assert own.tokens_left == 1_000
    with pytest.raises(LowBatteryError):
        own.reserve(1_000, FREE, 2_000, 1)
    own.release(held)
    assert own.tokens_left == 4_000


def test_less_output_is_asked_for_when_less_can_be_paid() -> None:
    """The reply may have as many tokens as the purse can pay, not more."""
    held = purse(usd=0.03).reserve(1_000, OPUS, 4_000, 100)
    assert held.max_output_tokens == 1_250
    assert purse(tokens=1_500).reserve(1_000, FREE, 4_000, 100).max_output_tokens == 500


def test_a_call_that_can_be_paid_with_too_little_output_is_not_made() -> None:
    """Below the least useful length nothing is called."""
    with pytest.raises(LowBatteryError) as refused:
        purse(tokens=1_200).reserve(1_000, FREE, 4_000, 256)
    assert str(refused.value) == (
        "The next call needs 1256 tokens and 1200 are left; raise max_tokens in kernel/budget.md or resume the run."
    )


def test_settling_puts_the_real_cost_in_place_of_the_worst() -> None:
    """Nothing stays reserved."""
    own = purse(usd=1.0)
    spent_usd = own.settle(own.reserve(1_000, OPUS, 4_000, 100), Usage(input_tokens=500, output_tokens=10), OPUS)
    assert spent_usd == pytest.approx((2_000 + 200) / 1e6)
    assert own.usd_left == pytest.approx(1.0 - spent_usd)


def test_a_child_spends_from_all_its_parents() -> None:
    """The tightest purse of the chain decides, and every purse of it pays."""
    parent = purse(usd=0.05, steps=2)
    child = parent.child(Limits(usd=10.0, steps=9))
    assert child.usd_left == pytest.approx(0.05)
    child.settle(child.reserve(100, OPUS, 100, 1), Usage(output_tokens=100), OPUS)
    assert parent.spent.usd == child.spent.usd == pytest.approx(0.002)
    child.reserve(100, OPUS, 100, 1)
    with pytest.raises(LowBatteryError) as refused:
        parent.child(Limits()).reserve(100, OPUS, 100, 1)
    assert str(refused.value) == "The steps of this budget are used up; raise --max-steps or resume the run."


def test_time_runs_out() -> None:
    """When the seconds are over nothing more is called."""
    clock = SimulatedClock()
    own = purse(clock, seconds=10.0)
    clock.advance(4.0)
    assert own.seconds_left == 6.0
    clock.advance(7.0)
    assert own.seconds_left == 0.0
    with pytest.raises(LowBatteryError) as refused:
        own.reserve(1, FREE, 10, 1)
    assert str(refused.value) == (
        "The time of this budget is used up; raise max_seconds in kernel/budget.md or resume the run."
    )


def test_a_refused_tool_call_is_not_counted_anywhere() -> None:
    """All purses count a call or none does."""
    parent = purse(tool_calls=1)
    child = parent.child(Limits(tool_calls=5))
    assert child.take_tool_call()
    assert not child.take_tool_call()
    assert (parent.spent.tool_calls, child.spent.tool_calls) == (1, 1)


def test_the_scarcest_limit_is_named() -> None:
    """The share that counts is the largest one of any purse of the chain."""
    parent = purse(tool_calls=4, steps=100)
    child = parent.child(Limits(steps=10))
    child.reserve(1, FREE, 10, 1)
    assert child.used_fraction() == (0.1, "steps")
    child.take_tool_call()
    assert child.used_fraction() == (0.25, "tool calls")


@pytest.mark.parametrize("value", [-1.0, float("nan"), float("-inf")])
def test_what_limits_nothing_is_no_limit(value: float) -> None:
    """No comparison with NaN holds, so a budget of NaN would let everything pass."""
    with pytest.raises(LLMosError) as refused:
        Limits(tool_calls=value)
    assert str(refused.value) == f"A budget cannot be {value:g} tool calls; give a number from 0 on."


def test_a_purse_of_nothing_is_not_used_up_before_anything_is_spent() -> None:
    """With no dollar at all a model that costs nothing can still work."""
    own = purse(usd=0.0)
    own.settle(own.reserve(1_000, FREE, 1_000, 1), Usage(1_000, 1_000), FREE)
    assert own.used_fraction()[0] == 0.0
    own.charge(Usage(1), OPUS)
    assert own.used_fraction() == (1.0, "dollars")


def test_a_call_that_did_not_happen_leaves_no_trace() -> None:
    """Money, tokens and the step come back, in every purse of the chain."""
    parent = purse(usd=1.0, tokens=10_000, steps=3)
    child = parent.child(Limits())
    child.release(child.reserve(1_000, OPUS, 1_000, 1))
    assert (parent.spent, child.spent) == (Spent(), Spent())
    assert parent.steps_left == 3


def test_what_is_held_for_a_call_must_still_be_there_when_it_is_made_again() -> None:
    """Replies that broke off are paid first; when they have cost what was held, nothing is asked for again."""
    own = purse(usd=0.05)
    own.reserve(1_000, OPUS, 2_000, 1)
    own.charge(Usage(cache_write_tokens=1_000), OPUS)
    own.check_covered()
    own.charge(Usage(cache_write_tokens=1_000), OPUS)
    with pytest.raises(LowBatteryError) as refused:
        own.check_covered()
    assert str(refused.value) == (
        "Replies that broke off have cost what was held for this one; raise the budget or resume the run."
    )


def test_tokens_that_are_held_for_a_call_must_still_be_there_as_well() -> None:
    """A reply that costs nothing uses them up too."""
    own = purse(tokens=4_000)
    own.reserve(1_000, FREE, 2_000, 1)
    own.charge(Usage(1_000), FREE)
    own.check_covered()
    own.charge(Usage(1), FREE)
    with pytest.raises(LowBatteryError):
        own.check_covered()


def test_what_broke_off_is_charged() -> None:
    """A reply that was billed and never arrived is paid for."""
    own = purse(usd=1.0)
    own.charge(Usage(input_tokens=1_000), OPUS)
    assert own.spent.usd == pytest.approx(0.004)


@given(
    limit_usd=st.floats(0.001, 1.0),
    calls=st.lists(
        st.tuples(st.integers(0, 20_000), st.integers(1, 4_000), st.floats(0, 1), st.floats(0, 1)), max_size=30
    ),
)
def test_a_budget_is_never_exceeded(limit_usd: float, calls: list[tuple[int, int, float, float]]) -> None:
    """Whatever is asked for, if no reply is larger than was guessed, the purse is never overdrawn."""
    own = purse(usd=limit_usd)
    for input_tokens, output_tokens, used_input, used_output in calls:
        try:
            held = own.reserve(input_tokens, OPUS, output_tokens, 1)
        except LowBatteryError:
            continue
        usage = Usage(int(input_tokens * used_input), int(held.max_output_tokens * used_output))
        own.settle(held, usage, OPUS)
        assert own.spent.usd <= limit_usd + 1e-12
        assert own.spent.reserved_usd == pytest.approx(0.0, abs=1e-12)


def test_the_worst_case_is_that_no_cache_helps() -> None:
    """A reservation pays for writing all of the input to the cache."""
    assert worst_usage(10, 5) == Usage(cache_write_tokens=10, output_tokens=5)


def test_estimates_count_every_kind_of_part() -> None:
    """Text, reasoning, calls and results count their bytes, a picture its fixed amount."""
    assert estimate_message(Message("user", (Text("\udc80"),))) > 0
    parts = (Text("abc" * 100), Thinking("t" * 30, "s" * 30), ToolCall("1", "move", {"x": 1.5}, None))
    small = estimate_message(Message("assistant", parts))
    assert 100 + 20 < small < 160
    pictured = ToolResult("1", (Text("seen"), Image(b"png")))
    assert estimate_message(Message("user", (pictured,))) > 1_600
    assert estimate_message(Message("user", (Image(b"png"),))) > 1_600


def test_the_prefix_counts_the_system_prompt_and_each_tool() -> None:
    """Tools cost tokens, too."""
    spec = ToolSpec("move_to", "Move." * 60, {"type": "object"})
    assert estimate_prefix("", (spec, spec)) > 2 * 100
    assert estimate_prefix("x" * 300, ()) >= 100
