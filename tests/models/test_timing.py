"""What a model took is told by the clock that is given."""

import pytest

from llmos.clock import SimulatedClock
from llmos.messages import Reply, Request, Text, Usage
from llmos.models.base import OnText
from llmos.models.timing import DECISION_TARGET_S, bench

pytestmark = pytest.mark.anyio


class Metronome:
    """Loads in two seconds, reads 100 tokens in 0.1 s unless it has just read them, and writes 20 in 0.2 s."""

    name = "fake:metronome"
    context_tokens = 1000

    def __init__(self, clock: SimulatedClock, slow_at: int = -1, tokens: int = 1) -> None:
        self._clock = clock
        self._last: Request | None = None
        self._slow_at = slow_at
        self._tokens = tokens
        self.count = 0

    async def reply(self, request: Request, on_text: OnText) -> Reply:
        """Let time pass."""
        cached = request == self._last
        duration_s = 0.2 + (0 if cached else 0.1) + (2 if self._last is None else 0)
        self._clock.advance(duration_s + (1 if self.count == self._slow_at else 0))
        self._last = request
        self.count += 1
        usage = Usage(0 if cached else 100 * self._tokens, 20 * self._tokens, 100 * self._tokens if cached else 0)
        return Reply((Text("ok"),), "end", usage, self.name)

    async def aclose(self) -> None:
        """Nothing is open."""


async def test_decisions_and_rates_come_from_the_clock() -> None:
    """The first reply stands apart; reading and writing are told apart by what a cache held."""
    clock = SimulatedClock()
    timing = await bench(Metronome(clock), clock, decisions=10)
    assert timing.decisions == 10
    assert timing.first_s == pytest.approx(2.3)
    assert timing.p50_s == timing.p95_s == pytest.approx(0.3)
    assert timing.read_per_s == pytest.approx(1000)
    assert timing.written_per_s == pytest.approx(100)
    assert timing.in_time


async def test_one_slow_decision_in_ten_misses_the_target() -> None:
    """The middle says nothing of the worst."""
    clock = SimulatedClock()
    timing = await bench(Metronome(clock, slow_at=5), clock, decisions=10)
    assert timing.p50_s == pytest.approx(0.3)
    assert timing.p95_s > DECISION_TARGET_S
    assert not timing.in_time


async def test_a_model_that_counts_nothing_has_no_rates() -> None:
    """No figure is better than an invented one."""
    clock = SimulatedClock()
    timing = await bench(Metronome(clock, tokens=0), clock, decisions=3)
    assert timing.read_per_s is None
    assert timing.written_per_s is None
