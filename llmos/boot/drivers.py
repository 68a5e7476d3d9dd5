"""Which robots and cameras there are, and which of those that a profile names works on this machine.

The only place that names concrete robots; importing it loads none of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec

from llmos.documents.robot_profile import RobotProfile
from llmos.documents.scene import Scene
from llmos.errors import nearest
from llmos.robots.base import Robot
from llmos.robots.camera import Camera
from llmos.robots.faults import Faults, FaultyRobot
from llmos.settings import drawing_library, prepare_libraries


@dataclass(frozen=True, slots=True)
class Driver:
    """How a robot is made, and the libraries that this takes."""

    make: Callable[[RobotProfile, Scene, Faults], Robot]
    needs: tuple[str, ...] = ()
    extra: str = ""

    @property
    def is_installed(self) -> bool:
        """Whether everything it needs can be imported; nothing is."""
        return all(find_spec(library) is not None for library in self.needs)


def _kinematic(profile: RobotProfile, scene: Scene, _faults: Faults) -> Robot:
    from llmos.robots.simulators.kinematic import KinematicArm

    return KinematicArm(profile, scene)


def _mujoco_arm(profile: RobotProfile, scene: Scene, faults: Faults) -> Robot:
    prepare_libraries()
    from llmos.robots.simulators.mujoco_arm import MujocoArm

    return MujocoArm(profile, scene, pad_friction=faults.pad_friction)


DRIVERS: Mapping[str, Driver] = {
    "kinematic": Driver(_kinematic),
    "mujoco-arm": Driver(_mujoco_arm, ("mujoco", "numpy"), "sim"),
}
"""Every driver by the name that profiles use."""


def make_robot(
    profile: RobotProfile, scene: Scene, faults: Faults | None = None, drivers: Mapping[str, Driver] = DRIVERS
) -> Robot:
    """The robot of a profile in a scene, by the first of its drivers that is installed; DocumentError for none."""
    chosen = faults or Faults()
    robot = drivers[driver_of(profile, drivers)].make(profile, scene, chosen)
    return robot if faults is None else FaultyRobot(robot, chosen)


def make_camera(profile: RobotProfile, scene: Scene, drivers: Mapping[str, Driver] = DRIVERS) -> Camera | None:
    """What draws a robot of this profile; None where its driver has nothing to be drawn from."""
    if driver_of(profile, drivers) != "mujoco-arm":
        return None
    prepare_libraries()
    from llmos.robots.simulators.mujoco_camera import MujocoCamera

    return MujocoCamera(scene, drawing_library())


def find_drawing() -> str:
    """The library that pictures are drawn with; RobotError where none works."""
    prepare_libraries()
    from llmos.robots.simulators.mujoco_camera import check_drawing

    library = drawing_library()
    check_drawing(library)
    return library


def driver_of(profile: RobotProfile, drivers: Mapping[str, Driver] = DRIVERS) -> str:
    """The name of the first driver that is installed; DocumentError says what is missing."""
    for name in profile.driver:
        if name not in drivers:
            raise profile.document.wrong("driver", f"there is no driver '{name}'; {nearest(name, drivers)}")
    installed = [name for name in profile.driver if drivers[name].is_installed]
    if not installed:
        name = profile.driver[0]
        how = f"pip install 'llmos[{drivers[name].extra}]'"
        raise profile.document.wrong("driver", f"the driver '{name}' needs what is not installed; {how}")
    return installed[0]
