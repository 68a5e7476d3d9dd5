"""What a robot profile must not say: limits that contradict each other, and a home where the tool may not be.

Knows no driver and no gate. Every sentence names both values, and one about a home in a zone says where it could be.
"""

import math
from collections.abc import Iterator
from dataclasses import fields
from itertools import product
from typing import Final

from llmos.documents.grants import check_grants
from llmos.documents.naming import is_plain
from llmos.documents.range import Range
from llmos.documents.robot_limits import RobotProfile
from llmos.documents.scene_check import Point
from llmos.documents.zone import Zone, check_zones
from llmos.errors import DocumentError

_FULL_TURN: Final = Range(0.0, 360.0)
_STEPS = 10
"""How many places along each axis are tried for a better home, on either side of it."""


def check_profile(profile: RobotProfile, *, simulated: bool) -> None:
    """Raise DocumentError for the first contradiction."""
    _check_name(profile)
    _check_ranges(profile)
    _check_home(profile)
    _check_distances(profile)
    _check_margin(profile)
    _check_times(profile)
    _check_tracking(profile)
    check_zones(profile.zones, profile.document)
    _check_home_is_free(profile)
    check_grants(profile.grants, profile.kind, profile.document, simulated=simulated)


def home_clearance_m(profile: RobotProfile, zone: Zone, at: Point) -> float:
    """How far the empty tool, standing there, is from what it must keep to a zone; negative when it is too near."""
    return zone.distance_m(at.x, at.y, at.z, at.z + profile.tool.length_m) - _keep_m(profile, zone)


def _keep_m(profile: RobotProfile, zone: Zone) -> float:
    """From a zone to the axis of the tool."""
    return profile.tool.radius_m + max(profile.human.stop_m if zone.kind == "human" else 0.0, profile.zone_margin_m)


def _wrong(profile: RobotProfile, key: str, sentence: str) -> DocumentError:
    return profile.document.wrong(key, f"'{key}' {sentence}")


def _check_name(profile: RobotProfile) -> None:
    name = profile.name
    if not is_plain(name):  # it becomes a file name in the home
        raise _wrong(profile, "name", f"must be small letters, digits and single hyphens, not '{name[:40]}'")
    stem = profile.document.path.stem
    if name != stem:  # whoever stops a robot names its file, and its latch has the name inside
        raise _wrong(profile, "name", f"is '{name}', but its file is called '{stem}.md'; give both the same name")
    if not profile.driver:
        raise _wrong(profile, "driver", "names no driver")


def _check_ranges(profile: RobotProfile) -> None:
    for axis in fields(profile.workspace):
        low, high = getattr(profile.workspace, axis.name)
        if low >= high:
            sentence = f"runs from {low:g} to {high:g}; the lower bound must come first"
            raise _wrong(profile, f"workspace.{axis.name}", sentence)


def _check_home(profile: RobotProfile) -> None:
    for axis in fields(profile.home):
        value = getattr(profile.home, axis.name)
        allowed = getattr(profile.workspace, axis.name, _FULL_TURN)
        if value not in allowed:
            where = "" if allowed is _FULL_TURN else "the workspace "
            raise _wrong(profile, f"home.{axis.name}", f"is {value:g}, outside {where}{allowed}")


def _check_distances(profile: RobotProfile) -> None:
    distances, human = profile.distances, profile.human
    hard, soft, slow = distances.hard_stop_m, distances.soft_stop_m, distances.slow_m
    if soft < hard:
        sentence = f"is {soft:g}, below hard_stop_m {hard:g}; a soft stop must come first"
        raise _wrong(profile, "distances.soft_stop_m", sentence)
    if slow < soft:
        sentence = f"is {slow:g}, below soft_stop_m {soft:g}; slowing down must come first"
        raise _wrong(profile, "distances.slow_m", sentence)
    if human.slow_m <= human.stop_m:
        sentence = f"is {human.slow_m:g}, not above stop_m {human.stop_m:g}; slowing down must come first"
        raise _wrong(profile, "human.slow_m", sentence)


def _check_margin(profile: RobotProfile) -> None:
    margin, tolerance = profile.zone_margin_m, profile.position_tolerance_m
    if margin < tolerance:
        sentence = (
            f"is {margin:g}, below position_tolerance_m {tolerance:g}; a robot may begin a motion so far off its way"
        )
        raise _wrong(profile, "zone_margin_m", sentence)


def _check_times(profile: RobotProfile) -> None:
    period, age = profile.control_period_s, profile.max_observation_age_s
    if period >= age:
        raise _wrong(profile, "control_period_s", f"is {period:g}, not below max_observation_age_s {age:g}")
    grip, settle = profile.grip_time_s, profile.settle_time_s
    if grip >= settle:
        sentence = f"is {grip:g}, not below settle_time_s {settle:g}, so no grip could succeed"
        raise _wrong(profile, "grip_time_s", sentence)
    for key in ("lease_s", "client_timeout_s"):
        value = getattr(profile, key)
        if value > 1.0:
            raise _wrong(profile, key, f"is {value:g}, above 1; a robot may not go on longer without being asked")
        if value <= period:
            raise _wrong(profile, key, f"is {value:g}, not above control_period_s {period:g}, so nothing could move")


def _check_tracking(profile: RobotProfile) -> None:
    tracking, period = profile.tracking, profile.control_period_s
    for error, tolerance in (("max_error_m", "position_tolerance_m"), ("max_error_deg", "angle_tolerance_deg")):
        most, least = getattr(tracking, error), getattr(profile, tolerance)
        if most <= least:
            sentence = f"is {most:g}, not above {tolerance} {least:g}; what is reached must not be lost"
            raise _wrong(profile, f"tracking.{error}", sentence)
    if not period < tracking.lag_s <= 1.0:
        sentence = f"is {tracking.lag_s:g}; it must be above control_period_s {period:g} and at most 1"
        raise _wrong(profile, "tracking.lag_s", sentence)


def _check_home_is_free(profile: RobotProfile) -> None:
    home = Point(profile.home.x_m, profile.home.y_m, profile.home.z_m)
    for name, zone in profile.zones.items():
        if (clearance_m := home_clearance_m(profile, zone, home)) > 0.0:
            continue
        keep_m = _keep_m(profile, zone)
        distance_m = clearance_m + keep_m
        where = f"{-distance_m:.2f}m inside" if distance_m <= 0.0 else f"only {distance_m:.2f}m from"
        key = f"zones.{name}"
        sentence = f"covers 'home' {_shown(home)}: the tool would be {where} it and must keep {keep_m:.2f}m away"
        raise _wrong(profile, key, f"{sentence}; {_way_out(profile, home)}")


def _way_out(profile: RobotProfile, home: Point) -> str:
    """The nearest place for a home that no zone minds, as a line that can be copied."""
    for at in sorted(_places(profile, home), key=lambda each: (math.dist(each, home), each)):
        if all(home_clearance_m(profile, zone, at) > 0.0 for zone in profile.zones.values()):
            place = f"x_m: {at.x:g}, y_m: {at.y:g}, z_m: {at.z:g}, theta_deg: {profile.home.theta_deg:g}"
            return f"move the zone, or write home: {{{place}}}"
    return "move the zone: no other home near this one is free"


def _places(profile: RobotProfile, home: Point) -> Iterator[Point]:
    """A lattice around the home, inside the workspace, rounded so that a person would write it."""
    axes = []
    for value, allowed in zip(
        home, (getattr(profile.workspace, each.name) for each in fields(profile.workspace)), strict=True
    ):
        step = max(round((allowed.high - allowed.low) / (2 * _STEPS), 2), 0.01)
        axes.append([each for n in range(-_STEPS, _STEPS + 1) if (each := round(value + n * step, 3)) in allowed])
    yield from (Point(*place) for place in product(*axes))


def _shown(point: Point) -> str:
    return f"({point.x:g}, {point.y:g}, {point.z:g})"
