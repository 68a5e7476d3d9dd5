"""No dead letter in a robot profile: each of its keys, changed, changes something that can be seen from outside."""

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import anyio
import pytest

from llmos.autonomy.valence import Valence
from llmos.boot.drivers import driver_of
from llmos.documents.document import Document
from llmos.documents.grants import Bounds, Grant
from llmos.documents.kernel import load_kernel
from llmos.documents.range import Range
from llmos.documents.robot_profile import RobotProfile
from llmos.documents.scene import Point
from llmos.documents.zone import Box, Corner, Cylinder, Prism, Sphere
from llmos.robots.base import Measured
from llmos.robots.controls import Principal
from llmos.robots.gate import Gate
from llmos.robots.judgement.zones import Fence
from llmos.robots.pace import SimulatedPace
from llmos.robots.pilot import Pilot
from llmos.robots.safety_log import SafetyLog
from llmos.robots.simulators.kinematic import KinematicArm
from llmos.settings import system_root
from tests.support.robots import OPERATOR, Rig, arm_profile, rig, shipped_scene

pytestmark = pytest.mark.anyio

ARM = replace(arm_profile(), driver=("kinematic",), zones={})
ADA = Principal("person", "Ada")
HASH = f"sha256:{'0' * 64}"
BALL = Sphere(Point(0.5, 0.0, 1.0), 0.1)


@dataclass
class Bench:
    """One profile and a folder to try it in."""

    profile: RobotProfile
    folder: Path

    def rig(self, scene: str = "empty", **more: Any) -> Rig:
        """A robot of this profile, in the hands of the operator."""
        made = rig(self.folder, scene)
        made.robot._robot = KinematicArm(self.profile, shipped_scene(scene), more.pop("range_sensor", None))
        made.robot.seen.clear()
        gate = Gate(self.profile, made.robot, SimulatedPace(made.clock), made.latch, **more)
        return replace(made, gate=gate, pilot=Pilot(gate, OPERATOR), profile=self.profile)

    async def verdict(self, verb: str = "move_to", who: Principal = OPERATOR, **args: Any) -> object:
        """What the gate says of an order; a move to (0.6, 0.5, 1) unless told otherwise."""
        chosen = args or {"x": 0.6, "y": 0.5, "z": 1.0}
        refusal = (await Pilot(self.rig().gate, who).preview(verb, chosen)).verdict.refusal
        return str(refusal)

    async def motion(self, **args: float) -> object:
        """When each setpoint of a move is sent, and where it is."""
        arm = self.rig()
        await arm.pilot.perform("move_to", args or {"x": 0.3, "y": 0.0, "z": 1.0})
        return arm.robot.sent

    async def turn(self) -> object:
        """The same for a turn on the spot."""
        arm = self.rig()
        await arm.pilot.move_relative(dtheta_deg=90.0)
        return arm.robot.sent

    async def home(self) -> object:
        """Where the robot begins and `go_home` ends."""
        arm = self.rig()
        await arm.pilot.move_to(0.1, 0.1, 1.1, 5.0)
        return arm.robot.seen[0].pose, (await arm.pilot.go_home()).measured.pose

    async def past_the_ball(self) -> object:
        """How near the tool comes, and what is said of that, with and without a payload."""
        fence = Fence(replace(self.profile, zones={"ball": BALL}))
        return [
            fence.distances(Point(x, 0.2, z), loaded=held) for x in (0.0, 0.5) for z in (0.1, 1.2) for held in (0, 1)
        ]

    async def beside_the_ball(self) -> object:
        """What is said of a way that keeps 20 cm from it."""
        return await replace(self, profile=replace(self.profile, zones={"ball": BALL})).verdict(x=0.5, y=0.4, z=1.0)

    async def beside_people(self) -> object:
        """How fast the tool goes past people, and how near it may come."""
        bench = replace(self, profile=replace(self.profile, zones={"desk": replace(BALL, kind="human")}))
        return await bench.motion(x=-1.0, y=0.0, z=1.0), await bench.verdict(x=0.2, y=0.0, z=1.0)

    async def commands_in_a_row(self) -> object:
        """How many commands are carried out one after the other."""
        arm = self.rig()
        return [(await arm.pilot.move_relative()).ok for _ in range(12)]

    async def old_observation(self) -> object:
        """What is said when the robot was last heard of 0.3 s ago."""
        arm = self.rig()
        arm.robot.frozen = True
        arm.clock.advance(0.3)
        return str((await arm.pilot.go_home()).refusal)

    async def expiry(self) -> object:
        """Until when an approval is good."""
        arm = self.rig()
        return (await arm.gate.judge(arm.pilot._order("go_home", {}))).expires_s

    async def off_by(self, **off: float) -> object:
        """Whether a pose that is measured a little off counts as reached."""
        arm = self.rig()
        arm.robot.distort = lambda measured: replace(
            measured, pose=replace(measured.pose, **{key: getattr(measured.pose, key) + by for key, by in off.items()})
        )
        return (await arm.pilot.perform("move_to", {"x": 0.1, "y": 0.0, "z": 1.0})).ok

    async def slip(self) -> object:
        """Whether an object that slips by 5 mm when it is let go counts as placed."""
        arm = self.rig("pick-and-place")
        assert (await arm.pilot.move_to(1.5, 1.0, 0.5)).ok
        assert (await arm.pilot.toggle_tool(True)).ok
        arm.robot.distort = lambda measured: replace(
            measured,
            objects={
                name: at if measured.holding else Point(at.x + 0.005, at.y, at.z)
                for name, at in measured.objects.items()
            },
        )
        return (await arm.pilot.toggle_tool(False)).ok

    async def settling(self) -> object:
        """How long a robot that never arrives is waited for."""
        arm = self.rig()
        arm.robot.distort = lambda measured: replace(measured, pose=replace(measured.pose, x=0.05))
        await arm.pilot.move_to(0.1, 0.0, 1.0)
        return arm.clock.monotonic_s()

    async def not_following(self, axis: str, by: float, after: int) -> object:
        """Why a move ends whose measurements are off from some setpoint on."""
        arm = self.rig()

        def held_back(measured: Measured) -> Measured:
            off = by if after < len(arm.robot.sent) < after + 8 else 0.0
            return replace(measured, pose=replace(measured.pose, **{axis: getattr(measured.pose, axis) - off}))

        arm.robot.distort = held_back
        return str((await arm.pilot.perform("move_to", {"x": 0.3, "y": 0.0, "z": 1.0})).refusal)

    async def grip(self) -> object:
        """Whether and when something 3 cm away is gripped."""
        arm = self.rig("pick-and-place")
        assert (await arm.pilot.move_to(1.47, 1.0, 0.5)).ok
        began = arm.clock.monotonic_s()
        return (await arm.pilot.toggle_tool(True)).ok, arm.clock.monotonic_s() - began

    async def beside_a_wall(self) -> object:
        """Where a range sensor halts the robot, how fast it is before, and whether the stop is latched."""
        arm = self.rig(range_sensor=lambda at: 1.0 if at.x < 0.1 else 0.1)
        await arm.pilot.move_to(0.5, 0.0, 1.0)
        found: list[object] = [arm.gate.snapshot().stop is not None]
        for wall in (0.7, 0.2):
            arm = self.rig(range_sensor=lambda at, wall=wall: wall - at.x)
            result = await arm.pilot.move_to(0.5, 0.0, 1.0)
            speeds = [round(each.velocity.speed_mps, 3) for each in arm.robot.seen]
            found.append((result.measured.pose.x, arm.gate.snapshot().stop is not None, speeds))
        return found

    async def log(self) -> object:
        """What name stands in the safety log."""
        log = SafetyLog(self.folder / "safety.jsonl", self.folder / "lock", self.rig().clock.now)
        await self.rig(log=log).pilot.go_home()
        return b'"robot":"arm"' in log.path.read_bytes()

    async def driver(self) -> object:
        """Which driver is taken."""
        return driver_of(self.profile)

    async def moods(self) -> object:
        """Where the moods begin, and how far from boredom."""
        rules = load_kernel(system_root() / "kernel").valence
        valence = Valence(rules, self.profile.valence, lambda: 0.0)
        return vars(valence)["_state"], vars(vars(valence)["_modes"])

    async def force(self) -> object:
        """Whether a robot that cannot limit its force grips."""
        return await self.verdict("toggle_tool", ADA, activate=True)

    async def frequency(self) -> object:
        """Whether a second command follows the first at once."""
        arm = self.rig()
        pilot = Pilot(arm.gate, ADA)
        return [(await pilot.move_relative()).ok for _ in range(2)]

    async def cap(self) -> object:
        """How long a move of Ada's takes."""
        return (await Pilot(self.rig().gate, ADA).preview("move_to", {"x": 0.6, "y": 0.5, "z": 1.0})).duration_s


Look = Callable[[Bench], Awaitable[object]]


def granting(**changes: Any) -> dict[str, Any]:
    """One grant to Ada, with changes."""
    return {"grants": (replace(Grant("person", ("move_to", "move_relative", "toggle_tool")), **changes),)}


def zoned(zone: Any) -> dict[str, Any]:
    """One zone."""
    return {"zones": {"it": zone}}


def agent_move(bench: Bench) -> Awaitable[object]:
    """An agent's move."""
    return bench.verdict()


def person_move(bench: Bench) -> Awaitable[object]:
    """Ada's move."""
    return bench.verdict(who=ADA)


PLAIN = granting()
AGENT = {"grants": (Grant("agent:*", ("move_to",), "any"),)}
BOX = Box(Point(0.1, 0.1, 0.5), Point(0.4, 0.4, 1.5))
POST = Cylinder(Corner(0.3, 0.25), 0.1, Range(0.5, 1.5))
DESK = Prism((Corner(0.1, 0.1), Corner(0.4, 0.1), Corner(0.4, 0.4)), Range(0.5, 1.5))
ROVER = {"kind": "rover", "grants": ()}
HALF = 0.5

OBSERVATIONS: dict[str, tuple[Any, Look] | tuple[Any, Look, dict[str, Any]]] = {
    "name": ("other", Bench.log),
    "driver": (("mujoco-arm", "kinematic"), Bench.driver),
    "kind": ("rover", lambda bench: bench.verdict("toggle_tool", activate=True)),
    "workspace.x_m": (Range(-1, HALF), agent_move),
    "workspace.y_m": (Range(-1, 0.4), agent_move),
    "workspace.z_m": (Range(0, 0.9), agent_move),
    "home.x_m": (0.2, Bench.home),
    "home.y_m": (0.2, Bench.home),
    "home.z_m": (1.2, Bench.home),
    "home.theta_deg": (20.0, Bench.home),
    "tool.radius_m": (0.2, Bench.past_the_ball),
    "tool.length_m": (0.3, Bench.past_the_ball),
    "tool.payload_radius_m": (0.2, Bench.past_the_ball),
    "max_tcp_speed_mps": (0.1, Bench.motion),
    "max_tcp_acceleration_mps2": (HALF, Bench.motion),
    "max_tcp_jerk_mps3": (1.0, Bench.motion),
    "max_rotation_dps": (20.0, Bench.turn),
    "max_rotation_acceleration_dps2": (45.0, Bench.turn),
    "max_rotation_jerk_dps3": (90.0, Bench.turn),
    "max_step_m": (HALF, agent_move),
    "max_command_rate_hz": (5.0, Bench.commands_in_a_row),
    "max_observation_age_s": (0.2, Bench.old_observation),
    "approval_expiry_s": (1.0, Bench.expiry),
    "control_period_s": (0.02, Bench.motion),
    "zone_margin_m": (0.5, Bench.beside_the_ball),
    "position_tolerance_m": (0.01, lambda bench: bench.off_by(x=0.005)),
    "angle_tolerance_deg": (2.0, lambda bench: bench.off_by(theta_rad=math.radians(1.0))),
    "place_tolerance_m": (0.001, Bench.slip),
    "settle_time_s": (2.0, Bench.settling),
    "grip_reach_m": (0.01, Bench.grip),
    "grip_time_s": (0.4, Bench.grip),
    "distances.hard_stop_m": (0.12, Bench.beside_a_wall),
    "distances.soft_stop_m": (0.25, Bench.beside_a_wall),
    "distances.slow_m": (0.6, Bench.beside_a_wall),
    "human.slow_m": (30.0, Bench.beside_people),
    "human.stop_m": (0.2, Bench.beside_people),
    "tracking.max_error_m": (0.02, lambda bench: bench.not_following("y", 0.03, 50)),
    "tracking.max_error_deg": (4.0, lambda bench: bench.not_following("theta_rad", math.radians(5.0), 50)),
    "tracking.lag_s": (0.3, lambda bench: bench.not_following("x", 0.12, 80)),
    "valence.safety": (0.1, Bench.moods),
    "valence.curiosity": (0.3, Bench.moods),
    "valence.energy": (0.1, Bench.moods),
    "valence.self_confidence": (0.1, Bench.moods),
    "valence.boredom": (-0.1, Bench.moods),
    "zones.*.shape": (BOX, agent_move, zoned(replace(BALL, center_m=Point(0.3, 0.25, 2.0)))),
    "zones.*.kind": (replace(BALL, kind="human"), Bench.motion, zoned(BALL)),
    "zones.*.center_m": (replace(POST, center_m=Corner(-0.3, 0.25)), agent_move, zoned(POST)),
    "zones.*.radius_m": (replace(POST, radius_m=0.01, center_m=Corner(0.0, 0.25)), agent_move, zoned(POST)),
    "zones.*.z_m": (replace(POST, z_m=Range(-1, -0.5)), agent_move, zoned(POST)),
    "zones.*.min_m": (replace(BOX, min_m=Point(0.39, 0.39, 0.5)), agent_move, zoned(BOX)),
    "zones.*.max_m": (replace(BOX, max_m=Point(0.11, 0.4, 0.6)), agent_move, zoned(BOX)),
    "zones.*.corners_m": (replace(DESK, corners_m=tuple(Corner(-x, -y) for x, y in DESK.corners_m)), agent_move,
                          zoned(DESK)),
    "grants.*.to": (granting(to="person:Bob"), person_move, PLAIN),
    "grants.*.verbs": (granting(verbs=("go_home",)), person_move, PLAIN),
    "grants.*.content": ({"grants": (Grant("agent:*", ("move_to",), f"sha256:{'1' * 64}"),)}, agent_move, AGENT),
    "grants.*.bounds.x_m": (granting(bounds=Bounds(x_m=Range(-1, HALF))), person_move, PLAIN),
    "grants.*.bounds.y_m": (granting(bounds=Bounds(y_m=Range(-1, 0.4))), person_move, PLAIN),
    "grants.*.bounds.z_m": (granting(bounds=Bounds(z_m=Range(0, 0.9))), person_move, PLAIN),
    "grants.*.max_speed_mps": (granting(max_speed_mps=0.1), Bench.cap, PLAIN),
    "grants.*.max_force_n": (granting(max_force_n=5.0), Bench.force, PLAIN),
    "grants.*.max_rate_hz": (granting(max_rate_hz=1.0), Bench.frequency, PLAIN),
}  # fmt: skip

ELSEWHERE = {
    "description": "tests/cli/test_robot.py",
    "zones.*.note": "tests/server/test_cockpit_zones.py",
    "client_timeout_s": "tests/robots/host/test_host.py",
    "lease_s": "llmos/server/cockpit/driving.py",
}
"""Keys for people and for the robot host, with the tests that see them; of the cockpit's lease, where it is taken."""


def keys_of(kind: Any, prefix: str = "") -> set[str]:
    """Every key that a profile may hold, `*` for what has a free name or a number."""
    found = set()
    for name, hint in get_type_hints(kind).items():
        several = [each for each in get_args(hint) if each is not NoneType]
        union = get_origin(hint) in (Union, UnionType)
        if hint is Document:
            continue
        inner = several if union else [hint]
        star = ""
        if not union and several and (is_dataclass(several[-1]) or get_origin(several[-1]) in (Union, UnionType)):
            inner, star = list(get_args(several[-1])) or several[-1:], ".*"
        elif get_origin(hint) is tuple and is_dataclass(several[0]):
            inner, star = several[:1], ".*"
        groups = [each for each in inner if is_dataclass(each)]
        for group in groups:
            found |= keys_of(group, f"{prefix}{name}{star}.")
        if not groups:
            found.add(f"{prefix}{name}")
    return found


def test_every_key_is_looked_at() -> None:
    """A new key needs a look here, or the name of the test that sees it."""
    assert keys_of(RobotProfile) == set(OBSERVATIONS) | set(ELSEWHERE)
    for key, file in ELSEWHERE.items():
        assert key.rpartition(".")[2] in Path(file).read_text(), key


def changed(profile: RobotProfile, key: str, value: Any) -> RobotProfile:
    """The profile with one key changed; zones and grants are given as a whole."""
    if isinstance(value, dict):
        return replace(profile, **value)
    if key.startswith("zones."):
        return replace(profile, **zoned(value))
    name, _, inner = key.partition(".")
    return replace(profile, **{name: replace(getattr(profile, name), **{inner: value}) if inner else value})


@pytest.mark.parametrize("key", sorted(OBSERVATIONS))
def test_no_key_is_a_dead_letter(tmp_path: Path, key: str) -> None:
    """Looked at with and without the change, the robot behaves differently."""
    value, look, given = (*OBSERVATIONS[key], {})[:3]
    before = replace(ARM, **given)
    looks = []
    for number, profile in enumerate((before, changed(before, key, value))):
        assert all(getattr(profile, each.name) is not None for each in fields(profile) if each.name != "max_step_m")
        looks.append(anyio.run(look, Bench(profile, tmp_path / str(number))))
    assert looks[0] != looks[1]
