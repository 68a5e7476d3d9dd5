"""Which robots and cameras there are, and which of those that a profile names works on this machine.

The only place that names concrete robots; importing it loads none of them.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec

from llmos.documents.robot_profile import Home, RobotProfile
from llmos.documents.scene import Scene
from llmos.errors import nearest
from llmos.robots.base import Robot
from llmos.robots.camera import Camera, View
from llmos.robots.controls import Snapshot
from llmos.robots.faults import Faults, FaultyRobot
from llmos.settings import drawing_library, prepare_libraries


@dataclass(frozen=True, slots=True)
class Driver:
    """How a robot is made, the libraries that this takes, and what draws it where something can."""

    make: Callable[[RobotProfile, Scene, Faults], Robot]
    needs: tuple[str, ...] = ()
    extra: str = ""
    camera: Callable[[Scene], Camera] | None = None

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


def _mujoco_camera(scene: Scene) -> Camera:
    prepare_libraries()
    from llmos.robots.simulators.mujoco_camera import MujocoCamera
    from llmos.robots.simulators.world import world_xml

    return MujocoCamera(partial(world_xml, scene), drawing_library())


def _kinematic_rover(profile: RobotProfile, scene: Scene, _faults: Faults) -> Robot:
    from llmos.robots.simulators.kinematic_rover import KinematicRover

    return KinematicRover(profile, scene)


def _mujoco_rover(profile: RobotProfile, scene: Scene, _faults: Faults) -> Robot:
    prepare_libraries()
    from llmos.robots.simulators.mujoco_rover import MujocoRover

    return MujocoRover(profile, scene)


def _rover_camera(scene: Scene) -> Camera:
    prepare_libraries()
    from llmos.robots.simulators.mujoco_camera import MujocoCamera
    from llmos.robots.simulators.world import rover_world_xml

    anywhere = Home(0.0, 0.0, 0.0, 0.0)  # a snapshot says where it stands
    return MujocoCamera(partial(rover_world_xml, scene, anywhere), drawing_library())


DRIVERS: Mapping[str, Driver] = {
    "kinematic": Driver(_kinematic),
    "mujoco-arm": Driver(_mujoco_arm, ("mujoco", "numpy"), "sim", _mujoco_camera),
    "kinematic-rover": Driver(_kinematic_rover),
    "mujoco-rover": Driver(_mujoco_rover, ("mujoco", "numpy"), "sim", _rover_camera),
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
    camera = drivers[driver_of(profile, drivers)].camera
    return None if camera is None else _LateCamera(lambda: camera(scene))


class _LateCamera:
    """A camera whose libraries are loaded for its first picture: most who could look never do."""

    def __init__(self, make: Callable[[], Camera]) -> None:
        self._make = make
        self._camera: Camera | None = None
        self._lock = threading.Lock()

    def picture(self, snapshot: Snapshot, view: View = "overview") -> bytes:
        """The PNG file of what was measured."""
        with self._lock:
            self._camera = self._camera or self._make()
        return self._camera.picture(snapshot, view)

    def close(self) -> None:
        """Give memory back, if any was taken."""
        if self._camera is not None:
            self._camera.close()


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
