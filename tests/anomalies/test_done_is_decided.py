"""What a run of the robot came to is measured, whatever the model claims: a table of runs on the simulated arm."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest

from llmos.robots.latch import Stop, StopLatch
from llmos.traces.bus import Bus
from llmos.traces.events import Entry, GateVerdict, MotionMeasured, RunFinished
from tests.support.homes import Place, make_place
from tests.support.overlays import overlay
from tests.support.runs import all_whole, events, hire, journals, play, whole
from tests.support.tapes import Line, asks, says, tape

pytestmark = pytest.mark.anyio

TO_CUBE = ("move_to", {"x": 1.5, "y": 1.0, "z": 0.5})
TO_PLACE = ("move_to", {"x": -1.0, "y": -1.0, "z": 0.7})
INTO_THE_AIR = ("move_to", {"x": 0.0, "y": 0.0, "z": 2.0})
OUTSIDE = ("move_to", {"x": 5.0, "y": 0.0, "z": 1.0})
CLOSE = ("toggle_tool", {"activate": True})
OPEN = ("toggle_tool", {"activate": False})
HOME: tuple[str, dict[str, Any]] = ("go_home", {})
STOP: tuple[str, dict[str, Any]] = ("emergency_stop", {})
LOOK: tuple[str, dict[str, Any]] = ("get_status", {})

VETO = "X position 5.00m outside workspace [-2, 2]; choose x between -2 and 2."
NOTHING = (
    "The gripper closed on nothing. The nearest object to (0.00, 0.00, 1.00) is 'cube' at (1.50, 1.00, 0.50), 1.87 m "
    "away; open it and go there first."
)
FELL = (
    "'cube' fell when it was let go. 'cube' lies at (0.00, 0.00, 0.05). At (0.00, 0.00, 2.00) turned 0°, gripper open."
)
PLACED = "At (-1.00, -1.00, 0.70) turned 0°, gripper open. 'cube' lies at (-1.00, -1.00, 0.70)."
STOPPED = "Stopped. At (1.50, 1.00, 0.50) turned 0°, gripper open. Nothing moves until a person rearms the robot."

RUNS: dict[str, tuple[list[tuple[str, dict[str, Any]]], str, str]] = {
    "nothing physical": ([LOOK], "done", "The agent reports that the goal is reached."),
    "picked and placed": ([TO_CUBE, CLOSE, TO_PLACE, OPEN], "done", PLACED),
    "a veto at the end": ([TO_CUBE, OUTSIDE], "refused", VETO),
    "a veto made good": ([OUTSIDE, TO_CUBE], "done", "At (1.50, 1.00, 0.50) turned 0°, gripper open."),
    "home after a veto": ([OUTSIDE, HOME], "refused", VETO),
    "gripped nothing": ([CLOSE], "failed", NOTHING),
    "gripped nothing, then home": ([CLOSE, OPEN, HOME], "failed", NOTHING),
    "gripped at the second try": (
        [CLOSE, OPEN, TO_CUBE, CLOSE],
        "done",
        "At (1.50, 1.00, 0.50) turned 0°, gripper holding 'cube'.",
    ),
    "dropped from above": ([TO_CUBE, CLOSE, INTO_THE_AIR, OPEN], "failed", FELL),
    "stopped, as was asked": (
        [STOP],
        "done",
        "Stopped. At (0.00, 0.00, 1.00) turned 0°, gripper open. Nothing moves until a person rearms the robot.",
    ),
    "stopped in the midst of work": ([TO_CUBE, STOP], "refused", STOPPED),
}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A home and a workspace."""
    return make_place(tmp_path)


async def drive(place: Place, *calls: tuple[str, dict[str, Any]], last: Line, **options: Any) -> Any:
    """The operator makes these calls one by one, then answers."""
    lines = [*(asks(call) for call in calls), last]
    return await play(place, *lines, agent="operator", scene="pick-and-place", **options)


@pytest.mark.parametrize(("calls", "outcome", "reason"), RUNS.values(), ids=RUNS)
async def test_done_is_measured_not_claimed(
    place: Place, calls: list[tuple[str, dict[str, Any]]], outcome: str, reason: str
) -> None:
    """Every one of these models says that all is well."""
    ran = await drive(place, *calls, last=says("All is well.", claim="done"))
    assert (ran.outcome, ran.reason, ran.answer) == (outcome, reason, "All is well.")
    (end,) = events(whole(ran.journal), RunFinished)
    assert bool(end.evidence) is (calls != [LOOK])


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        ("failed", "The agent reports that the goal was not reached."),
        ("abstained", "The model did not understand the goal and did nothing more."),
    ],
)
async def test_a_claim_of_failure_stands_against_good_measurements(place: Place, claim: str, reason: str) -> None:
    """A claim can make it worse."""
    ran = await drive(place, TO_CUBE, last=says("Sorry.", claim=claim))
    assert (ran.outcome, ran.reason) == ("failed", reason)


async def test_a_latched_stop_refuses_every_motion_of_later_runs(place: Place) -> None:
    """It outlives the process that was stopped; looking still works."""
    latch = StopLatch(place.home / "robots" / "arm.json")
    latch.trip(Stop("2026-11-20T10:00:00+00:00", "Ann", "smoke"))
    latch.save()
    ran = await drive(place, LOOK, TO_CUBE, last=says("Done."))
    assert ran.outcome == "refused"
    assert ran.reason == (
        "The emergency stop is latched since 2026-11-20T10:00:00+00:00 by Ann: smoke; a person must look at the robot "
        "and rearm it, no tool can."
    )
    assert [use.ok for use in ran.tool_calls] == [True, False]


async def test_a_stop_of_one_run_holds_in_the_next(place: Place) -> None:
    """The agent that stopped the robot has no way back, nor has the next one."""
    await drive(place, STOP, last=says("Stopped."))
    ran = await drive(place, HOME, last=says("Home."))
    assert ran.outcome == "refused"
    since = re.match(r"The emergency stop is latched since (\S+) by agent operator: stopped on request", ran.reason)
    assert since is not None, ran.reason
    assert abs(datetime.now(UTC) - datetime.fromisoformat(since[1])) < timedelta(hours=1)


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        ([asks(OUTSIDE), says("Done.")], "refused"),
        ([asks(CLOSE), says("Done.")], "failed"),
        ([asks(TO_CUBE), says("Done.")], "done"),
    ],
)
async def test_what_an_agent_below_did_decides_for_its_caller(place: Place, lines: list[Line], outcome: str) -> None:
    """A caller that claims success for a vetoed or empty-handed child is overruled."""
    delegate = asks(("Agent", {"subagent_type": "operator", "prompt": "fetch the cube"}))
    ran = await play(place, delegate, *lines, says("The operator did it."), agent="system", scene="pick-and-place")
    assert ran.outcome == outcome
    assert [end.outcome for run in all_whole(place) for end in events(run, RunFinished)] == [outcome, outcome]
    assert ran.tool_calls[0].ok is (outcome == "done")


async def test_two_runs_at_once_never_share_the_arm(place: Place) -> None:
    """One moves; the other hears that the robot is busy, and neither answers for the other's deeds."""
    for name, call in (("one", TO_CUBE), ("two", HOME)):
        model = tape(place, asks(call), says("I am there."), name=name)
        keys = f"name: {name}\ndescription: Drives.\ntools: move_to, go_home\nmodel: {model}\n"
        hire(place, f"---\n{keys}---\n\nDrive.\n", name)
    outcomes: list[Any] = []
    bus, moving, scope = Bus(), anyio.Event(), anyio.CancelScope()
    bus.subscribe(lambda event, _: moving.set() if isinstance(event, GateVerdict) else None)
    async with place.system(scene="pick-and-place", realtime=True, bus=bus) as system:

        async def move() -> None:
            outcomes.append(await system.execute("drive", "one", scope=scope))

        async with anyio.create_task_group() as group:
            group.start_soon(move)
            await moving.wait()
            outcomes.append(await system.execute("drive", "two"))
            scope.cancel()
    refused, moved = outcomes
    assert (refused.outcome, moved.outcome) == ("refused", "interrupted")
    assert refused.reason == ("move_to is still under way, and the robot makes one motion at a time; wait for it.")
    for outcome, measured in ((moved, 1), (refused, 0)):
        entries: list[Entry] = whole(outcome.journal)
        assert [event.allowed for event in events(entries, GateVerdict)] == [bool(measured)]
        assert len(list(events(entries, MotionMeasured))) == measured


async def test_time_that_runs_out_in_a_motion_brakes_the_arm(place: Place) -> None:
    """The run ends as a spent budget, the motion as not reached, and the arm stands still before that is said."""
    overlay(place.home, {"budget.max_seconds": 1.0})
    ran = await drive(place, TO_CUBE, last=says("never said"), realtime=True)
    assert (ran.outcome, ran.reason) == ("budget", "The time of this budget is used up; resume the run to go on.")
    entries = whole(ran.journal)
    (motion,) = events(entries, MotionMeasured)
    assert not motion.reached
    assert motion.measured["speed_mps"] < 0.005  # as still as a thing with mass is a moment after it braked
    assert 0.0 < motion.measured["x"] < 1.5


async def test_a_motion_longer_than_a_tool_may_take_is_cut_short(place: Place) -> None:
    """The model hears of it, and cannot call it done."""
    overlay(place.home, {"safety.tool_timeout_s": 0.3})
    ran = await drive(place, TO_CUBE, last=says("Done."), realtime=True)
    assert (ran.outcome, ran.reason) == ("failed", "The motion was cancelled before its end; ask for it again.")
    error = "move_to had no answer within 0.3 s; whether it took effect is not known"
    assert [use.error for use in ran.tool_calls] == [error]


async def test_an_arm_that_nobody_may_drive_is_not_offered(place: Place) -> None:
    """An agent that lists no tool of the robot has none, whatever it writes."""
    ran = await play(place, asks(TO_CUBE), says("Done."))
    known = "Agent, Bash, Edit, Glob, Grep, Read, Recall, Remember, Skill, Write"
    assert [use.error for use in ran.tool_calls] == [f"there is no tool named 'move_to'; known are: {known}"]
    assert len(journals(place)) == 1
