"""Carry out one planned run: journal its start, let the loop work, journal its end.

Knows no concrete model, tool or robot; `boot` plans, this module witnesses.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread

from llmos.budget import Purse
from llmos.errors import StorageError
from llmos.messages import Message, Text
from llmos.runtime.loop import Loop
from llmos.runtime.outcome import RunOutcome
from llmos.runtime.oversight import Overseer, Oversight
from llmos.runtime.terms import Actions, Ending, Judge, Terms
from llmos.traces.events import Event, MessageAdded, PromptSet, RunFinished, RunStarted
from llmos.traces.witness import RunJournal

if TYPE_CHECKING:
    from llmos.runtime.rollback import House


@dataclass(frozen=True, slots=True)
class RunPlan:
    """Everything one run needs; `history` is what was said before the goal and grows with the run.

    `purse` is this run's own; what runs that it delegates to spend is spent from it too, and told in the outcome.
    Cancelling `scope` interrupts this run alone.
    """

    started: RunStarted
    terms: Terms
    actions: Actions
    journal: RunJournal
    purse: Purse
    judge: Judge
    history: list[Message]
    monotonic_s: Callable[[], float]
    notices: tuple[Event, ...] = ()
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    overseers: Sequence[Overseer] = ()
    """Who looks before the work begins and after it ends; a veto keeps it from beginning."""
    house: "House | None" = None
    """What takes back what a replay did, where nobody can go on from it."""


async def carry_out(plan: RunPlan) -> RunOutcome:
    """Run the plan to its end and close its journal.

    Nothing is spent before `run_started`, what was taken over and the goal are on the disk. A run whose scope is
    cancelled ends as interrupted; when the cancellation comes from further out, that is journaled all the same and the
    cancellation goes on. So does an error that is our own bug, journaled as failed.
    """
    started_s = plan.monotonic_s()
    loop = Loop(plan.terms, plan.actions, plan.journal, plan.purse, plan.judge)
    finish = _Finish(plan, loop, started_s)
    try:
        await _begin(plan)
        with plan.scope:
            oversight = Oversight(plan.overseers, plan.journal)
            return finish.write(await oversight.around(lambda: _run(plan, loop)))
        return finish.write(loop.cut_off())
    except (anyio.get_cancelled_exc_class(), KeyboardInterrupt):
        finish.write(loop.cut_off())
        raise
    except StorageError:
        raise
    except BaseException as error:
        finish.write(Ending("failed", loop.answer, f"LLMos itself failed: {type(error).__name__}: {error}"))
        raise
    finally:
        plan.journal.close()
        _answer_open_calls(plan)


async def _run(plan: RunPlan, loop: Loop) -> Ending:
    """Let the loop work; where a replay broke off and no model can go on, take back what it did."""
    ending = await loop.run(plan.history)
    if not loop.abandoned or ending.outcome not in ("failed", "refused") or plan.house is None:
        return ending
    from llmos.runtime.rollback import effects, take_back
    from llmos.traces.reading import read_journal

    done = effects(await anyio.to_thread.run_sync(read_journal, plan.journal.path))
    if not done:
        return ending
    said = await take_back(done, plan.house)
    note = Message("user", (Text(f"({said}.)"),))
    plan.history.append(note)
    plan.journal.write(MessageAdded.of(note))
    return replace(ending, reason=f"{ending.reason.rstrip('.')}; {said}.")


async def _begin(plan: RunPlan) -> None:
    """Journal what the run starts from; the disk is waited for at the end: no interruption loses a part of it."""
    goal = Message("user", (Text(plan.started.goal),))
    plan.journal.write(plan.started)
    system = plan.terms.voice().system if plan.terms.lead is None else ""  # a run that is led may never need one
    for event in (PromptSet.of(system, plan.terms.tools), *plan.notices):
        plan.journal.write(event)
    for message in plan.history:
        plan.journal.write(MessageAdded.of(message))
    plan.history.append(goal)
    await plan.journal.write_durably(MessageAdded.of(goal))


def _answer_open_calls(plan: RunPlan) -> None:
    """Close a history that was cut off between a reply and its results, so that a conversation can go on from it.

    Where the journal cannot be read any more, nobody knows the results, and the reply is forgotten.
    """
    if plan.history and plan.history[-1].tool_calls:
        from llmos.traces.reading import closing_message, read_journal

        try:
            closing = closing_message(read_journal(plan.journal.path))
        except StorageError:
            plan.history.pop()
        else:
            plan.history.extend([closing] if closing else [])


@dataclass(frozen=True, slots=True)
class _Finish:
    plan: RunPlan
    loop: Loop
    started_s: float

    def write(self, ending: Ending) -> RunOutcome:
        """Journal the ending, and return it as the outcome."""
        plan, loop, start = self.plan, self.loop, self.plan.started
        duration_s = plan.monotonic_s() - self.started_s
        plan.journal.write(
            RunFinished(
                outcome=ending.outcome,
                answer=ending.answer,
                reason=ending.reason,
                usage=loop.usage,
                cost_usd=loop.cost_usd,
                steps=loop.steps,
                duration_s=duration_s,
                evidence=dict(ending.evidence),
            ),
            durable=True,
        )
        return RunOutcome(
            run_id=start.run_id,
            agent=start.agent,
            goal=start.goal,
            mode=start.mode,
            mode_reason=start.mode_reason,
            outcome=ending.outcome,
            answer=ending.answer,
            reason=ending.reason,
            steps=loop.steps,
            tool_calls=tuple(loop.tool_uses.all),
            usage=plan.purse.spent.usage,
            cost_usd=plan.purse.spent.usd,
            model=start.model,
            duration_s=duration_s,
            journal=plan.journal.path,
        )
