"""The use cases, done by hand on every simulator: each scene's goal can be reached, and its check then holds."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from llmos.clock import SimulatedClock
from llmos.documents.robot_profile import RobotProfile
from llmos.documents.scene import Scene
from llmos.robots.base import Robot
from llmos.robots.controls import Principal
from llmos.robots.evidence.scene_check import check_scene, measured_in
from llmos.robots.gate import Gate
from llmos.robots.latch import StopLatch
from llmos.robots.pace import SimulatedPace
from llmos.robots.pilot import Pilot
from llmos.robots.planner import Planner
from llmos.robots.simulators.kinematic import KinematicArm
from llmos.robots.verdict import Motion
from tests.support.oracle import Oracle
from tests.support.recorder import Recorder
from tests.support.robots import arm_profile, shipped_scene

Step = tuple[str, dict[str, Any]]


def to(x: float, y: float, z: float) -> Step:
    """Go there."""
    return ("move_to", {"x": x, "y": y, "z": z})


def by(**step: float) -> Step:
    """Go so far."""
    return ("move_relative", step)


CLOSE: Step = ("toggle_tool", {"activate": True})
OPEN: Step = ("toggle_tool", {"activate": False})
HOME: Step = ("go_home", {})
USE_CASES: dict[str, list[Step]] = {
    "pick-and-place": [to(1.5, 1.0, 0.5), CLOSE, to(-1.0, -1.0, 0.7), OPEN, HOME],
    "shelves": [to(1.2, 1.5, 1.3), CLOSE, to(-0.6, -1.2, 0.2), OPEN, HOME],
    "microscope": [to(-0.8, 0.4, 0.6), CLOSE, to(0.5, 0.5, 1.0), OPEN, HOME],
    "inspection": [to(1.2, 0.8, 0.6), HOME],
    "drawing": [by(dx=0.2), by(dy=0.2), by(dx=-0.2), by(dy=-0.2)],
    "teleoperation": [by(dx=-0.05)],
    "blocks": [
        to(-0.5, 0.6, 0.05), CLOSE, to(0.5, 0.5, 0.15), OPEN,
        to(0.2, -0.7, 0.05), CLOSE, to(0.5, 0.5, 0.25), OPEN, HOME,
    ],
}  # fmt: skip


def kinematic(profile: RobotProfile, scene: Scene) -> Robot:
    """The light simulation."""
    return KinematicArm(profile, scene)


def physical(profile: RobotProfile, scene: Scene) -> Robot:
    """The simulation with mass, friction and contact."""
    from llmos.robots.simulators.mujoco_arm import MujocoArm

    return MujocoArm(profile, scene)


@pytest.fixture(params=[kinematic, pytest.param(physical, marks=pytest.mark.system)])
def driver(
    request: pytest.FixtureRequest, require_system: Callable[[str], None]
) -> Callable[[RobotProfile, Scene], Robot]:
    """Each simulator in turn."""
    if request.param is physical and importlib.util.find_spec("mujoco") is None:
        require_system("mujoco")
    made: Callable[[RobotProfile, Scene], Robot] = request.param
    return made


@pytest.mark.anyio
@pytest.mark.parametrize("name", USE_CASES)
async def test_goal_of_a_scene_can_be_reached(
    tmp_path: Path, name: str, driver: Callable[[RobotProfile, Scene], Robot]
) -> None:
    """Every command is allowed and carried out, what the scene asks for is measured, and no zone was come near."""
    scene, profile, motions = shipped_scene(name), arm_profile(), list[Motion]()
    robot = Recorder(driver(profile, scene))
    gate = Gate(profile, robot, SimulatedPace(SimulatedClock()), StopLatch(tmp_path / "arm.json"), zones=scene.zones)
    pilot = Pilot(gate, Principal("person", "Ada"), on_motion=motions.append, plan=Planner(scene))
    for verb, args in USE_CASES[name]:
        result = await pilot.perform(verb, args)
        assert result.ok, f"{verb} {args}: {result.refusal} {result.measured}"
    findings = check_scene(scene, measured_in(motions))
    assert findings
    assert [finding.sentence for finding in findings if not finding.holds] == []
    gate.close()
    if importlib.util.find_spec("mujoco") is not None:
        assert judge(profile, scene).judge(robot.track) == []


def judge(profile: RobotProfile, scene: Scene) -> Oracle:
    """MuJoCo's geometry of what both documents say; an arm with mass may be a tenth faster for a moment."""
    zones: dict[str, Any] = {**profile.document.keys["zones"], **scene.document.keys.get("zones", {})}
    return Oracle(zones, (0.09, 3.6, 0.09), top_speed_mps=0.55)
