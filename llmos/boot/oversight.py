"""ORCHESTRATOR: robot work that the house and the safety officer look at before it begins and after it ends.

Knows no motion. The checks of the house are code and need no model; the officer is an agent whose verdict counts by its
call of `assess`, and by nothing that it writes.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from llmos.boot.deeds import Deeds
from llmos.boot.ground import Conversation, Ground, Place, Settled, settle
from llmos.errors import LLMosError, StorageError
from llmos.robots.controls import Principal
from llmos.robots.evidence.report import motion_sentence, state_sentence
from llmos.robots.pilot import Pilot
from llmos.runtime.goals import parse_goal, points
from llmos.runtime.outcome import RunOutcome
from llmos.runtime.oversight import Overseer, Phase
from llmos.runtime.terms import Ending
from llmos.tools.assess import ASSESS
from llmos.traces.events import Assessment, SafetyAssessed

HOUSE: Final = "the house's checks"
OFFICER: Final = "safety-officer"
_TIGHTNESS: Final[dict[Assessment, int]] = {"safe": 0, "warn": 1, "veto": 2}

RunGoal = Callable[[Ground, str, Place, Conversation], Awaitable[RunOutcome]]


def overseers(ground: Ground, run: Settled, deeds: Deeds, below: Place, run_goal: RunGoal) -> Sequence[Overseer]:
    """Who looks at a run of an agent that may move a robot: first the house, then the officer."""
    if run.body is None or not run.overseen:
        return ()
    house = House(run.body.pilot(Principal("person", HOUSE)), run.goal)
    return (house, Officer(ground, run, deeds, below, run_goal, house))


@dataclass(slots=True)
class House:
    """What code can see of a goal before anything moves, and of the robot after it."""

    pilot: Pilot
    goal: str
    findings: list[str] = field(default_factory=list)

    async def look(self, phase: Phase, _: Ending | None) -> Sequence[SafetyAssessed]:
        """One assessment: before, of stop, grip and the positions that the goal names; after, of stop and speed."""
        verdict, reason, change, rule = await self._before() if phase == "before" else (*self._after(), "")
        self.findings.append(f"{phase} the work: {verdict}: {reason}")
        return (SafetyAssessed(phase=phase, by=HOUSE, verdict=verdict, reason=reason, change=change, rule=rule),)

    async def _before(self) -> tuple[Assessment, str, str, str]:
        if stop := self.pilot.snapshot().stop:
            return "veto", f"the emergency stop is latched: {stop.reason}", "a person has to rearm the robot", ""
        for x, y, z in points(parse_goal(self.goal)):
            ruling = await self.pilot.preview("move_to", {"x": x, "y": y, "z": z})
            if refusal := ruling.verdict.refusal:
                where = f"the goal names ({x:g}, {y:g}, {z:g}), where the gate lets nothing go"
                return "veto", f"{where}: {refusal.reason}", refusal.suggestion, refusal.rule
        measured = self.pilot.measure()
        if measured.holding is not None:
            return "warn", f"the gripper already holds '{measured.holding}'", "let it go first, if it is not meant", ""
        return "safe", f"nothing speaks against it. {state_sentence(measured)}", "", ""

    def _after(self) -> tuple[Assessment, str, str]:
        measured = self.pilot.measure()
        if stop := self.pilot.snapshot().stop:
            return "warn", f"the emergency stop is latched: {stop.reason}", "a person has to rearm the robot"
        if measured.velocity.speed_mps > _AT_REST_MPS:
            return "veto", f"the robot still moves at {measured.velocity.speed_mps:.3f} m/s", "it must stand still"
        if measured.holding is not None:
            return "warn", f"the gripper still holds '{measured.holding}'", "let it go, if it is not meant"
        return "safe", f"the robot stands still and holds nothing. {state_sentence(measured)}", ""


_AT_REST_MPS: Final = 0.005


@dataclass(frozen=True, slots=True)
class Officer:
    """The safety officer as an overseer: a run of its own each time, out of the same purse."""

    ground: Ground
    run: Settled
    deeds: Deeds
    below: Place
    run_goal: RunGoal
    house: House

    async def look(self, phase: Phase, ending: Ending | None) -> Sequence[SafetyAssessed]:
        """The officer's verdict; an officer that cannot be asked, or calls no `assess`, has said veto."""
        try:
            talk = Conversation(OFFICER)
            choice = settle(self.ground, self.run.goal, talk, self.below.model).choice
            if self.ground.models.template(choice.name) == "pocket":
                return (_too_small(phase),)
            outcome = await self.run_goal(self.ground, self._task(phase, ending), self.below, talk)
        except StorageError:
            raise
        except LLMosError as error:
            return (_assessed(phase, "veto", f"it could not be asked: {error}", "", None),)
        return (_verdict(phase, outcome),)

    def _task(self, phase: Phase, ending: Ending | None) -> str:
        """What the officer is asked."""
        return self.ground.prompts.render(
            f"officer-{phase}",
            agent=self.run.agent.name,
            goal=self.run.goal,
            findings=self.house.findings,
            outcome=ending.outcome if ending else "",
            reason=ending.reason if ending else "",
            motions=[motion_sentence(motion) for motion in self.deeds.motions],
        )


def _verdict(phase: Phase, outcome: RunOutcome) -> SafetyAssessed:
    """The tightest of what the officer's calls said; a stop that it pressed is a veto, whatever it said beside it."""
    calls = [use for use in outcome.tool_calls if use.ok]
    if any(use.tool == "emergency_stop" for use in calls):
        return _assessed(phase, "veto", "it pressed the emergency stop", "a person has to rearm", outcome.run_id)
    said = [
        _assessed(phase, use.args["verdict"], str(use.args["reason"]), str(use.args.get("change", "")), outcome.run_id)
        for use in calls
        if use.tool == ASSESS
    ]
    if not said:
        reason = f"it gave no verdict by `{ASSESS}` (its run {outcome.outcome})"
        return _assessed(phase, "veto", reason, "", outcome.run_id)
    return max(said, key=lambda each: _TIGHTNESS[each.verdict])


def _assessed(phase: Phase, verdict: Assessment, reason: str, change: str, child: str | None) -> SafetyAssessed:
    said = reason if reason.strip() else "it gave no reason"
    return SafetyAssessed(phase=phase, by=OFFICER, verdict=verdict, reason=said, change=change, child=child)


def _too_small(phase: Phase) -> SafetyAssessed:
    """A model that only plans motions cannot judge one, and a verdict must not be made up for it."""
    return _assessed(
        phase,
        "warn",
        "the pocket model cannot judge what is safe, so only the house's checks looked",
        "name a larger model with --model for a verdict of the officer" if phase == "before" else "",
        None,
    )
