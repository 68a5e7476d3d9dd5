"""The names of the tools that a robot and its devices bring: which of them an agent lists says what it needs.

Knows no tool; a run without a robot loads none of them.
"""

from collections.abc import Mapping
from typing import Final

from llmos.documents.verbs import RobotKind

USUAL_AGENT: Final[Mapping[RobotKind, str]] = {"arm": "operator", "rover": "driver"}
"""In whose hands a robot is when nobody is named."""

USUAL_ROBOT: Final[Mapping[RobotKind, str]] = {"arm": "arm", "rover": "rover"}
"""Which robot it is when none is named."""

ROBOT_TOOLS: Final = frozenset(
    {"move_to", "move_relative", "toggle_tool", "get_camera_feed", "get_status", "go_home", "emergency_stop"}
)
"""What `robot_tools` makes: an agent that lists one of them drives a robot."""

DRIVING_TOOLS: Final = frozenset({"move_to", "move_relative", "toggle_tool", "go_home"})
"""Those of them that move something."""

DEVICE_TOOLS: Final = ("list_devices", "read_device")
"""What `device_tools` makes where a device is attached."""


def kind_for(agent: str) -> RobotKind | None:
    """The kind of robot that is in this agent's hands when nobody is named; None where none is.

    >>> kind_for("driver"), kind_for("coder")
    ('rover', None)
    """
    return next((kind for kind, usual in USUAL_AGENT.items() if usual == agent), None)


def usual_robot(agent: str = "") -> str:
    """The robot that this agent drives when none is named: one of its kind, or the arm.

    >>> usual_robot("driver"), usual_robot()
    ('rover', 'arm')
    """
    return USUAL_ROBOT[kind_for(agent) or "arm"]
