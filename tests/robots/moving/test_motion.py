"""A motion along a path keeps its limits under any throttle, arrives exactly, and can be halted anywhere."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.robots.base import Pose
from llmos.robots.moving.motion import PathMotion, stopping
from tests.support.robots import arm_profile

ARM = arm_profile()
T = ARM.control_period_s
HOME = Pose(0.0, 0.0, 1.0, 0.0)
poses = st.builds(
    Pose,
    st.floats(-2, 2),
    st.floats(-2, 2),
    st.floats(0, 3),
    st.floats(-2 * math.pi, 2 * math.pi),
)
paths = st.lists(poses, min_size=1, max_size=4)
throttles = st.lists(
    st.tuples(st.sampled_from([0.0, 1e-6, 0.05, 0.3, 0.5, 1.0, math.nan, -1.0, 7.0]), st.integers(1, 60)), max_size=20
)


def driven(motion: PathMotion, throttles: list[float], most: int = 20_000) -> list[Pose]:
    """All setpoints of a motion; after the last throttle it goes on at full speed."""
    sent = [motion.start]
    while not motion.arrived:
        sent.append(motion.step(T, throttles[len(sent) - 1] if len(sent) <= len(throttles) else 1.0))
        assert len(sent) < most, "it never arrives"
    return sent


def beyond_limits(sent: list[Pose]) -> list[str]:
    """What the differences of setpoints have against them; the limits of the arm are known here by heart."""
    rates = [[sent[0]] * 3, *([each] for each in sent), [sent[-1]] * 3]
    values = [(p.x, p.y, p.z, math.degrees(p.theta_rad)) for group in rates for p in group]
    faults = []
    for name, way, turn in (("speed", 0.5, 45.0), ("acceleration", 1.0, 90.0), ("jerk", 5.0, 450.0)):
        values = [tuple((b - a) / T for a, b in zip(p, q, strict=True)) for p, q in pairwise(values)]
        fastest, sharpest = max(math.hypot(*v[:3]) for v in values), max(abs(v[3]) for v in values)
        if fastest > way * 1.005 or sharpest > turn * 1.005:
            faults.append(f"{name} {fastest} along the way, {sharpest} in the turn")
    return faults


@given(path=paths, throttles=throttles)
def test_any_throttling_of_any_path_keeps_the_limits_and_arrives_exactly(
    path: list[Pose], throttles: list[tuple[float, int]]
) -> None:
    """Speed, acceleration and jerk, of way and turn, stay within the profile however often it is slowed and halted."""
    motion = PathMotion(path, ARM)
    sent = driven(motion, [throttle for throttle, ticks in throttles for _ in range(ticks)])
    assert beyond_limits(sent) == []
    assert motion.step(T) == path[-1]


@given(path=paths, running=st.integers(0, 900))
def test_a_halt_takes_what_was_computed_and_never_more_than_the_profile_allows(path: list[Pose], running: int) -> None:
    """From any moment the setpoints rest within the time and way that the motion names, which the profile bounds."""
    motion, worst = PathMotion(path, ARM), stopping(ARM)
    for _ in range(running):
        here = motion.step(T)
    computed = motion.stopping
    assert computed.time_s <= worst.time_s + 1e-9
    assert computed.distance_m <= worst.distance_m + 1e-9
    ticks, way_m, here = 0, 0.0, motion.step(0.0) if motion.arrived else motion.step(1e-12, 0.0)
    while not motion.at_rest:
        before, here = here, motion.step(T, 0.0)
        ticks, way_m = ticks + 1, way_m + math.dist(before.point, here.point)
    assert ticks * T <= computed.time_s + T + 1e-9
    assert way_m == pytest.approx(computed.distance_m, abs=1e-6)


def test_the_worst_stop_of_the_arm_is_its_braking_and_its_changes_of_acceleration() -> None:
    """v/a + 2 a/j, and the way that is gone meanwhile."""
    assert stopping(ARM) == pytest.approx((0.5 / 1 + 2 * 1 / 5, 0.5 * (0.25 + 0.3)))


@pytest.mark.parametrize("turn_deg", [0.0, 45.0, 720.0])
def test_the_setpoints_stay_on_the_legs_and_pass_every_corner(turn_deg: float) -> None:
    """The path that was checked is the path that is gone: no corner is cut, however it is throttled."""
    corners = [HOME, Pose(1, 0, 1, 0), Pose(1, 0.5, 1, math.radians(turn_deg)), Pose(1, 0.5, 2, 0)]
    sent = driven(PathMotion(corners, ARM), [1.0, 0.2, 0.0, 1.0] * 100)
    places = [sent.index(corner) for corner in corners]
    assert places == sorted(places)
    for (a, first), (b, last) in pairwise(zip(corners, places, strict=True)):
        for each in sent[first:last]:
            way = math.dist(a.point, each.point) + math.dist(each.point, b.point)
            assert way == pytest.approx(math.dist(a.point, b.point), abs=1e-9)


def test_way_and_turn_end_together() -> None:
    """A long way with a short turn turns slowly, so that both end in the same tick."""
    sent = driven(PathMotion([HOME, Pose(2.0, 0.0, 1.0, math.radians(45))], ARM), [])
    half = next(pose for pose in sent if pose.x >= 1.0)
    assert half.theta_rad == pytest.approx(half.x / 2.0 * math.radians(45))


@pytest.mark.parametrize(
    ("target", "duration_s"),
    [
        (Pose(1.0, 0.0, 1.0, 0.0), 1.0 / 0.5 + 0.5 / 1.0 + 1.0 / 5.0),  # way / v + v / a + a / j
        (Pose(0.01, 0.0, 1.0, 0.0), 4 * (0.01 / 2 / 5.0) ** (1 / 3)),  # jerk alone: 4 (way / 2j)^(1/3)
        (Pose(0.0, 0.0, 1.0, math.radians(90)), 90 / 45 + 45 / 90 + 90 / 450),
    ],
)
def test_a_motion_takes_the_least_time_that_its_limits_allow(target: Pose, duration_s: float) -> None:
    """`duration_s` is the textbook's, and the setpoints take it to within one period."""
    motion = PathMotion([HOME, target], ARM)
    assert motion.duration_s == pytest.approx(duration_s)
    assert (len(driven(motion, [])) - 1) * T == pytest.approx(duration_s, abs=T)


def test_a_speed_factor_slows_all_of_the_way() -> None:
    """The greatest speed is that share of the limit."""
    sent = driven(PathMotion([HOME, Pose(2, 0, 1, 0)], ARM, speed_factor=0.2), [])
    fastest = max(math.dist(a.point, b.point) / T for a, b in pairwise(sent))
    assert fastest == pytest.approx(0.1)


@pytest.mark.parametrize("path", [[HOME], [HOME, HOME], [HOME, Pose(5e-324, 0.0, 1.0, 0.0)]])
def test_no_way_is_over_before_it_begins(path: list[Pose]) -> None:
    """A motion to where the tool already is needs no setpoint, nor does one that is too small to be any."""
    motion = PathMotion(path, ARM)
    assert (motion.arrived, motion.at_rest, motion.duration_s) == (True, True, 0.0)
    assert motion.stopping == (0.0, 0.0)
    assert motion.step(T) == path[-1]


def test_a_way_of_a_hair_is_planned_like_any_other() -> None:
    """A tenth of a micrometre arrives, within the limits."""
    sent = driven(PathMotion([HOME, Pose(1e-7, 0.0, 1.0, 0.0)], ARM), [])
    assert sent[-1].x == 1e-7
    assert beyond_limits(sent) == []


def test_a_halted_motion_goes_on_where_it_stopped() -> None:
    """A halt ends on the path, and the same motion can still arrive."""
    motion = PathMotion([HOME, Pose(1.0, 0.0, 1.0, 0.0)], ARM)
    for _ in range(100):
        halted = motion.step(T)
    while not motion.at_rest:
        halted = motion.step(T, 0.0)
    assert 0.0 < halted.x < 1.0
    assert not motion.arrived
    assert driven(motion, [])[-1] == motion.target


@pytest.mark.parametrize("beside_m", [0.8e-9, 0.0])
def test_a_corner_beside_which_the_way_ends_where_it_began_is_no_way(beside_m: float) -> None:
    """Neither is from start to end; nothing moves, and the last setpoint is the target."""
    target = Pose(beside_m, 0.0, 1.0, 0.0)
    motion = PathMotion([HOME, Pose(beside_m + 0.7e-9, 0.0, 1.0, 0.0), target], ARM)
    assert motion.arrived
    assert (motion.duration_s, motion.step(T)) == (0.0, target)


def test_a_detour_back_to_the_start_is_a_way() -> None:
    """Out and back again ends where it began, and yet moves."""
    sent = driven(PathMotion([HOME, Pose(0.1, 0.0, 1.0, 0.0), HOME], ARM), [])
    assert max(pose.x for pose in sent) == pytest.approx(0.1, abs=1e-6)
