"""A robot's limits, read from `volumes/*/robots/NAME.md` and refused when they contradict each other.

Knows no driver and no gate: it only says what is allowed. Metres, seconds and, in fields that say so, degrees.
"""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import NamedTuple

from llmos.documents.document import Document
from llmos.documents.frontmatter import read_document
from llmos.documents.keys import Number, Positive, Text, read
from llmos.documents.naming import is_plain
from llmos.errors import DocumentError


class Range(NamedTuple):
    """All numbers from `low` to `high`, both included, are `in` it."""

    low: Number
    high: Number

    def __contains__(self, value: object) -> bool:
        return isinstance(value, int | float) and self.low <= value <= self.high

    def __str__(self) -> str:
        return f"[{self.low:g}, {self.high:g}]"


_FULL_TURN = Range(0.0, 360.0)


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
class RobotProfile:
    """Everything the gate and the driver of one robot need to know; see `volumes/system/robots/arm.md` for each key."""

    name: Text
    description: Text
    driver: Text
    workspace: Workspace
    home: Home
    max_tcp_speed_mps: Positive
    max_tcp_acceleration_mps2: Positive
    max_rotation_dps: Positive
    max_rotation_acceleration_dps2: Positive
    max_observation_age_s: Positive
    control_period_s: Positive
    position_tolerance_m: Positive
    angle_tolerance_deg: Positive
    place_tolerance_m: Positive
    settle_time_s: Positive
    grip_reach_m: Positive
    grip_time_s: Positive
    distances: Distances
    document: Document
    max_step_m: Positive | None = None


def read_robot_profile(path: Path) -> RobotProfile:
    """The profile of a file; raises DocumentError naming path, line and what is wrong."""
    return robot_profile_from(read_document(path))


def robot_profile_from(document: Document) -> RobotProfile:
    """The profile of a document that was read; every key is needed but `max_step_m`, and no other is allowed."""
    profile = read(RobotProfile, document)
    _check_name(profile)
    _check_ranges(profile)
    _check_home(profile)
    _check_distances(profile)
    _check_times(profile)
    return profile


def _wrong(profile: RobotProfile, key: str, sentence: str) -> DocumentError:
    return profile.document.wrong(key, f"'{key}' {sentence}")


def _check_name(profile: RobotProfile) -> None:
    name = profile.name
    if not is_plain(name):  # it becomes a file name in the home
        raise _wrong(profile, "name", f"must be small letters, digits and single hyphens, not '{name[:40]}'")


def _check_ranges(profile: RobotProfile) -> None:
    for axis in fields(Workspace):
        low, high = getattr(profile.workspace, axis.name)
        if low >= high:
            sentence = f"runs from {low:g} to {high:g}; the lower bound must come first"
            raise _wrong(profile, f"workspace.{axis.name}", sentence)


def _check_home(profile: RobotProfile) -> None:
    for axis in fields(Home):
        value = getattr(profile.home, axis.name)
        allowed = getattr(profile.workspace, axis.name, _FULL_TURN)
        if value not in allowed:
            where = "" if allowed is _FULL_TURN else "the workspace "
            raise _wrong(profile, f"home.{axis.name}", f"is {value:g}, outside {where}{allowed}")


def _check_distances(profile: RobotProfile) -> None:
    hard, soft, slow = (getattr(profile.distances, each.name) for each in fields(Distances))
    if soft < hard:
        sentence = f"is {soft:g}, below hard_stop_m {hard:g}; a soft stop must come first"
        raise _wrong(profile, "distances.soft_stop_m", sentence)
    if slow < soft:
        sentence = f"is {slow:g}, below soft_stop_m {soft:g}; slowing down must come first"
        raise _wrong(profile, "distances.slow_m", sentence)


def _check_times(profile: RobotProfile) -> None:
    period, age = profile.control_period_s, profile.max_observation_age_s
    if period >= age:
        raise _wrong(profile, "control_period_s", f"is {period:g}, not below max_observation_age_s {age:g}")
    grip, settle = profile.grip_time_s, profile.settle_time_s
    if grip >= settle:
        sentence = f"is {grip:g}, not below settle_time_s {settle:g}, so no grip could succeed"
        raise _wrong(profile, "grip_time_s", sentence)
