"""The rover with physics: it gets where it is sent, sees what is in its way, and uses up its battery."""

import math
from collections.abc import Callable
from pathlib import Path

import pytest

from llmos.boot.body import Body, simulated_body
from llmos.documents.robot_profile import read_robot_profile
from llmos.documents.scene_zones import profile_in
from llmos.robots.base import Measured
from llmos.robots.controls import Principal
from llmos.robots.verdict import Result
from tests.support.drivers import require_physics
from tests.support.robots import SYSTEM, shipped_scene

pytestmark = [pytest.mark.system, pytest.mark.anyio]

PERSON = Principal("person", "a test")


@pytest.fixture
def body(tmp_path: Path, require_system: Callable[[str], None]):
    """The shipped rover in its arena."""
    require_physics(require_system)
    scene = shipped_scene("arena")
    body = simulated_body(profile_in(scene, read_robot_profile(SYSTEM / "robots" / "rover.md")), scene, tmp_path)
    yield body
    body.close()


async def do(body: Body, verb: str, **args: float) -> Result:
    """One order."""
    return await body.pilot(PERSON).perform(verb, args)


async def test_it_drives_to_where_it_is_sent(body: Body) -> None:
    """By measured state, with wheels that slip as rubber does."""
    assert body.name == "rover: rover (simulated by MuJoCo)"
    for x, y in ((0.8, -0.8), (-1.2, 0.6), (0.0, 1.5)):
        result = await do(body, "move_to", x=x, y=y)
        assert result.ok, result.refusal
        assert (result.measured.pose.x, result.measured.pose.y) == pytest.approx((x, y), abs=0.02)
    result = await do(body, "go_home")
    assert result.ok
    assert math.remainder(result.measured.pose.theta_deg, 360) == pytest.approx(0, abs=2)


async def test_it_halts_before_a_crate_and_can_go_back(body: Body) -> None:
    """The sensors of the direction it drives in count; the crate is not touched and no stop latches."""
    crate = body.pilot(PERSON).measure().objects["blue crate"]
    result = await do(body, "move_to", x=1.6, y=0.0)
    assert result.refusal is not None
    assert result.refusal.rule == "clearance"
    assert result.measured.objects["blue crate"] == pytest.approx(crate, abs=1e-3)
    assert 0.08 < result.measured.ranges_m["front"] < 0.15
    assert (await do(body, "move_relative", dx=-0.3)).ok
    assert (await do(body, "move_relative", dtheta_deg=90)).ok


async def test_it_is_slower_near_an_obstacle(body: Body) -> None:
    """Within slow_m of what the sensors see."""
    far = await do(body, "move_relative", dx=0.4)
    near = await do(body, "move_relative", dx=0.2)
    assert far.motion is not None
    assert near.motion is not None
    assert far.ok
    assert 0.2 / near.motion.duration_s < 0.8 * 0.4 / far.motion.duration_s


async def test_its_sensors_tell_what_is_there(body: Body) -> None:
    """Ranges to crate and walls, gravity, and a battery that empties."""
    before: Measured = body.pilot(PERSON).measure()
    assert before.ranges_m["front"] == pytest.approx(1.2 - 0.1 - 0.115, abs=0.01)
    assert before.ranges_m["back"] == pytest.approx(2.2 - 0.115, abs=0.01)
    assert before.ranges_m["left"] == pytest.approx(2.2 - 0.125, abs=0.01)
    assert before.imu is not None
    assert before.imu.z_mps2 == pytest.approx(9.81, abs=0.1)
    after = (await do(body, "move_to", x=0.0, y=1.0)).measured
    assert before.battery is not None
    assert after.battery is not None
    assert 0.99 < after.battery < before.battery <= 1.0
    assert after.clearance_m is None


async def test_the_same_orders_give_the_same_world(tmp_path: Path, require_system: Callable[[str], None]) -> None:
    """To the last digit."""
    require_physics(require_system)
    ends = []
    for number in range(2):
        scene = shipped_scene("arena")
        profile = profile_in(scene, read_robot_profile(SYSTEM / "robots" / "rover.md"))
        body = simulated_body(profile, scene, tmp_path / str(number))
        ends.append((await do(body, "move_to", x=-0.5, y=0.4)).measured.physics)
        body.close()
    assert ends[0] == ends[1]


async def test_it_can_be_photographed(body: Body) -> None:
    """From outside, from above, and with its own camera."""
    for view in ("overview", "above", "onboard"):
        assert (await body.picture(view)).startswith(b"\x89PNG")


def test_the_battery_is_full_however_long_the_clock_has_run(require_system: Callable[[str], None]) -> None:
    """A host's clock began when the machine was started; hours before the first tick are nothing to the rover."""
    require_physics(require_system)
    from llmos.robots.simulators.mujoco_rover import BATTERY_WH, MujocoRover

    rover = MujocoRover(read_robot_profile(SYSTEM / "robots" / "rover.md"), shipped_scene("arena"))
    assert rover.tick(36_000.0).battery == 1.0
    assert rover.tick(39_600.0).battery == pytest.approx(1.0 - 2.0 / BATTERY_WH)
