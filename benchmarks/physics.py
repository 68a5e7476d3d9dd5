"""How much faster than real time the physical arm is, what it costs at rest, and what a picture takes.

The arm carries the cube of the demo scene from pedestal to pedestal, driven at 100 Hz as the gate drives it. Judged is
the processor time that this takes: by the wall clock it is the same on a machine that does nothing else.
"""

import sys
from collections.abc import Iterator
from statistics import median
from time import perf_counter, thread_time

from benchmarks.figures import Figure, report
from llmos.boot.drivers import DRIVERS, make_camera
from llmos.documents.robot_profile import RobotProfile, read_robot_profile
from llmos.documents.scene import Scene, read_scene
from llmos.robots.base import Commanded, Pose, Robot
from llmos.robots.controls import Snapshot
from llmos.robots.faults import Faults
from llmos.robots.moving.motion import PathMotion
from llmos.settings import prepare_libraries, system_root

PERIOD_S = 0.01
ROUNDS = 5
IDLE_S = 60.0
_WAY = (
    (1.5, 1.0, 0.7, False),
    (1.5, 1.0, 0.5, False),
    (1.5, 1.0, 0.5, True),
    (1.5, 1.0, 0.9, True),
    (-1.0, -1.0, 0.9, True),
    (-1.0, -1.0, 0.7, True),
    (-1.0, -1.0, 0.7, False),
    (-1.0, -1.0, 0.9, False),
)


class Ride:
    """One carrying of the cube; only the driver's own calls are timed."""

    def __init__(self, profile: RobotProfile, robot: Robot) -> None:
        self.profile, self.robot = profile, robot
        self.now_s = self.spent_s = self.waited_s = 0.0
        self.measured = robot.tick(0.0)

    def tick(self, setpoint: Commanded) -> None:
        """One control period."""
        self.now_s += PERIOD_S
        started, began = thread_time(), perf_counter()
        self.robot.command(setpoint)
        self.measured = self.robot.tick(self.now_s)
        self.spent_s += thread_time() - started
        self.waited_s += perf_counter() - began

    def go(self) -> None:
        """Pick, carry, place."""
        for x, y, z, closed in _WAY:
            target = Pose(x, y, z, 0.0)
            path = PathMotion((self.measured.pose, target), self.profile)
            while not path.arrived:
                self.tick(Commanded(path.step(PERIOD_S), closed))
            for _ in range(30):
                self.tick(Commanded(target, closed))

    def rest(self) -> float:
        """Seconds that IDLE_S of nothing take."""
        before_s = self.spent_s
        setpoint = Commanded(self.measured.pose, gripper_closed=False)
        for _ in range(round(IDLE_S / PERIOD_S)):
            self.tick(setpoint)
        return self.spent_s - before_s


def figures() -> Iterator[Figure]:
    """Measure."""
    system = system_root() / "volumes" / "system"
    profile, scene = (
        read_robot_profile(system / "robots" / "arm.md"),
        read_scene(system / "scenes" / "pick-and-place.md"),
    )
    opened, rides = [], []
    for _ in range(ROUNDS):
        started = perf_counter()
        robot = DRIVERS["mujoco-arm"].make(profile, scene, Faults())
        opened.append(perf_counter() - started)
        rides.append(Ride(profile, robot))
        rides[-1].go()
    cube = rides[0].measured.objects["cube"]
    yield Figure("opening the arm in its scene, first time (import)", opened[0] * 1e3, "ms")
    yield Figure("  and again", min(opened) * 1e3, "ms")
    yield Figure("simulated seconds of one carrying", rides[0].now_s, "s")
    yield Figure("times real time, moving", max(ride.now_s / ride.spent_s for ride in rides), "x", 30, ">=")
    yield Figure("  by the wall clock", max(ride.now_s / ride.waited_s for ride in rides), "x")
    yield Figure("times real time, at rest", IDLE_S / min(ride.rest() for ride in rides), "x", 300, ">=")
    yield Figure("cube beside its target", 1e3 * max(abs(cube.x + 1), abs(cube.y + 1), abs(cube.z - 0.7)), "mm", 20)
    yield from pictures(profile, scene, rides[0])


def pictures(profile: RobotProfile, scene: Scene, ride: Ride) -> Iterator[Figure]:
    """What a picture takes; made outside of the control loop."""
    camera = make_camera(profile, scene)
    assert camera is not None
    setpoint = Commanded(ride.measured.pose, gripper_closed=False)
    snapshot = Snapshot(ride.measured, setpoint, None, None, 0, ride.robot.name, profile)
    taken = []
    for _ in range(ROUNDS + 1):
        started = perf_counter()
        png = camera.picture(snapshot)
        taken.append(perf_counter() - started)
    camera.close()
    yield Figure("first picture", taken[0] * 1e3, "ms")
    yield Figure("  later ones", median(taken[1:]) * 1e3, "ms")
    yield Figure("  size", len(png) / 1e3, "kB", 150)


def main() -> int:
    """Print and judge."""
    prepare_libraries()
    return report("Physics (MuJoCo, headless)", list(figures()))


if __name__ == "__main__":
    sys.exit(main())
