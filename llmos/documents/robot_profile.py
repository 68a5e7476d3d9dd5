"""A robot's limits, read from `volumes/*/robots/NAME.md` and refused when they contradict each other.

Knows no gate: it only says what is allowed, and which drivers move nothing real.
"""

from pathlib import Path
from typing import Final

from llmos.documents.document import Document
from llmos.documents.frontmatter import read_document
from llmos.documents.grants import Grant
from llmos.documents.keys import read
from llmos.documents.range import Range
from llmos.documents.robot_checks import check_profile
from llmos.documents.robot_limits import Distances, Home, Human, RobotProfile, Setpoints, Tool, Tracking, Workspace
from llmos.documents.zone import Zone

__all__ = [
    "SIMULATED",
    "Distances",
    "Grant",
    "Home",
    "Human",
    "Range",
    "RobotProfile",
    "Setpoints",
    "Tool",
    "Tracking",
    "Workspace",
    "Zone",
    "read_robot_profile",
    "robot_profile_from",
]

SIMULATED: Final = frozenset({"kinematic", "mujoco-arm", "kinematic-rover", "mujoco-rover"})
"""The drivers that move nothing real; every other one counts as a machine."""


def read_robot_profile(path: Path) -> RobotProfile:
    """The profile of a file; raises DocumentError naming path, line and what is wrong."""
    return robot_profile_from(read_document(path))


def robot_profile_from(document: Document) -> RobotProfile:
    """The profile of a document that was read.

    Every limit is needed, so that none is ever assumed; without `zones` there are none, without `grants` nobody may
    move the robot, and `max_step_m` is off. No other key is allowed.
    """
    profile = read(RobotProfile, document)
    check_profile(profile, simulated=SIMULATED.issuperset(profile.driver))
    return profile
