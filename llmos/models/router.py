"""The only retry loop: asks a model again when that may help, then the models that may stand in for it.

Knows no provider: what may be tried again is what an adapter raises as RetryableError. Waiting times are exponential
with full jitter (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015); a provider's own
Retry-After is never undercut, and when it asks for more than `max_delay_s` the model is given up at once.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import anyio

from llmos.budget import estimate_request, guessed_usage
from llmos.clock import Clock
from llmos.errors import ModelError, RetryableError
from llmos.messages import Reply, Request, Usage
from llmos.models.base import RESTARTED, FailedReplyError, Model, OnText
from llmos.models.breaker import Breaker

Sleep: TypeAlias = Callable[[float], Awaitable[None]]


class RetryRules(Protocol):
    """The numbers of `kernel/models.md` that rule retrying."""

    @property
    def max_attempts(self) -> int:
        """How often one model is asked for one reply, the first time included."""
        ...

    @property
    def base_delay_s(self) -> float:
        """The longest first wait."""
        ...

    @property
    def max_delay_s(self) -> float:
        """The longest wait of all."""
        ...

    @property
    def breaker_failures(self) -> int:
        """How many failures in a row keep everyone off a provider."""
        ...

    @property
    def breaker_reset_s(self) -> float:
        """For how long."""
        ...


@dataclass(frozen=True, slots=True)
class Attempt:
    """A call that gave no reply, and what follows.

    The same model is asked again after `delay_s`; when that is None, `next_model` is asked, or nobody. `usage` is what
    had been read and said when the reply broke off, as the provider had counted it or else guessed: billed, but in no
    Reply, so that whoever listens charges it.
    """

    model: str
    error: ModelError
    delay_s: float | None
    next_model: str | None
    usage: Usage


OnAttempt: TypeAlias = Callable[[Attempt], None]


class Router:
    """A model that is the first of several which answers.

    `fallbacks` is empty for agents that want their own model or none. `breakers` is shared by all routers of a process,
    one breaker per provider (the part of a model's name before the colon).
    """

    def __init__(
        self,
        model: Model,
        fallbacks: Sequence[Model],
        rules: RetryRules,
        clock: Clock,
        random: Callable[[], float],
        *,
        on_attempt: OnAttempt | None = None,
        breakers: dict[str, Breaker] | None = None,
        sleep: Sleep = anyio.sleep,
    ) -> None:
        self._models = (model, *fallbacks)
        self._rules = rules
        self._clock = clock
        self._random = random
        self._on_attempt = on_attempt or _nobody_listens
        self._breakers = {} if breakers is None else breakers
        self._sleep = sleep

    @property
    def name(self) -> str:
        """The first model's; a Reply names the one that answered."""
        return self._models[0].name

    @property
    def context_tokens(self) -> int:
        """The first model's."""
        return self._models[0].context_tokens

    async def reply(self, request: Request, on_text: OnText) -> Reply:
        """The first reply that any of the models gives; the last error, or one that names all, when none does."""
        text = _Restartable(on_text)
        errors: list[tuple[str, ModelError]] = []
        for position, model in enumerate(self._models):
            following = self._models[position + 1].name if position + 1 < len(self._models) else None
            try:
                return await self._ask(model, request, text, following)
            except ModelError as error:
                errors.append((model.name, error))
        if len(errors) == 1:
            raise errors[0][1]
        raise ModelError("no model answered: " + "; ".join(f"{name}: {error}" for name, error in errors))

    async def aclose(self) -> None:
        """Close all models."""
        for model in self._models:
            await model.aclose()

    async def _ask(self, model: Model, request: Request, text: "_Restartable", following: str | None) -> Reply:
        """One model's reply, asked for up to `max_attempts` times."""
        breaker = self._breaker(model)
        attempt = 0
        while True:
            attempt += 1
            try:
                return await _try(model, breaker, request, text)
            except ModelError as error:
                delay_s = self._delay_s(error, attempt, breaker)
                next_model = following if delay_s is None else None
                self._on_attempt(Attempt(model.name, error, delay_s, next_model, _billed(error, request)))
                if delay_s is None:
                    raise
            await self._sleep(delay_s)

    def _delay_s(self, error: ModelError, attempt: int, breaker: Breaker) -> float | None:
        """How long to wait before the same model is asked again; None when it is not."""
        if (
            not isinstance(error, RetryableError)
            or attempt >= self._rules.max_attempts
            or breaker.closed_to_calls_s() > 0
        ):
            return None
        advice_s = error.retry_after_s or 0.0
        if advice_s > self._rules.max_delay_s:
            return None
        ceiling_s = min(self._rules.max_delay_s, self._rules.base_delay_s * 2.0 ** (attempt - 1))
        return max(advice_s, self._random() * ceiling_s)

    def _breaker(self, model: Model) -> Breaker:
        provider = _provider(model)
        if provider not in self._breakers:
            self._breakers[provider] = Breaker(self._rules.breaker_failures, self._rules.breaker_reset_s, self._clock)
        return self._breakers[provider]


class _Restartable:
    """An `OnText` that knows whether the attempt before left text behind, and then says that it is void."""

    def __init__(self, on_text: OnText) -> None:
        self._on_text = on_text
        self._begun = False

    def __call__(self, piece: str) -> None:
        self._begun = True
        self._on_text(piece)

    def restart(self) -> None:
        if self._begun:
            self._begun = False
            self._on_text(RESTARTED)


async def _try(model: Model, breaker: Breaker, request: Request, text: _Restartable) -> Reply:
    """One call, when the breaker lets it pass."""
    closed_s = breaker.enter()
    if closed_s > 0:
        raise ModelError(f"{_provider(model)} has failed again and again and is left alone for {closed_s:.0f} s more")
    text.restart()
    try:
        reply = await model.reply(request, text)
    except RetryableError:
        breaker.failed()
        raise
    except BaseException:
        breaker.abandoned()
        raise
    breaker.succeeded()
    return reply


def _provider(model: Model) -> str:
    return model.name.partition(":")[0]


def _billed(error: ModelError, request: Request) -> Usage:
    if not isinstance(error, FailedReplyError):
        return Usage()
    return error.usage if error.said is None else guessed_usage(error.usage, estimate_request(request), error.said)


def _nobody_listens(_: Attempt) -> None:
    """An `OnAttempt` for routers without a journal."""
