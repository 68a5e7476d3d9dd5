"""The robot of a process: profile, scene, simulator and gate put together.

Knows no robot by name. Verdicts and motions go to the deeds of the run that caused them.
"""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import anyio
import anyio.lowlevel
import anyio.to_thread

from llmos.boot.deeds import CURRENT
from llmos.boot.devices import drivers_of
from llmos.boot.drivers import DRIVERS, Driver, make_camera
from llmos.boot.gates import make_gate
from llmos.boot.hosting import HostProcess
from llmos.boot.recorder import Recorder
from llmos.clock import Clock, RealClock, SimulatedClock
from llmos.documents.robot_profile import SIMULATED, RobotProfile, read_robot_profile
from llmos.documents.scene import Scene, read_scene
from llmos.documents.scene_zones import profile_in
from llmos.errors import LLMosError
from llmos.messages import JSON
from llmos.robots.base import RobotError
from llmos.robots.camera import View
from llmos.robots.caution import Caution, Heed
from llmos.robots.controls import Controls, Principal
from llmos.robots.drill import Drill
from llmos.robots.host.client import HostClient
from llmos.robots.host.doors import HostFiles
from llmos.robots.host.line import HostGoneError
from llmos.robots.host.ownership import disarm_if_cut_short, has_ended, host_of
from llmos.robots.host.stopping import latch_of
from llmos.robots.latch import Stop
from llmos.robots.pace import SimulatedPace
from llmos.robots.pilot import Pilot
from llmos.robots.planner import Planner
from llmos.robots.verdict import Motion, Result, Verdict
from llmos.settings import current_folder
from llmos.tools.base import Tool
from llmos.tools.names import usual_robot
from llmos.tools.robot import robot_state, robot_tools
from llmos.volumes.lookups import Lookups

USUAL_SCENE = "empty"


class Body:
    """One robot in its scene, through a gate in this process or through its host; nothing here reaches the driver.

    `clock` is the robot's own, `close` what brings it to rest.
    """

    def __init__(
        self,
        controls: Controls,
        scene: Scene,
        heed: Heed,
        clock: Clock,
        close: Callable[[], None],
        drivers: Mapping[str, Driver] = DRIVERS,
    ) -> None:
        self.scene = scene
        self.now_s = clock.monotonic_s
        self.is_hosted = isinstance(controls, HostClient)
        """Whether the robot has a process of its own, and its world goes on when this body is closed."""
        self._clock = clock
        self._controls = controls
        self._heed = heed
        self._mood: Callable[[], str] = str
        self._close = close
        self._camera = make_camera(self.profile, scene, drivers)

    @property
    def profile(self) -> RobotProfile:
        """The limits in force."""
        return self._controls.snapshot().profile

    @property
    def name(self) -> str:
        """The profile's name, and what moves in truth."""
        return f"{self.profile.name}: {self._controls.snapshot().robot_name}"

    def heed(self, caution: Callable[[], Caution], mood: Callable[[], str] = str) -> None:
        """Tighten every order from now on by what this says at the moment; `mood` tells whoever looks why."""
        self._heed.caution, self._mood = caution, mood

    def caution(self) -> Caution:
        """By how much orders are tightened just now."""
        return self._heed()

    def record(self, folder: Path) -> None:
        """Record to a new file of this folder from now on, until this body is closed."""
        recorder = Recorder(folder, self._clock)
        photograph = self._camera.picture if self._camera else None
        recorded = recorder.record(self._controls, self.profile.name, self._let_pass, photograph)
        self._controls, rest = recorded, self._close

        def close() -> None:
            recorded.close()
            recorder.release()
            rest()

        self._close = close

    async def _let_pass(self, seconds: float) -> None:
        """Wait on the robot's own clock, of which a simulated one moves with the robot alone."""
        await (anyio.sleep(seconds) if self.is_hosted else anyio.lowlevel.checkpoint())

    def pilot(self, principal: Principal) -> Pilot:
        """The robot in the hands of a person, agent or program; what it does goes to the journal of the run.

        Whoever gives one order after another waits where that is too fast; a person who hammers on a key is refused,
        except on a clock that moves only with the robot, where no waiting of his would help.
        """
        plan, patient = Planner(self.scene), principal.kind != "person" or not self.is_hosted
        return Pilot(self._controls, principal, _on_verdict, _on_motion, self.caution, plan=plan, patient=patient)

    def tools(self, principal: Principal, *, sees: bool = False) -> list[Tool]:
        """What an agent may ask of it; one that `sees` gets pictures beside the words."""
        look = self.picture if sees and self._camera else None
        return robot_tools(self.pilot(principal), self.scene, look, self._mood)

    async def stop(self, by: str, reason: str) -> Result:
        """Emergency stop: decelerate, hold, latch; never refused."""
        return await self._controls.stop(by, reason)

    def drill(
        self,
        person: str,
        ways: Mapping[str, Callable[[], Awaitable[object]]],
        rearm: Callable[[], Awaitable[object]],
        breathe: Callable[[], Awaitable[None]],
        slack_s: float,
        noise: float,
    ) -> Drill:
        """A practice of the emergency stop on this robot; see `boot.practice`."""
        return Drill(self._controls, Principal("person", person), ways, rearm, breathe, self.now_s, slack_s, noise)

    async def rearm(self, by: str, profile_hash: str = "") -> Stop | None:
        """A person's permission to move again, and for the looser limits of the profile with this hash to count."""
        return await self._controls.rearm(by, profile_hash)

    def state(self) -> dict[str, JSON]:
        """What is measured now."""
        return robot_state(self._controls.snapshot(), self.scene)

    def limits_waiting(self) -> dict[str, JSON]:
        """Which looser limits wait for a rearm that names the profile's hash, or why the newest profile is not read."""
        known = self._controls.snapshot()
        return {**known.notes, **({"waiting_profile": known.pending} if known.pending else {})}

    async def view(self, which: str) -> str:
        """What `get_camera_feed` shows an agent: the cockpit, the operator's map or the camera."""
        tools = self.tools(Principal("person", "somebody who looks"))
        feed = next(tool for tool in tools if tool.spec.name == "get_camera_feed")
        return str(await feed.call({"view": which}))

    async def picture(self, view: View = "overview") -> bytes:
        """What a camera sees now, as a PNG file; RobotError where there is nothing to draw, or nothing to draw with."""
        known = self._controls.snapshot()
        if self._camera is None:
            raise RobotError(f"No picture: the {known.robot_name} has no physics to draw; its camera speaks words.")
        return await anyio.to_thread.run_sync(self._camera.picture, known, view)

    def close(self) -> None:
        """Bring it to rest."""
        self._close()
        if self._camera is not None:
            self._camera.close()


def open_body(
    documents: Lookups,
    home: Path,
    name: str = "",
    scene: str = "",
    *,
    realtime: bool = False,
    folder: Path | None = None,
) -> Body:
    """The robot of this profile in this scene, by default the arm with nothing around it; DocumentError for no such.

    Where a host runs the robot for this home it is joined; one that is just ending is waited for. Otherwise `realtime`
    starts one, which ends with the body and has `folder` for its working directory; a robot that is not simulated
    always has one. Without a host the robot is simulated in this process.
    """
    profile = read_robot_profile(documents.robot(name or usual_robot()))
    files, drivers = HostFiles(home, profile.name), drivers_of(documents)
    if host_of(files) is not None:
        try:
            return _joined(files, scene, lambda: None, drivers)
        except HostGoneError:
            if not has_ended(files, RealClock()):
                raise
    where = read_scene(documents.scene(scene or USUAL_SCENE))
    profile = profile_in(where, profile)
    if realtime or not SIMULATED.issuperset(profile.driver):
        process = HostProcess(files, where.name, folder or current_folder())
        return _joined(files, "", process.end, drivers)
    disarm_if_cut_short(files, latch_of(profile.name, home), RealClock())
    return simulated_body(profile, where, home)


def simulated_body(profile: RobotProfile, scene: Scene, home: Path) -> Body:
    """A robot in this process, on a clock that moves only with it."""
    clock = SimulatedClock(RealClock().now())  # a stop outlasts the simulation, so its time begins with the real one
    pace, heed = SimulatedPace(clock), Heed()
    gate = make_gate(profile, scene, home, pace, heed)
    return Body(gate, scene, heed, clock, gate.close)


def _joined(files: HostFiles, scene: str, end: Callable[[], None], drivers: Mapping[str, Driver]) -> Body:
    """The robot of a running host, in the scene that it has."""
    heed = Heed()
    try:
        client = HostClient(files, "llmos", heed=heed)
    except RobotError:
        end()
        raise

    def close() -> None:
        client.close()
        end()

    if scene and scene != client.scene.name:
        close()
        raise LLMosError(
            f"The robot host of {files.robot} is in the scene '{client.scene.name}'; end it to begin in '{scene}'."
        )
    return Body(client, client.scene, heed, RealClock(), close, drivers)


def _on_verdict(verdict: Verdict) -> None:
    deeds = CURRENT.get()
    if deeds is not None:
        deeds.add_verdict(verdict)


def _on_motion(motion: Motion) -> None:
    deeds = CURRENT.get()
    if deeds is not None:
        deeds.add_motion(motion)
