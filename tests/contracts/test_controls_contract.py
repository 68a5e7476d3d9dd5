"""What everybody may rely on who holds a robot, asked of the gate in this process and of a host in another thread."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from llmos.robots.controls import Controls, Order, Principal
from llmos.robots.latch import StopLatch
from llmos.robots.pilot import Pilot
from llmos.robots.verdict import Motion, Verdict
from tests.support.hosts import quick_profile, serving
from tests.support.robots import WatchedRobot, rig

pytestmark = pytest.mark.anyio
ADA = Principal("person", "Ada")
AWAY = {"x": 0.6, "y": 0.3, "z": 1.2}


@dataclass
class Held:
    """Controls, what stands behind them, and how their robot's time passes."""

    controls: Controls
    robot: WatchedRobot
    latch: StopLatch
    is_elsewhere: bool

    def pilot(self) -> tuple[Pilot, list[Verdict], list[Motion]]:
        """A pilot and what it is told."""
        verdicts: list[Verdict] = []
        motions: list[Motion] = []
        return Pilot(self.controls, ADA, verdicts.append, motions.append), verdicts, motions

    async def order(self, verb: str = "move_to", **args: object) -> Order:
        """An order of the person."""
        return Order(verb, args or AWAY, ADA)


@contextmanager
def in_process(folder: Path) -> Iterator[Held]:
    """A gate on the simulated clock."""
    it = rig(folder, max_command_rate_hz=1000)
    yield Held(it.gate, it.robot, it.latch, is_elsewhere=False)


@contextmanager
def hosted(folder: Path) -> Iterator[Held]:
    """The client of a host on the real clock, whose arm is ten times as fast."""
    with serving(folder, quick_profile()) as it:
        yield Held(it.client(), it.robot, it.latch, is_elsewhere=True)


@pytest.fixture(params=[in_process, hosted], ids=["gate", "client of a host"])
def held(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Held]:
    """Each kind of Controls."""
    make: Callable[[Path], contextmanager[Held]] = request.param
    with make(tmp_path) as it:
        yield it


async def test_what_is_allowed_is_done_and_measured(held: Held) -> None:
    """The way begins where the robot is, ends at the target, takes time, and the newest state is the result's."""
    ruling = await held.controls.judge(await held.order())
    assert ruling.verdict.allowed
    assert ruling.path[-1].point == (0.6, 0.3, 1.2)
    assert ruling.duration_s > 0
    result = await held.controls.dispatch(ruling)
    seen = held.controls.snapshot()
    assert result.ok
    assert math.dist(result.measured.pose.point, (0.6, 0.3, 1.2)) <= 0.002
    assert seen.measured.pose == result.measured.pose
    assert seen.ended == result.motion
    assert (seen.moving, seen.stop) == (None, None)


async def test_what_is_refused_moves_nothing(held: Held) -> None:
    """With a rule, a reason and a suggestion."""
    ruling = await held.controls.judge(await held.order(x=5.0, y=0.0, z=1.0))
    assert ruling.verdict.refusal is not None
    assert str(ruling.verdict.refusal) == ("X position 5.00m outside workspace [-2, 2]; choose x between -2 and 2.")
    assert ruling.approval == ""
    assert not (await held.controls.dispatch(ruling)).ok
    assert held.robot.sent == []


@pytest.mark.parametrize(
    "args", [{"x": math.nan, "y": 0, "z": 1}, {"x": 10**400, "y": 0, "z": 1}, {"x": object(), "y": 0, "z": 1}]
)
async def test_what_means_nothing_is_refused(held: Held, args: dict[str, object]) -> None:
    """Also what cannot even travel."""
    refusal = (await held.controls.judge(await held.order(**args))).verdict.refusal
    assert refusal is not None
    assert refusal.rule == "well-formed"
    assert held.robot.sent == []


async def test_a_preview_counts_for_nothing(held: Held) -> None:
    """It has a way and no approval, and what it shows cannot be carried out."""
    ruling = await held.controls.judge(await held.order(), preview=True)
    assert ruling.verdict.allowed
    assert ruling.approval == ""
    assert not (await held.controls.dispatch(ruling)).ok
    assert held.robot.sent == []


async def test_an_approval_is_good_once(held: Held) -> None:
    """A second dispatch of the same ruling is refused by its rule."""
    ruling = await held.controls.judge(await held.order())
    assert (await held.controls.dispatch(ruling)).ok
    again = await held.controls.dispatch(ruling)
    assert again.refusal is not None
    assert again.refusal.rule == "approval"


async def test_a_stop_halts_what_moves_latches_and_is_seen_at_once(held: Held) -> None:
    """Whoever asked for the motion learns what ended it; nothing moves until a person rearms."""
    ended: list[object] = []

    async def move() -> None:
        result = await held.controls.dispatch(await held.controls.judge(await held.order(x=-1.5, y=1.0, z=2.0)))
        ended.append(result.refusal.rule if result.refusal else None)

    async with anyio.create_task_group() as group:
        group.start_soon(move)
        while held.controls.snapshot().moving is None:
            await anyio.lowlevel.checkpoint()
        result = await held.controls.stop("Ada", "smoke")
    stop = held.controls.snapshot().stop
    assert (ended, result.ok) == (["emergency-stop"], True)
    assert stop is not None
    assert (stop.by, stop.reason) == ("Ada", "smoke")
    refused = (await held.controls.judge(await held.order("go_home"))).verdict.refusal
    assert refused is not None
    assert refused.rule == "emergency-stop"
    assert await held.controls.rearm("Ada") == stop
    assert held.controls.snapshot().stop is None
    assert (await held.controls.dispatch(await held.controls.judge(await held.order()))).ok


async def test_a_stop_is_seen_by_a_latch_of_another_process(held: Held) -> None:
    """It is on disk when it is answered."""
    await held.controls.stop("Ada", "smoke")
    assert StopLatch(held.latch.path).stop is not None


async def test_whoever_stops_waiting_makes_the_robot_decelerate(held: Held) -> None:
    """Cancelled, it comes to rest before the caller goes on, and the pilot reports the motion."""
    pilot, verdicts, motions = held.pilot()
    token = anyio.lowlevel.current_token()
    with anyio.CancelScope() as scope:

        def cancel(number: int) -> None:
            if number == 10 and held.is_elsewhere:
                anyio.from_thread.run_sync(scope.cancel, token=token)
            elif number == 10:
                scope.cancel()

        held.robot.on_command = cancel
        await pilot.move_to(-1.5, 1.0, 2.0)
    assert scope.cancelled_caught
    seen = held.controls.snapshot()
    assert (seen.moving, seen.stop) == (None, None)
    assert [each.reached for each in motions] == [False]
    assert [each.allowed for each in verdicts] == [True]
    assert seen.measured.velocity.speed_mps == pytest.approx(0.0, abs=1e-3)


async def test_a_rearm_without_a_stop_changes_nothing(held: Held) -> None:
    """It is no event."""
    assert await held.controls.rearm("Ada") is None


async def test_a_gripper_closes_through_either(held: Held) -> None:
    """A verb without a way: closing on air is carried out and is no success."""
    result = await held.controls.dispatch(await held.controls.judge(await held.order("toggle_tool", activate=True)))
    assert result.verdict.allowed
    assert not result.ok
    assert held.controls.snapshot().measured.gripper_closed
