"""The camera draws what was measured: objects where they are, the zones around them, and nothing it does not know."""

import io
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from llmos.documents.scene import Point
from llmos.documents.zone import Sphere
from llmos.robots.base import Commanded, Pose, RobotError
from llmos.robots.controls import Snapshot
from llmos.robots.simulators.kinematic import KinematicArm
from llmos.robots.simulators.world import world_xml
from tests.support.drivers import Steps, has_physics, require_physics
from tests.support.robots import arm_profile, shipped_scene

if TYPE_CHECKING:
    from llmos.robots.simulators.mujoco_camera import MujocoCamera

pytestmark = pytest.mark.system

PROFILE = replace(arm_profile(), zones={})


def snapshot(steps: Steps, **changes: Any) -> Snapshot:
    """What a client knows of a robot."""
    measured = steps.measured
    known = {"profile": PROFILE, "robot_name": steps.robot.name, **changes}
    return Snapshot(measured, Commanded(measured.pose, gripper_closed=False), None, None, 1, **known)


@pytest.fixture
def steps(require_system: Callable[[str], None]) -> Steps:
    """The physical arm beside a cube."""
    require_physics(require_system)
    from llmos.robots.simulators.mujoco_arm import MujocoArm

    return Steps(MujocoArm(PROFILE, shipped_scene("pick-and-place")))


@pytest.fixture(scope="module")
def shared() -> "Iterator[MujocoCamera | str]":
    """One camera for all tests, or why there is none: to begin drawing takes longer than to draw."""
    if not has_physics():
        yield "MuJoCo (extra sim)"
        return
    from llmos.robots.simulators.mujoco_arm import MujocoArm
    from llmos.robots.simulators.mujoco_camera import MujocoCamera

    scene = shipped_scene("pick-and-place")
    camera = MujocoCamera(partial(world_xml, scene))
    try:
        camera.picture(snapshot(Steps(MujocoArm(PROFILE, scene))))
    except RobotError as error:
        yield str(error)
        return
    yield camera
    camera.close()


@pytest.fixture
def camera(shared: "MujocoCamera | str", require_system: Callable[[str], None]) -> "MujocoCamera":
    """A camera on the demo's scene, where this machine can draw."""
    if isinstance(shared, str):
        require_system(shared)
    return shared


def pixels(png: bytes) -> Any:
    """Red, green and blue of every pixel."""
    import numpy as np
    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def reds(png: bytes) -> Any:
    """Rows and columns of the pixels that are as red as the cube."""
    picture = pixels(png)
    red, green, blue = picture[..., 0], picture[..., 1], picture[..., 2]
    return ((red > 150) & (green < 100) & (blue < 100)).nonzero()


def test_picture_is_a_png_of_its_size(camera: "MujocoCamera", steps: Steps) -> None:
    """What a vision model can take."""
    png = camera.picture(snapshot(steps))
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert pixels(png).shape == (640, 960, 3)


def test_cube_is_seen_from_above_where_it_is(camera: "MujocoCamera", steps: Steps) -> None:
    """Seen from the ceiling, right is right and up is forward, to scale: 640 pixels are 4.6 metres."""
    rows, columns = reds(camera.picture(snapshot(steps), "above"))
    x, y = (columns.mean() - 479.5) * 4.6 / 640, (319.5 - rows.mean()) * 4.6 / 640
    assert (x, y) == pytest.approx((1.5, 1.0), abs=0.03)


def test_cube_moves_in_the_picture_when_it_moves(camera: "MujocoCamera", steps: Steps) -> None:
    """The picture is of the snapshot it is given, not of the start."""
    before = reds(camera.picture(snapshot(steps)))
    steps.pick(Point(1.5, 1.0, 0.5))
    steps.place(Point(-1.0, -1.0, 0.7))
    after = reds(camera.picture(snapshot(steps)))
    assert before[1].mean() > 600
    assert after[1].mean() < 400


def test_same_snapshot_makes_the_same_picture(camera: "MujocoCamera", steps: Steps) -> None:
    """Nothing of an earlier picture is left in a later one."""
    first = camera.picture(snapshot(steps))
    camera.picture(snapshot(steps), "onboard")
    assert camera.picture(snapshot(steps)) == first


def test_zones_are_in_the_picture(camera: "MujocoCamera", steps: Steps) -> None:
    """A changed profile is drawn with its own zones."""
    without = pixels(camera.picture(snapshot(steps)))
    zones = {"ball": Sphere(Point(0.0, 0.0, 0.5), 0.5)}
    within = pixels(camera.picture(snapshot(steps, profile=replace(PROFILE, zones=zones))))
    changed = (without != within).any(axis=-1)
    assert changed[300:400, 450:510].all()
    assert not changed[:, :200].any()


def test_gripper_is_seen_from_beside(camera: "MujocoCamera", steps: Steps) -> None:
    """The camera at the gripper moves along with it."""
    steps.move(Pose(1.5, 1.0, 0.7, 0.0))
    rows, columns = reds(camera.picture(snapshot(steps), "onboard"))
    assert len(rows) > 5000
    assert 400 < columns.mean() < 560


def test_robot_without_physics_is_not_drawn(camera: "MujocoCamera") -> None:
    """One sentence instead of an empty picture."""
    kinematic = Steps(KinematicArm(PROFILE, shipped_scene("pick-and-place")))
    with pytest.raises(RobotError) as error:
        camera.picture(snapshot(kinematic))
    assert str(error.value) == (
        "No picture: the kinematic arm (simulated) has no physics to draw; its camera speaks words."
    )


def test_snapshot_of_another_scene_is_not_drawn(camera: "MujocoCamera", steps: Steps) -> None:
    """Positions that do not fit would show what is not there."""
    other = replace(steps.measured, physics=(0.0, 1.0))
    with pytest.raises(RobotError) as error:
        camera.picture(replace(snapshot(steps), measured=other))
    assert str(error.value) == "No picture: the snapshot is of another scene than the camera's."


def test_machine_that_cannot_draw_says_what_it_lacks(steps: Steps) -> None:
    """One sentence that names the packages."""
    from llmos.robots.simulators.mujoco_camera import MujocoCamera, check_drawing

    camera = MujocoCamera(partial(world_xml, shipped_scene("pick-and-place")), "nothing")
    with pytest.raises(RobotError) as error:
        camera.picture(snapshot(steps))
    assert str(error.value) == (
        "No picture: MuJoCo cannot draw with nothing here; install EGL (Debian: apt install libegl1 "
        "libgl1-mesa-dri), or OSMesa (libosmesa6) and set MUJOCO_GL=osmesa."
    )
    with pytest.raises(RobotError):
        check_drawing("nothing")


def test_camera_can_be_closed_twice_and_used_again(camera: "MujocoCamera", steps: Steps) -> None:
    """Closing gives memory back and breaks nothing."""
    first = camera.picture(snapshot(steps))
    camera.close()
    camera.close()
    assert camera.picture(snapshot(steps)) == first


def test_any_thread_may_ask(camera: "MujocoCamera", steps: Steps) -> None:
    """Pictures are made in worker threads, and those come and go."""
    first, found = camera.picture(snapshot(steps)), []
    for _ in range(2):
        threads = [threading.Thread(target=lambda: found.append(camera.picture(snapshot(steps)))) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == [first] * 4
