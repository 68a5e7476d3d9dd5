"""The gate of a robot, put together: driver, latch and limits. Whoever drives on any clock gets it here.

Knows no clock and no client; a gate belongs to the process that asked for it.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from llmos.boot.drivers import DRIVERS, Driver, make_robot
from llmos.clock import RealClock
from llmos.documents.robot_profile import RobotProfile
from llmos.documents.scene import Scene
from llmos.robots.caution import CALM, Caution
from llmos.robots.gate import Gate
from llmos.robots.host.stopping import latch_of
from llmos.robots.pace import Pace
from llmos.robots.profile.accepted import AcceptedLimits
from llmos.robots.profile.profile_file import ProfileFile
from llmos.robots.safety_log import SafetyLog, log_of


def make_gate(
    profile: RobotProfile,
    scene: Scene,
    home: Path,
    pace: Pace,
    caution: Callable[[], Caution] = lambda: CALM,
    drivers: Mapping[str, Driver] = DRIVERS,
) -> Gate:
    """A gate on the first installed driver of the profile, in this scene; DocumentError where there is none.

    It keeps the safety log and the accepted limits of the home, and follows the profile's document.
    """
    robot = make_robot(profile, scene, drivers=drivers)
    own = replace(profile, zones={name: zone for name, zone in profile.zones.items() if name not in scene.zones})
    return Gate(
        own,
        robot,
        pace,
        latch_of(profile.name, home),
        zones=scene.zones,
        caution=caution,
        log=safety_log_of(home),
        accepted=AcceptedLimits(home / "robots" / f"{profile.name}.accepted"),
        newest=ProfileFile(profile, _above(profile, home)),
    )


def safety_log_of(home: Path) -> SafetyLog:
    """The safety log of a home; every process that has a gate there writes it."""
    return log_of(home, RealClock())


def _above(profile: RobotProfile, home: Path) -> list[Path]:
    """Where documents stand that shadow a profile of this name, the strongest first."""
    return [home / volume / "robots" / profile.document.path.name for volume in ("user", "team", "system")]
