"""One run, from a goal to its outcome: plans it on its ground, witnesses its beginning, and lets it be carried out.

Knows how the parts fit together; what each does is its own affair.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import TYPE_CHECKING

import anyio.to_thread

from llmos import __version__
from llmos.boot.crystals import sleep_in
from llmos.boot.deeds import CURRENT, Deeds
from llmos.boot.experience import choose_way, remember
from llmos.boot.ground import Conversation, Ground, Place, Settled, Way, may_drive, settle
from llmos.boot.models import Chosen
from llmos.budget import Limits, Purse
from llmos.documents.agent import Agent
from llmos.documents.document import Document, Problem, hash_of
from llmos.documents.unread import misspelt_keys, unknown_skill
from llmos.errors import LLMosError
from llmos.messages import JSON
from llmos.models.base import NO_MODEL
from llmos.models.router import Attempt
from llmos.runtime.dispatcher import Decision
from llmos.runtime.judge import ClaimJudge
from llmos.runtime.outcome import RunOutcome
from llmos.runtime.oversight import Overseer
from llmos.runtime.prompt import PromptParts
from llmos.runtime.session import RunPlan, carry_out
from llmos.runtime.terms import Terms, Voice
from llmos.tools.base import Tool
from llmos.tools.delegation import Delegated
from llmos.tools.program import Inside
from llmos.tools.toolbox import Toolbox
from llmos.traces.events import DocumentBroken, DocumentRef, ModelFailed, RunLimits, RunStarted, TextStreamed, Waiting
from llmos.traces.index import record_run
from llmos.traces.journal import Journal, new_run_id
from llmos.traces.trace import Trace

if TYPE_CHECKING:
    from llmos.robots.evidence.outcome import PhysicalOutcome


async def run_goal(ground: Ground, goal: str, place: Place, talk: Conversation) -> RunOutcome:
    """Run a goal; LLMosError when it cannot begin."""
    settled = settle(ground, goal, talk, place.model)
    run_id = new_run_id(ground.clock)
    with Journal.create(
        ground.environment.home, run_id, ground.clock, ground.bus, ground.environment.secrets
    ) as journal:
        deeds = Deeds(journal, place.deeds)
        token = CURRENT.set(deeds)
        try:
            alone = not talk.history
            run, plan, way = await _plan(ground, settled, run_id, journal, deeds, place, talk)
            talk.last_run = run_id
            outcome = await carry_out(plan)
            await anyio.to_thread.run_sync(partial(remember, ground, run, way, outcome, alone=alone))
            return outcome
        finally:
            CURRENT.reset(token)
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(record_run, ground.environment.home, journal.path)


async def _plan(
    ground: Ground, run: Settled, run_id: str, journal: Journal, deeds: Deeds, place: Place, talk: Conversation
) -> tuple[Settled, RunPlan, Way]:
    """The run with the way that was chosen for it, and all that it takes; LLMosError when it cannot begin."""
    purse = place.purse.child(_limits(ground, run.agent, place.purse.steps_left))
    below = Place(purse, run_id, deeds, place.depth + 1, model=run.choice.name)
    robot = _robot_tools(ground, run, journal)
    inside = Inside(purse.take_tool_call, sleep_in(run))
    delegation = Delegation(ground, below)
    whole, problems = await anyio.to_thread.run_sync(
        ground.kit.toolbox, run.permissions, run.snapshot, robot, delegation, run_id, ground.commit, inside
    )
    toolbox = inside.house = whole.only(run.agent.tools, run.agent.disallowed_tools, journal)
    way = await anyio.to_thread.run_sync(choose_way, ground, run, toolbox, talk, place.depth)
    if run.mode != "ORCHESTRATOR":
        run = replace(run, mode=way.decision.mode, mode_reason=way.decision.reason)
    terms = _terms(ground, run, toolbox, run_id, way.decision, partial(_open_model, ground, run, purse, journal))
    if terms.lead is None:
        terms.voice()  # what keeps a model from answering is a person's mistake as long as nothing has begun
    plan = RunPlan(
        started=await anyio.to_thread.run_sync(_started, ground, run, run_id, place, talk, purse, way),
        terms=terms,
        actions=toolbox,
        house=toolbox,
        journal=journal,
        purse=purse,
        judge=ClaimJudge(partial(_physical, run, deeds)),
        history=talk.history,
        monotonic_s=ground.clock.monotonic_s,
        scope=place.scope or anyio.CancelScope(),
        notices=tuple(_notices(run, whole, problems)),
        overseers=_overseers(ground, run, deeds, below),
    )
    return run, plan, way


def _robot_tools(ground: Ground, run: Settled, journal: Journal) -> list[Tool]:
    """The robot in the hands of this run's agent; nothing where there is none."""
    if run.body is None:
        return []
    from llmos.boot.sentience import careful
    from llmos.robots.controls import Principal

    pilot = Principal("agent", run.agent.name, run.agent.document.content_hash)
    tools = run.body.tools(pilot, sees=ground.models.sees(run.choice.name))
    return careful(ground, run, tools, pilot, journal)


def _overseers(ground: Ground, run: Settled, deeds: Deeds, below: Place) -> Sequence[Overseer]:
    if not run.overseen:
        return ()
    from llmos.boot.oversight import overseers

    return overseers(ground, run, deeds, below, run_goal)


def _physical(run: Settled, deeds: Deeds) -> "PhysicalOutcome | None":
    """What a run achieved in the world, by its motions and, where it has its scene's own goal, by the scene's check."""
    found = deeds.outcome()
    if run.body is None or not may_drive(run.agent):
        return found
    from llmos.robots.controls import Principal
    from llmos.robots.evidence.scene_outcome import by_scene

    measured = run.body.pilot(Principal("program", "the judge")).measure()
    return by_scene(found, run.body.scene, run.goal, deeds.motions, measured)


def _notices(run: Settled, whole: Toolbox, problems: Iterable[Problem]) -> Iterator[DocumentBroken]:
    """What of this run's documents is not in force: tools and skills that do not exist, odd keys, broken saves."""
    listed = (*(run.agent.tools or ()), *run.agent.disallowed_tools)
    document = run.agent.document
    for sentence in whole.warnings(listed):
        yield DocumentBroken(path=str(document.path), line=document.line("tools"), sentence=sentence)
    skills = run.snapshot.asked("skill") if run.agent.skills else ()
    for sentence in filter(None, (unknown_skill(name, skills) for name in run.agent.skills)):
        yield DocumentBroken(path=str(document.path), line=document.line("skills"), sentence=sentence)
    used = [("agent", document), *(("skill", skill.document) for skill in run.opened)]
    odd = [each for kind, one in used for each in (*one.problems, *misspelt_keys(kind, one))]
    paths = {str(one.path) for _, one in used}
    broken = (each for each in run.snapshot.problems() if each.severity == "error" and each.path in paths)
    for problem in (*broken, *odd, *problems):
        yield DocumentBroken(path=problem.path, line=problem.line, sentence=problem.sentence)


def _limits(ground: Ground, agent: Agent, steps_left: float) -> Limits:
    """The purse of a run; of its caller's steps it leaves one, with which the caller can still answer."""
    rules, most = ground.rules, ground.rules.orchestration.max_iterations
    steps = min(
        each for each in (ground.max_steps or most, agent.max_turns, max(steps_left - 1, 0)) if each is not None
    )
    return Limits(
        usd=float("inf") if agent.budget_usd is None else agent.budget_usd,
        tokens=rules.budget.max_tokens,
        seconds=rules.budget.max_seconds,
        steps=steps,
        tool_calls=rules.orchestration.max_tool_calls,
    )


def _open_model(ground: Ground, run: Settled, purse: Purse, journal: Journal) -> Chosen:
    if run.no_model is not None:
        raise run.no_model

    def attempted(attempt: Attempt) -> None:
        price = chosen.price_of(attempt.model.partition(":")[2])
        spent_usd = purse.charge(attempt.usage, price)
        journal.write(
            ModelFailed(
                model=attempt.model,
                reason=str(attempt.error),
                wait_s=attempt.delay_s,
                next_model=attempt.next_model,
                usage=attempt.usage,
                cost_usd=spent_usd,
            )
        )
        purse.check_covered()

    def waiting(seconds: float) -> None:
        ground.bus.publish(Waiting(f"{run.choice.name} may be asked again", seconds), journal.run_id)

    chosen = ground.models.open(run.choice, fallback=run.agent.fallback, on_attempt=attempted, on_wait=waiting)
    return chosen


def _terms(
    ground: Ground, run: Settled, toolbox: Toolbox, run_id: str, decision: Decision, open_model: Callable[[], Chosen]
) -> Terms:
    template = ground.models.template(run.choice.name)
    tools = toolbox.specs()
    names = {tool.name for tool in tools}
    parts = PromptParts(
        rules=ground.rules.prose["orchestration"],
        agent=run.agent,
        opened=run.opened,
        skills=[skill for skill in run.snapshot.skills() if skill.offered] if "Skill" in names else [],
        agents=[other for other in run.snapshot.agents() if other.name != run.agent.name] if "Agent" in names else [],
        tools=tools,
        environment=_surroundings(run),
    )

    @cache
    def voice() -> Voice:
        chosen = open_model()
        return Voice(chosen.model, chosen.price, chosen.price_of, ground.prompts.system(template, parts))

    def notice(name: str, values: Mapping[str, object]) -> str:
        return ground.prompts.render(name, template=template, **values)

    def stream(text: str) -> None:
        ground.bus.publish(TextStreamed(text), run_id)

    def state() -> Mapping[str, JSON]:
        return run.body.state() if run.body else {}

    return Terms(
        voice=voice,
        tools=tools,
        orchestration=ground.rules.orchestration,
        budget=ground.rules.budget,
        state=state,
        notice=notice,
        on_text=stream,
        bulletin=_bulletin(ground, run, template, decision.example),
        lead=decision.lead,
    )


def _bulletin(ground: Ground, run: Settled, template: str, example: Trace | None) -> Callable[[], str]:
    """What the model is told before its steps: once, how a similar goal was reached; and the robot's state of mind."""
    told = [ground.prompts.render("similar-trace", template=template, trace=example)] if example else []
    valence = ground.valence() if run.body else None
    mood: Callable[[], str] = str
    if valence is not None:
        from llmos.boot.sentience import bulletins

        mood = bulletins(valence, ground.prompts, template)

    def bulletin() -> str:
        return "\n\n".join(filter(None, (told.pop() if told else "", mood())))

    return bulletin


def _surroundings(run: Settled) -> list[str]:
    """What stays the same while the agent works; nothing here may change from step to step or run to run."""
    lines = [f"workspace: {run.permissions.workspace.root}"]
    if run.body is not None:
        lines.append(f"robot: {run.body.name}; scene: {run.body.scene.name}")
    return lines


def _started(
    ground: Ground, run: Settled, run_id: str, place: Place, talk: Conversation, purse: Purse, way: Way
) -> RunStarted:
    limits = purse.limits
    return RunStarted(
        run_id=run_id,
        agent=run.agent.name,
        goal=run.goal,
        model=NO_MODEL if run.no_model else ground.models.make(run.choice.name).name,
        model_reason=f"{run.choice.name}: {run.choice.reason}",
        mode=run.mode,
        mode_reason=run.mode_reason,
        workspace=str(run.permissions.workspace.root),
        robot=run.body.name if run.body else "",
        scene=run.body.scene.name if run.body else ground.scene(),
        world=dict(run.body.state()) if run.body else {},
        parent=place.parent,
        continues=talk.last_run,
        limits=RunLimits(
            budget_usd=purse.usd_left if purse.usd_left != float("inf") else None,
            max_tokens=int(limits.tokens),
            max_seconds=limits.seconds,
            max_steps=int(limits.steps),
            max_tool_calls=int(limits.tool_calls),
        ),
        documents=tuple(_references(ground, run, way)),
        version=__version__,
    )


def _references(ground: Ground, run: Settled, way: Way) -> Sequence[DocumentRef]:
    """Every document that shapes the run, with its content and, where git has it, its commit."""
    documents: list[tuple[str, Document]] = [("agent", run.agent.document)]
    documents += [("skill", skill.document) for skill in run.opened]
    documents += [("kernel", document) for document in ground.rules.documents]
    if run.body is not None:
        documents += [("robot", run.body.profile.document), ("scene", run.body.scene.document)]
    found = [(kind, each.path, each.content_hash) for kind, each in documents]
    found += [(kind, path, hash_of(path.read_bytes())) for kind, path in way.files]
    commits = ground.commits_of({path: content_hash for _, path, content_hash in found})
    return [DocumentRef(str(path), content_hash, commits[path], kind) for kind, path, content_hash in found]


@dataclass(frozen=True, slots=True)
class Delegation:
    """Runs another agent below the run that asks for it, out of the same purse."""

    ground: Ground
    place: Place

    async def delegate(self, agent: str, goal: str) -> Delegated:
        """Run the agent to its end; LLMosError when it cannot begin or the depth is used up."""
        most = self.ground.rules.orchestration.max_delegation_depth
        if self.place.depth > most:
            raise LLMosError(f"delegation may go {most} deep and does already; do this part yourself")
        outcome = await run_goal(self.ground, goal, self.place, Conversation(agent))
        return Delegated(outcome.run_id, outcome.outcome, outcome.answer, outcome.reason)
