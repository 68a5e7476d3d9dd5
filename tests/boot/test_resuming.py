"""A resumed run: where the journal says it was, answered by whom the journal says, and told what has changed."""

from pathlib import Path

import msgspec
import pytest

from llmos.errors import StorageError
from llmos.traces.events import RunStarted
from llmos.traces.reading import read_start
from tests.support.drivers import USUAL_ARM
from tests.support.homes import Place, make_place
from tests.support.tapes import asks, says, tape

pytestmark = pytest.mark.anyio

ANEW = (
    "Go on. The robot and its world are simulated and begin anew: what was moved before is back where it was, and the "
    "state you measure now is what holds."
)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A home with an agent that drives no robot of itself."""
    place = make_place(tmp_path)
    place.write("user/agents/worker.md", "---\nname: worker\ndescription: Works.\n---\n\nWork.\n")
    return place


def begun(place: Place, run_id: str) -> RunStarted:
    """How the run began."""
    return read_start(place.home, run_id)


async def go_on(place: Place, agent: str, run_id: str, **options: object) -> RunStarted:
    """How the rest of the run began, of which a person says nothing but that it is resumed."""
    async with place.system(**options) as system:
        talk = system.conversation(agent, run_id)
        outcome = await system.say(talk, system.going_on(talk))
    return begun(place, outcome.run_id)


async def test_a_resumed_run_has_the_robot_the_scene_and_the_model_of_before(place: Place) -> None:
    """Without a flag; who resumes need not know how it was begun."""
    model = tape(place, says())
    async with place.system(model=model, robot="arm", scene="shelves") as system:
        first = begun(place, (await system.execute("stack", "worker")).run_id)
    again = await go_on(place, "worker", first.run_id)
    assert (again.robot, again.scene) == (first.robot, first.scene) == (f"arm: {USUAL_ARM}", "shelves")
    assert again.model_reason == f"{model}: the run that is resumed had it"


async def test_a_flag_wins_over_what_the_run_had(place: Place) -> None:
    """Scene and model."""
    async with place.system(model=tape(place, says()), robot="arm", scene="shelves") as system:
        first = await system.execute("stack", "worker")
    other = tape(place, says(), name="other")
    again = await go_on(place, "worker", first.run_id, scene="blocks", model=other)
    assert (again.robot, again.scene) == (f"arm: {USUAL_ARM}", "blocks")
    assert again.model_reason == f"{other}: --model says so"


async def test_the_scene_lasts_for_those_that_a_resumed_run_delegates_to(place: Place) -> None:
    """Also where the run itself drives no robot."""
    async with place.system(model=tape(place, says()), scene="shelves") as system:
        first = await system.execute("stack", "worker")
    asked = tape(place, asks(("Agent", {"subagent_type": "operator", "prompt": "look"})), says("Empty."), says())
    async with place.system(model=asked) as system:
        await system.execute("go on", "worker", resume=first.run_id)
    below = [begun(place, path.stem) for path in place.home.glob("journals/*/*/*.jsonl")]
    assert [(run.agent, run.scene) for run in below if run.parent] == [("operator", "shelves")]


async def test_a_model_is_told_that_a_simulated_world_begins_anew(place: Place) -> None:
    """Only where there is one."""
    async with place.system(model=tape(place, says()), robot="arm") as system:
        first = await system.execute("stack", "worker")
    assert (await go_on(place, "worker", first.run_id)).goal == ANEW
    async with place.system(model=tape(place, says())) as system:
        first = await system.execute("think", "worker")
    assert (await go_on(place, "worker", first.run_id)).goal == "Go on."


async def test_the_pocket_model_is_given_the_goal_again(place: Place) -> None:
    """It remembers nothing, so "go on" would say nothing to it."""
    async with place.system(model=tape(place, says()), robot="arm") as system:
        first = await system.execute("Move the cube to the shelf", "operator")
    async with place.system(model="pocket") as system:
        assert system.going_on(system.conversation("operator", first.run_id)) == "Move the cube to the shelf"


async def test_the_pocket_model_is_given_the_goal_of_a_run_that_was_itself_resumed(place: Place) -> None:
    """Not the "Go on." that stands between."""
    async with place.system(model=tape(place, says()), robot="arm") as system:
        first = await system.execute("Move the cube to the shelf", "operator")
    again = await go_on(place, "operator", first.run_id, model=tape(place, says(), name="again"))
    assert again.goal.startswith("Go on.")
    async with place.system(model="pocket") as system:
        assert system.going_on(system.conversation("operator", again.run_id)) == "Move the cube to the shelf"


@pytest.mark.parametrize("kept", ["tool_returned", "message_added"])
@pytest.mark.parametrize(
    ("said", "calls"),
    [
        ("No, go home", ["go_home"]),
        (None, ["move_to", "toggle_tool", "move_to", "toggle_tool"]),
    ],
)
async def test_after_a_run_that_was_cut_off_the_pocket_model_does_what_is_said_now(
    place: Place, kept: str, said: str | None, calls: list[str]
) -> None:
    """Not what was said before; told nothing new, it begins anew as its world does."""
    goal = "Pick up the object at (1.5, 1.0, 0.5) and place it at (-1.0, -1.0, 0.7)"
    async with place.system(model="pocket", robot="arm", scene="pick-and-place") as system:
        first = await system.execute(goal, "operator")
    cut_behind(first.journal, kept)
    async with place.system() as system:
        talk = system.conversation("operator", first.run_id)
        second = await system.say(talk, said or system.going_on(talk))
    assert [use.tool for use in second.tool_calls] == calls
    assert second.outcome == "done", second.reason


def cut_behind(journal: Path, kind: str) -> None:
    """End a journal behind its first line of a kind, as a crash does."""
    lines = journal.read_bytes().splitlines(keepends=True)
    first = next(number for number, line in enumerate(lines) if msgspec.json.decode(line)["type"] == kind)
    journal.write_bytes(b"".join(lines[: first + 1]))


def test_a_journal_without_a_beginning_cannot_be_resumed(tmp_path: Path) -> None:
    """It names the line where it should stand."""
    path = tmp_path / "journals/2026/11/20261120-095132-k3f9qz.jsonl"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"")
    with pytest.raises(StorageError) as raised:
        read_start(tmp_path, path.stem)
    assert str(raised.value) == f"{path}:1: the run's beginning belongs here"
