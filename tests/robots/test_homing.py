"""A person's robot comes home also where no single move may be that long: in moves that each keep to the rule."""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from llmos.boot.body import simulated_body
from llmos.documents.robot_profile import read_robot_profile
from llmos.messages import JSON
from llmos.robots import homing
from llmos.robots.base import Pose
from llmos.robots.caution import CALM, Caution
from llmos.robots.controls import Order, Snapshot
from llmos.robots.evidence.report import result_sentence
from llmos.robots.latch import Rearm, Stop, StopLatch
from llmos.robots.pilot import Pilot
from llmos.robots.planner import Planner
from llmos.robots.verdict import Motion
from tests.support.robots import OPERATOR, SYSTEM, Rig, rig, shipped_scene, unsafe

pytestmark = pytest.mark.anyio

SHORT = Caution(speed_factor=0.3, extra_margin_m=0.06, max_step_m=0.25, reason="the robot is in RECOVERY mode")


def timid(arm: Rig, caution: Callable[[], Caution] = lambda: SHORT) -> Pilot:
    """A pilot that plans its ways and is as careful as this."""
    seen = (arm.verdicts.append, arm.motions.append)
    return Pilot(arm.gate, OPERATOR, *seen, caution, plan=Planner(arm.scene))


def lengths(motions: list[Motion]) -> list[float]:
    """How far each motion went."""
    return [math.dist(each.before.pose.point, each.after.pose.point) for each in motions]


async def far_away(arm: Rig) -> None:
    """At the other side of the glass globe, turned."""
    await Pilot(arm.gate, OPERATOR, plan=Planner(arm.scene)).move_to(1.2, 0.4, 0.6, 90.0)


async def test_home_is_reached_in_short_slow_moves(tmp_path: Path) -> None:
    """Around the zone, none longer than allowed, every setpoint legal, and home with the heading of home."""
    arm = rig(tmp_path)
    await far_away(arm)
    result = await homing.perform(timid(arm), "go_home", {})
    assert (result.ok, result.verdict.verb) == (True, "go_home")
    assert result.measured.pose.point == pytest.approx((0.0, 0.0, 1.0), abs=0.005)
    assert result.measured.pose.theta_deg % 360 == pytest.approx(0.0, abs=0.5)
    assert len(arm.motions) > 4
    assert max(lengths(arm.motions)) <= SHORT.max_step_m
    assert all(each.allowed for each in arm.verdicts)
    assert unsafe(arm.robot.sent) == []


async def test_several_moves_are_foreseen_and_told_as_one_way(tmp_path: Path) -> None:
    """How many, how far and how long from the first one's beginning, nearly as was said before; of one move nothing."""
    arm = rig(tmp_path, "empty")
    assert (await Pilot(arm.gate, OPERATOR).move_to(1.0, 1.0, 1.0)).ok
    foreseen, began_s = await homing.foresee(timid(arm)), arm.clock.monotonic_s()
    assert foreseen is not None
    assert arm.motions == []
    result = await homing.perform(timid(arm), "go_home", {})
    way = result.way
    assert way is not None
    assert (way.moves, way.length_m) == (len(arm.motions), pytest.approx(sum(lengths(arm.motions))))
    assert result.duration_s == pytest.approx(arm.clock.monotonic_s() - began_s, abs=0.1)
    assert foreseen.moves == pytest.approx(way.moves, abs=1)
    assert foreseen.length_m == pytest.approx(way.length_m, abs=0.01)
    assert foreseen.duration_s == pytest.approx(way.duration_s, rel=0.2)
    said = f"{way.moves} moves in all: {way.length_m:.2f} m in {way.duration_s:.1f} s."
    assert result_sentence(result) == f"At (0.00, 0.00, 1.00) turned 0°, gripper open. {said}"
    assert await homing.foresee(timid(arm)) is None
    assert (await homing.perform(timid(arm), "go_home", {})).way is None


async def test_where_one_move_may_be_that_long_it_is_one(tmp_path: Path) -> None:
    """Nothing changes for a calm robot."""
    arm = rig(tmp_path)
    await far_away(arm)
    assert (await homing.perform(timid(arm, lambda: CALM), "go_home", {})).ok
    assert [each.verb for each in arm.verdicts] == ["go_home"]


async def test_a_limit_of_the_profile_counts_as_well(tmp_path: Path) -> None:
    """A robot that may never move farther than half a metre can still be sent home."""
    arm = rig(tmp_path, max_step_m=0.5)
    pilot = timid(arm, lambda: CALM)
    for _ in range(3):
        assert (await pilot.move_relative(dx=-0.45)).ok
    assert (await pilot.go_home()).refusal is not None
    arm.motions.clear()
    assert (await homing.perform(pilot, "go_home", {})).ok
    assert max(lengths(arm.motions)) <= 0.5


async def test_a_mood_that_lifts_on_the_way_makes_the_rest_one_move(tmp_path: Path) -> None:
    """The caution of each move is the one that is felt when it begins."""
    arm, moods = rig(tmp_path), iter([SHORT] * 4)
    await far_away(arm)
    assert (await homing.perform(timid(arm, lambda: next(moods, CALM)), "go_home", {})).ok
    assert [each.verb for each in arm.verdicts] == ["move_to", "move_to", "go_home"]


async def test_a_stop_on_the_way_ends_the_way(tmp_path: Path) -> None:
    """What comes back is the refusal, and the robot is where it was stopped."""
    arm = rig(tmp_path)
    await far_away(arm)
    moods = 0

    def mood() -> Caution:
        nonlocal moods
        moods += 1
        if moods == 5:  # the third move is being asked about
            arm.latch.trip(Stop("2026-11-20T10:00:00+00:00", "Ada", "smoke"))
        return SHORT

    result = await homing.perform(timid(arm, mood), "go_home", {})
    assert (result.ok, result.refusal and result.refusal.rule) == (False, "emergency-stop")
    assert [each.verb for each in arm.verdicts] == ["move_to", "move_to", "go_home"]
    assert len(arm.motions) == 2


@pytest.mark.parametrize(("moment", "moves"), [(1, 0), (2, 0), (5, 2), (6, 2)])
async def test_a_stop_that_is_rearmed_before_the_next_move_ends_the_way_too(
    tmp_path: Path, moment: int, moves: int
) -> None:
    """Wherever both are done, and whether the next move is only thought of or asked for already."""
    arm = rig(tmp_path)
    await far_away(arm)
    elsewhere, moods = StopLatch(arm.latch.path), 0

    def mood() -> Caution:
        nonlocal moods
        moods += 1
        if moods == moment:
            press_and_rearm(elsewhere)
        return SHORT

    result = await homing.perform(timid(arm, mood), "go_home", {})
    assert (result.ok, result.refusal and result.refusal.rule) == (False, "emergency-stop")
    assert len(arm.motions) == moves
    assert arm.verdicts[-1] == result.verdict
    assert (await homing.perform(timid(arm), "go_home", {})).ok


def press_and_rearm(latch: StopLatch) -> None:
    """A stop on disk, and a person's rearm of it."""
    latch.trip(Stop("2026-11-20T10:00:00+00:00", "Ada", "smoke"))
    latch.save()
    Rearm(latch, lambda: datetime(2026, 11, 20, tzinfo=UTC))("Ada")


async def test_an_approval_does_not_outlive_a_stop(tmp_path: Path) -> None:
    """Also where another process stopped and rearmed while nobody looked."""
    arm = rig(tmp_path)
    ruling = await arm.gate.judge(Order("move_relative", {"dz": 0.1}, OPERATOR))
    press_and_rearm(StopLatch(arm.latch.path))
    refusal = (await arm.gate.dispatch(ruling)).refusal
    assert refusal is not None
    assert refusal.rule == "approval"


async def test_a_way_that_gets_no_shorter_ends(tmp_path: Path) -> None:
    """Whoever proposes the way may always lead elsewhere first; after one move for nothing there is no other."""
    arm = rig(tmp_path, "empty")
    assert (await Pilot(arm.gate, OPERATOR).move_to(1.0, 1.0, 1.0)).ok

    def astray(verb: str, _: Mapping[str, JSON], known: Snapshot, __: float) -> tuple[Pose, ...]:
        start = known.measured.pose
        return (replace(start, y=start.y - 1.0),) if verb == "go_home" else ()

    lost = Pilot(arm.gate, OPERATOR, arm.verdicts.append, arm.motions.append, lambda: SHORT, plan=astray)
    result = await homing.perform(lost, "go_home", {})
    assert (result.ok, result.refusal and result.refusal.rule) == (False, "step")
    assert [each.verb for each in arm.verdicts] == ["move_to", "go_home"]


async def test_what_another_rule_refuses_is_not_cut_up(tmp_path: Path) -> None:
    """Only the length of a move is what several moves can mend."""
    arm = rig(tmp_path)
    result = await homing.perform(timid(arm), "move_to", {"x": 1.0, "y": 0.5, "z": 1.0})
    assert (result.refusal and result.refusal.rule, arm.motions) == ("step", [])


async def test_a_rover_drives_home_in_short_pieces(tmp_path: Path) -> None:
    """On its floor, turning on the spot between them; in one piece it is refused."""
    profile = replace(read_robot_profile(SYSTEM / "robots" / "rover.md"), driver=("kinematic-rover",))
    body = simulated_body(profile, shipped_scene("arena"), tmp_path)
    pilot = body.pilot(OPERATOR)
    assert (await pilot.perform("move_relative", {"dx": 0.6})).ok
    body.heed(lambda: SHORT)
    refusal = (await pilot.go_home()).refusal
    assert refusal is not None
    assert refusal.rule == "step"
    assert (await homing.perform(pilot, "go_home", {})).ok
    body.close()
