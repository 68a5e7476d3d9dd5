"""A robot with a fault is never told to have done its work: pick and place, with one thing broken at a time."""

import math
from collections.abc import Callable
from pathlib import Path

import pytest

from llmos.boot.drivers import DRIVERS
from llmos.clock import SimulatedClock
from llmos.documents.scene import Point
from llmos.robots.controls import Principal
from llmos.robots.evidence.outcome import PhysicalOutcome, physical_outcome
from llmos.robots.faults import Faults, FaultyRobot
from llmos.robots.gate import Gate
from llmos.robots.latch import StopLatch
from llmos.robots.pace import SimulatedPace
from llmos.robots.pilot import Pilot
from llmos.robots.planner import Planner
from llmos.robots.verdict import Motion, Verdict
from tests.support.drivers import require_physics
from tests.support.robots import arm_profile, shipped_scene

pytestmark = pytest.mark.anyio

PICK, PLACE = Point(1.5, 1.0, 0.5), Point(-1.0, -1.0, 0.7)


@pytest.fixture(params=["kinematic", pytest.param("mujoco-arm", marks=pytest.mark.system)])
def driver(request: pytest.FixtureRequest, require_system: Callable[[str], None]) -> str:
    """Each driver in turn."""
    if request.param != "kinematic":
        require_physics(require_system)
    return str(request.param)


async def pick_and_place(driver: str, faults: Faults, folder: Path) -> tuple[PhysicalOutcome, Point]:
    """What a run that does its four steps whatever they answer is worth, and where the cube is in truth."""
    profile, scene = arm_profile(), shipped_scene("pick-and-place")
    robot = DRIVERS[driver].make(profile, scene, faults)
    pace = SimulatedPace(SimulatedClock())
    gate = Gate(profile, FaultyRobot(robot, faults), pace, StopLatch(folder / "stop.json"))
    verdicts: list[Verdict] = []
    motions: list[Motion] = []
    person = Principal("person", "the one who tests")
    pilot = Pilot(gate, person, verdicts.append, motions.append, plan=Planner(scene))
    await pilot.move_to(*PICK)
    await pilot.toggle_tool(True)
    await pilot.move_to(*PLACE)
    await pilot.toggle_tool(False)
    for _ in range(300):
        await pace.wait(0.01)
        truth = robot.tick(pace.now_s())
    outcome = physical_outcome(verdicts, motions)
    assert outcome is not None
    return outcome, truth.objects["cube"]


async def test_sound_robot_does_it(driver: str, tmp_path: Path) -> None:
    """Without a fault the same four steps are done, and the cube is there."""
    outcome, cube = await pick_and_place(driver, Faults(), tmp_path)
    assert outcome.outcome == "done"
    assert math.dist(cube, PLACE) < 0.02


@pytest.mark.parametrize(
    ("faults", "said"),
    [
        pytest.param(Faults(stuck_axis="y", from_s=1.0), "beside its commanded way", id="stuck axis"),
        pytest.param(Faults(slipping_axis="x", from_s=1.0), "beside its commanded way", id="slipping axis"),
        pytest.param(Faults(stuck_axis="z", from_s=15.0), "beside its commanded way", id="stuck late"),
        pytest.param(Faults(drops_after_s=4.0), "'cube' was lost on the way.", id="dropped"),
        pytest.param(Faults(noise_m=0.01), "'cube' fell when it was let go.", id="noise"),
        pytest.param(Faults(noise_m=0.03), "beside its commanded way", id="much noise"),
        pytest.param(Faults(delay_s=0.6, from_s=0.0), "The last observation is", id="delay"),
        pytest.param(Faults(silent=True, from_s=4.0), "The last observation is", id="dropout"),
    ],
)
async def test_fault_is_noticed(driver: str, tmp_path: Path, faults: Faults, said: str) -> None:
    """The outcome is not done, and the sentence says what was measured."""
    outcome, _ = await pick_and_place(driver, faults, tmp_path)
    assert outcome.outcome in ("failed", "refused")
    assert said in outcome.sentence


@pytest.mark.system
async def test_slipping_cube_is_noticed(require_system: Callable[[str], None], tmp_path: Path) -> None:
    """Pads without friction lift nothing, and the run that carried nothing has failed."""
    require_physics(require_system)
    outcome, cube = await pick_and_place("mujoco-arm", Faults(pad_friction=0.01), tmp_path)
    assert outcome.outcome == "failed"
    assert outcome.sentence.startswith("'cube' was lost on the way.")
    assert math.dist(cube, PICK) < 0.05
