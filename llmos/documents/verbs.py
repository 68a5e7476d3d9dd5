"""The commands that a kind of robot takes, and the arguments of each.

Knows no limit and no driver; reading a robot's state is no command, and stopping it needs no permission.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

RobotKind: TypeAlias = Literal["arm", "rover"]

STOP: Final = "emergency_stop"


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a verb: a number, or a switch (true or false)."""

    is_switch: bool = False
    required: bool = True


AXES: Final[Mapping[RobotKind, str]] = {"arm": "xyz", "rover": "xy"}
"""The coordinates of a position that a robot of this kind is sent to."""

Arguments: TypeAlias = Mapping[str, Argument]
_NUMBER, _OPTIONAL, _SWITCH = Argument(), Argument(required=False), Argument(is_switch=True)

VERBS: Final[Mapping[RobotKind, Mapping[str, Arguments]]] = {
    "arm": {
        "move_to": {"x": _NUMBER, "y": _NUMBER, "z": _NUMBER, "theta_deg": _OPTIONAL},
        "move_relative": {"dx": _OPTIONAL, "dy": _OPTIONAL, "dz": _OPTIONAL, "dtheta_deg": _OPTIONAL},
        "toggle_tool": {"activate": _SWITCH},
        "go_home": {},
        STOP: {},
    },
    "rover": {
        "move_to": {"x": _NUMBER, "y": _NUMBER, "theta_deg": _OPTIONAL},
        "move_relative": {"dx": _OPTIONAL, "dy": _OPTIONAL, "dtheta_deg": _OPTIONAL},
        "go_home": {},
        STOP: {},
    },
}
"""Every command that moves or stops a robot of this kind."""


def command_kind(verb: str) -> str:
    """What one command can make good of another: a move, however it was put, makes good a move; going home does not."""
    return "move" if verb in ("move_to", "move_relative") else verb
