"""Orders with anything in every field: the gate answers with a verdict, and lets nothing through that is no order."""

import math
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anyio
from hypothesis import given, settings
from hypothesis import strategies as st

from llmos.robots.base import Pose
from llmos.robots.controls import Order, Principal, Ruling
from llmos.robots.judgement.asked import MOST_CORNERS
from tests.support.robots import OPERATOR, rig

numbers = st.one_of(
    st.floats(-3, 3), st.floats(), st.integers(), st.just(10**400), st.booleans(), st.none(), st.text(max_size=5)
)
anything: st.SearchStrategy[Any] = st.recursive(
    numbers, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
)
names = st.sampled_from(["x", "y", "z", "theta_deg", "dx", "dy", "dz", "dtheta_deg", "activate", "speed", ""])
arguments = st.one_of(
    st.dictionaries(names, anything, max_size=5),
    st.fixed_dictionaries({"x": st.floats(-2.5, 2.5), "y": st.floats(-2.5, 2.5), "z": st.floats(-0.5, 3.5)}),
    st.fixed_dictionaries({"x": numbers, "y": numbers, "z": numbers, "theta_deg": numbers}),
)
verbs: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(["move_to", "move_relative", "toggle_tool", "go_home", "fly", "__class__"]), anything
)
poses = st.builds(Pose, numbers, numbers, numbers, numbers)
inside = st.builds(Pose, st.floats(-2, 2), st.floats(-2, 2), st.floats(0, 3), st.floats(-7, 7))
ways = st.one_of(st.just(()), st.lists(inside, max_size=3).map(tuple), st.lists(poses, max_size=3).map(tuple))
principals = st.one_of(
    st.just(OPERATOR),
    st.builds(Principal, st.sampled_from(["person", "agent", "program", "god"]), st.text(max_size=9), st.text()),
)
orders = st.builds(Order, verbs, arguments, principals, ways)


async def _judge_and_carry_out(order: Order, folder: Path) -> tuple[Ruling, bool]:
    arm = rig(folder, "empty")
    ruling = await arm.gate.judge(order)
    if ruling.verdict.allowed:
        await arm.gate.dispatch(ruling)
    return ruling, bool(arm.robot.sent)


@settings(max_examples=150, deadline=None)
@given(order=orders)
def test_order_with_anything_in_it_gets_a_verdict(order: Order) -> None:
    """No field can make the gate fail, hang or move without a verdict; what it allows is what an order may be."""
    with TemporaryDirectory() as folder:
        ruling, sent = anyio.run(_judge_and_carry_out, order, Path(folder))
    verdict = ruling.verdict
    assert sent <= verdict.allowed
    assert len(str(verdict.args)) < 4000
    if verdict.refusal is not None:
        assert 0 < len(verdict.refusal.reason) < 500
        assert verdict.refusal.suggestion
        assert ruling.approval == ""
    elif order.verb != "emergency_stop":
        assert order.principal.kind in ("person", "agent", "program")
        for pose in ruling.path:
            assert all(map(math.isfinite, (pose.x, pose.y, pose.z, pose.theta_rad)))
            assert abs(pose.x) <= 2 + 1e-9
            assert abs(pose.y) <= 2 + 1e-9
            assert -1e-9 <= pose.z <= 3 + 1e-9


def refused(**changes: Any) -> str:
    """The refusal of an order that would be allowed but for these changes."""
    order = replace(Order("move_to", {"x": 0.1, "y": 0.0, "z": 1.0}, OPERATOR), **changes)
    with TemporaryDirectory() as folder:
        ruling, sent = anyio.run(_judge_and_carry_out, order, Path(folder))
    assert not sent
    return str(ruling.verdict.refusal)


def test_ways_that_are_no_ways_are_told() -> None:
    """Corners must be finite, few, and wind nothing up."""
    assert refused(via=(Pose(math.nan, 0, 1, 0),)) == "x of corner 1 is not a finite number; give finite numbers."
    assert refused(via=(Pose(0, 0, 1, 0), Pose(0, 0, True, 0))) == "z of corner 2 is true; give finite numbers."
    assert refused(via=(Pose(0, 0, 1, 0),) * (MOST_CORNERS + 1)) == "The way has 501 corners; give at most 500."
    assert refused(via=(Pose(0, 0, 1, 20.0),)) == "Piece 1 of the way makes 3.2 turns; make one turn at most."
    assert refused(via=(Pose(0, 0, 9, 0),)) == "Z position 9.00m outside workspace [0, 3]; choose z between 0 and 3."


def test_verbs_that_are_no_words_are_told() -> None:
    """A list, a number or nothing in the place of a verb."""
    known = "known are: emergency_stop, go_home, move_relative, move_to, toggle_tool"
    assert refused(verb=["move_to"]) == "a list is no command of this robot; did you mean 'move_to'?"
    assert refused(verb=None) == f"missing is no command of this robot; {known}."
