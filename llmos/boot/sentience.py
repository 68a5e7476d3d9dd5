"""The Sentience Layer of a session: made with the robot, fed by the bus, told to models when its mode changes.

Knows no formula; `autonomy.valence` does.
"""

from collections.abc import Callable
from contextlib import suppress

from llmos.autonomy.sentience import Mode
from llmos.autonomy.valence import Valence
from llmos.boot.body import Body
from llmos.boot.deeds import CURRENT
from llmos.boot.ground import Ground, Settled
from llmos.documents.kernel import ValenceRules
from llmos.documents.robot_profile import RobotProfile
from llmos.models.grounding import positions, spots
from llmos.robots.base import RobotError
from llmos.robots.controls import Principal
from llmos.robots.latch import Stop
from llmos.robots.pilot import Pilot
from llmos.runtime.goals import parse_goal, points
from llmos.runtime.prompt import Prompts
from llmos.tools.base import Tool
from llmos.tools.careful import Careful
from llmos.tools.permissions import Decision
from llmos.traces.bus import Bus
from llmos.traces.events import PermissionDecided
from llmos.traces.witness import Witness


def feel(rules: ValenceRules, body: Body, bus: Bus) -> Valence:
    """The layer of a robot that has just been opened: it begins at rest, hears the bus, and tightens every order."""
    look = body.pilot(Principal("program", "the Sentience Layer"))
    valence = Valence(rules, body.profile.valence, body.now_s, _latch_of(look))
    body.heed(valence.caution, lambda: valence.look().line)
    bus.subscribe(valence.hear)
    return valence


def _latch_of(look: Pilot) -> Callable[[], tuple[Stop | None, int]]:
    """The stop that holds and the rearms so far; of a robot that cannot be asked any more, what was known last."""
    known: tuple[Stop | None, int] = None, 0

    def latch() -> tuple[Stop | None, int]:
        nonlocal known
        with suppress(RobotError):
            seen = look.snapshot()
            known = seen.stop, seen.rearms
        return known

    return latch


def careful(ground: Ground, run: Settled, tools: list[Tool], principal: Principal, journal: Witness) -> list[Tool]:
    """The robot's tools for one run, as careful as the robot feels at each call."""
    valence = ground.valence()
    if valence is None or run.body is None:
        return tools

    def decided(decision: Decision) -> None:
        question, allowed = decision.question, decision.allowed
        journal.write(PermissionDecided(tool=decision.tool, question=question, allowed=allowed, by=decision.by))

    async def confirm(name: str, what: str) -> None:
        await run.permissions.confirm(name, what, decided)

    body, preview = run.body, run.body.pilot(principal).preview

    def held_back(verb: str, sentence: str) -> None:
        if deeds := CURRENT.get():
            deeds.hold_back(verb, sentence)

    asked = named(run.goal, body.profile)
    return Careful(valence, body.profile, asked, body.state, preview, confirm, held_back).over(tools)


def named(goal: str, profile: RobotProfile) -> list[tuple[float, ...]]:
    """The positions of a goal: whatever looks like three numbers, and on a floor like two where none looks like three.

    What counts wrongly holds nothing back that the goal may mean.
    """
    return [*points(parse_goal(goal)), *positions(goal), *(spots(goal) if profile.kind == "rover" else ())]


def bulletins(valence: Valence, prompts: Prompts, template: str) -> Callable[[], str]:
    """What a model is told of the robot's state of mind: at first, and then whenever the mode is another.

    It joins the history, so what was said before stays as it was and prompt caches go on to hit.
    """
    told: list[tuple[Mode, bool]] = []

    def bulletin() -> str:
        look = valence.look()
        if told[-1:] == [(look.mode, look.bored)]:
            return ""
        told.append((look.mode, look.bored))
        return prompts.render("sentience", template=template, look=look)

    return bulletin
