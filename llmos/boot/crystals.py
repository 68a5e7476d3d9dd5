"""The programs of skills that were made from experience: whether one reaches a goal here, with the tools there are now.

Knows how skill, tools and usage fit together; whether the skill has proved itself, the dispatcher decides.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel

from llmos.boot.ground import Settled
from llmos.documents.crystal import Crystal, crystal_of, suffix
from llmos.documents.document import hash_of
from llmos.documents.skill import Skill
from llmos.errors import LLMosError
from llmos.messages import Effect
from llmos.runtime.dispatcher import Crystallized
from llmos.runtime.goals import Goal, values
from llmos.tools.toolbox import Toolbox
from llmos.traces.tally import Count, tally
from llmos.traces.usage import UsageLine
from llmos.volumes.skill_hash import skill_hash

if TYPE_CHECKING:
    from llmos.runtime.program_lead import ProgramLead

_GRANTS = frozenset(Effect) - {Effect.IRREVERSIBLE}


def crystallized(goal: Goal, run: Settled, toolbox: Toolbox, uses: Iterable[UsageLine]) -> Crystallized | str:
    """The skill whose program reaches the goal in this run; otherwise why there is none, empty where none is known."""
    reasons = []
    for skill, crystal in _skills(goal, run):
        if reason := _misfit(skill, crystal, run, toolbox):
            reasons.append(f"the skill {skill.name} {reason}")
            continue
        try:
            lead = _lead(skill, crystal, goal, run, toolbox)
        except LLMosError as error:
            reasons.append(f"the skill {skill.name} does not take this: {error}")
            continue
        total = _total(skill, crystal, list(uses))
        return Crystallized(lead, skill.name, total.cases, total.rate)
    return reasons[0] if reasons else ""


def _skills(goal: Goal, run: Settled) -> Iterator[tuple[Skill, Crystal]]:
    """The skills of these goals, in whoever's volume they stand."""
    end = suffix(goal.signature)
    for entry in run.snapshot.skills():
        if entry.name.endswith(end):
            skill = run.snapshot.skill(entry.name)
            crystal = crystal_of(skill)
            if crystal and (crystal.signature, crystal.agent) == (goal.signature, run.agent.name):
                yield skill, crystal


def _misfit(skill: Skill, crystal: Crystal, run: Settled, toolbox: Toolbox) -> str:
    if skill.quarantine:
        return f"is in quarantine: {skill.quarantine}"
    if crystal.world != world_of(run):
        return "was made with another robot or scene"
    for name, version in crystal.tools.items():
        try:
            now = toolbox.version(name)
        except LLMosError:
            return f"needs the tool {name}, which the agent has not"
        if now != version:
            return f"was made with another version of the tool {name}"
    return ""


def world_of(run: Settled) -> str:
    """The robot and scene of a run, as crystals have them."""
    return f"{run.body.name} / {run.body.scene.name}" if run.body is not None else ""


def _lead(skill: Skill, crystal: Crystal, goal: Goal, run: Settled, toolbox: Toolbox) -> "ProgramLead":
    from llmos.programs.blocks import program_of
    from llmos.programs.form import ProgramError
    from llmos.programs.verifier import verify
    from llmos.runtime.program_lead import ProgramLead

    program = program_of(skill.document)
    if program is None:
        raise ProgramError("it has no program any more")
    verified = verify(program, {spec.name: spec for spec in toolbox.specs()}, _GRANTS)
    if strange := set(verified.tools) - set(crystal.tools):
        raise ProgramError(f"it calls {', '.join(sorted(strange))}, which it was not made with")
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
    from llmos.programs.printer import show

    program = program_of(skill.document)
    return program is not None and hash_of(show(program).encode("utf-8", "surrogatepass")) == crystal.program


def _total(skill: Skill, crystal: Crystal, uses: list[UsageLine]) -> Count:
    """The runs in which it was used in earnest, and those of the traces that it was made of."""
    known = [tally(uses, "skill", skill.name, skill_hash(skill.document.path))]
    if is_as_made(skill, crystal):
        known += [tally(uses, "trace", trace, trace) for trace in crystal.traces]
    runs = {use.run_id: use.ok for each in known for use in each.uses if not use.scenario}
    return Count(sum(runs.values()), len(runs))
