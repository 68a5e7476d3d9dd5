"""Who gives one order after another waits for its turn; nobody gets more orders through than the rate allows."""

from pathlib import Path

import anyio
import pytest

from llmos.robots.controls import Principal
from llmos.robots.pilot import Pilot
from tests.support.robots import OPERATOR, Rig, rig

pytestmark = pytest.mark.anyio
RATE_HZ = 5.0


def patient(arm: Rig, name: str = "operator") -> Pilot:
    """A pilot that waits."""
    return Pilot(arm.gate, Principal(OPERATOR.kind, name, OPERATOR.content_hash), arm.verdicts.append, patient=True)


async def test_patient_orders_are_paced_by_the_rate_and_none_is_refused(tmp_path: Path) -> None:
    """Twenty-one orders that take no time take four seconds of the robot's clock at five a second."""
    arm = rig(tmp_path, "empty", max_command_rate_hz=RATE_HZ)
    pilot, begun = patient(arm), []
    for _ in range(21):
        assert (await pilot.go_home()).ok
        begun.append(arm.clock.monotonic_s())
    assert len(arm.verdicts) == 21  # one verdict for each, not one for each look at the clock
    assert all(later - at >= 1.0 for at, later in zip(begun, begun[5:], strict=False))
    assert begun[-1] == pytest.approx(4.0, abs=0.3)


async def test_a_flood_of_patient_orders_gets_no_more_through_than_the_rate(tmp_path: Path) -> None:
    """Twenty that ask without a pause for three seconds: in no second is more carried out, and all else is refused."""
    arm = rig(tmp_path, "empty", max_command_rate_hz=RATE_HZ)
    done: list[float] = []
    refused: set[str] = set()

    async def ask(name: str) -> None:
        while arm.clock.monotonic_s() < 3.0:
            result = await patient(arm, name).go_home()
            if result.motion is not None:
                done.append(arm.clock.monotonic_s())
            elif result.refusal is not None:
                refused.add(result.refusal.rule)
                await anyio.lowlevel.checkpoint()

    async with anyio.create_task_group() as group:
        for number in range(20):
            group.start_soon(ask, f"agent-{number}")
    assert len(done) >= 2 * RATE_HZ
    assert all(later - at >= 0.95 for at, later in zip(done, done[5:], strict=False))
    assert refused <= {"rate", "one-motion", "approval"}


async def test_nobody_waits_longer_than_commands_are_counted(tmp_path: Path) -> None:
    """Of ten that wait for one turn one gets it; the others hear within the same second that they do not."""
    arm = rig(tmp_path, "empty", max_command_rate_hz=1.0)
    assert (await patient(arm).go_home()).ok
    began_s, ended = arm.clock.monotonic_s(), list[tuple[bool, float]]()

    async def ask(name: str) -> None:
        result = await patient(arm, name).go_home()
        ended.append((result.ok, arm.clock.monotonic_s() - began_s))

    async with anyio.create_task_group() as group:
        for number in range(10):
            group.start_soon(ask, f"agent-{number}")
    assert sum(ok for ok, _ in ended) == 1
    assert max(waited_s for _, waited_s in ended) <= 1.2


@pytest.mark.parametrize("end", ["stopped", "cancelled"])
async def test_a_stop_or_a_cancellation_ends_the_wait(tmp_path: Path, end: str) -> None:
    """Nothing moves after it, and the stop is what the caller hears."""
    arm = rig(tmp_path, "empty", max_command_rate_hz=1.0)
    pilot = patient(arm)
    assert (await pilot.go_home()).ok
    began_s, sent = arm.clock.monotonic_s(), len(arm.robot.sent)
    rules: list[str] = []

    async def wait() -> None:
        result = await pilot.move_to(0.5, 0, 1)
        rules.extend([result.refusal.rule] if result.refusal else ["moved"])

    async with anyio.create_task_group() as group:
        group.start_soon(wait)
        while arm.clock.monotonic_s() < began_s + 0.3:
            await anyio.lowlevel.checkpoint()
        if end == "stopped":
            await arm.gate.stop("person Ada", "a test")
        else:
            group.cancel_scope.cancel()
    assert rules == (["emergency-stop"] if end == "stopped" else [])
    assert arm.clock.monotonic_s() < began_s + 0.5
    assert {each.pose for _, each in arm.robot.sent[sent:]} <= {arm.robot.sent[0][1].pose}


async def test_a_preview_never_waits(tmp_path: Path) -> None:
    """It says at once what stands against the order."""
    arm = rig(tmp_path, "empty", max_command_rate_hz=1.0)
    pilot = patient(arm)
    assert (await pilot.go_home()).ok
    at_s = arm.clock.monotonic_s()
    ruling = await pilot.preview("go_home", {})
    assert ruling.verdict.refusal is not None
    assert ruling.verdict.refusal.rule == "rate"
    assert arm.clock.monotonic_s() <= at_s + 0.01
