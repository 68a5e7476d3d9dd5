"""What a home remembers of its runs, and what it keeps of a new one: traces in the volumes, uses beside them.

Knows how a run's ground and the library of traces fit together; which way is taken, the dispatcher decides.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Final

from llmos.boot.crystals import Passed, crystallized
from llmos.boot.embeddings import meanings_of
from llmos.boot.ground import Conversation, Ground, Settled, Way
from llmos.clock import Clock
from llmos.documents.crystal import crystal_of
from llmos.errors import LLMosError
from llmos.messages import JSON, Effect
from llmos.runtime.dispatcher import Crystallized, Decision, Here, decide, tolerance_of
from llmos.runtime.goals import Goal, parse_goal, values
from llmos.runtime.outcome import RunOutcome
from llmos.settings import Environment
from llmos.tools.toolbox import Toolbox
from llmos.traces.events import ToolCalled
from llmos.traces.forbidden import was_forbidden
from llmos.traces.harvest import NotKept, harvest
from llmos.traces.library import TraceLibrary
from llmos.traces.meaning import Meanings
from llmos.traces.reading import read_journal
from llmos.traces.tally import tally
from llmos.traces.trace import PLANNED, Trace
from llmos.traces.trace_file import counted_as
from llmos.traces.usage import UsageLine, What, append, read_usage, slots_hash
from llmos.volumes.skill_hash import skill_hash
from llmos.volumes.volume import Volume

_log = logging.getLogger("llmos")

NO_TOOLS: Final[Mapping[str, str]] = {}


def choose_way(ground: Ground, run: Settled, toolbox: Toolbox, talk: Conversation, depth: int) -> Way:
    """The way to a run's goal; blocks. LLMosError where the one that a person asked for is not there.

    What a person asked for binds the run that was asked for, and not those that it delegates to.
    """
    if talk.commission is not None:
        return talk.commission.way(ground, run, toolbox)
    asked = ground.mode if depth == 0 or ground.mode in ("learner", "orchestrator") else "auto"
    if asked == "orchestrator":
        return Way(Decision("LEARNER", run.mode_reason), toolbox)
    if asked == "learner":
        return Way(Decision("LEARNER", "the model plans each step, as --mode says"), toolbox)
    if why := unlearnable(ground, run, alone=not talk.history):
        if asked != "auto":
            raise LLMosError(f"--mode {asked} cannot be had: {why}; --mode learner lets the model plan")
        return Way(Decision("LEARNER", f"the model plans each step: {why}"), toolbox)
    reads = ground.models.template(run.choice.name) != "pocket"
    with opened(ground, run, toolbox) as known:
        decision = decide(parse_goal(run.goal), asked, known, here_of(run, toolbox, reads=reads), ground.rules.dispatch)
        files = [("trace", known.path_of(trace)) for trace in decision.traces]
        changed = known.changed
    if decision.skill:
        files.append(("skill", run.snapshot.skill(decision.skill).document.path))
    return Way(decision, toolbox, tuple(files), changed)


def unlearnable(ground: Ground, run: Settled, *, alone: bool) -> str:
    """Why nothing may be taken from earlier runs, and nothing of this one be kept; empty when both may be."""
    home = ground.environment.home
    if not alone:
        return "what was said before belongs to the goal"
    if run.permissions.workspace.root.is_relative_to(home):
        return "it works on the volumes themselves"
    return "" if (home / "user").is_dir() else f"{home} has no volume of yours; `llmos init` makes one"


def remember(ground: Ground, run: Settled, way: Way, outcome: RunOutcome, *, alone: bool) -> None:
    """Keep what a run has shown, once it has ended; blocks.

    `alone`: nothing was said before the goal. A run that was led counts as one use of what led it, done or failed. What
    cannot be kept takes nothing from the run, which is over; it is warned of.
    """
    if unlearnable(ground, run, alone=alone):
        return
    lead, goal = way.decision.lead, parse_goal(run.goal)
    try:
        if lead is not None and outcome.outcome in ("done", "failed", "refused") and _tells(run, way, outcome):
            _count(ground, run, way, goal, outcome, ok=lead.reached and outcome.outcome == "done")
        if ground.rules.dispatch.learn and outcome.outcome == "done" and outcome.mode in PLANNED:
            _keep(ground, run, way, goal, outcome)
    except LLMosError as error:
        _log.warning("Nothing was learned of run %s: %s", outcome.run_id, error)
    if name := way.decision.skill or way.changed:
        _review(ground, run, way, name)


def _tells(run: Settled, way: Way, outcome: RunOutcome) -> bool:
    """Whether the run tells how good what led it is: not where a call was forbidden, nor where a skill stepped aside.

    Nor where a skill says that it is done and has only looked at the robot: nothing measured bears that out.

    A trace that stepped aside counts as one that failed, and no harm is meant: only when it is put aside, a model plans
    anew, and what it does then takes the place of what does not fit any more.
    """
    lead = way.decision.lead
    if lead is None:
        return True
    if lead.reached:
        return not way.decision.skill or run.body is None or _acted(outcome)
    if way.decision.skill and lead.aside:
        return False
    return not was_forbidden(read_journal(outcome.journal))


def _acted(outcome: RunOutcome) -> bool:
    """Whether any call of the run could have had an effect."""
    events = (entry.event for entry in read_journal(outcome.journal))
    return any(isinstance(event, ToolCalled) and event.effect is not Effect.PURE for event in events)


def _review(ground: Ground, run: Settled, way: Way, name: str) -> None:
    """Let a skill climb, fall or go into quarantine, as its uses and its tools demand."""
    from llmos.boot.ladder import after_use, make_ladder

    folders = ground.registry.code_folders("tools")
    try:
        crystal = crystal_of(run.snapshot.skill(name))
        tools = {tool: _version(way.toolbox, tool) for tool in (crystal.tools if crystal else NO_TOOLS)}
        ladder = make_ladder(ground.environment.home, ground.rules.evolution, ground.clock, folders)
        moved = after_use(ladder, ground.registry.snapshot(), name, tools)
    except LLMosError as error:
        moved = f"The skill {name} stays where it is: {error}"
    if moved:
        _log.warning("%s", moved)


def _version(toolbox: Toolbox, tool: str) -> str:
    """By what a tool is known now; empty for one that is gone."""
    try:
        return toolbox.version(tool)
    except LLMosError:
        return ""


def _keep(ground: Ground, run: Settled, way: Way, goal: Goal, outcome: RunOutcome) -> None:
    entries = read_journal(outcome.journal)
    slots = values(goal)
    trace = harvest(entries, signature=goal.signature, skeleton=goal.skeleton, slots=slots)
    if isinstance(trace, NotKept):
        return
    user = ground.environment.home / "user"
    with opened(ground, run, way.toolbox) as known:
        shown = any(_is_the_same(trace, each) for each in known.exact(trace.signature, trace.agent))
        path = known.path_of(trace.id) if shown else known.add(replace(trace, sensitive=run.agent.sensitive))
    name = counted_as(path, trace.id)
    append(user, _use(ground, "trace", name, name, outcome, _told(run, goal), ok=True))
    if shown:
        return
    what = "a sensitive goal" if run.agent.sensitive else " ".join(outcome.goal.split())[:60]
    reason = f"Keep how {outcome.agent} reached: {what}"
    _keep_counts(user, ground.clock)
    ground.commit((path,), reason, {"Trace": name, "Run": outcome.run_id})


def _told(run: Settled, goal: Goal) -> Mapping[str, JSON]:
    """The values that a use tells of, as a hash that could be guessed: none of those that are sensitive."""
    return {} if run.agent.sensitive else values(goal)


def _keep_counts(user: Path, clock: Clock) -> None:
    """Commit the uses by themselves, so that whoever takes a trace back takes no count back."""
    from llmos.evolution.settling import keep_counts
    from llmos.volumes.history import History

    keep_counts(History(user, clock))


def _is_the_same(trace: Trace, known: Trace) -> bool:
    """Whether a trace does what a known one does, and rests on the same."""
    return (trace.id, trace.basis) == (known.id, known.basis)


def _count(ground: Ground, run: Settled, way: Way, goal: Goal, outcome: RunOutcome, *, ok: bool) -> None:
    """Count the use of each trace, or of the skill, that the run was led by."""
    slots, decision = _told(run, goal), way.decision
    paths = [path for kind, path in way.files if kind == "trace"]
    names = [counted_as(path, trace) for trace, path in zip(decision.traces, paths, strict=True)]
    uses = [_use(ground, "trace", name, name, outcome, slots, ok=ok) for name in names]
    if decision.skill:
        skill = run.snapshot.skill(decision.skill)
        text = skill_hash(skill.document.path)
        crystal = crystal_of(skill)
        tools = crystal.tools if crystal else NO_TOOLS
        uses.append(_use(ground, "skill", skill.name, text, outcome, slots, ok=ok, tools=tools))
    append(ground.environment.home / "user", *uses)


def _use(
    ground: Ground,
    what: What,
    name: str,
    content_hash: str,
    outcome: RunOutcome,
    slots: Mapping[str, JSON],
    *,
    ok: bool,
    tools: Mapping[str, str] = NO_TOOLS,
) -> UsageLine:
    return UsageLine(
        what=what,
        name=name,
        content_hash=content_hash,
        run_id=outcome.run_id,
        ok=ok,
        slots_hash=slots_hash(slots),
        at=ground.clock.now().isoformat(),
        tools=dict(tools),
    )


def here_of(run: Settled, toolbox: Toolbox, *, reads: bool = True) -> Here:
    """What a trace has to fit in this run."""
    world: dict[str, JSON] = {}
    if run.body is not None:
        profile, scene = run.body.profile, run.body.scene
        world = {
            "robot": run.body.name,
            "robot_hash": profile.document.content_hash,
            "scene": scene.name,
            "scene_hash": scene.document.content_hash,
            "state": run.body.state(),
        }
    return Here(
        agent=run.agent.name,
        agent_hash=run.agent.document.content_hash,
        skill_hashes={skill.name: skill.document.content_hash for skill in run.opened},
        world=world,
        workspace=str(run.permissions.workspace.root),
        version=toolbox.version,
        approves=toolbox.approves,
        house=toolbox,
        reads_examples=reads,
    )


@contextmanager
def opened(ground: Ground, run: Settled, toolbox: Toolbox) -> "Iterator[Experience]":
    """What is remembered, for one question."""
    known = Experience(ground, run, toolbox)
    try:
        yield known
    finally:
        known.close()


def trusted_roots(volumes: Sequence[Volume]) -> list[tuple[str, Path]]:
    """The volumes whose traces count, by name."""
    return [(each.name, each.root) for each in volumes if each.keeps_traces]


def library_of(environment: Environment, volumes: Sequence[Volume], meanings: Meanings | None = None) -> TraceLibrary:
    """The traces of those, open; close it when done."""
    return TraceLibrary.open(
        environment.home,
        trusted_roots(volumes),
        _log.warning,
        secrets=environment.secrets,
        passphrase=environment.trace_passphrase or "",
        meanings=meanings,
    )


class Experience:
    """What is remembered, open for one question; close it when done."""

    def __init__(self, ground: Ground, run: Settled, toolbox: Toolbox) -> None:
        volumes = ground.registry.volumes
        self._run, self._toolbox = run, toolbox
        self._user = ground.environment.home / "user"
        self._tolerance = tolerance_of(ground.rules.dispatch)
        self.changed = ""
        self._roots = [root for _, root in trusted_roots(volumes)]
        meanings = meanings_of(ground.environment, ground.rules.models.embeddings)
        self._library = library_of(ground.environment, volumes, meanings)

    def exact(self, signature: str, agent: str) -> tuple[Trace, ...]:
        """The traces of goals with this skeleton."""
        return self._library.exact(signature, agent)

    def similar(self, skeleton: str, limit: int, agent: str) -> tuple[tuple[Trace, float], ...]:
        """Traces of goals that are worded alike."""
        return self._library.similar(skeleton, limit, agent)

    def failures(self, trace: str) -> int:
        """How often in a row the replay of a trace has failed of late."""
        name = counted_as(self.path_of(trace), trace)
        return tally(self._uses, "trace", name, name).streak()

    def crystallized(self, goal: Goal) -> Crystallized | str:
        """The skill whose program reaches this goal with the tools of this run."""
        known = self._library.exact(goal.signature, self._run.agent.name)
        here = here_of(self._run, self._toolbox)
        found = crystallized(goal, self._run, self._toolbox, here, known, self._uses, self._tolerance)
        self.changed = found.skill if isinstance(found, Passed) and found.tools_changed else ""
        return found.reason if isinstance(found, Passed) else found

    def path_of(self, trace: str) -> Path:
        """The file of a trace."""
        return self._library.path_of(trace)

    @cached_property
    def _uses(self) -> list[UsageLine]:
        """What the sidecars hold, read once for the question."""
        return [line for root in self._roots for line in read_usage(root)]

    def add(self, trace: Trace) -> Path:
        """Keep a trace in the person's own volume; its file."""
        return self._library.add(self._user, trace)

    def close(self) -> None:
        """Give the index back."""
        self._library.close()
