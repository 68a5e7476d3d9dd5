"""A robot's limits, read from `volumes/*/robots/NAME.md` and refused when they contradict each other.

Knows no driver and no gate: it only says what is allowed. Metres, seconds and, in fields that say so, degrees.
"""

import re
from dataclasses import dataclass, fields
from pathlib import Path

from llmos.documents.document import Document
from llmos.documents.frontmatter import read_document
from llmos.documents.keys import Keys

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")  # becomes a file name in the home


@dataclass(frozen=True, slots=True)
class Range:
    """All numbers from `low` to `high`, both included."""

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high

    def __str__(self) -> str:
        return f"[{self.low:g}, {self.high:g}]"


@dataclass(frozen=True, slots=True)
class Workspace:
    """The box that the tool centre point may not leave, in metres."""

    x: Range
    y: Range
    z: Range


@dataclass(frozen=True, slots=True)
class Home:
    """Where `go_home` ends and where a simulation begins."""

    x: float
    y: float
    z: float
    theta_deg: float


@dataclass(frozen=True, slots=True)
class Distances:
    """What a range sensor's reading means.

    Within `slow_m` of an obstacle the robot is slower, within `soft_stop_m` it halts, within `hard_stop_m` it latches.
    """

    hard_stop_m: float
    soft_stop_m: float
    slow_m: float


@dataclass(frozen=True, slots=True)
class RobotProfile:
    """Everything the gate and the driver of one robot need to know; see `volumes/system/robots/arm.md` for each key."""

    name: str
    description: str
    driver: str
    workspace: Workspace
    home: Home
    max_tcp_speed_mps: float
    max_tcp_acceleration_mps2: float
    max_rotation_dps: float
    max_rotation_acceleration_dps2: float
    max_step_m: float | None
    max_observation_age_s: float
    control_period_s: float
    position_tolerance_m: float
    angle_tolerance_deg: float
    place_tolerance_m: float
    settle_time_s: float
    grip_reach_m: float
    grip_time_s: float
    distances: Distances
    document: Document


def read_robot_profile(path: Path) -> RobotProfile:
    """The profile of a file; raises DocumentError naming path, line and what is wrong."""
    return robot_profile_from(read_document(path))


def robot_profile_from(document: Document) -> RobotProfile:
    """The profile of a document that was read; every key is needed but `max_step_m`, and no other is allowed."""
    keys = Keys(document, (field.name for field in fields(RobotProfile) if field.name != "document"))
    workspace = _workspace(keys.group("workspace", "x_m", "y_m", "z_m"))
    profile = RobotProfile(
        name=_name(keys),
        description=keys.text("description"),
        driver=keys.text("driver"),
        workspace=workspace,
        home=_home(keys.group("home", "x_m", "y_m", "z_m", "theta_deg"), workspace),
        max_tcp_speed_mps=keys.positive("max_tcp_speed_mps"),
        max_tcp_acceleration_mps2=keys.positive("max_tcp_acceleration_mps2"),
        max_rotation_dps=keys.positive("max_rotation_dps"),
        max_rotation_acceleration_dps2=keys.positive("max_rotation_acceleration_dps2"),
        max_step_m=keys.positive("max_step_m") if "max_step_m" in keys else None,
        max_observation_age_s=keys.positive("max_observation_age_s"),
        control_period_s=keys.positive("control_period_s"),
        position_tolerance_m=keys.positive("position_tolerance_m"),
        angle_tolerance_deg=keys.positive("angle_tolerance_deg"),
        place_tolerance_m=keys.positive("place_tolerance_m"),
        settle_time_s=keys.positive("settle_time_s"),
        grip_reach_m=keys.positive("grip_reach_m"),
        grip_time_s=keys.positive("grip_time_s"),
        distances=_distances(keys.group("distances", "hard_stop_m", "soft_stop_m", "slow_m")),
        document=document,
    )
    _check_times(keys, profile)
    return profile


def _name(keys: Keys) -> str:
    name = keys.text("name")
    if not _NAME.fullmatch(name) or len(name) > 64:
        raise keys.wrong("name", f"must be small letters, digits and single hyphens, not '{name[:40]}'")
    return name


def _workspace(keys: Keys) -> Workspace:
    return Workspace(_range(keys, "x_m"), _range(keys, "y_m"), _range(keys, "z_m"))


def _range(keys: Keys, key: str) -> Range:
    low, high = keys.numbers(key, 2)
    if low >= high:
        raise keys.wrong(key, f"runs from {low:g} to {high:g}; the lower bound must come first")
    return Range(low, high)


def _home(keys: Keys, workspace: Workspace) -> Home:
    home = Home(keys.number("x_m"), keys.number("y_m"), keys.number("z_m"), keys.number("theta_deg"))
    for key, value, allowed in (
        ("x_m", home.x, workspace.x),
        ("y_m", home.y, workspace.y),
        ("z_m", home.z, workspace.z),
        ("theta_deg", home.theta_deg, Range(0.0, 360.0)),
    ):
        if value not in allowed:
            raise keys.wrong(key, f"is {value:g}, outside {'' if key == 'theta_deg' else 'the workspace '}{allowed}")
    return home


def _distances(keys: Keys) -> Distances:
    hard, soft, slow = (keys.positive(key) for key in ("hard_stop_m", "soft_stop_m", "slow_m"))
    if soft < hard:
        raise keys.wrong("soft_stop_m", f"is {soft:g}, below hard_stop_m {hard:g}; a soft stop must come first")
    if slow < soft:
        raise keys.wrong("slow_m", f"is {slow:g}, below soft_stop_m {soft:g}; slowing down must come first")
    return Distances(hard, soft, slow)


def _check_times(keys: Keys, profile: RobotProfile) -> None:
    period, age = profile.control_period_s, profile.max_observation_age_s
    if period >= age:
        raise keys.wrong("control_period_s", f"is {period:g}, not below max_observation_age_s {age:g}")
    grip, settle = profile.grip_time_s, profile.settle_time_s
    if grip >= settle:
        raise keys.wrong("grip_time_s", f"is {grip:g}, not below settle_time_s {settle:g}, so no grip could succeed")
