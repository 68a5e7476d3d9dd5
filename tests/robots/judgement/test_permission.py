"""Who may do what: the grants of a profile, one by one, and how often they may be used."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from llmos.documents.grants import Bounds, Grant
from llmos.documents.range import Range
from llmos.messages import JSON
from llmos.robots.base import Pose
from llmos.robots.controls import Order, Principal
from llmos.robots.judgement.permission import CommandRate, permitting
from llmos.robots.pilot import Pilot
from llmos.robots.simulators.kinematic import KinematicArm
from llmos.robots.verdict import Refusal
from tests.support.robots import OPERATOR, Rig, arm_profile, rig, shipped_scene

pytestmark = pytest.mark.anyio

ARM = arm_profile()
HASH, OTHER = f"sha256:{'0' * 64}", f"sha256:{'1' * 64}"
ADA, PROGRAM = Principal("person", "Ada"), Principal("program", "square", HASH)
MOVE = ("move_to", "move_relative")
HOME = Pose(0, 0, 1, 0)


def asked(
    principal: Principal, *grants: Grant, verb: str = "move_to", args: dict[str, JSON] | None = None, at: Pose = HOME
) -> str:
    """What these grants make of an order: the grant's number, or the refusal."""
    order = Order(verb, args or {}, principal)
    found = permitting(order, (HOME, at), replace(ARM, grants=grants), limits_force=False)
    return str(found) if isinstance(found, Refusal) else f"grant {grants.index(found) + 1}"


@pytest.mark.parametrize(
    ("principal", "grants", "said"),
    [
        (ADA, [Grant("person", MOVE)], "grant 1"),
        (ADA, [Grant("person:Ada", MOVE)], "grant 1"),
        (ADA, [Grant("agent:*", MOVE, "any"), Grant("person", MOVE)], "grant 2"),
        (OPERATOR, [Grant("agent:*", MOVE, "any")], "grant 1"),
        (OPERATOR, [Grant("agent:operator", MOVE, HASH)], "grant 1"),
        (PROGRAM, [Grant("program:square", MOVE, HASH)], "grant 1"),
        (ADA, [], ("person Ada has no grant for move_to; "
         "a person may add one to arm.md; without it one may look, and stop.")),
        (ADA, [Grant("person:Bob", MOVE)], ("person Ada has no grant for move_to; "
         "a person may add one to arm.md; without it one may look, and stop.")),
        (ADA, [Grant("person", ("go_home",))], ("person Ada has no grant for move_to; "
         "a person may add one to arm.md; without it one may look, and stop.")),
        (PROGRAM, [Grant("agent:*", MOVE, "any")], ("program square has no grant for move_to; "
         "a person may add one to arm.md; without it one may look, and stop.")),
        (OPERATOR, [Grant("agent:operator", MOVE, OTHER)],
         ("The document of agent operator is not the one that its grant for move_to names; "
         "a person must look at it and grant its new hash in the robot's profile.")),
        (replace(OPERATOR, content_hash=""), [Grant("agent:operator", MOVE, HASH)],
         ("The document of agent operator is not the one that its grant for move_to names; "
         "a person must look at it and grant its new hash in the robot's profile.")),
    ],
)  # fmt: skip
def test_grants_are_to_persons_agents_and_programs(principal: Principal, grants: list[Grant], said: str) -> None:
    """By kind, name and content; absent means look and stop."""
    assert asked(principal, *grants) == said


def test_bounds_hold_for_every_corner_of_the_way() -> None:
    """A smaller workspace for some; the first grant that permits the whole way counts."""
    small = Grant("person", MOVE, bounds=Bounds(x_m=Range(-1, 1)))
    assert asked(ADA, small, at=Pose(1, 0, 1, 0)) == "grant 1"
    assert asked(ADA, small, at=Pose(1.5, 0, 1, 0)) == (
        "X position 1.50m outside [-1, 1], the bounds of person; choose x between -1 and 1."
    )
    assert asked(ADA, small, Grant("person:Ada", MOVE), at=Pose(1.5, 0, 1, 0)) == "grant 2"
    low = Grant("person", MOVE, bounds=Bounds(y_m=Range(-1, 1), z_m=Range(1.5, 2)))
    assert asked(ADA, low, at=Pose(0, 0, 1.6, 0)).startswith("Z position 1.00m outside [1.5, 2]")


def test_force_is_capped_or_refused() -> None:
    """A robot that cannot limit its force does not grip for somebody whose force is limited; it lets go for him."""
    weak = Grant("person", ("toggle_tool",), max_force_n=10.0)
    assert asked(ADA, weak, verb="toggle_tool", args={"activate": True}) == (
        "person may grip with 10 N at most, and this robot cannot limit its force; let a person work the gripper."
    )
    assert asked(ADA, weak, verb="toggle_tool", args={"activate": False}) == "grant 1"
    order = Order("toggle_tool", {"activate": True}, ADA)
    assert permitting(order, (HOME,), replace(ARM, grants=(weak,)), limits_force=True) == weak


class StrongArm(KinematicArm):
    """An arm that says what force it was limited to."""

    limits: list[float | None]

    def limit_force(self, most_n: float | None) -> None:
        """Remember it."""
        self.limits.append(most_n)


async def test_force_cap_reaches_the_driver_and_is_lifted_for_others(tmp_path: Path) -> None:
    """Before it closes the driver hears what holds for whoever closes it."""
    from llmos.robots.gate import Gate
    from llmos.robots.pace import SimulatedPace

    base = rig(tmp_path, "empty")
    weak, strong = Grant("person:Ada", ("toggle_tool",), max_force_n=10.0), Grant("person", ("toggle_tool",))
    profile = replace(base.profile, grants=(weak, strong))
    robot = StrongArm(profile, shipped_scene("empty"))
    robot.limits = []
    gate = Gate(profile, robot, SimulatedPace(base.clock), base.latch)
    for name in ("Ada", "Bob"):
        await Pilot(gate, Principal("person", name)).toggle_tool(True)
    assert robot.limits == [10.0, None]


async def test_a_move_does_not_lift_the_force_cap_of_what_it_carries(tmp_path: Path) -> None:
    """Only who closes the gripper says with what force; a grant to move has no say in it, nor has opening."""
    from llmos.robots.gate import Gate
    from llmos.robots.pace import SimulatedPace

    base = rig(tmp_path, "empty")
    profile = replace(base.profile, grants=(Grant("person", ("toggle_tool",), max_force_n=5.0), Grant("person", MOVE)))
    robot = StrongArm(profile, shipped_scene("empty"))
    robot.limits = []
    pilot = Pilot(Gate(profile, robot, SimulatedPace(base.clock), base.latch), ADA)
    assert (await pilot.toggle_tool(True)).verdict.allowed
    assert (await pilot.move_to(0.1, 0.0, 1.0)).ok
    assert (await pilot.toggle_tool(False)).verdict.allowed
    assert robot.limits == [5.0]


def granted(folder: Path, *grants: Grant, **limits: Any) -> Rig:
    """A rig with these grants, for the person Ada."""
    made = rig(folder, "empty", grants=grants, zones={}, **limits)
    return replace(made, pilot=Pilot(made.gate, ADA))


async def test_speed_cap_of_a_grant_is_kept_at_every_tick(tmp_path: Path) -> None:
    """A fifth of the speed, from the first setpoint to the last; the ruling's duration says so."""
    arm = granted(tmp_path, Grant("person", MOVE, max_speed_mps=0.1))
    ruling = await arm.pilot.preview("move_to", {"x": 1.0, "y": 0.0, "z": 1.0})
    assert ruling.duration_s > 10.0
    assert (await arm.pilot.move_to(1, 0, 1)).ok
    assert max(each.velocity.speed_mps for each in arm.robot.seen) <= 0.1 * 1.001


async def test_who_has_no_grant_can_look_and_stop(tmp_path: Path) -> None:
    """Read-only and emergency stop are everybody's."""
    arm = granted(tmp_path)
    assert (await arm.pilot.move_to(0.1, 0, 1)).refusal is not None
    assert arm.pilot.measure().pose.x == 0.0
    assert (await arm.pilot.emergency_stop()).ok


async def test_more_commands_than_allowed_are_refused_until_time_has_passed(tmp_path: Path) -> None:
    """Ten in a second for all together; whoever asks again waits a tick with each refusal, so time goes on."""
    arm = granted(tmp_path, Grant("person", MOVE), max_command_rate_hz=3.0)
    results = [await arm.pilot.move_relative() for _ in range(4)]
    assert [each.ok for each in results] == [True, True, True, False]
    assert str(results[3].refusal) == (
        "3 commands within a second: more is not allowed, max_command_rate_hz is 3; wait a moment."
    )
    for _ in range(200):
        if (await arm.pilot.move_relative()).ok:
            break
    else:
        raise AssertionError
    assert arm.clock.monotonic_s() == pytest.approx(1.0, abs=0.1)


async def test_rate_of_a_grant_binds_its_holder_alone(tmp_path: Path) -> None:
    """One who is slowed down does not slow others."""
    arm = granted(tmp_path, Grant("person:Ada", MOVE, max_rate_hz=1.0), Grant("person", MOVE))
    bob = Pilot(arm.gate, Principal("person", "Bob"))
    assert (await arm.pilot.move_relative()).ok
    refused = (await arm.pilot.move_relative()).refusal
    assert str(refused) == (
        "1 command within a second: more is not allowed, max_rate_hz of person:Ada is 1; wait a moment."
    )
    assert (await bob.move_relative()).ok


def test_slow_rates_allow_one_command_a_second() -> None:
    """A rate below one a second is kept as one: the window is a second."""
    rate, grant = CommandRate(), Grant("person", MOVE, max_rate_hz=0.5)
    rate.count(ADA, 0.0)
    assert rate.check(ADA, grant, ARM, 0.5) is not None
    assert rate.check(ADA, grant, ARM, 1.5) is None
