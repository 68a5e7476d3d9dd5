"""The first driver of a profile that is installed is taken; what cannot be is said with the way out."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from llmos.boot.drivers import DRIVERS, Driver, driver_of, find_drawing, make_camera, make_robot
from llmos.errors import DocumentError
from llmos.robots.base import RobotError
from llmos.robots.faults import Faults
from tests.support.drivers import require_physics
from tests.support.robots import arm_profile, shipped_scene

EMPTY = shipped_scene("empty")


WITHOUT = {**DRIVERS, "mujoco-arm": replace(DRIVERS["mujoco-arm"], needs=("no_such_library",))}
"""The drivers of a machine without MuJoCo."""


def test_a_driver_knows_whether_it_is_installed() -> None:
    """All that it needs must be there; nothing is imported to find out."""
    make = DRIVERS["kinematic"].make
    assert Driver(make).is_installed
    assert Driver(make, ("json", "math")).is_installed
    assert not Driver(make, ("json", "no_such_library")).is_installed


def test_the_next_driver_stands_in_for_one_that_is_missing() -> None:
    """And the robot's name says which one moves."""
    profile = replace(arm_profile(), driver=("mujoco-arm", "kinematic"))
    assert driver_of(profile, WITHOUT) == "kinematic"
    assert make_robot(profile, EMPTY, drivers=WITHOUT).name == "kinematic arm (simulated)"
    assert make_camera(profile, EMPTY, WITHOUT) is None


def test_a_profile_without_an_installed_driver_says_how_to_get_it() -> None:
    """One sentence with the extra."""
    profile = replace(arm_profile(), driver=("mujoco-arm",))
    with pytest.raises(DocumentError) as error:
        make_robot(profile, EMPTY, drivers=WITHOUT)
    assert str(error.value).endswith(
        "arm.md:5: the driver 'mujoco-arm' needs what is not installed; pip install 'llmos[sim]'"
    )


def test_an_unknown_driver_is_told_the_nearest() -> None:
    """Also when another one of the list is known."""
    profile = replace(arm_profile(), driver=("kinematic", "mujoco-amr"))
    with pytest.raises(DocumentError) as error:
        make_robot(profile, EMPTY)
    assert str(error.value).endswith("arm.md:5: there is no driver 'mujoco-amr'; did you mean 'mujoco-arm'?")


def test_faults_are_in_the_name() -> None:
    """Nobody takes a broken robot for a sound one."""
    profile = replace(arm_profile(), driver=("kinematic",))
    assert make_robot(profile, EMPTY, Faults()).name == "kinematic arm (simulated) with faults"


@pytest.mark.system
def test_the_shipped_arm_has_physics_and_a_camera(require_system: Callable[[str], None]) -> None:
    """Where MuJoCo is installed."""
    require_physics(require_system)
    assert make_robot(arm_profile(), EMPTY).name == "gantry arm (simulated by MuJoCo)"
    camera = make_camera(arm_profile(), EMPTY)
    assert camera is not None
    camera.close()


@pytest.mark.system
def test_what_draws_is_found(require_system: Callable[[str], None]) -> None:
    """Or what is missing is said."""
    require_physics(require_system)
    try:
        library = find_drawing()
    except RobotError as error:
        require_system(str(error))
    assert library in ("egl", "osmesa", "cgl", "glfw")
