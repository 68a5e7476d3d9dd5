"""The router: who is asked again, after which wait, who stands in, and what is reported."""

from collections.abc import Callable
from dataclasses import dataclass

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.budget import estimate_request
from llmos.clock import SimulatedClock
from llmos.errors import ModelError, RetryableError
from llmos.messages import Message, Reply, Request, Text, Usage
from llmos.models.base import RESTARTED, BrokenReplyError, FailedReplyError, OnText, ignore_text
from llmos.models.breaker import Breaker
from llmos.models.router import Attempt, Router
from tests.support.scripted import ScriptedModel, asked, said

pytestmark = pytest.mark.anyio


@dataclass(frozen=True)
class Rules:
    """Rules as kernel/models.md holds them."""

    max_attempts: int = 3
    base_delay_s: float = 1.0
    max_delay_s: float = 8.0
    breaker_failures: int = 100
    breaker_reset_s: float = 30.0


class Bench:
    """Routers on a simulated clock, with what they waited and reported."""

    def __init__(self, rules: Rules | None = None, random: Callable[[], float] = lambda: 0.5) -> None:
        self.rules = rules or Rules()
        self.random = random
        self.clock = SimulatedClock()
        self.waits: list[float] = []
        self.attempts: list[Attempt] = []
        self.breakers: dict[str, Breaker] = {}

    async def sleep(self, seconds: float) -> None:
        """Let simulated time pass."""
        self.waits.append(seconds)
        self.clock.advance(seconds)

    def router(self, *models: ScriptedModel) -> Router:
        """A router over these models."""
        return Router(
            models[0],
            models[1:],
            self.rules,
            self.clock,
            self.random,
            on_attempt=self.attempts.append,
            breakers=self.breakers,
            sleep=self.sleep,
        )


BUSY = RetryableError("The provider is busy.")


async def test_a_reply_at_once_is_passed_on() -> None:
    """Without failures the router adds nothing."""
    bench = Bench()
    pieces: list[str] = []
    assert await bench.router(ScriptedModel(said("hi"))).reply(asked(), pieces.append) == said("hi")
    assert (pieces, bench.waits, bench.attempts) == (["hi"], [], [])


async def test_waits_grow_exponentially_with_full_jitter() -> None:
    """Each wait is a random part of a ceiling that doubles up to the longest delay."""
    bench = Bench(Rules(max_attempts=6))
    model = ScriptedModel(*[BUSY] * 5, said("hi"))
    assert (await bench.router(model).reply(asked(), ignore_text)).text == "hi"
    assert bench.waits == [0.5, 1.0, 2.0, 4.0, 4.0]


@given(st.floats(0, 1, exclude_max=True), st.integers(1, 12), st.floats(0.1, 100))
async def test_no_wait_is_longer_than_the_rules_allow(chance: float, attempts: int, longest_s: float) -> None:
    """Whatever chance says, waits lie between 0 and the longest delay."""
    bench = Bench(Rules(max_attempts=attempts, max_delay_s=longest_s), lambda: chance)
    with pytest.raises(RetryableError):
        await bench.router(ScriptedModel(*[BUSY] * attempts)).reply(asked(), ignore_text)
    assert len(bench.waits) == attempts - 1
    assert all(0 <= wait <= longest_s for wait in bench.waits)


async def test_advice_to_wait_is_never_undercut() -> None:
    """Retry-After is the least wait."""
    bench = Bench()
    await bench.router(ScriptedModel(RetryableError("Slow down.", 7.5), said("hi"))).reply(asked(), ignore_text)
    assert bench.waits == [7.5]


async def test_advice_beyond_the_longest_delay_gives_the_model_up() -> None:
    """A provider that asks for an hour is not asked again, and the next model is."""
    bench = Bench()
    wait_an_hour = RetryableError("Slow down.", 3600.0)
    reply = await bench.router(
        ScriptedModel(wait_an_hour, name="a:1"), ScriptedModel(said("from b"), name="b:1")
    ).reply(asked(), ignore_text)
    assert reply.text == "from b"
    assert bench.waits == []
    assert bench.attempts == [Attempt("a:1", wait_an_hour, None, "b:1", Usage())]


async def test_the_last_error_of_a_lone_model_is_raised_as_it_is() -> None:
    """After the last attempt its error reaches the caller, and each attempt was reported."""
    bench = Bench()
    with pytest.raises(RetryableError) as raised:
        await bench.router(ScriptedModel(BUSY, BUSY, BUSY)).reply(asked(), ignore_text)
    assert raised.value is BUSY
    assert [attempt.delay_s for attempt in bench.attempts] == [0.5, 1.0, None]


async def test_a_fatal_error_is_not_asked_again() -> None:
    """What will not succeed later goes to the next model at once."""
    bench = Bench()
    fatal = ModelError("There is no such model.")
    first = ScriptedModel(fatal, name="a:1")
    reply = await bench.router(first, ScriptedModel(said("from b"), name="b:1")).reply(asked(), ignore_text)
    assert reply.text == "from b"
    assert len(first.requests) == 1
    assert bench.attempts == [Attempt("a:1", fatal, None, "b:1", Usage())]


async def test_when_no_model_answers_all_are_named() -> None:
    """The sentence holds each model's own."""
    router = Bench(Rules(max_attempts=1)).router(
        ScriptedModel(BUSY, name="a:1"), ScriptedModel(ModelError("It is off."), name="b:1")
    )
    with pytest.raises(ModelError) as raised:
        await router.reply(asked(), ignore_text)
    assert str(raised.value) == "no model answered: a:1: The provider is busy.; b:1: It is off."


async def test_text_of_a_broken_reply_is_declared_void() -> None:
    """A listener learns between two attempts that what it was given no longer counts."""
    bench = Bench()
    pieces: list[str] = []
    await bench.router(ScriptedModel(BUSY, said("hello"), said_first=["he"])).reply(asked(), pieces.append)
    assert pieces == ["he", RESTARTED, "he", "hello"]


async def test_no_text_no_restart() -> None:
    """A failure before any text leaves the listener alone."""
    pieces: list[str] = []
    await Bench().router(ScriptedModel(BUSY, said("hello"))).reply(asked(), pieces.append)
    assert pieces == ["hello"]


async def test_what_a_broken_reply_cost_is_reported() -> None:
    """Tokens that were counted before the break are in the attempt, not in the reply."""
    bench = Bench()
    broken = BrokenReplyError("The connection broke.", Usage(900, 4))
    reply = await bench.router(ScriptedModel(broken, said("hi"))).reply(asked(), ignore_text)
    assert bench.attempts[0].usage == Usage(900, 4)
    assert reply.usage == said("hi").usage


@pytest.mark.parametrize("counted", [Usage(), Usage(900, 1), Usage(900, 400)])
async def test_what_a_broken_reply_had_said_is_guessed_where_nobody_counted_it(counted: Usage) -> None:
    """Servers count at the end: of what broke off before, the request was read and the beginning said."""
    bench = Bench()
    broken = BrokenReplyError("The connection broke.", counted, Message("assistant", (Text("ab" * 300),)))
    await bench.router(ScriptedModel(broken, said("hi"))).reply(asked(), ignore_text)
    read = counted.input_tokens or estimate_request(asked())
    assert bench.attempts[0].usage == Usage(read, max(counted.output_tokens, 208))
    assert read > 0


async def test_a_reply_that_is_not_asked_for_again_has_cost_what_came_in() -> None:
    """Whether the error may pass says nothing of the bill."""
    bench = Bench()
    failed = FailedReplyError("The context is full.", Usage(900, 1), Message("assistant", (Text("ab" * 300),)))
    with pytest.raises(FailedReplyError):
        await bench.router(ScriptedModel(failed)).reply(asked(), ignore_text)
    [attempt] = bench.attempts
    assert (attempt.delay_s, attempt.usage) == (None, Usage(900, 208))


async def test_a_failing_provider_is_left_alone_by_all_routers() -> None:
    """Routers that share breakers keep off together; after the reset one call tries."""
    bench = Bench(Rules(max_attempts=1, breaker_failures=2))
    for _ in range(2):
        with pytest.raises(RetryableError):
            await bench.router(ScriptedModel(BUSY, name="a:1")).reply(asked(), ignore_text)
    healthy = ScriptedModel(said("hi"), name="a:2")
    with pytest.raises(ModelError) as raised:
        await bench.router(healthy).reply(asked(), ignore_text)
    assert str(raised.value) == "a has failed again and again and is left alone for 30 s more"
    assert (await bench.router(ScriptedModel(said("hi"), name="b:1")).reply(asked(), ignore_text)).text == "hi"
    bench.clock.advance(30.0)
    assert (await bench.router(healthy).reply(asked(), ignore_text)).text == "hi"


async def test_a_breaker_that_opens_ends_the_attempts() -> None:
    """There is no point in waiting for a provider that has just been cut off."""
    bench = Bench(Rules(max_attempts=5, breaker_failures=2))
    model = ScriptedModel(*[BUSY] * 5)
    with pytest.raises(RetryableError):
        await bench.router(model).reply(asked(), ignore_text)
    assert len(model.requests) == 2


class Endless:
    """A model that never answers."""

    name = "a:1"
    context_tokens = 1000

    async def reply(self, request: Request, on_text: OnText) -> Reply:
        """Wait for ever."""
        await anyio.sleep_forever()
        raise AssertionError

    async def aclose(self) -> None:
        """Nothing to close."""


async def test_cancelling_a_trial_does_not_lock_the_provider_out() -> None:
    """A trial of a half-open breaker that is cancelled makes room for the next one."""
    bench = Bench(Rules(max_attempts=1, breaker_failures=1))
    with pytest.raises(RetryableError):
        await bench.router(ScriptedModel(BUSY, name="a:1")).reply(asked(), ignore_text)
    bench.clock.advance(30.0)
    router = Router(Endless(), (), bench.rules, bench.clock, bench.random, breakers=bench.breakers)
    async with anyio.create_task_group() as group:
        group.start_soon(router.reply, asked(), ignore_text)
        await anyio.wait_all_tasks_blocked()
        group.cancel_scope.cancel()
    assert (await bench.router(ScriptedModel(said("hi"), name="a:1")).reply(asked(), ignore_text)).text == "hi"


async def test_the_router_passes_for_its_first_model_and_closes_all() -> None:
    """Name and context are the first model's; closing reaches every model."""
    models = [ScriptedModel(name="a:1"), ScriptedModel(name="b:1")]
    router = Bench().router(*models)
    assert (router.name, router.context_tokens) == ("a:1", 1000)
    await router.aclose()
    assert [model.closed for model in models] == [1, 1]
