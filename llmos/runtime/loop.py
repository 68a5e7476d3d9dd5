"""The one loop: ask the model, journal its reply, call the tools it asked for, decide when it is over.

Knows neither documents nor concrete models, tools and robots; everything it needs comes in as a value or Protocol.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from time import perf_counter

import anyio

from llmos.budget import Purse, cost_usd, estimate_message, estimate_prefix, guessed_usage, worst_usage
from llmos.errors import LLMosError, LowBatteryError, StorageError, ungrouped
from llmos.messages import Effect, Message, Reply, Request, Text, ToolCall, ToolResult, Usage, in_turns
from llmos.models.base import BrokenReplyError, broken_by
from llmos.runtime.terms import Actions, Ending, Judge, Terms, Voice
from llmos.runtime.tool_uses import ToolUses, not_made
from llmos.traces.events import BudgetWarned, LeadEnded, MessageAdded, ModelFailed, ModelReplied, PromptSet
from llmos.traces.witness import Witness

_INSTANT_S = 0.01
"""A timer may ring a moment early."""


class Loop:
    """One run over one history, which grows in place."""

    def __init__(self, terms: Terms, actions: Actions, journal: Witness, purse: Purse, judge: Judge) -> None:
        self._terms = terms
        self._actions = actions
        self._journal = journal
        self._purse = purse
        self._judge = judge
        self._effects = {spec.name: spec.effect for spec in terms.tools}
        self._lead = terms.lead
        self._voice: Voice | None = None
        self._tokens = 0
        self._unfinished = ""
        self._silences = 0
        self._warned = False
        self.abandoned = ""
        """Why what led it has stopped, as long as no model has said anything since."""
        self.answer = ""
        """What the model said last; stands as it is when the run ends without more."""
        self.steps = 0
        self.usage = Usage()
        self.cost_usd = 0.0
        self.tool_uses = ToolUses()

    async def run(self, history: list[Message]) -> Ending:
        """Go on until there is an ending; StorageError passes, for a run that cannot be witnessed must not go on.

        Any other sentence - the model cannot be reached, the robot does not answer - is how the run failed.
        """
        self._tokens = sum(map(estimate_message, history))
        try:
            with anyio.move_on_after(self._purse.seconds_left):
                return await self._be_led(history) or await self._turns(history)
            return self._out_of_time()
        except LowBatteryError as error:
            return Ending("budget", self.answer, str(error))
        except StorageError:
            raise
        except LLMosError as error:
            return self._stranded(error) if self.abandoned else Ending("failed", self.answer, str(error))

    def cut_off(self) -> Ending:
        """The ending of a run that was cancelled: by its time, or by its caller's, or by whoever interrupted it."""
        if self._purse.seconds_left > _INSTANT_S:
            return Ending("interrupted", self.answer, "The run was interrupted; resume it to go on.")
        return self._out_of_time()

    def _stranded(self, error: LLMosError) -> Ending:
        """The ending where what led the run has stopped and no model can go on: no better than what was measured."""
        ending = self._judge.decide("failed", self.answer)
        return replace(ending, reason=f"{self.abandoned}. {error}")

    def _out_of_time(self) -> Ending:
        return Ending("budget", self.answer, "The time of this budget is used up; resume the run to go on.")

    async def _turns(self, history: list[Message]) -> Ending:
        while True:
            self._tell_news(history)
            last = self._is_last_turn()
            if last and (text := self._terms.notice("final-turn", {"limit": last})):
                self._add(history, Message("user", (Text(text),)))
            reply = await self._ask(history, with_tools=not last)
            history.append(reply.message)
            self._tokens += estimate_message(reply.message)
            self._hear(reply)
            if reply.stop_reason == "refusal":
                detail = f": {reply.stop_detail}" if reply.stop_detail else "."
                return Ending("refused", self.answer, f"The model {reply.model} declined to go on{detail}")
            if last:
                return Ending("budget", self.answer, f"The {last} of this budget are used up; resume the run to go on.")
            if reply.tool_calls:
                self._add(history, Message("user", (*await self._act(_complete(reply)), *self._cut_short(reply))))
                if stuck := self.tool_uses.stuck(self._terms.orchestration.max_tool_retries):
                    return Ending("failed", self.answer, stuck)
            elif reply.stop_reason == "length":
                self._add(history, Message("user", self._cut_short(reply)))
            elif self._silences == 1:
                self._add(history, Message("user", (Text(self._terms.notice("no-answer", {}) or "(no answer)"),)))
            elif reply.stop_reason != "pause":
                return self._end(reply)

    async def _be_led(self, history: list[Message]) -> Ending | None:
        """Go where the lead goes, until it has an ending or leads no further; then the model goes on from there."""
        results: tuple[ToolResult, ...] = ()
        while self._lead is not None:
            started = perf_counter()
            said = await self._lead.step(results)
            if isinstance(said, str):
                self._journal.write(LeadEnded(self._lead.name, said))
                self.abandoned = f"{self._lead.name} led no further: {said.rstrip('.')}"
                self._lead = None
                self._speak()  # where nobody can go on, nobody is told to
                if notice := self._terms.notice("hand-over", {"reason": said}):
                    self._add(history, Message("user", (Text(notice),)))
                break
            self.steps += 1
            self._journal.write(ModelReplied.of(self.steps, said, 0.0, perf_counter() - started))
            history.append(said.message)
            self._tokens += estimate_message(said.message)
            self._hear(said)
            if not said.tool_calls:
                return self._end(said)
            results = await self._act(said.tool_calls)
            self._add(history, Message("user", results))
        return None

    def _speak(self) -> Voice:
        """The model, made ready when it is first asked; what it is told first is in the journal from then on."""
        if self._voice is None:
            self._voice = voice = self._terms.voice()
            self._tokens += estimate_prefix(voice.system, self._terms.tools)
            if self._terms.lead is not None:
                self._journal.write(PromptSet.of(voice.system, self._terms.tools))
        return self._voice

    def _tell_news(self, history: list[Message]) -> None:
        if news := self._terms.bulletin():
            self._add(history, Message("user", (Text(news),)))

    def _hear(self, reply: Reply) -> None:
        """Keep what the model said, and count how often in a row it said and asked nothing.

        A text that was cut off goes on in the next reply.
        """
        said = self._unfinished + reply.text
        self._unfinished = said if reply.stop_reason == "length" and not reply.tool_calls else ""
        if said.strip():
            self.answer = said
        speaks = reply.text.strip() or reply.tool_calls or reply.stop_reason == "pause"
        self._silences = 0 if speaks else self._silences + 1

    def _end(self, reply: Reply) -> Ending:
        ending = self._judge.decide(reply.claim, self.answer)
        if ending.outcome == "done" and not ending.evidence and self._silences:
            return Ending("failed", self.answer, "The model ended its turn without an answer, twice.")
        return ending

    def _add(self, history: list[Message], message: Message) -> None:
        history.append(message)
        self._tokens += estimate_message(message)
        self._journal.write(MessageAdded.of(message))

    async def _ask(self, history: Sequence[Message], *, with_tools: bool) -> Reply:
        terms, voice = self._terms, self._speak()
        limits = terms.budget
        state = terms.state()
        room = voice.model.context_tokens - self._tokens  # guessed low; whether all fits, the model says
        most = max(limits.min_output_tokens, min(limits.max_output_tokens, room))
        held = self._purse.reserve(self._tokens, voice.price, most, limits.min_output_tokens)
        request = Request(
            system=voice.system,
            messages=in_turns(history),
            tools=terms.tools,
            may_call_tools=with_tools,
            max_output_tokens=held.max_output_tokens,
            state=state,
        )
        started = perf_counter()
        try:
            reply = self._counted(await voice.model.reply(request, terms.on_text), voice)
        except BaseException as error:
            self._purse.release(held)
            if (broken := broken_by(error)) is not None:
                self._pay_for(broken, voice)
            raise
        spent_usd = self._purse.settle(held, reply.usage, voice.price_of(reply.model))
        self.steps += 1
        self.abandoned = ""
        self.usage += reply.usage
        self.cost_usd += spent_usd
        self._journal.write(ModelReplied.of(self.steps, reply, spent_usd, perf_counter() - started))
        self._warn_once()
        return reply

    def _counted(self, reply: Reply, voice: Voice) -> Reply:
        """The reply with its usage, guessed where nobody has counted what has to be paid for or is limited."""
        costs = cost_usd(worst_usage(1, 1), voice.price_of(reply.model)) > 0
        if reply.usage.total or (reply.counted and not costs):
            return reply
        return replace(reply, usage=guessed_usage(reply.usage, self._tokens, reply.message))

    def _pay_for(self, broken: BrokenReplyError, voice: Voice) -> None:
        """Charge a reply that an interruption cut off, as the dearest one: nobody has said whose it is."""
        usage = guessed_usage(broken.usage, self._tokens, broken.said or Message("assistant", ()))
        spent_usd = self._purse.charge(usage, voice.price)
        self._journal.write(ModelFailed(model=voice.model.name, reason=str(broken), usage=usage, cost_usd=spent_usd))

    async def _act(self, calls: Sequence[ToolCall]) -> tuple[ToolResult, ...]:
        """Call the tools in order, neighbours that are pure side by side; what came back counts, whatever ends it."""
        results: list[ToolResult] = []
        try:
            for pure, group in groupby(calls, lambda call: self._effects.get(call.name) is Effect.PURE):
                batch = list(group)
                if pure and len(batch) > 1:
                    results += await self._side_by_side(batch)
                else:
                    for call in batch:
                        results.append(await self._call(call))
        finally:
            self.tool_uses.add(calls[: len(results)], results)
        return tuple(results)

    async def _side_by_side(self, calls: Sequence[ToolCall]) -> list[ToolResult]:
        limiter = anyio.CapacityLimiter(self._terms.orchestration.max_parallel_calls)
        results: dict[int, ToolResult] = {}

        async def one(index: int, call: ToolCall) -> None:
            async with limiter:
                results[index] = await self._call(call)

        with ungrouped():
            async with anyio.create_task_group() as group:
                for index, call in enumerate(calls):
                    group.start_soon(one, index, call)
        return [results[index] for index in range(len(calls))]

    async def _call(self, call: ToolCall) -> ToolResult:
        if not self._purse.take_tool_call():
            return not_made(call)
        return await self._actions.call(call, self.steps)

    def _cut_short(self, reply: Reply) -> tuple[Text, ...]:
        """What a model is told whose reply was cut off; nothing where it was not."""
        if reply.stop_reason != "length":
            return ()
        values = {"tokens": reply.usage.output_tokens}
        return (Text(self._terms.notice("cut-short", values) or f"(cut off at {reply.usage.output_tokens} tokens)"),)

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


def _complete(reply: Reply) -> Sequence[ToolCall]:
    """The tool calls; the last one of a reply that was cut off before it had any arguments is none that was meant."""
    *before, last = reply.tool_calls
    if reply.stop_reason == "length" and not last.args and last.malformed is None:
        return (*before, replace(last, malformed="nothing, for the reply was cut off"))
    return reply.tool_calls
