"""Decides which way a goal is reached, and says why: a program, a replayed trace, a model with an example, or a model.

Knows no store and no tool: what is remembered and what holds here and now come in as values and Protocols. Similarity
nominates an example for a model and never decides what is done again.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, Protocol, TypeAlias

from llmos.documents.kernel import DispatchRules
from llmos.errors import LLMosError, counted
from llmos.messages import JSON, Effect, ToolCall
from llmos.runtime.goals import Goal, values
from llmos.runtime.replay import Follower, ReplayRules
from llmos.runtime.spelling import spelled_otherwise
from llmos.runtime.terms import Lead, Standing
from llmos.traces.binding import Bound, Tolerance, Unbound, bind
from llmos.traces.components import leaves
from llmos.traces.trace import Trace

Mode: TypeAlias = Literal["CRYSTALLIZED", "FOLLOWER", "MIXED", "LEARNER"]

_PLANS: Final = "the model plans each step"
_NOTHING: Final = {
    "crystallized": "no skill was made for such goals",
    "follower": "no trace of such a goal is known",
    "mixed": "no trace of a similar goal is known",
}
_NOMINATED: Final = 3


class Experience(Protocol):
    """What is remembered of earlier runs."""

    def exact(self, signature: str, agent: str) -> Sequence[Trace]:
        """The traces of goals with this skeleton."""
        ...

    def similar(self, skeleton: str, limit: int, agent: str) -> Sequence[tuple[Trace, float]]:
        """Traces of goals that are worded alike, most alike first, each with its likeness from 0 to 1."""
        ...

    def failures(self, trace: str) -> int:
        """How often in a row the replay of a trace has failed of late."""
        ...

    def crystallized(self, goal: Goal) -> "Crystallized | str":
        """The skill whose program reaches this goal here; otherwise why there is none, empty where nothing is known."""
        ...


@dataclass(frozen=True, slots=True)
class Crystallized:
    """A program that may run here, with these values, and how its skill has fared."""

    lead: Lead
    skill: str
    uses: int
    rate: float


@dataclass(frozen=True, slots=True)
class Here:
    """What a trace has to fit, beyond the goal: who acts, with what, and where."""

    agent: str
    agent_hash: str
    skill_hashes: Mapping[str, str]
    world: Mapping[str, JSON]
    """`robot`, `robot_hash`, `scene`, `scene_hash` and `state`; empty without a robot."""
    workspace: str
    version: Callable[[str], str]
    """What a tool of this run is known by; LLMosError where there is no such tool."""
    approves: Callable[[ToolCall], bool]
    """Whether a person has permitted a call beforehand."""
    house: Standing
    reads_examples: bool = True
    """Whether the model of this run is shown more than tools, goal and state."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The way that was chosen, and why."""

    mode: Mode
    reason: str
    lead: Lead | None = None
    example: Trace | None = None
    traces: tuple[str, ...] = ()
    """The ids of the traces that it rests on."""
    skill: str = ""
    """The skill whose program it runs."""


def decide(goal: Goal, asked: str, known: Experience, here: Here, rules: DispatchRules) -> Decision:
    """The way to this goal; `asked` is what a person said with `--mode`, `auto` when nothing.

    Raises LLMosError where the way that was asked for is not there.
    """
    if asked == "learner":
        return Decision("LEARNER", _PLANS)
    if asked == "crystallized":  # a person vouches for the skill
        rules = replace(rules, crystallized_min_uses=0, crystallized_min_rate=0.0)
    against: list[str] = []
    for mode, find in _WAYS.items():
        if asked in ("auto", mode.lower()):
            found = find(goal, known, here, rules)
            if isinstance(found, Decision):
                return replace(found, reason="; ".join((found.reason, *against)))
            against += [found] if found else []
    if asked != "auto":
        why = against[0] if against else _NOTHING[asked]
        raise LLMosError(f"--mode {asked} has nothing to go by: {why}; --mode learner lets the model plan")
    return Decision("LEARNER", "; ".join((_PLANS, *against)))


def _crystallized(goal: Goal, known: Experience, here: Here, rules: DispatchRules) -> Decision | str:
    """The program of a skill that has proved itself."""
    found = known.crystallized(goal)
    if isinstance(found, str):
        return found
    if found.uses < rules.crystallized_min_uses:
        return f"the skill {found.skill} has {counted(found.uses, 'use')} of {rules.crystallized_min_uses}"
    if found.rate < rules.crystallized_min_rate:
        least = rules.crystallized_min_rate
        return f"the skill {found.skill} succeeded in {found.rate:.0%} of its uses, less than {least:.0%}"
    if any(_spelling(trace, goal) for trace in known.exact(goal.signature, here.agent)):
        return ""  # the traces themselves tell why, as the next way is tried
    reason = f"the skill {found.skill} was made for such goals: {counted(found.uses, 'use')}, {found.rate:.0%} done"
    return Decision("CRYSTALLIZED", reason, found.lead, skill=found.skill)


def _follower(goal: Goal, known: Experience, here: Here, rules: DispatchRules) -> Decision | str:
    """The replay of traces that fit, or the reason that speaks against the best of them."""
    traces = known.exact(goal.signature, here.agent)
    reasons = {trace.id: misfit(trace, known, here, rules) or _spelling(trace, goal) for trace in traces}
    fitting = [trace for trace in traces if not reasons[trace.id]]
    if not fitting:
        return next(iter(reasons.values()), "")
    return follow(fitting, values(goal), here, rules)


def follow(fitting: Sequence[Trace], slots: Mapping[str, JSON], here: Here, rules: DispatchRules) -> Decision | str:
    """The replay of traces that fit, for a goal with these values; or why there is none."""
    tolerance = tolerance_of(rules)
    bound = bind(fitting, slots, here.workspace)
    if isinstance(bound, Unbound):
        return bound.reason
    if against := _start(bound, here, tolerance) or next(_final(bound, here, rules), ""):
        return against
    lead = Follower(bound, here.house, ReplayRules(tolerance, rules.retries))
    return Decision("FOLLOWER", bound.note, lead, traces=bound.trace_ids)


def _mixed(goal: Goal, known: Experience, here: Here, rules: DispatchRules) -> Decision | str:
    """A model with an example, which must be one of this agent as it is now, and with its tools."""
    for trace, likeness in known.similar(goal.skeleton, _NOMINATED, here.agent):
        if likeness >= rules.mixed_min_score and not misfit(trace, known, here, rules):
            if not here.reads_examples:
                return f"a trace is {likeness:.0%} alike, but this model is shown tools, goal and state only"
            reason = f"a trace is {likeness:.0%} alike and shown to the model: {trace.goal}"
            return Decision("MIXED", reason, example=trace, traces=(trace.id,))
    return ""


_WAYS: Final[Mapping[Mode, Callable[[Goal, Experience, Here, DispatchRules], Decision | str]]] = {
    "CRYSTALLIZED": _crystallized,
    "FOLLOWER": _follower,
    "MIXED": _mixed,
}


def tolerance_of(rules: DispatchRules) -> Tolerance:
    """How near is near enough."""
    return Tolerance(
        rules.absolute_tolerance, rules.relative_tolerance, rules.pose_tolerance_m, rules.pose_tolerance_deg
    )


def misfit(trace: Trace, known: Experience, here: Here, rules: DispatchRules) -> str:
    """Why the trace may not be replayed here and now; empty when it may."""
    if trace.agent_hash != here.agent_hash:
        return f"a trace is there, but the agent {here.agent} has been edited since"
    if dict(trace.skill_hashes) != dict(here.skill_hashes):
        return "a trace is there, but the skills that the agent has open have changed since"
    for what in ("robot", "scene"):
        if trace.world.get(what, "") != here.world.get(what, ""):
            return f"a trace is there, but of another {what}"
        if trace.world.get(f"{what}_hash", "") != here.world.get(f"{what}_hash", ""):
            return f"a trace is there, but the {what} has been edited since"
    for step in trace.steps:
        try:
            version = here.version(step.tool)
        except LLMosError:
            return f"a trace is there, but the agent has no tool {step.tool} any more"
        if version != step.tool_version:
            return f"a trace is there, but the tool {step.tool} has changed since"
    failures = known.failures(trace.id)
    if failures >= rules.quarantine_after:
        return f"a trace is there, but in quarantine: it led no further {failures} times in a row"
    return ""


def _spelling(trace: Trace, goal: Goal) -> str:
    texts = (leaf for step in trace.steps for leaf in leaves(step.args).values() if isinstance(leaf, str))
    said = spelled_otherwise(trace.goal, goal, texts)
    return f"a trace is there, but {said}" if said else ""


def _start(bound: Bound, here: Here, tolerance: Tolerance) -> str:
    state = here.world.get("state", {})
    return bound.start.unlike(state, tolerance) if bound.start else ""


def _final(bound: Bound, here: Here, rules: DispatchRules) -> Iterator[str]:
    """Why what cannot be undone is not replayed."""
    for step in bound.steps:
        if step.effect is not Effect.IRREVERSIBLE:
            continue
        if rules.irreversible == "never":
            yield f"a trace is there, but {step.tool} cannot be undone, and kernel/dispatch.md replays no such thing"
        elif not _is_approved(step.tool, step.args, here):
            yield f"a trace is there, but {step.tool} cannot be undone, and no --approve permits it beforehand"


def _is_approved(tool: str, args: Mapping[str, JSON], here: Here) -> bool:
    try:
        return here.approves(ToolCall("", tool, args))
    except LLMosError:  # an argument that an earlier step answers is not known yet
        return False
