"""A robot that feels: what happens to it tightens what it does next, in a whole system and by measured motion."""

from pathlib import Path
from typing import Any

import pytest

from llmos.boot import LLMOS
from llmos.messages import Reply, Text, ToolCall, Usage
from llmos.traces.events import MessageAdded, PermissionDecided
from tests.support.homes import Place, make_place
from tests.support.messages_api import MessagesAPI
from tests.support.runs import journaled, play
from tests.support.tapes import calls, says, tape

pytestmark = pytest.mark.anyio

FAR = {"x": 1.0, "y": 0.5, "z": 1.2}
AWAY = {"x": -1.0, "y": 0.5, "z": 1.2}
"""Far from the station where a person stands, near which the arm is slow whatever it feels."""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A home and a workspace."""
    return make_place(tmp_path)


async def stopped_and_rearmed(system: LLMOS, times: int = 1) -> None:
    """A person presses STOP and rearms, so many times."""
    for _ in range(times):
        await system.pilot("Ann").emergency_stop()
        assert mode(system) != "PRECISION"
        await system.robot().rearm("Ann")
        assert mode(system) != "PRECISION"  # a rearm lifts the stop, not the caution


async def mean_speed_mps(system: LLMOS, target: dict[str, float]) -> float:
    """The mean speed of a move from home, by the robot's own clock."""
    pilot = system.pilot("Ann")
    result = await pilot.perform("move_to", target)
    assert result.ok, result.refusal
    assert result.motion is not None
    before, after = result.motion.before.pose, result.motion.after.pose
    way_m = ((before.x - after.x) ** 2 + (before.y - after.y) ** 2 + (before.z - after.z) ** 2) ** 0.5
    return float(way_m / result.motion.duration_s)


def mode(system: LLMOS) -> str:
    """The mode that holds."""
    look = system.sentience()
    assert look is not None
    return look.mode


@pytest.mark.parametrize(
    ("stops", "modes", "target"),
    [
        ((0, 1), ("PRECISION", "CAUTIOUS"), {"x": -1.8, "y": 1.5, "z": 1.2}),
        ((1, 2), ("CAUTIOUS", "RECOVERY"), {"x": -1.24, "y": 0.5, "z": 1.2}),
    ],
)
async def test_a_robot_that_was_stopped_moves_more_slowly(
    place: Place, stops: tuple[int, int], modes: tuple[str, str], target: dict[str, float]
) -> None:
    """CAUTIOUS is slower than PRECISION, by measurement, and RECOVERY slower still."""
    speeds = {}
    for times in stops:
        async with place.system() as system:
            await system.pilot("Ann").perform("move_to", AWAY)
            await stopped_and_rearmed(system, times)
            speeds[mode(system)] = await mean_speed_mps(system, target)
    assert tuple(speeds) == modes
    assert speeds[modes[0]] > speeds[modes[1]] * 1.2


async def test_recovery_allows_short_moves_only(place: Place) -> None:
    """The gate itself refuses a long one, whoever asks for it, and says why."""
    async with place.system() as system:
        system.robot()
        await stopped_and_rearmed(system, 2)
        result = await system.pilot("Ann").perform("move_to", FAR)
        assert not result.ok
        refusal = result.refusal
        assert refusal is not None
        assert refusal.rule == "step"
        assert "the robot is in RECOVERY mode" in refusal.reason


async def test_a_robot_in_a_process_of_its_own_is_tightened_too(place: Place) -> None:
    """On the real clock the order carries the caution to the gate of the robot host."""
    async with place.system(realtime=True) as system:
        system.robot()
        await stopped_and_rearmed(system, 2)
        refusal = (await system.pilot("Ann").perform("move_to", FAR)).refusal
    assert refusal is not None
    assert "the robot is in RECOVERY mode" in refusal.reason


async def test_it_calms_down_as_time_passes(place: Place) -> None:
    """Short slow moves take time, and time heals."""
    async with place.system() as system:
        system.robot()
        await stopped_and_rearmed(system, 1)
        pilot = system.pilot("Ann")
        seen = [mode(system)]
        for number in range(120):
            await pilot.perform("move_relative", {"dx": 0.2 if number % 2 else -0.2})
            seen.append(mode(system))
        assert list(dict.fromkeys(seen)) == ["CAUTIOUS", "PRECISION"]


async def test_precision_keeps_an_agent_to_the_numbers_of_its_goal(place: Place) -> None:
    """A slip of ten centimetres is an error that the model reads, and the right number passes."""
    goal = "Go to (1.0, 0.5, 1.2)"
    ran = await play(
        place,
        calls("move_to", x=1.1, y=0.5, z=1.2),
        calls("move_to", **FAR),
        says("There."),
        agent="operator",
        goal=goal,
    )
    assert ran.outcome == "done", ran.reason
    slip, right = ran.tool_calls
    assert "in PRECISION mode coordinates are exact" in str(slip.error)
    assert right.ok


async def test_a_run_after_a_stop_asks_a_person_before_it_lets_go(place: Place) -> None:
    """CAUTIOUS: with nobody at the terminal the cube stays in the gripper."""
    model = tape(
        place,
        calls("move_to", x=1.5, y=1.0, z=0.5),
        calls("toggle_tool", activate=True),
        calls("toggle_tool", activate=False),
        says("I could not let go."),
    )
    async with place.system(model=model, scene="pick-and-place") as system:
        system.robot()
        await stopped_and_rearmed(system)
        ran = await system.execute("Pick up the object at (1.5, 1.0, 0.5) and let it go", "operator")
    assert [use.ok for use in ran.tool_calls] == [True, True, False]
    assert "Previewed: " in str(journaled(ran, MessageAdded)[2].message.parts)
    (decided,) = journaled(ran, PermissionDecided)
    assert (decided.question, decided.allowed, decided.by) == (
        "toggle_tool wants to let go of 'cube' (CAUTIOUS mode)",
        False,
        "policy",
    )


async def test_each_run_with_a_robot_begins_at_rest(place: Place) -> None:
    """What one process felt is not carried into the next; only the stop latch is."""
    for _ in range(2):
        async with place.system() as system:
            system.robot()
            assert mode(system) == "PRECISION"
            await stopped_and_rearmed(system)


DONE = Reply((Text("ready"),), "end", Usage(10, 2), "claude-test")


def moves(number: int, **args: float) -> Reply:
    """A reply that moves."""
    return Reply((ToolCall(f"toolu_{number}", "move_to", args),), "tools", Usage(10, 2), "claude-test")


async def told(place: Place, *replies: Reply, agent: str = "operator", goal: str = "Go somewhere") -> list[Any]:
    """The bodies of the requests of a run."""
    async with MessagesAPI() as api:
        api.say(*replies)
        async with place.system(api=api.url, model="dev") as system:
            await system.execute(goal, agent)
        return [request.json for request in api.requests]


def states(body: Any) -> list[str]:
    """The passages of the last turns that tell of the robot's state of mind."""
    texts = [block["text"] for turn in body["messages"] for block in turn["content"] if block["type"] == "text"]
    return [text for text in texts if text.startswith("[INTERNAL_STATE]")]


async def test_a_model_is_told_the_mode_at_first_and_when_it_changes(place: Place) -> None:
    """It stands behind the goal, never in the system prompt, and once it is said it stays as it was."""
    outside = [moves(number, x=9.0, y=0.0, z=1.0 + number / 10) for number in range(3)]
    bodies = await told(place, *outside, DONE)
    first, *_, last = (states(body) for body in bodies)
    assert len(first) == 1
    assert first[0].startswith(
        "[INTERNAL_STATE]\nmode=PRECISION (Focused on exact, controlled movements)\nsafety=0.80 "
    )
    assert first[0].endswith("[/INTERNAL_STATE]")
    assert last == first
    assert all("safety=" not in str(body["system"]) for body in bodies)


async def test_a_change_of_mode_is_told_in_the_midst_of_a_run(place: Place) -> None:
    """The second passage joins the history behind the first."""
    stop = Reply((ToolCall("toolu_s", "emergency_stop", {}),), "tools", Usage(10, 2), "claude-test")
    bodies = await told(place, stop, DONE)
    first, second = (states(body) for body in bodies)
    assert second[: len(first)] == first
    assert "mode=CAUTIOUS" in second[-1]
    assert "speed_limit=60% extra_margin=0.03 m" in second[-1]


async def test_an_agent_without_a_robot_is_told_nothing_of_it(place: Place) -> None:
    """Valence is the robot's."""
    (body,) = await told(place, DONE, agent="critic")
    assert states(body) == []


async def test_what_care_kept_from_the_gate_is_not_done_because_a_model_says_so(place: Place) -> None:
    """In PRECISION mode a position that nobody named is not even given to the gate; the claim does not make it good."""
    strays = (calls("move_to", x=1.23, y=0.5, z=1.2), says("I am there."))
    outcome = await play(place, *strays, agent="operator", goal="Go to (1.0, 0.5, 1.2)", robot="arm")
    assert (outcome.outcome, outcome.answer) == ("refused", "I am there.")
    assert "is no position that the goal names" in outcome.reason


async def test_what_was_made_good_counts_as_done(place: Place) -> None:
    """The named position, after the wrong one was held back."""
    corrects = (calls("move_to", x=1.23, y=0.5, z=1.2), calls("move_to", x=1.0, y=0.5, z=1.2), says("I am there."))
    outcome = await play(place, *corrects, agent="operator", goal="Go to (1.0, 0.5, 1.2)", robot="arm")
    assert outcome.outcome == "done"
