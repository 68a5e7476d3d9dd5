"""A robot does again what it has learned only where the world is as it was; what differs stops it in time."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from llmos.boot import LLMOS
from llmos.runtime.outcome import RunOutcome
from llmos.traces.events import ModelReplied, ToolCalled
from llmos.traces.reading import read_journal
from tests.support.homes import Place, make_place
from tests.support.runs import CHECKOUT, events, hire
from tests.support.tapes import Line, asks, says, tape

pytestmark = pytest.mark.anyio

MOVER = (
    "---\nname: worker\ndescription: Goes.\n"
    "tools: move_to, move_relative, toggle_tool, get_status, emergency_stop\n---\nGo.\n"
)
PICK = "Pick up the object at (1.5, 1.0, 0.5) and place it at (-1.0, -1.0, 0.7)"
HIGHER = "Go a bit higher"
MOVES: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("move_to", {"x": 1.5, "y": 1.0, "z": 0.5}),
    ("toggle_tool", {"activate": True}),
    ("move_to", {"x": -1.0, "y": -1.0, "z": 0.7}),
    ("toggle_tool", {"activate": False}),
)
PICKING = (*(asks(move) for move in MOVES), says("Placed."))
RISING = (asks(("move_relative", {"dz": 0.05})), says("Higher."))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A home with an agent that drives an arm, which is simulated without physics."""
    place = make_place(tmp_path)
    hire(place, MOVER)
    arm = (CHECKOUT / "volumes/system/robots/arm.md").read_text("utf-8")
    place.write("user/robots/arm.md", arm.replace("[mujoco-arm, kinematic]", "kinematic"))
    return place


def system(place: Place, *lines: Line, scene: str = "pick-and-place") -> LLMOS:
    """A session with a robot of its own, which stands at its home."""
    return place.system(model=tape(place, *lines), robot="arm", scene=scene)


async def ask(place: Place, *lines: Line, goal: str = PICK, scene: str = "pick-and-place") -> RunOutcome:
    """One goal in a session of its own."""
    async with system(place, *lines, scene=scene) as session:
        return await session.execute(goal, "worker")


def led(outcome: RunOutcome) -> list[str]:
    """The tools that were called without a model."""
    entries = read_journal(outcome.journal)
    steps = {reply.step for reply in events(entries, ModelReplied) if not reply.model.startswith("cassette:")}
    return [call.tool for call in events(entries, ToolCalled) if call.step in steps]


async def test_the_same_goal_in_the_same_world_needs_no_model(place: Place) -> None:
    """The cube is measured where the goal wants it, both times."""
    await ask(place, *PICKING)
    outcome = await ask(place)
    assert (outcome.mode, outcome.outcome, led(outcome)) == ("FOLLOWER", "done", [name for name, _ in MOVES])


async def test_an_object_that_is_missing_stops_the_replay(place: Place) -> None:
    """The hand closes on nothing: it does not carry on empty, and the goal is not reached."""
    async with system(place, *PICKING, says("There is nothing to pick up.", claim="failed")) as session:
        assert (await session.execute(PICK, "worker")).outcome == "done"
        outcome = await session.execute(PICK, "worker")
    assert (outcome.mode, outcome.outcome) == ("FOLLOWER", "failed")
    assert led(outcome) == ["move_to", "toggle_tool"]


async def test_a_robot_at_another_pose_is_no_start(place: Place) -> None:
    """Where a motion rests on a number that the goal does not name, the robot must stand where it stood."""
    async with system(place, *RISING, *RISING, scene="empty") as session:
        first = await session.execute(HIGHER, "worker")
        second = await session.execute(HIGHER, "worker")
    assert (first.outcome, second.outcome) == ("done", "done")
    assert led(second) == []
    assert "the robot stands elsewhere than where this was learned" in second.mode_reason
    assert led(await ask(place, goal=HIGHER, scene="empty")) == ["move_relative"]


async def test_a_stopped_robot_replays_nothing(place: Place) -> None:
    """The latched stop is another start; nothing is tried."""
    async with system(
        place, *RISING, asks("emergency_stop"), says("Stopped."), says("It is stopped.", claim="failed"), scene="empty"
    ) as session:
        await session.execute(HIGHER, "worker")
        await session.execute("stop", "worker")
        outcome = await session.execute(HIGHER, "worker")
    assert led(outcome) == []
    assert outcome.outcome == "failed"


@pytest.mark.parametrize(
    ("file", "why"),
    [
        ("volumes/system/scenes/empty.md", "but the scene has been edited since"),
        ("volumes/system/robots/arm.md", "but the robot has been edited since"),
    ],
)
async def test_a_world_that_was_edited_is_another_world(place: Place, file: str, why: str) -> None:
    """A zone more or an object less: what was learned before has not seen it."""
    await ask(place, *RISING, goal=HIGHER, scene="empty")
    text = (CHECKOUT / file).read_text("utf-8").replace("[mujoco-arm, kinematic]", "kinematic")
    place.write(file.replace("volumes/system", "user"), f"{text}\nSomething more is said of it.\n")
    outcome = await ask(place, *RISING, goal=HIGHER, scene="empty")
    assert led(outcome) == []
    assert why in outcome.mode_reason


async def test_another_scene_is_another_world(place: Place) -> None:
    """What was learned on an empty floor is not done beside a glass globe."""
    await ask(place, *RISING, goal=HIGHER, scene="empty")
    outcome = await ask(place, *RISING, goal=HIGHER)
    assert led(outcome) == []
    assert "but of another scene" in outcome.mode_reason


async def test_what_the_gate_refuses_is_refused_in_a_replay(place: Place) -> None:
    """Bound to a point inside a zone, a replay is stopped by the gate like anybody, and nothing moves."""
    goal = "Go to (0.5, 0.5, 0.5) with the tool"
    await ask(place, asks(("move_to", {"x": 0.5, "y": 0.5, "z": 0.5})), says("There."), goal=goal, scene="empty")
    inside = goal.replace("(0.5, 0.5, 0.5)", "(1.0, -1.0, 1.0)")
    outcome = await ask(place, says("It is forbidden.", claim="failed"), goal=inside, scene="empty")
    assert outcome.outcome == "refused"
    motions = [use.ok for use in outcome.tool_calls]
    assert True not in motions
