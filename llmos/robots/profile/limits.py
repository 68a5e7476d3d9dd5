"""Two sets of limits beside each other: which keys of the newer one are looser, and the limits that satisfy both.

Knows no gate and no file. What is no limit (names, home, moods, what the hardware needs) is taken from the newer.
"""

from collections.abc import Mapping
from dataclasses import astuple, fields, replace
from typing import Final

from llmos.documents.grants import ANY, Bounds, Grant
from llmos.documents.range import Range
from llmos.documents.robot_profile import Distances, Human, RobotProfile, Tool, Tracking, Workspace
from llmos.documents.zone import Zone

LESS_IS_TIGHTER: Final = (
    "max_tcp_speed_mps",
    "max_tcp_acceleration_mps2",
    "max_tcp_jerk_mps3",
    "max_rotation_dps",
    "max_rotation_acceleration_dps2",
    "max_rotation_jerk_dps3",
    "max_command_rate_hz",
    "max_observation_age_s",
    "approval_expiry_s",
    "lease_s",
    "client_timeout_s",
    "control_period_s",
    "position_tolerance_m",
    "angle_tolerance_deg",
    "place_tolerance_m",
)
"""Keys of which the smaller value binds."""

GREATER_IS_TIGHTER: Final = ("zone_margin_m",)
"""Keys of which the greater value binds."""

MORE_IS_TIGHTER: Final = ("tool", "distances", "human")
"""Groups of which every larger value keeps the robot further away."""

LESS_OF_EACH_IS_TIGHTER: Final = ("tracking",)
"""Groups of which every smaller value binds."""

BY_PARTS: Final = ("workspace", "zones", "grants", "max_step_m")
"""Limits that are compared part by part."""

NO_LIMITS: Final = (
    "name", "description", "home", "settle_time_s", "grip_reach_m", "grip_time_s", "valence", "document",
)  # fmt: skip
"""What may change at any time; `kind` and `driver` decide what moves, and a change of them counts as looser."""


def looser(old: RobotProfile, new: RobotProfile) -> tuple[str, ...]:
    """The keys of the newer profile that allow what the older forbids; none when it can count at once."""
    both = tightest(old, new)
    keys = (
        *LESS_IS_TIGHTER,
        *GREATER_IS_TIGHTER,
        *MORE_IS_TIGHTER,
        *LESS_OF_EACH_IS_TIGHTER,
        *BY_PARTS,
        "kind",
        "driver",
    )
    return tuple(key for key in keys if getattr(both, key) != getattr(new, key))


def tightest(old: RobotProfile, new: RobotProfile) -> RobotProfile:
    """Limits that satisfy both profiles; where two zones have one name and differ, both count."""
    less = {key: min(getattr(old, key), getattr(new, key)) for key in LESS_IS_TIGHTER}
    steps = [each.max_step_m for each in (old, new) if each.max_step_m is not None]
    return replace(
        new,
        kind=old.kind,
        driver=old.driver,
        workspace=Workspace(*(_both(getattr(old.workspace, each), getattr(new.workspace, each)) for each in _AXES)),
        tool=Tool(*_largest(old.tool, new.tool)),
        distances=Distances(*_largest(old.distances, new.distances)),
        human=Human(*_largest(old.human, new.human)),
        tracking=Tracking(*map(min, astuple(old.tracking), astuple(new.tracking))),
        zones=with_zones(new.zones, old.zones),
        grants=_tightest_grants(old.grants, new.grants),
        max_step_m=min(steps, default=None),
        **less,
        **{key: max(getattr(old, key), getattr(new, key)) for key in GREATER_IS_TIGHTER},
    )


def with_zones(zones: Mapping[str, Zone], more: Mapping[str, Zone]) -> dict[str, Zone]:
    """The zones with these added; where two have one name and differ, both count."""
    together = dict(zones)
    for name, zone in more.items():
        if zone not in together.values():
            together[_free(name, together)] = zone
    return together


_AXES = tuple(each.name for each in fields(Workspace))


def _largest(old: Tool | Distances | Human, new: Tool | Distances | Human) -> list[float]:
    return [max(getattr(old, each.name), getattr(new, each.name)) for each in fields(new)]


def _both(a: Range, b: Range) -> Range:
    """What lies in both; nothing does when its bounds are in the wrong order."""
    return Range(max(a.low, b.low), min(a.high, b.high))


def _free(name: str, taken: Mapping[str, Zone]) -> str:
    number, free = 2, name
    while free in taken:
        number, free = number + 1, f"{name} ({number})"
    return free


def _tightest_grants(old: tuple[Grant, ...], new: tuple[Grant, ...]) -> tuple[Grant, ...]:
    """The newer grants where they are no looser; else what both lists permit, with the smaller of each cap.

    The first grant that permits an order counts. In the pairs, ordered by the newer grants and then by the older ones,
    that is the pair of the first newer and the first older grant that permit it.
    """
    counting, kept = list[Grant](), True
    for grant in new:
        for wide in old:
            both = _intersection(wide, grant)
            if both is not None and not any(_permits_all(each, both) for each in counting):
                counting.append(both)
                kept = kept and _caps(both) == _caps(grant)
    permitted = all(any(_permits_all(wide, grant) for wide in old) for grant in new)
    return new if kept and permitted else tuple(counting)


def _permits_all(wide: Grant, grant: Grant) -> bool:
    """Whether one grant permits every order that the other does, whatever their caps are.

    A cap on force also forbids to grip where a robot cannot limit its force.
    """
    return (
        set(grant.verbs) <= set(wide.verbs)
        and _narrower(wide.to, grant.to) == grant.to
        and wide.content in (ANY, grant.content)
        and _common_bounds(wide.bounds, grant.bounds) == grant.bounds
        and (wide.max_force_n is None or grant.max_force_n is not None)
    )


def _caps(grant: Grant) -> tuple[float | None, ...]:
    return grant.max_speed_mps, grant.max_force_n, grant.max_rate_hz


def _intersection(a: Grant, b: Grant) -> Grant | None:
    """What both grants permit, in the order of verbs of the second; None when they have nothing in common."""
    to = _narrower(a.to, b.to)
    content = b.content if a.content in (ANY, b.content) else a.content if b.content == ANY else ""
    verbs = tuple(verb for verb in b.verbs if verb in a.verbs)
    bounds = _common_bounds(a.bounds, b.bounds)
    if to is None or content == "" or not verbs or _is_nowhere(bounds):
        return None
    return Grant(
        to=to,
        verbs=verbs,
        content=content,
        bounds=bounds,
        max_speed_mps=_least(a.max_speed_mps, b.max_speed_mps),
        max_force_n=_least(a.max_force_n, b.max_force_n),
        max_rate_hz=_least(a.max_rate_hz, b.max_rate_hz),
    )


def _narrower(a: str, b: str) -> str | None:
    """Whom both are given to: `person` holds every person, `agent:*` every agent."""
    (kind, _, name), (other_kind, _, other) = a.partition(":"), b.partition(":")
    if kind != other_kind:
        return None
    if name in ("", "*") or name == other:
        return b
    return a if other in ("", "*") else None


def _common_bounds(a: Bounds | None, b: Bounds | None) -> Bounds | None:
    if a is None or b is None:
        return a or b
    axes = ((getattr(a, each), getattr(b, each)) for each in _AXES)
    return Bounds(*(_both(x, y) if x and y else x or y for x, y in axes))


def _is_nowhere(bounds: Bounds | None) -> bool:
    ranges = (getattr(bounds, each, None) for each in _AXES)
    return any(each is not None and each.low > each.high for each in ranges)


def _least(a: float | None, b: float | None) -> float | None:
    return min((each for each in (a, b) if each is not None), default=None)
