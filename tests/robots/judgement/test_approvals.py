"""Between the verdict and the motion: what was approved is carried out as it was approved, once, or not at all."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from llmos.documents.scene import Point
from llmos.documents.zone import Sphere
from llmos.robots.base import Pose
from llmos.robots.caution import Caution
from llmos.robots.controls import Order, Ruling
from llmos.robots.gate import Gate
from llmos.robots.judgement.approvals import MOST_OPEN, Approval, Approvals
from llmos.robots.latch import Stop
from llmos.robots.pace import SimulatedPace
from llmos.robots.verdict import Refusal, Result, Verdict
from tests.support.robots import OPERATOR, Rig, rig, unsafe

pytestmark = pytest.mark.anyio


def move(x: float = 0.3, **more: Any) -> Order:
    """An order that is allowed."""
    return Order("move_to", {"x": x, "y": 0.5, "z": 1.0}, OPERATOR, **more)


async def refusal_of(arm: Rig, ruling: Ruling) -> str:
    """Why a ruling is not carried out; nothing may have moved by it."""
    before = len(arm.robot.sent)
    result = await arm.gate.dispatch(ruling)
    assert result.motion is None
    assert len(arm.robot.sent) == before
    assert result.refusal is not None
    assert result.verdict.number > ruling.verdict.number
    return f"{result.refusal.rule}: {result.refusal.reason}"


async def test_approval_carries_the_way_and_is_good_once(tmp_path: Path) -> None:
    """The ruling says where the motion will go and how long it takes; after it was carried out it is worth nothing."""
    arm = rig(tmp_path)
    corner = Pose(0.0, 0.4, 1.2, 0.0)
    ruling = await arm.gate.judge(move(via=(corner,)))
    assert ruling.verdict.allowed
    assert ruling.path == (Pose(0, 0, 1, 0), corner, Pose(0.3, 0.5, 1.0, 0.0))
    assert ruling.expires_s == arm.profile.approval_expiry_s
    assert arm.robot.sent == []
    result = await arm.gate.dispatch(ruling)
    assert result.ok
    assert result.motion is not None
    assert result.motion.duration_s >= ruling.duration_s > 1.0
    near = min(math.dist(each.pose.point, corner.point) for _, each in arm.robot.sent)
    assert near < 0.005
    assert await refusal_of(arm, ruling) == "approval: This order has no approval, or it was used already"


async def test_preview_gives_no_approval_and_counts_for_nothing(tmp_path: Path) -> None:
    """One may look as often as one likes."""
    arm = rig(tmp_path)
    version = arm.gate.snapshot().version
    previews = [await arm.gate.judge(move(), preview=True) for _ in range(3)]
    assert [each.verdict.number for each in previews] == [0, 0, 0]
    assert all(each.verdict.allowed and each.path and each.duration_s > 0 for each in previews)
    assert arm.gate.snapshot().version == version
    result = await arm.gate.dispatch(previews[0])
    assert str(result.refusal) == "This order has no approval, or it was used already; ask the gate again."
    assert (await arm.gate.judge(move(9.0), preview=True)).verdict.refusal is not None
    assert (await arm.gate.judge(move())).verdict.number == 2


async def test_refused_order_has_no_approval(tmp_path: Path) -> None:
    """Dispatching it all the same is refused for the reason that it was refused for."""
    arm = rig(tmp_path)
    ruling = await arm.gate.judge(move(9.0))
    assert (ruling.approval, ruling.expires_s, ruling.duration_s) == ("", 0.0, 0.0)
    assert await refusal_of(arm, ruling) == "workspace: X position 9.00m outside workspace [-2, 2]"


@pytest.mark.parametrize(
    "changed",
    [
        {"args": {"x": 1.9, "y": 0.5, "z": 1.0}},
        {"args": {"x": 10**5000, "y": math.nan, "z": None}},
        {"verb": "go_home", "args": {}},
        {"via": (Pose(0.0, 0.4, 1.2, 0.0),)},
        {"principal": replace(OPERATOR, name="somebody-else")},
        {"principal": replace(OPERATOR, content_hash=f"sha256:{'1' * 64}")},
        {"caution": Caution(0.5)},
    ],
)
async def test_order_that_was_altered_is_not_the_one_approved(tmp_path: Path, changed: dict[str, Any]) -> None:
    """Verb, arguments, way, caution or principal: the approval is for all of them together."""
    arm = rig(tmp_path)
    ruling = await arm.gate.judge(move())
    altered = replace(ruling, order=replace(ruling.order, **changed))
    said = await refusal_of(arm, altered)
    assert said == "approval: The order is not the one that was approved" or said.startswith("well-formed: ")
    assert await refusal_of(arm, ruling) == "approval: This order has no approval, or it was used already"


async def test_way_in_a_ruling_that_was_altered_is_not_taken(tmp_path: Path) -> None:
    """The gate goes the way that it remembers, whatever comes back as path."""
    arm = rig(tmp_path)
    ruling = await arm.gate.judge(move())
    result = await arm.gate.dispatch(replace(ruling, path=(Pose(0, 0, 1, 0), Pose(9, 9, 9, 0))))
    assert result.ok
    assert result.measured.pose.x == pytest.approx(0.3)


async def test_approval_expires(tmp_path: Path) -> None:
    """What was true two seconds ago need not be true now."""
    arm = rig(tmp_path)
    ruling = await arm.gate.judge(move())
    arm.clock.advance(arm.profile.approval_expiry_s + 0.25)
    assert await refusal_of(arm, ruling) == "approval: The approval expired 0.25 s ago"


async def test_approvals_of_two_callers_do_not_interleave(tmp_path: Path) -> None:
    """Both are approved; once the first has moved, the second must ask anew."""
    arm = rig(tmp_path, approval_expiry_s=60.0)
    first, second = await arm.gate.judge(move(0.3)), await arm.gate.judge(move(-0.3))
    assert (await arm.gate.dispatch(first)).ok
    assert await refusal_of(arm, second) == ("approval: The robot or its limits have changed since this was approved")


async def test_two_callers_at_once_make_one_motion(tmp_path: Path) -> None:
    """Whoever comes second is refused by name, whichever verdict came first, and the first is not disturbed."""
    arm = rig(tmp_path)
    first, second = await arm.gate.judge(move(0.3)), await arm.gate.judge(move(-0.3))
    results: list[Result] = []

    async def dispatch(ruling: Ruling) -> None:
        results.append(await arm.gate.dispatch(ruling))

    async with anyio.create_task_group() as group:
        group.start_soon(dispatch, first)
        group.start_soon(dispatch, second)
    refused, moved = sorted(results, key=lambda each: each.ok)
    assert moved.ok
    assert refused.refusal is not None
    assert refused.refusal.rule == "one-motion"
    assert unsafe(arm.robot.sent) == []


async def test_stop_between_verdict_and_motion_wins(tmp_path: Path) -> None:
    """Nothing moves, and neither does it after a rearm: the approval was for the time before."""
    arm = rig(tmp_path)
    first, second = await arm.gate.judge(move()), await arm.gate.judge(move())
    await arm.gate.stop("Ada", "smoke")
    assert (await refusal_of(arm, first)).startswith("emergency-stop: ")
    await arm.gate.rearm("Ada")
    assert await refusal_of(arm, second) == "approval: The robot or its limits have changed since this was approved"
    assert (await arm.pilot.move_to(0.3, 0.5, 1.0)).ok


async def test_latch_of_another_process_between_verdict_and_motion_wins(tmp_path: Path) -> None:
    """The latch file is looked at again."""
    arm = rig(tmp_path)
    ruling = await arm.gate.judge(move())
    arm.latch.trip(Stop("", "another terminal", "stopped by hand"))
    arm.latch.save()
    assert (await refusal_of(arm, ruling)).startswith("emergency-stop: ")


async def test_robot_that_was_pushed_since_is_not_moved(tmp_path: Path) -> None:
    """The way was judged from another place."""
    arm = rig(tmp_path)
    ruling = await arm.gate.judge(move())
    arm.robot.distort = lambda measured: replace(measured, pose=replace(measured.pose, x=0.05))
    assert await refusal_of(arm, ruling) == "approval: The robot is not where it was when this was approved"
    assert arm.gate.snapshot().measured.pose.x == 0.05


async def test_observation_that_froze_since_is_noticed(tmp_path: Path) -> None:
    """The age of what is known is asked again."""
    arm = rig(tmp_path)
    ruling = await arm.gate.judge(move())
    arm.robot.frozen = True
    arm.clock.advance(0.6)
    assert (await refusal_of(arm, ruling)).startswith("fresh-observation: ")


async def test_object_that_was_gripped_since_counts(tmp_path: Path) -> None:
    """The way that was free for the empty tool is judged again with what it now holds."""
    ball = Sphere(Point(0.15, 0.43, 1.0), 0.03)
    arm = rig(tmp_path, "empty", zones={"ball": ball})
    ruling = await arm.gate.judge(Order("move_to", {"x": 0.3, "y": 0.3, "z": 1.0}, OPERATOR))
    assert ruling.verdict.allowed
    big = replace(arm.profile.tool, payload_radius_m=0.3)
    arm = rig(tmp_path, "empty", zones={"ball": ball}, tool=big)
    ruling = await arm.gate.judge(Order("move_to", {"x": 0.3, "y": 0.3, "z": 1.0}, OPERATOR))
    arm.robot.distort = lambda measured: replace(measured, holding="cube")
    assert (await refusal_of(arm, ruling)).startswith("zone: ")


async def test_limits_that_were_tightened_since_count(tmp_path: Path) -> None:
    """A zone that was drawn across the way between verdict and motion."""
    arm = rig(tmp_path, "empty", zones={})
    edits = [replace(arm.profile, zones={"ball": Sphere(Point(0.15, 0.25, 1.0), 0.1)})]
    due = False
    newest = lambda: edits.pop() if due else None  # noqa: E731
    gate = Gate(arm.profile, arm.robot, SimulatedPace(arm.clock), arm.latch, newest=newest)
    ruling = await gate.judge(move())
    due = True
    assert (await refusal_of(replace(arm, gate=gate), ruling)).startswith("zone: ")


async def test_emergency_stop_as_an_order_is_never_refused(tmp_path: Path) -> None:
    """However it is put, whoever asks, with whatever beside it."""
    arm = rig(tmp_path, grants=())
    order = Order("emergency_stop", {"x": math.nan}, replace(OPERATOR, name="nobody"))
    ruling = await arm.gate.judge(order)
    assert ruling.verdict.allowed
    assert (await arm.gate.dispatch(ruling)).ok
    assert arm.gate.snapshot().stop is not None


def approval(number: int) -> Approval:
    """Any approval."""
    return Approval(str(number), 1, 10.0, (), Verdict(number, "go_home", {}))


def test_flood_of_approvals_drops_the_oldest() -> None:
    """Whoever asks and never moves fills no memory."""
    tokens = iter(range(MOST_OPEN + 2))
    open_ones = Approvals(lambda: str(next(tokens)))
    for number in range(MOST_OPEN + 1):
        open_ones.give(approval(number), 0.0)
    assert isinstance(open_ones.take("0", "0", 1, 0.0), Refusal)
    assert open_ones.take("1", "1", 1, 0.0) == approval(1)
    open_ones.give(approval(5), 11.0)  # all the others have expired
    assert isinstance(open_ones.take("2", "2", 1, 0.0), Refusal)


def test_words_of_approvals_cannot_be_guessed() -> None:
    """Each is sixteen random bytes."""
    open_ones = Approvals()
    given = {open_ones.give(approval(number), 0.0) for number in range(100)}
    assert len(given) == 100
    assert all(len(each) == 32 for each in given)


@pytest.mark.parametrize("token", ["", "0", None, 5, [], b"\x00"])
def test_anything_else_is_no_approval(token: Any) -> None:
    """Whatever a client sends in its place."""
    assert isinstance(Approvals().take(token, "x", 1, 0.0), Refusal)
