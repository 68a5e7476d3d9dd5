"""A run whose goal is its scene's own is decided by what the scene asks for, and by nothing looser."""

from pathlib import Path

import pytest

from llmos.robots.evidence.outcome import PhysicalOutcome, physical_outcome
from llmos.robots.evidence.scene_outcome import by_scene
from tests.support.robots import rig

pytestmark = pytest.mark.anyio

GOAL = "Pick up the object at (1.5, 1.0, 0.5) and place it at (-1.0, -1.0, 0.7)"


async def test_the_scenes_check_makes_done_into_failed(tmp_path: Path) -> None:
    """The arm did all that it was told, and the cube is not where the goal has it."""
    arm = rig(tmp_path)
    await arm.pilot.move_to(1.5, 1.0, 0.9)
    found = physical_outcome(arm.verdicts, arm.motions)
    assert found is not None
    assert found.outcome == "done"
    held = by_scene(found, arm.scene, f"  {GOAL.upper()}. ", arm.motions, arm.pilot.measure())
    assert held is not None
    assert held.outcome == "failed"
    assert held.sentence.startswith("'cube' lies ")
    assert [check["holds"] for check in held.evidence["checks"]] == [False]
    assert held.evidence["commands"] == 1


async def test_another_goal_is_decided_as_ever(tmp_path: Path) -> None:
    """A scene knows nothing of goals that it was not made for."""
    arm = rig(tmp_path)
    await arm.pilot.move_to(1.5, 1.0, 0.9)
    found = physical_outcome(arm.verdicts, arm.motions)
    assert by_scene(found, arm.scene, "Go above the cube", arm.motions, arm.pilot.measure()) is found


async def test_doing_nothing_is_not_done(tmp_path: Path) -> None:
    """Whoever only answers has not carried out the scene's goal."""
    arm = rig(tmp_path)
    held = by_scene(None, arm.scene, GOAL, [], arm.pilot.measure())
    assert held is not None
    assert held.outcome == "failed"


async def test_a_check_never_makes_an_outcome_better(tmp_path: Path) -> None:
    """Refused stays refused, with its own reason."""
    arm = rig(tmp_path)
    refused = PhysicalOutcome("refused", "X position 5.00m outside workspace [-2, 2]", {})
    held = by_scene(refused, arm.scene, GOAL, [], arm.pilot.measure())
    assert held is not None
    assert (held.outcome, held.sentence) == (refused.outcome, refused.sentence)
