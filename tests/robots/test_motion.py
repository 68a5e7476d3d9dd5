"""A straight motion keeps its limits, arrives exactly, and can be halted anywhere."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.robots.base import Commanded, Pose
from llmos.robots.motion import StraightMotion
from tests.support.robots import arm_profile, unsafe

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


def driven(motion: StraightMotion, throttles: list[float], most: int = 20_000) -> list[tuple[float, Commanded]]:
    """All setpoints of a motion with their times; the last throttle stays."""
    sent = [(0.0, Commanded(motion.start, gripper_closed=False))]
    for tick in range(most):
        if motion.arrived or (throttles and tick >= len(throttles) and throttles[-1] == 0 and motion.at_rest):
            break
        throttle = throttles[min(tick, len(throttles) - 1)] if throttles else 1.0
        sent.append(((tick + 1) * T, Commanded(motion.step(T, throttle), gripper_closed=False)))
    return sent


@given(start=poses, target=poses)
def test_every_motion_keeps_the_limits_and_arrives_exactly(start: Pose, target: Pose) -> None:
    """Speed and acceleration, of way and turn, stay within the profile, and the last setpoint is the target."""
    sent = driven(StraightMotion(start, target, ARM), [])
    assert unsafe(sent) == []
    if math.dist(start.point, target.point) > 1e-6:
        assert sent[-1][1].pose == target


@given(start=poses, target=poses, throttles=st.lists(st.sampled_from([0.0, 0.1, 0.5, 1.0]), max_size=400))
def test_any_throttling_keeps_the_limits(start: Pose, target: Pose, throttles: list[float]) -> None:
    """However often a motion is slowed, halted and let go on, it never jerks beyond its acceleration."""
    assert unsafe(driven(StraightMotion(start, target, ARM), [*throttles, 1.0])) == []


@given(start=poses, target=poses, running=st.integers(0, 600))
def test_halt_takes_no_longer_than_the_limits_allow(start: Pose, target: Pose, running: int) -> None:
    """From any moment the setpoints are at rest within speed / acceleration, plus one period."""
    motion = StraightMotion(start, target, ARM)
    for _ in range(running):
        motion.step(T)
    ticks = 0
    while not motion.at_rest:
        motion.step(T, 0.0)
        ticks += 1
    assert ticks * T <= ARM.max_tcp_speed_mps / ARM.max_tcp_acceleration_mps2 + T


def test_way_and_turn_end_together() -> None:
    """A long way with a short turn turns slowly, so that both end in the same tick."""
    motion = StraightMotion(HOME, Pose(2.0, 0.0, 1.0, math.radians(45)), ARM)
    half = next(setpoint.pose for _, setpoint in driven(motion, []) if setpoint.pose.x >= 1.0)
    assert half.theta_rad == pytest.approx(half.x / 2.0 * math.radians(45))


@pytest.mark.parametrize(
    ("target", "duration_s"),
    [
        (Pose(1.0, 0.0, 1.0, 0.0), 1.0 / 0.5 + 0.5 / 1.0),  # trapezoid: way / v + v / a
        (Pose(0.16, 0.0, 1.0, 0.0), 2 * math.sqrt(0.16 / 1.0)),  # triangle: 2 sqrt(way / a)
        (Pose(0.0, 0.0, 1.0, math.radians(90)), 90 / 45 + 45 / 90),
    ],
)
def test_motion_takes_the_time_of_its_trapezoid(target: Pose, duration_s: float) -> None:
    """Within a few periods, a motion is as fast as its limits allow."""
    assert driven(StraightMotion(HOME, target, ARM), [])[-1][0] == pytest.approx(duration_s, abs=0.05)


def test_no_way_is_over_before_it_begins() -> None:
    """A motion to where the tool already is needs no setpoint, nor does one that is too small to be any."""
    for target in (HOME, Pose(5e-324, 0.0, 1.0, 0.0)):
        motion = StraightMotion(HOME, target, ARM)
        assert motion.arrived
        assert motion.at_rest
        assert motion.step(T) == target


def test_halted_motion_goes_on_where_it_stopped() -> None:
    """A halt ends on the path, and the same motion can still arrive."""
    motion = StraightMotion(HOME, Pose(1.0, 0.0, 1.0, 0.0), ARM)
    for _ in range(100):
        motion.step(T)
    while not motion.at_rest:
        halted = motion.step(T, 0.0)
    assert 0.0 < halted.x < 1.0
    assert not motion.arrived
    while not motion.arrived:
        motion.step(T)
    assert motion.step(T) == motion.target
