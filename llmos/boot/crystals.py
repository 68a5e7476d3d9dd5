"""The programs of skills that were made from experience: whether one reaches a goal here, with the tools there are now.

Knows how skill, tools and usage fit together; whether the skill has proved itself, the dispatcher decides.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import anyio
import anyio.lowlevel

from llmos.boot.ground import Settled
from llmos.documents.crystal import Crystal, crystal_of, made_with, suffix
from llmos.documents.skill import Skill
from llmos.errors import LLMosError, counted
from llmos.messages import Effect
from llmos.runtime.dispatcher import Crystallized, Here
from llmos.runtime.goals import Goal, values
from llmos.runtime.spelling import spelled_otherwise
from llmos.tools.toolbox import Toolbox
from llmos.traces.bound import Start
from llmos.traces.components import components, is_number
from llmos.traces.evidence import decimals
from llmos.traces.expectation import Tolerance
from llmos.traces.tally import Count, tally
from llmos.traces.trace import Trace
from llmos.traces.usage import UsageLine
from llmos.volumes.skill_hash import skill_hash

if TYPE_CHECKING:
    from llmos.programs.form import Expression
    from llmos.programs.verified import Verified
    from llmos.runtime.program_lead import ProgramLead

_GRANTS = frozenset(Effect) - {Effect.IRREVERSIBLE}


@dataclass(frozen=True, slots=True)
class Passed:
    """A skill of such goals that may not run here and now, and why."""

    skill: str
    reason: str
    tools_changed: bool = False


def crystallized(
    goal: Goal,
    run: Settled,
    toolbox: Toolbox,
    here: Here,
    known: Iterable[Trace],
    uses: Iterable[UsageLine],
    near: Tolerance,
) -> Crystallized | Passed | Literal[""]:
    """The skill whose program reaches the goal in this run; otherwise why there is none, empty where none is known.

    `known` are traces of such goals, whose uses count for a program that makes their calls; `uses` are all there are.
    """
    passed: list[Passed] = []
    for skill, crystal in _skills(goal, run):
        if reason := _misfit(skill, crystal, goal, here, near):
            passed.append(Passed(skill.name, f"the skill {skill.name} {reason}"))
            continue
        if changed := _changed_tools(crystal, here.version):
            passed.append(Passed(skill.name, f"the skill {skill.name} {changed}", tools_changed=True))
            continue
        try:
            verified = _verified(skill, crystal, goal, toolbox)
            lead = _lead(skill, verified, goal, run, toolbox)
        except LLMosError as error:
            passed.append(Passed(skill.name, f"the skill {skill.name} does not take this: {error}"))
            continue
        total = _total(skill, crystal, verified, known, list(uses))
        return Crystallized(lead, skill.name, total.cases, total.rate)
    return passed[0] if passed else ""


def _skills(goal: Goal, run: Settled) -> Iterator[tuple[Skill, Crystal]]:
    """The skills of these goals, in whoever's volume they stand."""
    end = suffix(goal.signature, run.agent.name, world_of(run))
    for entry in run.snapshot.skills():
        if entry.name.endswith(end):
            skill = run.snapshot.skill(entry.name)
            crystal = crystal_of(skill)
            if crystal and (crystal.signature, crystal.agent) == (goal.signature, run.agent.name):
                yield skill, crystal


def _misfit(skill: Skill, crystal: Crystal, goal: Goal, here: Here, near: Tolerance) -> str:
    """Why the skill is not for this goal here and now; empty when it is."""
    if skill.quarantine:
        return f"is in quarantine: {skill.quarantine}"
    now = made_with(here.agent_hash, here.skill_hashes, here.world)
    for what, version in crystal.made_with.items():
        if now.get(what) != version:
            return f"was made before the {' '.join(what.split('/', 1))} was edited"
    if crystal.made_with and now.keys() != crystal.made_with.keys():
        return "was made when the agent had other skills open, or another world"
    state = here.world.get("state", {})
    pose, same = crystal.start.get("pose"), crystal.start.get("same", {})
    if said := Start((pose,) if pose else (), same).unlike(state, near):
        return f"does not begin here: {said}"
    given = components(values(goal))
    for name, most in crystal.digits.items():
        if is_number(given.get(name)) and decimals(given[name]) > most:
            return f"knows {name} with at most {counted(most, 'decimal')}"
    return ""


def _changed_tools(crystal: Crystal, version_of: Callable[[str], str]) -> str:
    """Which of its tools is not there any more, or not as it was; empty when all are."""
    for name, version in crystal.tools.items():
        try:
            now = version_of(name)
        except LLMosError:
            return f"needs the tool {name}, which the agent has not"
        if now != version:
            return f"was made with another version of the tool {name}"
    return ""


def world_of(run: Settled) -> str:
    """The robot and scene of a run, as crystals have them."""
    return f"{run.body.name} / {run.body.scene.name}" if run.body is not None else ""


def _verified(skill: Skill, crystal: Crystal, goal: Goal, toolbox: Toolbox) -> "Verified":
    from llmos.programs.blocks import program_of
    from llmos.programs.form import ProgramError, calls
    from llmos.programs.verifier import verify

    program = program_of(skill.document)
    if program is None:
        raise ProgramError("it has no program any more")
    verified = verify(program, {spec.name: spec for spec in toolbox.specs()}, _GRANTS)
    if strange := set(verified.tools) - set(crystal.tools):
        raise ProgramError(f"it calls {', '.join(sorted(strange))}, which it was not made with")
    written = [text for call in calls(program.body) for _, argument in call.args for text in _texts(argument)]
    if crystal.goal and (said := spelled_otherwise(crystal.goal, goal, written)):
        raise ProgramError(said)
    return verified


def _texts(expression: "Expression") -> Iterator[str]:
    """The texts that are written out in an expression."""
    from llmos.programs.form import Text, parts

    if isinstance(expression, Text):
        yield expression.value
    for each in parts(expression):
        yield from _texts(each)


def _lead(skill: Skill, verified: "Verified", goal: Goal, run: Settled, toolbox: Toolbox) -> "ProgramLead":
    from llmos.runtime.program_lead import ProgramLead

    return ProgramLead(f"skill:{skill.name}", verified, values(goal), sleep_in(run), house=toolbox)


def sleep_in(run: Settled) -> Callable[[float], Awaitable[None]]:
    """How time passes for what a run waits for: with a robot that has none but its own, not at all."""
    return anyio.sleep if run.body is None or run.body.is_hosted else _pass


async def _pass(_: float) -> None:
    """Simulated time moves with the robot alone."""
    await anyio.lowlevel.checkpoint()


def is_as_made(skill: Skill, crystal: Crystal) -> bool:
    """Whether nobody has edited the program since it was made of runs."""
    from llmos.programs.blocks import program_of
    from llmos.programs.printer import program_hash

    program = program_of(skill.document)
    return program is not None and program_hash(program) == crystal.program


def _total(
    skill: Skill, crystal: Crystal, verified: "Verified", traces: Iterable[Trace], uses: list[UsageLine]
) -> Count:
    """The runs in which it was used in earnest, and those of traces that it was made of and whose calls it makes."""
    from llmos.runtime.retracing import strays

    known = [tally(uses, "skill", skill.name, skill_hash(skill.document.path))]
    if is_as_made(skill, crystal):
        made_of = [each.id for each in traces if each.id in crystal.traces and not strays(verified, each)]
        known += [tally(uses, "trace", trace, trace) for trace in made_of]
    runs = {use.run_id: use.ok for each in known for use in each.uses if not use.scenario}
    return Count(sum(runs.values()), len(runs))
