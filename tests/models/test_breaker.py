"""The circuit breaker: opens after failures in a row, lets one trial pass, and closes on success."""

from hypothesis import given
from hypothesis import strategies as st

from llmos.clock import SimulatedClock
from llmos.models.breaker import Breaker


def opened(clock: SimulatedClock) -> Breaker:
    """A breaker that two failures have just opened for 30 s."""
    breaker = Breaker(2, 30.0, clock)
    for _ in range(2):
        assert breaker.enter() == 0
        breaker.failed()
    return breaker


def test_failures_in_a_row_open_it_and_time_half_opens_it() -> None:
    """No call passes until the reset time is over, then exactly one does."""
    clock = SimulatedClock()
    breaker = opened(clock)
    assert breaker.enter() == 30.0
    clock.advance(29.0)
    assert breaker.enter() == 1.0
    clock.advance(1.0)
    assert breaker.enter() == 0.0
    assert breaker.enter() > 0.0


def test_a_success_in_between_resets_the_count() -> None:
    """Only failures in a row count."""
    breaker = Breaker(2, 30.0, SimulatedClock())
    for outcome in (breaker.failed, breaker.succeeded, breaker.failed):
        assert breaker.enter() == 0
        outcome()
    assert breaker.enter() == 0


def test_the_trial_decides() -> None:
    """A trial that fails opens the breaker for the whole time again, one that succeeds closes it."""
    clock = SimulatedClock()
    breaker = opened(clock)
    clock.advance(30.0)
    assert breaker.enter() == 0
    breaker.failed()
    assert breaker.enter() == 30.0
    clock.advance(30.0)
    assert breaker.enter() == 0
    breaker.succeeded()
    assert breaker.enter() == breaker.enter() == 0


def test_an_abandoned_trial_leaves_room_for_another() -> None:
    """A cancelled trial says nothing: the next caller is the trial."""
    clock = SimulatedClock()
    breaker = opened(clock)
    clock.advance(30.0)
    assert breaker.enter() == 0
    breaker.abandoned()
    assert breaker.enter() == 0


@given(st.lists(st.sampled_from(["succeeded", "failed", "abandoned", "wait"]), max_size=40))
def test_it_never_stays_shut(words: list[str]) -> None:
    """Whatever happened, a caller that waits for the reset time passes."""
    clock = SimulatedClock()
    breaker = Breaker(3, 5.0, clock)
    for word in words:
        if word == "wait":
            clock.advance(1.0)
        elif breaker.enter() == 0:
            getattr(breaker, word)()
    clock.advance(5.0)
    assert breaker.enter() == 0
