"""What was learned is done again only where nothing has changed: else it stops before the step, and once is once."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.homes import make_place
from tests.support.noting import THREE, WRITTEN, House, asked, number
from tests.support.runs import hire
from tests.support.tapes import asks, says

pytestmark = pytest.mark.anyio


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A house whose agent has learned to note three numbers."""
    house = House(make_place(tmp_path))
    hire(house.place)
    house.build()
    return house


async def test_the_same_goal_needs_no_model_again(house: House) -> None:
    """The effects are the same ones, once."""
    await house.ask(*THREE)
    assert house.notes() == WRITTEN
    outcome = await house.ask()
    assert (outcome.mode, outcome.outcome, outcome.answer, asked(outcome)) == ("FOLLOWER", "done", "Noted.", 0)
    assert house.notes() == WRITTEN


async def test_a_model_goes_on_where_a_step_fails(house: House) -> None:
    """Step 3 fails: the model finds what was done already, and nothing is done twice: [0, 1, 2]."""
    await house.ask(*THREE)
    house.notes()
    house.trouble(2)
    outcome = await house.ask(number(2), says("Noted after all."))
    assert (outcome.mode, outcome.outcome, outcome.answer, asked(outcome)) == (
        "FOLLOWER",
        "done",
        "Noted after all.",
        2,
    )
    assert house.notes() == WRITTEN


async def test_what_may_be_repeated_is_repeated(house: House) -> None:
    """A step that is idempotent and fails once is done once more, without a model."""
    house.build("IDEMPOTENT")
    await house.ask(*THREE)
    house.notes()
    house.trouble(1)
    outcome = await house.ask()
    assert (outcome.mode, outcome.outcome, asked(outcome)) == ("FOLLOWER", "done", 0)
    assert house.notes() == WRITTEN


async def test_what_cannot_be_undone_waits_for_a_person(house: House) -> None:
    """An irreversible step is not replayed unless a person has permitted it beforehand."""
    house.build("IRREVERSIBLE")
    await house.ask(*THREE)
    outcome = await house.ask(*THREE)
    assert (outcome.mode, asked(outcome)) == ("MIXED", 4)
    assert "note cannot be undone, and no --approve permits it beforehand" in outcome.mode_reason
    house.notes()
    outcome = await house.ask(approve=("note",))
    assert (outcome.mode, asked(outcome)) == ("FOLLOWER", 0)
    assert house.notes() == WRITTEN


@pytest.mark.parametrize("more", [None, {}, {"a": [1, None, {"b": ["x", {"c": None}]}]}, {"x": True, "y": 1.5}])
async def test_nothing_and_nested_arguments_are_replayed(house: House, more: Mapping[str, Any] | None) -> None:
    """Arguments of any shape come again as they were."""
    lines = (number(0, more=more), says("Noted."))
    await house.ask(*lines)
    written = house.notes()
    outcome = await house.ask()
    assert (outcome.mode, asked(outcome)) == ("FOLLOWER", 0)
    assert house.notes() == written == [f"0 {more}"]


async def test_another_agent_has_learned_nothing(house: House) -> None:
    """The same goal with another tool list, or other words to go by, is planned anew."""
    await house.ask(*THREE)
    hire(house.place, "---\nname: worker\ndescription: Works.\ntools: note, Read\n---\n\nWork.\n")
    outcome = await house.ask(*THREE)
    assert (outcome.mode, asked(outcome)) == ("LEARNER", 4)
    assert "the agent worker has been edited since" in outcome.mode_reason


async def test_a_tool_that_is_gone_is_not_called(house: House) -> None:
    """The trace stays, and waits for the tool."""
    await house.ask(*THREE)
    (house.place.home / "user/tools/note.py").unlink()
    outcome = await house.ask(says("I cannot."))
    assert asked(outcome) == 1
    assert "the agent has no tool note any more" in outcome.mode_reason
    house.build()
    assert (await house.ask()).mode == "FOLLOWER"


@pytest.mark.parametrize("change", [{"does": "Note a number for good."}, {"effect": "IDEMPOTENT"}])
async def test_a_tool_that_has_changed_is_not_called_blindly(house: House, change: dict[str, str]) -> None:
    """Another schema or other code is another tool."""
    await house.ask(*THREE)
    house.build(**change)
    outcome = await house.ask(*THREE)
    assert asked(outcome) == 4
    assert "the tool note has changed since" in outcome.mode_reason
    house.notes()
    assert (await house.ask()).mode == "FOLLOWER"


async def test_code_that_has_changed_is_another_tool(house: House) -> None:
    """The schema is the same; what the tool does is not."""
    await house.ask(*THREE)
    path = house.place.home / "user/tools/note.py"
    path.write_text(path.read_text().replace('return f"noted', 'number *= 2\n    return f"noted'))
    outcome = await house.ask(*THREE)
    assert asked(outcome) == 4
    assert "the tool note has changed since" in outcome.mode_reason


async def test_a_file_that_has_changed_is_left_alone(house: House) -> None:
    """The replay stops before it writes over what it has never seen; a model sees to it."""
    page = house.place.workspace / "page"
    page.write_text("one two")
    edit = asks(("Edit", {"file_path": "page", "old_string": "two", "new_string": "2"}))
    await house.ask(edit, says("Edited."))
    assert page.read_text() == "one 2"
    page.write_text("two, but none that was there")
    outcome = await house.ask(says("Somebody has written there."))
    assert (outcome.mode, outcome.tool_calls, asked(outcome)) == ("FOLLOWER", (), 1)
    assert page.read_text() == "two, but none that was there"
    page.write_text("one two")
    assert asked(await house.ask()) == 0
    assert page.read_text() == "one 2"


async def test_what_a_volume_of_somebody_else_says_is_not_done(house: House, tmp_path: Path) -> None:
    """Traces of a volume that nobody trusts are not looked at; nor are those that lie in the workspace."""
    await house.ask(*THREE)
    house.notes()
    traces = house.place.home / "user/traces"
    for elsewhere in (house.place.workspace / ".claude", house.place.workspace, tmp_path / "stranger"):
        elsewhere.mkdir(exist_ok=True)
        traces.rename(elsewhere / "traces")
        outcome = await house.ask(says("I know of nothing."))
        assert (outcome.mode, asked(outcome)) == ("LEARNER", 1)
        (elsewhere / "traces").rename(traces)
    assert house.notes() == []


async def test_a_trace_that_fails_again_and_again_is_left_alone(house: House) -> None:
    """After two failures in a row it is in quarantine, until a model has shown that it holds."""
    await house.ask(*THREE)
    for _ in range(2):
        house.trouble(0)
        await house.ask(says("It fails."))
    house.notes()
    outcome = await house.ask(*THREE)
    assert asked(outcome) == 4
    assert "in quarantine: it led no further 2 times in a row" in outcome.mode_reason
    house.notes()
    assert (await house.ask()).mode == "FOLLOWER"
    assert house.notes() == WRITTEN
