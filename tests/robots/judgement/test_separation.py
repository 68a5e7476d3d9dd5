"""Speed and separation: slower the nearer people are, by the formula and by the profile, and never stuck."""

import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.documents.robot_profile import Human
from llmos.documents.scene import Point
from llmos.documents.zone import Sphere
from llmos.robots.judgement.separation import CREEP, HUMAN_SPEED_MPS, allowed_mps, share_at
from tests.support.robots import arm_profile, rig, unsafe

pytestmark = pytest.mark.anyio

ARM = arm_profile()
DESK = Sphere(Point(1.0, 0.0, 1.0), 0.3, "human")


def protective_distance_m(speed_mps: float) -> float:
    """The formula of ISO 10218-2 the other way round, term by term."""
    reaction_s = 2 * ARM.control_period_s
    jerk_s = ARM.max_tcp_acceleration_mps2 / ARM.max_tcp_jerk_mps3
    stopping_s = speed_mps / ARM.max_tcp_acceleration_mps2 + jerk_s
    human = HUMAN_SPEED_MPS * (reaction_s + stopping_s)
    robot = speed_mps * reaction_s
    braking = speed_mps**2 / (2 * ARM.max_tcp_acceleration_mps2) + speed_mps * jerk_s / 2
    return human + robot + braking + ARM.human.stop_m + ARM.position_tolerance_m


@given(speed=st.floats(0.001, 2.0))
def test_allowed_speed_is_the_formula_solved_for_it(speed: float) -> None:
    """At the protective distance of a speed that speed is allowed, and no more."""
    assert allowed_mps(protective_distance_m(speed), ARM) == pytest.approx(speed, rel=1e-6, abs=1e-9)


@given(a=st.floats(-1, 5), b=st.floats(-1, 5))
def test_speed_never_falls_with_distance(a: float, b: float) -> None:
    """Further away is never slower; nowhere is it faster than the limit, nor slower than a creep."""
    near, far = sorted((a, b))
    assert CREEP <= share_at(near, ARM) <= share_at(far, ARM) <= 1.0


@pytest.mark.parametrize(
    ("distance_m", "share"),
    [(math.inf, 1.0), (5.0, 1.0), (0.0, CREEP), (-1.0, CREEP), (ARM.human.stop_m, CREEP), (math.nan, CREEP)],
)
def test_share_of_the_speed_at_some_distances(distance_m: float, share: float) -> None:
    """Full speed far from everybody, a creep beside them; a distance that is no number counts as none."""
    assert share_at(distance_m, ARM) == share


def test_both_keys_of_the_profile_bind() -> None:
    """A longer ramp slows earlier, a larger stop distance as well."""
    at = protective_distance_m(0.4)
    usual = share_at(at, ARM)
    assert share_at(at, replace(ARM, human=Human(10.0, ARM.human.stop_m))) < usual
    assert share_at(at, replace(ARM, human=Human(ARM.human.slow_m, 0.3))) < usual


async def test_arm_slows_beside_people_and_arrives(tmp_path: Path) -> None:
    """Past a desk at 0.2 m: every setpoint keeps the formula (within a tick's change), and the target is reached."""
    arm = rig(tmp_path, "empty", zones={"desk": DESK})
    tool_m = arm.profile.tool.radius_m
    assert (await arm.pilot.move_to(0, -1.0, 1)).ok
    y = -0.3 - tool_m - 0.2
    assert (await arm.pilot.move_to(0, y, 1)).ok
    began = len(arm.robot.sent)
    assert (await arm.pilot.move_to(1.9, y, 1)).ok
    assert unsafe(arm.robot.sent) == []
    for (a_s, a), (b_s, b) in pairwise(arm.robot.sent[began:]):
        distance = math.dist(b.pose.point, DESK.center_m) - DESK.radius_m - tool_m
        if b_s > a_s:
            speed = math.dist(a.pose.point, b.pose.point) / (b_s - a_s)
            assert speed <= 0.5 * share_at(distance, arm.profile) + 0.02


async def test_target_just_outside_the_stop_distance_is_reached(tmp_path: Path) -> None:
    """Creeping, but it arrives; a centimetre nearer is refused."""
    arm = rig(tmp_path, "empty", zones={"desk": DESK})
    least = DESK.center_m.x - DESK.radius_m - arm.profile.tool.radius_m - arm.profile.human.stop_m
    assert (await arm.pilot.move_to(least - 0.001, 0, 1)).ok
    refused = await arm.pilot.move_to(least + 0.01, 0, 1)
    assert refused.refusal is not None
    assert refused.refusal.rule == "zone"


async def test_arm_that_carries_something_slows_earlier_beside_people(tmp_path: Path) -> None:
    """What it holds reaches farther than the arm, and what is nearest to them counts."""
    times = []
    for holding in (None, "cube"):
        arm = rig(tmp_path, "empty", zones={"desk": DESK}, tool=replace(ARM.tool, payload_radius_m=0.3))
        arm.robot.distort = lambda seen, holding=holding: replace(seen, holding=holding)  # type: ignore[misc]
        assert (await arm.pilot.move_to(0.25, 0, 1)).ok
        times.append(arm.clock.monotonic_s())
    assert times[0] < 0.8 * times[1]


async def test_keepout_zones_slow_nobody(tmp_path: Path) -> None:
    """Things need no distance but their own."""
    times = []
    for kind in ("keepout", "human"):
        arm = rig(tmp_path, "empty", zones={"desk": replace(DESK, kind=kind)})
        await arm.pilot.move_to(0.4, 0, 1)
        times.append(arm.clock.monotonic_s())
    assert times[0] < 0.7 * times[1]
