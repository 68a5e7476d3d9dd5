"""The programs of skills that were made from experience: whether one reaches a goal here, with the tools there are now.

Knows how skill, tools and usage fit together; whether the skill has proved itself, the dispatcher decides.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final

import anyio
import anyio.lowlevel

from llmos.boot.ground import Settled
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

SIGNATURE: Final = "llmos-signature"
"""The key in a skill's `metadata` that names the goals its program was made for, by the hash of their skeleton."""

AGENT: Final = "llmos-agent"
TOOLS: Final = "llmos-tools"
"""What each tool of the program was known by: `name=sha256:HEX`, with blanks between."""

WORLD: Final = "llmos-world"
"""The robot and scene that it was made with, `robot / scene`; absent where there was none."""

TRACES: Final = "llmos-traces"
"""The ids of the traces that it was made of, with blanks between; their uses count as its own."""

_DIGITS = 8
_GRANTS = frozenset(Effect) - {Effect.IRREVERSIBLE}


def suffix(signature: str) -> str:
    """What the name of a skill for these goals ends with, by which it is found: eight digits of the signature."""
    return "-" + signature.removeprefix("sha256:")[:_DIGITS]


def tools_of(skill: Skill) -> dict[str, str]:
    """By what each tool was known when the skill was made."""
    words = skill.metadata.get(TOOLS, "").split()
    return {name: version for name, _, version in (word.partition("=") for word in words)}


def crystallized(goal: Goal, run: Settled, toolbox: Toolbox, uses: Iterable[UsageLine]) -> Crystallized | str:
    """The skill whose program reaches the goal in this run; otherwise why there is none, empty where none is known."""
    reasons = []
    for skill in _skills(goal, run):
        if reason := _misfit(skill, run, toolbox):
            reasons.append(f"the skill {skill.name} {reason}")
            continue
        try:
            lead = _lead(skill, goal, run, toolbox)
        except LLMosError as error:
            reasons.append(f"the skill {skill.name} does not take this: {error}")
            continue
        total = _total(skill, list(uses))
        return Crystallized(lead, skill.name, total.cases, total.rate)
    return reasons[0] if reasons else ""


def _skills(goal: Goal, run: Settled) -> Iterator[Skill]:
    """The skills of these goals, whoever's volume they stand in."""
    end = suffix(goal.signature)
    for entry in run.snapshot.skills():
        if entry.name.endswith(end):
            skill = run.snapshot.skill(entry.name)
            if (skill.metadata.get(SIGNATURE), skill.metadata.get(AGENT)) == (goal.signature, run.agent.name):
                yield skill


def _misfit(skill: Skill, run: Settled, toolbox: Toolbox) -> str:
    if skill.quarantine:
        return f"is in quarantine: {skill.quarantine}"
    world = f"{run.body.name} / {run.body.scene.name}" if run.body is not None else ""
    if skill.metadata.get(WORLD, "") != world:
        return "was made with another robot or scene"
    for name, version in tools_of(skill).items():
        try:
            now = toolbox.version(name)
        except LLMosError:
            return f"needs the tool {name}, which the agent has not"
        if now != version:
            return f"was made with another version of the tool {name}"
    return ""


def _lead(skill: Skill, goal: Goal, run: Settled, toolbox: Toolbox) -> "ProgramLead":
    from llmos.programs.blocks import program_of
    from llmos.programs.form import ProgramError
    from llmos.programs.verifier import verify
    from llmos.runtime.program_lead import ProgramLead

    program = program_of(skill.document)
    if program is None:
        raise ProgramError("it has no program any more")
    verified = verify(program, {spec.name: spec for spec in toolbox.specs()}, _GRANTS)
    if strange := set(verified.tools) - set(tools_of(skill)):
        raise ProgramError(f"it calls {', '.join(sorted(strange))}, which it was not made with")
    return ProgramLead(f"skill:{skill.name}", verified, values(goal), sleep_in(run))


def sleep_in(run: Settled) -> Callable[[float], Awaitable[None]]:
    """How time passes for what a run waits for: with a robot that has none but its own, not at all."""
    return anyio.sleep if run.body is None or run.body.is_hosted else _pass


async def _pass(_: float) -> None:
    """Simulated time moves with the robot alone."""
    await anyio.lowlevel.checkpoint()


def _total(skill: Skill, uses: list[UsageLine]) -> Count:
    """The runs in which it was used in earnest, and those of the traces that it was made of."""
    known = [tally(uses, "skill", skill.name, skill_hash(skill.document.path))]
    known += [tally(uses, "trace", trace, trace) for trace in skill.metadata.get(TRACES, "").split()]
    runs = {use.run_id: use.ok for each in known for use in each.uses if not use.scenario}
    return Count(sum(runs.values()), len(runs))
