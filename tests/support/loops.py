"""A loop over any model, with tools that are plain functions and a journal in memory."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from llmos.budget import Limits, Purse
from llmos.clock import SimulatedClock
from llmos.documents.kernel import BudgetRules, Orchestration, Price
from llmos.errors import LLMosError
from llmos.messages import Effect, Message, Text, ToolCall, ToolResult, ToolSpec
from llmos.models.base import Model, ignore_text
from llmos.runtime.judge import ClaimJudge, Physical
from llmos.runtime.loop import Loop
from llmos.runtime.terms import Ending, Lead, Terms, Voice
from tests.support.journals import MemoryJournal

FREE = Price(input=0.0, output=0.0, cache_read=0.0, cache_write=0.0, cache_write_1h=0.0)
ORCHESTRATION = Orchestration(
    max_iterations=15,
    max_tool_calls=50,
    max_tool_retries=3,
    max_delegation_depth=3,
    max_parallel_calls=8,
    max_goal_bytes=1000,
)
BUDGET = BudgetRules(
    budget_usd=10.0,
    max_tokens=2_000_000,
    max_seconds=3600.0,
    warn_at=0.7,
    final_turn_at=0.95,
    max_output_tokens=4096,
    min_output_tokens=256,
)


@dataclass
class FunctionTools:
    """Answers each call by a function; keeps the order of what happened."""

    answers: Mapping[str, Callable[[ToolCall], Any]]
    log: list[str] = field(default_factory=list)

    async def call(self, call: ToolCall, step: int = 0) -> ToolResult:
        """The function's text; an `error:` prefix makes it an error result."""
        answer = self.answers[call.name](call)
        text = await answer if hasattr(answer, "__await__") else answer
        self.log.append(f"{call.name}{json.dumps(dict(call.args))}")
        return ToolResult(call.id, (Text(text),), is_error=text.startswith("error:"))


def spec(name: str, effect: Effect = Effect.IRREVERSIBLE) -> ToolSpec:
    """A tool without arguments."""
    return ToolSpec(name, f"Does {name}.", {"type": "object", "properties": {}}, effect)


@dataclass
class Bench:
    """A loop and all that it touches."""

    loop: Loop
    journal: MemoryJournal
    tools: FunctionTools
    purse: Purse
    history: list[Message]

    async def run(self) -> Ending:
        """Run the loop over the history."""
        return await self.loop.run(self.history)


def bench(
    model: Model | LLMosError,
    *,
    goal: str = "do it",
    tools: Mapping[str, Callable[[ToolCall], Any]] | None = None,
    effects: Mapping[str, Effect] | None = None,
    limits: Limits | None = None,
    price: Price = FREE,
    orchestration: Orchestration = ORCHESTRATION,
    budget: BudgetRules = BUDGET,
    history: Sequence[Message] = (),
    lead: Lead | None = None,
    physical: Physical | None = None,
) -> Bench:
    """A loop over a fresh history that holds the goal; an error stands for what keeps any model from answering."""
    functions = FunctionTools(tools or {})
    specs = tuple(spec(name, (effects or {}).get(name, Effect.IRREVERSIBLE)) for name in functions.answers)
    journal = MemoryJournal()
    purse = Purse(limits or Limits(steps=15, tool_calls=50), SimulatedClock().monotonic_s)

    def voice() -> Voice:
        if isinstance(model, LLMosError):
            raise model
        return Voice(model=model, price=price, price_of=lambda _: price, system="rules")

    terms = Terms(
        voice=voice,
        tools=specs,
        orchestration=orchestration,
        budget=budget,
        state=dict,
        notice=lambda name, values: f"{name} {dict(values)}",
        on_text=ignore_text,
        lead=lead,
    )
    loop = Loop(terms, functions, journal, purse, ClaimJudge(lambda: physical))
    return Bench(loop, journal, functions, purse, [*history, Message("user", (Text(goal),))])
