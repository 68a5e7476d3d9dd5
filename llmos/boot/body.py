"""The robot of a process: profile, scene, simulator and gate put together, and what its runs did with it.

Knows no robot by name. Verdicts and motions go to the journal of the run that caused them.
"""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

import anyio.to_thread

from llmos.boot.drivers import make_camera, make_robot
from llmos.clock import RealClock, SimulatedClock
from llmos.documents.robot_profile import RobotProfile, read_robot_profile
from llmos.documents.scene import Scene, read_scene
from llmos.documents.scene_zones import profile_in
from llmos.messages import JSON
from llmos.robots.base import RobotError
from llmos.robots.camera import View
from llmos.robots.caution import CALM, Caution
from llmos.robots.controls import Principal
from llmos.robots.gate import Gate
from llmos.robots.latch import Stop, StopLatch
from llmos.robots.outcome import PhysicalOutcome, physical_outcome
from llmos.robots.pace import RealTimePace, SimulatedPace
from llmos.robots.pilot import Pilot
from llmos.robots.planner import Planner
from llmos.robots.record import motion_event, verdict_event
from llmos.robots.verdict import Motion, Verdict
from llmos.tools.base import Tool
from llmos.tools.robot import robot_state, robot_tools
from llmos.traces.witness import Witness
from llmos.volumes.lookups import Lookups


@dataclass(slots=True)
class Deeds:
    """What one run asked of the robot and what came of it; the runs it delegated to count as its own."""

    journal: Witness
    parent: "Deeds | None" = None
    verdicts: list[Verdict] = field(default_factory=list)
    motions: list[Motion] = field(default_factory=list)

    def outcome(self) -> PhysicalOutcome | None:
        """What the measurements are worth; None when nothing physical was asked for."""
        return physical_outcome(self.verdicts, self.motions)

    def add_verdict(self, verdict: Verdict) -> None:
        """Journal a verdict before anything moves."""
        self.journal.write(verdict_event(verdict), durable=True)
        self._count(lambda deeds: deeds.verdicts.append(verdict))

    def add_motion(self, motion: Motion) -> None:
        """Journal how a motion ended."""
        self.journal.write(motion_event(motion))
        self._count(lambda deeds: deeds.motions.append(motion))

    def _count(self, add: "Callable[[Deeds], None]") -> None:
        deeds: Deeds | None = self
        while deeds is not None:
            add(deeds)
            deeds = deeds.parent


CURRENT: ContextVar[Deeds | None] = ContextVar("CURRENT", default=None)
"""The deeds of the run that is calling a tool; a task inherits it from the run that started it."""


USUAL_ROBOT = "arm"
_USUAL_SCENE = "empty"


class Body:
    """One simulated robot in its scene; nothing but its gate reaches the driver."""

    def __init__(self, profile: RobotProfile, scene: Scene, home: Path, *, realtime: bool) -> None:
        self._heeded: Callable[[], Caution] = lambda: CALM
        self.profile = profile
        self.scene = scene
        clock = RealClock()  # a stop outlasts the simulation, so the simulated time begins with the real one
        pace = RealTimePace(clock) if realtime else SimulatedPace(SimulatedClock(clock.now()))
        latch = latch_of(profile.name, home)
        robot = make_robot(profile, scene)
        self._camera = make_camera(profile, scene)
        self.now_s = pace.now_s
        """The robot's own clock."""
        self._gate = Gate(profile, robot, pace, latch, zones=scene.zones, caution=self.caution)

    @property
    def name(self) -> str:
        """The profile's name, and what moves in truth."""
        return f"{self.profile.name}: {self._gate.snapshot().robot_name}"

    def heed(self, caution: Callable[[], Caution]) -> None:
        """Tighten every order from now on by what this says at the moment."""
        self._heeded = caution

    def caution(self) -> Caution:
        """By how much orders are tightened just now."""
        return self._heeded()

    def pilot(self, principal: Principal) -> Pilot:
        """The robot in the hands of a person, agent or program; what it does goes to the journal of the run."""
        return Pilot(self._gate, principal, _on_verdict, _on_motion, self.caution, plan=Planner(self.scene))

    def tools(self, principal: Principal, *, sees: bool = False) -> list[Tool]:
        """What an agent may ask of it; one that `sees` gets pictures beside the words."""
        return robot_tools(self.pilot(principal), self.scene, self.picture if sees and self._camera else None)

    async def rearm(self, by: str, profile_hash: str = "") -> Stop | None:
        """A person's permission to move again, and for the looser limits of the profile with this hash to count."""
        return await self._gate.rearm(by, profile_hash)

    def state(self) -> dict[str, JSON]:
        """What is measured now."""
        return robot_state(self._gate.snapshot(), self.scene)

    async def view(self, which: str) -> str:
        """What `get_camera_feed` shows an agent: the cockpit, the operator's map or the camera."""
        tools = self.tools(Principal("person", "somebody who looks"))
        feed = next(tool for tool in tools if tool.spec.name == "get_camera_feed")
        return str(await feed.call({"view": which}))

    async def picture(self, view: View = "overview") -> bytes:
        """What a camera sees now, as a PNG file; RobotError where there is nothing to draw, or nothing to draw with."""
        known = self._gate.snapshot()
        if self._camera is None:
            raise RobotError(f"No picture: the {known.robot_name} has no physics to draw; its camera speaks words.")
        return await anyio.to_thread.run_sync(self._camera.picture, known, view)

    def close(self) -> None:
        """Bring it to rest."""
        self._gate.close()
        if self._camera is not None:
            self._camera.close()


def open_body(documents: Lookups, home: Path, name: str = "", scene: str = "", *, realtime: bool = False) -> Body:
    """The robot of this profile in this scene, by default the arm with nothing around it; DocumentError for no such."""
    profile = read_robot_profile(documents.robot(name or USUAL_ROBOT))
    where = read_scene(documents.scene(scene or _USUAL_SCENE))
    return Body(profile_in(where, profile), where, home, realtime=realtime)


def latch_of(robot: str, home: Path) -> StopLatch:
    """The emergency stop of a robot, which needs no profile and no driver."""
    return StopLatch(home / "robots" / f"{robot}.json")


def _on_verdict(verdict: Verdict) -> None:
    deeds = CURRENT.get()
    if deeds is not None:
        deeds.add_verdict(verdict)


def _on_motion(motion: Motion) -> None:
    deeds = CURRENT.get()
    if deeds is not None:
        deeds.add_motion(motion)
