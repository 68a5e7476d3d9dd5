"""Whatever is asked of the gate, in whatever order and however interrupted, no unsafe setpoint reaches the driver."""

import math
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmos.robots.base import Commanded, Pose
from llmos.robots.latch import Rearm
from tests.support.robots import Rig, rig, unsafe

numbers = st.one_of(
    st.floats(-3, 3), st.floats(), st.integers(-4, 4), st.integers(), st.booleans(), st.text(max_size=4)
)
inside = st.fixed_dictionaries(
    {"x": st.floats(-2, 2), "y": st.floats(-2, 2), "z": st.floats(0, 3)}, optional={"theta_deg": st.floats(0, 360)}
)
commands = st.one_of(
    st.tuples(st.just("move_to"), inside),
    st.tuples(st.just("move_relative"), st.dictionaries(st.sampled_from(["dx", "dy", "dz"]), st.floats(-0.5, 0.5))),
    st.tuples(st.just("move_relative"), st.fixed_dictionaries({"dtheta_deg": st.floats(-400, 400)})),
    st.tuples(st.just("toggle_tool"), st.fixed_dictionaries({"activate": st.booleans()})),
    st.tuples(st.sampled_from(["go_home", "emergency_stop", "rearm", ""]), st.just({})),
    st.tuples(
        st.sampled_from(["move_to", "move_relative", "toggle_tool", "go_home", "fly"]),
        st.dictionaries(st.sampled_from(["x", "y", "z", "dx", "dz", "theta_deg", "activate", "speed"]), numbers),
    ),
)


async def carry_out(arm: Rig, sequence: list[tuple[str, dict[str, Any]]], interruptions: dict[int, str]) -> int:
    """Give all commands; at some counts of setpoints, stop, cancel or butt in. Returns how many were allowed."""
    allowed = 0
    for verb, args in sequence:
        if arm.gate.snapshot().stop is not None:
            Rearm(arm.latch, arm.clock.now)("Ada")
        async with anyio.create_task_group() as group:

            def interrupt(sent: int, group: Any = group) -> None:
                action = interruptions.pop(sent, None)
                if action == "stop":
                    group.start_soon(arm.pilot.emergency_stop)
                elif action == "butt in":
                    group.start_soon(arm.pilot.move_to, 1, 1, 1)
                elif action == "cancel":
                    group.cancel_scope.cancel()

            arm.robot.on_command = interrupt
            before = len(arm.robot.sent)
            result = await arm.pilot.perform(verb, args)
            if result.verdict.allowed:
                allowed += 1
            else:
                assert len(arm.robot.sent) == before
    return allowed


@settings(max_examples=150, deadline=None)
@given(
    sequence=st.lists(commands, max_size=8),
    interruptions=st.dictionaries(st.integers(1, 1500), st.sampled_from(["stop", "cancel", "butt in"]), max_size=6),
)
def test_no_command_sequence_sends_an_unsafe_setpoint(
    sequence: list[tuple[str, dict[str, Any]]], interruptions: dict[int, str]
) -> None:
    """Workspace, speed, rotation and acceleration hold at every tick, and refused commands send nothing at all."""
    with TemporaryDirectory() as folder:
        arm = rig(Path(folder))
        anyio.run(carry_out, arm, sequence, dict(interruptions))
        assert unsafe(arm.robot.sent) == []
        assert arm.pilot.measure().velocity.speed_mps == 0.0
        assert len(arm.motions) == sum(verdict.allowed for verdict in arm.verdicts)


@settings(max_examples=50, deadline=None)
@given(sequence=st.lists(st.tuples(st.just("move_to"), inside), min_size=1, max_size=5))
def test_every_legal_move_is_made(sequence: list[tuple[str, dict[str, Any]]]) -> None:
    """The gate is no gate if it lets nothing through: each target inside is reached, as measured."""
    with TemporaryDirectory() as folder:
        arm = rig(Path(folder), "empty", zones={})
        assert anyio.run(carry_out, arm, sequence, {}) == len(sequence)
        assert all(motion.reached for motion in arm.motions)
        for (_, args), motion in zip(sequence, arm.motions, strict=True):
            assert math.dist(motion.after.pose.point, (args["x"], args["y"], args["z"])) <= 0.002


def setpoints(*poses: Pose) -> list[tuple[float, Commanded]]:
    """Setpoints at 100 Hz."""
    return [(tick * 0.01, Commanded(pose, gripper_closed=False)) for tick, pose in enumerate(poses)]


@pytest.mark.parametrize(
    ("series", "fault"),
    [
        (setpoints(Pose(2.001, 0, 1, 0)), "is outside"),
        (setpoints(Pose(0, -2.001, 1, 0)), "is outside"),
        (setpoints(Pose(0, 0, -0.001, 0)), "below the ground"),
        (setpoints(Pose(math.nan, 0, 1, 0)), "is not finite"),
        (setpoints(Pose(0, 0, 1, 0), Pose(0.006, 0, 1, 0)), "m/s"),
        (setpoints(Pose(0, 0, 1, 0), Pose(0, 0, 1, 0.009)), "deg/s"),
        (setpoints(Pose(0, 0, 1, 0), Pose(0.001, 0, 1, 0)), "m/s^2"),
        (setpoints(Pose(0, 0, 1, 0), Pose(0, 0, 1, 0.001)), "deg/s^2"),
        ([*setpoints(Pose(0, 0, 1, 0)), *setpoints(Pose(0.1, 0, 1, 0))], "in no time"),
    ],
)
def test_judge_of_these_tests_finds_each_kind_of_fault(series: list[tuple[float, Commanded]], fault: str) -> None:
    """A judge that never finds anything would make these tests worthless."""
    assert any(fault in each for each in unsafe(series))
