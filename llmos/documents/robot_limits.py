"""What a robot profile says, key by key; `volumes/system/robots/arm.md` explains each.

Knows no file and no contradiction between keys. Metres, seconds and, in fields that say so, degrees.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

import msgspec

from llmos.documents.document import Document
from llmos.documents.grants import Grant
from llmos.documents.keys import Number, Positive, Text
from llmos.documents.range import Range
from llmos.documents.verbs import RobotKind
from llmos.documents.zone import Zone

Share = Annotated[float, msgspec.Meta(ge=-1, le=1)]


@dataclass(frozen=True, slots=True)
class Workspace:
    """The box that the tool centre point may not leave, in metres."""

    x_m: Range
    y_m: Range
    z_m: Range


@dataclass(frozen=True, slots=True)
class Home:
    """Where `go_home` ends and where a simulation begins."""

    x_m: Number
    y_m: Number
    z_m: Number
    theta_deg: Number


@dataclass(frozen=True, slots=True)
class Distances:
    """What a range sensor's reading means.

    Within `slow_m` of an obstacle the robot is slower, within `soft_stop_m` it halts, within `hard_stop_m` it latches.
    """

    hard_stop_m: Positive
    soft_stop_m: Positive
    slow_m: Positive


@dataclass(frozen=True, slots=True)
class Tool:
    """The tool as an upright capsule: from the tool centre point upwards, so thick, and with what it may carry.

    `payload_radius_m` is a sphere around the tool centre point; it counts while something is held.
    """

    radius_m: Positive
    length_m: Positive
    payload_radius_m: Positive


@dataclass(frozen=True, slots=True)
class Human:
    """How far the tool stays from a zone marked `human`: at `stop_m` it halts, from `slow_m` inwards it is slower."""

    slow_m: Positive
    stop_m: Positive


@dataclass(frozen=True, slots=True)
class Tracking:
    """How far the measured pose may lie beside the commanded way, of which a drive is up to `lag_s` behind."""

    max_error_m: Positive
    max_error_deg: Positive
    lag_s: Positive


@dataclass(frozen=True, slots=True)
class Setpoints:
    """Where the valences of this robot rest, each in [-1, 1], and the curiosity below which it is bored."""

    safety: Share
    curiosity: Share
    energy: Share
    self_confidence: Share
    boredom: Share


@dataclass(frozen=True, slots=True)
class RobotProfile:
    """Everything the gate and the driver of one robot need to know; see `volumes/system/robots/arm.md` for each key."""

    name: Text
    description: Text
    driver: tuple[Text, ...]
    workspace: Workspace
    home: Home
    tool: Tool
    max_tcp_speed_mps: Positive
    max_tcp_acceleration_mps2: Positive
    max_tcp_jerk_mps3: Positive
    max_rotation_dps: Positive
    max_rotation_acceleration_dps2: Positive
    max_rotation_jerk_dps3: Positive
    max_command_rate_hz: Positive
    max_observation_age_s: Positive
    approval_expiry_s: Positive
    lease_s: Positive
    client_timeout_s: Positive
    control_period_s: Positive
    zone_margin_m: Positive
    position_tolerance_m: Positive
    angle_tolerance_deg: Positive
    place_tolerance_m: Positive
    settle_time_s: Positive
    grip_reach_m: Positive
    grip_time_s: Positive
    distances: Distances
    human: Human
    tracking: Tracking
    valence: Setpoints
    document: Document
    kind: RobotKind = "arm"
    max_step_m: Positive | None = None
    zones: Mapping[str, Zone] = field(default_factory=dict)
    grants: tuple[Grant, ...] = ()
