"""A caution can only tighten: it cannot be written looser than nothing, and the gate keeps to it at every setpoint."""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.documents.scene import Point
from llmos.documents.zone import Sphere
from llmos.robots.base import Pose
from llmos.robots.caution import CALM, Caution
from llmos.robots.gate import Gate
from llmos.robots.judgement.zones import Fence
from llmos.robots.pace import SimulatedPace
from llmos.robots.pilot import Pilot
from llmos.robots.verdict import Refusal
from tests.support.robots import OPERATOR, Rig, rig

pytestmark = pytest.mark.anyio

cautions = st.builds(
    Caution,
    speed_factor=st.floats(0.01, 1.0),
    extra_margin_m=st.floats(0.0, 2.0),
    max_step_m=st.none() | st.floats(0.01, 5.0),
    reason=st.sampled_from(["", "it is late", "somebody is near"]),
)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"speed_factor": 1.01}, "a caution cannot scale speeds by 1.01"),
        ({"speed_factor": 0.0}, "a caution cannot scale speeds by 0.0"),
        ({"speed_factor": math.nan}, "a caution cannot scale speeds by nan"),
        ({"extra_margin_m": -0.01}, "a caution cannot widen margins by -0.01 m"),
        ({"extra_margin_m": math.inf}, "a caution cannot widen margins by inf m"),
        ({"max_step_m": 0.0}, "a caution cannot shorten moves to 0.0 m"),
    ],
)
def test_a_caution_that_loosens_cannot_be_made(wrong: dict[str, float], sentence: str) -> None:
    """Not by a rule, not by a mistake."""
    with pytest.raises(ValueError, match=sentence):
        Caution(**wrong)  # type: ignore[arg-type]


@given(cautions, cautions)
def test_of_two_cautions_both_hold(one: Caution, other: Caution) -> None:
    """The slower, the wider and the shorter of them, whichever way round they are put together."""
    both = one.tighter(other)
    for each in (one, other):
        assert both.speed_factor <= each.speed_factor
        assert both.extra_margin_m >= each.extra_margin_m
        assert each.max_step_m is None or (both.max_step_m is not None and both.max_step_m <= each.max_step_m)
    assert (both.speed_factor, both.extra_margin_m, both.max_step_m) == (
        (back := other.tighter(one)).speed_factor,
        back.extra_margin_m,
        back.max_step_m,
    )
    assert one.tighter(CALM).speed_factor == one.speed_factor


def cautious(arm: Rig, caution: Caution) -> Pilot:
    """A pilot whose orders carry this caution."""
    return Pilot(arm.gate, OPERATOR, caution=lambda: caution)


@pytest.mark.parametrize("factor", [1.0, 0.6, 0.3, 0.05])
async def test_no_setpoint_is_faster_than_the_caution_allows(tmp_path: Path, factor: float) -> None:
    """Judged on what was sent to the robot, pair by pair."""
    arm = rig(tmp_path)
    result = await cautious(arm, Caution(speed_factor=factor)).move_to(-0.8, 0.4, 1.2)
    assert result.ok
    steps = [
        math.dist(one.pose.point, other.pose.point) / (later - sooner)
        for (sooner, one), (later, other) in pairwise(arm.robot.sent)
        if later > sooner
    ]
    assert max(steps) <= factor * arm.profile.max_tcp_speed_mps * (1 + 1e-6)


async def test_a_wider_margin_refuses_what_passes_without(tmp_path: Path) -> None:
    """The same order, once as it is and once with a margin; the sentence says why."""
    arm = rig(tmp_path, "empty")
    near = {"x": 1.0, "y": 0.0, "z": 1.0}
    calm = await cautious(arm, CALM).preview("move_to", near)
    wide = await cautious(arm, Caution(extra_margin_m=1.0, reason="the robot is in RECOVERY mode")).preview(
        "move_to", near
    )
    assert calm.verdict.allowed
    assert wide.verdict.refusal is not None
    assert wide.verdict.refusal.rule == "zone"
    assert wide.verdict.refusal.reason.endswith("(all zones are 1m wider: the robot is in RECOVERY mode)")


class OverlookingWays(Fence):
    """A fence that looks at setpoints alone and lets every way pass."""

    def check_path(self, path: Sequence[Pose], *, loaded: bool, extra_m: float = 0.0) -> Refusal | None:
        return None


@pytest.mark.parametrize(("extra_m", "rule"), [(0.0, ""), (0.3, ""), (0.4, "zone")])
async def test_each_setpoint_keeps_the_wider_margin(tmp_path: Path, extra_m: float, rule: str) -> None:
    """Whatever the judgement of the way has overlooked, no setpoint is sent that comes nearer."""
    arm, ball = rig(tmp_path, "empty"), Sphere(Point(1.0, 0.5, 1.0), 0.1)
    profile = replace(arm.profile, zones={"ball": ball})
    gate = Gate(profile, arm.robot, SimulatedPace(arm.clock), arm.latch, fence=OverlookingWays)
    result = await cautious(replace(arm, gate=gate), Caution(extra_margin_m=extra_m)).move_to(1.8, 0.0, 1.0)
    assert (result.refusal.rule if result.refusal else "") == rule
    nearest = min(math.dist(setpoint.pose.point, ball.center_m) for _, setpoint in arm.robot.sent)
    assert nearest - ball.radius_m - profile.tool.radius_m >= min(0.31, profile.zone_margin_m + extra_m) - 1e-5


async def test_a_longest_move_is_the_shorter_of_caution_and_profile(tmp_path: Path) -> None:
    """The refusal names the limit and the reason for it."""
    arm = rig(tmp_path)
    limited = cautious(arm, Caution(max_step_m=0.25, reason="the robot is in RECOVERY mode"))
    refused = await limited.move_to(-0.8, 0.4, 1.2)
    assert refused.refusal is not None
    assert refused.refusal.rule == "step"
    assert refused.refusal.reason.endswith("is longer than max_step_m 0.25 (the robot is in RECOVERY mode)")
    assert (await limited.move_relative(dx=-0.2)).ok
