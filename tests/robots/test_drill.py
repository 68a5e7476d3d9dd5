"""A drill finds a stop that works, and every way in which one does not."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from llmos.documents.range import Range
from llmos.errors import LLMosError, RefusedError, StorageError
from llmos.robots.base import RobotError
from llmos.robots.controls import Principal
from llmos.robots.drill import Drill, Report
from llmos.robots.latch import Rearm
from llmos.robots.moving.motion import stopping
from tests.support.robots import Rig, arm_profile, rig

pytestmark = pytest.mark.anyio
ADA = Principal("person", "Ada")
ARM = arm_profile()


def drill(it: Rig, **ways: Callable[[], Awaitable[object]]) -> Drill:
    """A drill on the simulated clock."""

    async def rearm() -> None:
        Rearm(it.latch, it.clock.now)("Ada")

    by = ways or {"the gate": lambda: it.gate.stop("Ada", "drill")}
    return Drill(it.gate, ADA, by, rearm, anyio.lowlevel.checkpoint, it.clock.monotonic_s, 0.0, 1e-6)


async def test_a_stop_as_it_must_be_passes(tmp_path: Path) -> None:
    """At full speed, slower within three ticks, at rest within the computed time, refused while latched."""
    it = rig(tmp_path, zones={})
    told: list[str] = []
    report = await drill(it).run(told.append)
    [trial] = report.trials
    assert report.passed
    assert trial.speed_mps == pytest.approx(ARM.max_tcp_speed_mps)
    assert trial.braking_after_s <= report.brake_within_s == pytest.approx(3 * ARM.control_period_s)
    assert trial.still_after_s <= stopping(ARM).time_s
    assert it.latch.stop is None
    assert told == ["Moving, then stopping by the gate.", "Slower after 16 ms, at rest after 0.70 s."]


async def test_a_stop_that_nobody_hears_fails(tmp_path: Path) -> None:
    """The motion goes to its end, nothing latches, and what should be refused is not."""
    it = rig(tmp_path, zones={})

    async def nothing() -> None:
        """A wire that is cut."""

    report = await drill(it, button=nothing).run()
    assert not report.passed
    assert report.trials[0].faults[2:] == (
        "The stop did not latch.",
        "While latched, move_relative was not refused by the stop.",
        "While latched, go_home was not refused by the stop.",
        "While latched, toggle_tool was not refused by the stop.",
    )
    assert report.trials[0].faults[0].startswith("The first slower setpoint came after ")


async def test_a_stop_that_comes_late_fails(tmp_path: Path) -> None:
    """A hundred ticks on the way to the gate are too many."""
    it = rig(tmp_path, zones={})

    async def slowly() -> None:
        until_s = it.clock.monotonic_s() + 0.5
        while it.clock.monotonic_s() < until_s:
            await anyio.lowlevel.checkpoint()
        await it.gate.stop("Ada", "drill")

    report = await drill(it, button=slowly).run()
    late = report.trials[0].faults
    assert [fault.partition(" after ")[0] for fault in late] == [
        "The first slower setpoint came",
        "The setpoints stood still",
    ]


async def test_a_robot_that_is_stopped_is_not_drilled(tmp_path: Path) -> None:
    """Whoever stopped it had a reason."""
    it = rig(tmp_path)
    await it.gate.stop("Bob", "smoke")
    with pytest.raises(RefusedError) as caught:
        await drill(it).run()
    assert str(caught.value) == "The robot is stopped already: smoke; rearm it before the drill."


async def test_a_robot_without_room_is_not_drilled(tmp_path: Path) -> None:
    """A stop from a crawl practises nothing."""
    small = replace(ARM.workspace, x_m=Range(-0.5, 0.5), y_m=Range(-0.5, 0.5))
    with pytest.raises(RefusedError) as caught:
        await drill(rig(tmp_path, workspace=small)).run()
    assert str(caught.value) == "There is no room to practise a stop from here: no straight way of 1.6 m."


@pytest.mark.parametrize("error", [RobotError("the cable is out"), StorageError("the disk is full")])
@pytest.mark.parametrize("what", ["the robot", "the way to stop it"])
async def test_what_fails_ends_the_drill_in_its_own_words(tmp_path: Path, what: str, error: LLMosError) -> None:
    """One sentence, in no group of exceptions."""
    it = rig(tmp_path, zones={})

    def fail(sent: int) -> None:
        if sent == 20 and what == "the robot":
            raise error

    async def stop() -> None:
        raise error

    it.robot.on_command = fail
    with pytest.raises(LLMosError) as caught:
        await drill(it, button=stop).run()
    assert caught.value is error
    assert it.gate.snapshot().moving is None


async def test_without_a_persons_hand_the_drill_ends(tmp_path: Path) -> None:
    """Nothing rearms itself."""
    it = rig(tmp_path, zones={})
    lonely = replace(drill(it), rearm=anyio.lowlevel.checkpoint)
    with pytest.raises(RefusedError) as caught:
        await lonely.run()
    assert str(caught.value) == "The robot was not rearmed, so the drill ends here: drill."


def test_a_report_without_faults_has_passed() -> None:
    """And one without trials has nothing against it."""
    assert Report("arm", 0.02, 0.9).passed
