"""The one loop: ask the model, journal its reply, call the tools it asked for, decide when it is over.

Knows neither documents nor concrete models, tools and robots; everything it needs comes in as a value or Protocol.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from time import perf_counter
from typing import Protocol

import anyio

from llmos.budget import Purse, estimate_message, estimate_prefix
from llmos.documents.kernel import BudgetRules, Orchestration, Price
from llmos.errors import LLMosError, LowBatteryError, ModelError
from llmos.messages import JSON, Claim, Effect, Message, Reply, Request, Text, ToolCall, ToolResult, ToolSpec, Usage
from llmos.models.base import Model, OnText
from llmos.runtime.outcome import Result, ToolUse
from llmos.traces.events import BudgetWarned, Event, MessageAdded, ModelReplied


class Actions(Protocol):
    """What carries out tool calls: the toolbox."""

    async def call(self, call: ToolCall, step: int = 0) -> ToolResult:
        """Check, call and journal one tool call; a mistake comes back as an error result."""
        ...


class Witness(Protocol):
    """What writes the journal."""

    def write(self, event: Event, *, durable: bool = False) -> None:
        """Append one event; StorageError when it cannot."""
        ...


class Judge(Protocol):
    """Decides what a claim is worth, by evidence."""

    def decide(self, claim: Claim, answer: str) -> "Ending":
        """The ending of a run whose model made this claim."""
        ...


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended: the outcome, the answer for the person, why, and what that rests on."""

    outcome: Result
    answer: str
    reason: str
    evidence: Mapping[str, JSON] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Terms:
    """What stays the same for the whole run."""

    model: Model
    price: Price
    """The dearest that a reply may cost, whichever model gives it."""
    price_of: Callable[[str], Price]
    """The price of the model that answered, by the name in its reply."""
    system: str
    tools: tuple[ToolSpec, ...]
    orchestration: Orchestration
    budget: BudgetRules
    state: Callable[[], Mapping[str, JSON]]
    notice: Callable[[str, Mapping[str, object]], str]
    """Renders a message of the house for the model, e.g. `final-turn`; empty when this model is told nothing."""
    on_text: OnText


class Loop:
    """One run over one history, which grows in place."""

    def __init__(self, terms: Terms, actions: Actions, journal: Witness, purse: Purse, judge: Judge) -> None:
        self._terms = terms
        self._actions = actions
        self._journal = journal
        self._purse = purse
        self._judge = judge
        self._effects = {spec.name: spec.effect for spec in terms.tools}
        self._failures: dict[str, int] = {}
        self._tokens = 0
        self._answer = ""
        self._warned = False
        self.steps = 0
        self.usage = Usage()
        self.cost_usd = 0.0
        self.tool_uses: list[ToolUse] = []

    async def run(self, history: list[Message]) -> Ending:
        """Go on until there is an ending; StorageError passes, for a run that cannot be witnessed must not go on."""
        self._tokens = estimate_prefix(self._terms.system, self._terms.tools) + sum(map(estimate_message, history))
        try:
            with anyio.move_on_after(self._purse.seconds_left):
                return await self._turns(history)
            return Ending("budget", self._answer, "The time of this budget is used up; resume the run to go on.")
        except LowBatteryError as error:
            return Ending("budget", self._answer, str(error))
        except ModelError as error:
            return Ending("failed", self._answer, str(error))

    async def _turns(self, history: list[Message]) -> Ending:
        while True:
            last = self._is_last_turn()
            if last and (text := self._terms.notice("final-turn", {"limit": last})):
                self._add(history, Message("user", (Text(text),)))
            reply = await self._ask(history, with_tools=not last)
            history.append(reply.message)
            self._tokens += estimate_message(reply.message)
            self._answer = reply.text or self._answer
            if last:
                return Ending(
                    "budget", self._answer, f"The {last} of this budget are used up; resume the run to go on."
                )
            if reply.tool_calls:
                self._add(history, Message("user", await self._act(reply.tool_calls)))
                if stuck := self._stuck():
                    return Ending("failed", self._answer, stuck)
            elif reply.stop_reason == "length":
                self._add(history, Message("user", (Text(self._cut_short(reply)),)))
            elif reply.stop_reason != "pause":
                return self._end(reply)

    def _end(self, reply: Reply) -> Ending:
        if reply.stop_reason == "refusal":
            detail = f": {reply.stop_detail}" if reply.stop_detail else "."
            return Ending("refused", self._answer, f"The model {reply.model} declined to go on{detail}")
        return self._judge.decide(reply.claim, self._answer)

    def _add(self, history: list[Message], message: Message) -> None:
        history.append(message)
        self._tokens += estimate_message(message)
        self._journal.write(MessageAdded.of(message))

    async def _ask(self, history: Sequence[Message], *, with_tools: bool) -> Reply:
        terms = self._terms
        limits = terms.budget
        room = terms.model.context_tokens - self._tokens  # guessed low; whether all fits, the model says
        most = max(limits.min_output_tokens, min(limits.max_output_tokens, room))
        held = self._purse.reserve(self._tokens, terms.price, most, limits.min_output_tokens)
        request = Request(
            system=terms.system,
            messages=tuple(history),
            tools=terms.tools,
            may_call_tools=with_tools,
            max_output_tokens=held.max_output_tokens,
            state=terms.state(),
        )
        started = perf_counter()
        try:
            reply = await terms.model.reply(request, terms.on_text)
        except BaseException:
            self._purse.release(held)
            raise
        cost_usd = self._purse.settle(held, reply.usage, terms.price_of(reply.model))
        self.steps += 1
        self.usage += reply.usage
        self.cost_usd += cost_usd
        self._journal.write(ModelReplied.of(self.steps, reply, cost_usd, perf_counter() - started))
        self._warn_once()
        return reply

    async def _act(self, calls: Sequence[ToolCall]) -> tuple[ToolResult, ...]:
        """Call the tools in order; neighbours that are pure run side by side."""
        results: list[ToolResult] = []
        for pure, group in groupby(calls, lambda call: self._effects.get(call.name) is Effect.PURE):
            batch = list(group)
            results += (
                await self._side_by_side(batch) if pure and len(batch) > 1 else [await self._call(c) for c in batch]
            )
        for call, result in zip(calls, results, strict=True):
            self._remember(call, result)
        return tuple(results)

    async def _side_by_side(self, calls: Sequence[ToolCall]) -> list[ToolResult]:
        limiter = anyio.CapacityLimiter(self._terms.orchestration.max_parallel_calls)
        results: dict[int, ToolResult] = {}

        async def one(index: int, call: ToolCall) -> None:
            async with limiter:
                results[index] = await self._call(call)

        try:
            async with anyio.create_task_group() as group:
                for index, call in enumerate(calls):
                    group.start_soon(one, index, call)
        except* LLMosError as errors:
            raise errors.exceptions[0] from None
        return [results[index] for index in range(len(calls))]

    async def _call(self, call: ToolCall) -> ToolResult:
        if not self._purse.take_tool_call():
            spent = Text("The tool calls of this run are used up; this one was not made.")
            return ToolResult(call.id, (spent,), is_error=True)
        return await self._actions.call(call, self.steps)

    def _remember(self, call: ToolCall, result: ToolResult) -> None:
        self.tool_uses.append(
            ToolUse(call.name, call.args, not result.is_error, result.text if result.is_error else None)
        )
        self._failures[call.name] = self._failures.get(call.name, 0) + 1 if result.is_error else 0

    def _stuck(self) -> str | None:
        most = self._terms.orchestration.max_tool_retries
        name = next((name for name, failures in self._failures.items() if failures > most), None)
        if name is None:
            return None
        last = next(use.error for use in reversed(self.tool_uses) if use.tool == name)
        return f"The tool {name} failed {most + 1} times in a row, last with: {last}"

    def _cut_short(self, reply: Reply) -> str:
        values = {"tokens": reply.usage.output_tokens}
        return self._terms.notice("cut-short", values) or f"(cut off at {reply.usage.output_tokens} tokens)"

    def _is_last_turn(self) -> str:
        """The name of the limit that leaves room for one more turn only; empty when there is room for more."""
        if self._purse.steps_left <= 1:
            return "steps"
        share, name = self._purse.used_fraction()
        return name if self.steps and share >= self._terms.budget.final_turn_at else ""

    def _warn_once(self) -> None:
        share, name = self._purse.used_fraction()
        if not self._warned and share >= self._terms.budget.warn_at:
            self._warned = True
            self._journal.write(BudgetWarned(purse=name, used=share, limit=1.0))
