"""What a scene asks for is held against measurements: it holds, or one sentence says what is missing."""

from dataclasses import replace
from pathlib import Path

import pytest

from llmos.documents.frontmatter import parse
from llmos.documents.scene import Point, Scene, scene_from
from llmos.robots.base import Measured, Pose, Velocity
from llmos.robots.evidence.scene_check import check_scene, measured_in
from tests.support.robots import rig, shipped_scene

BLOCKS = {"low": Point(0.5, 0.5, 0.05), "high": Point(0.51, 0.5, 0.15)}


def scene(check: str) -> Scene:
    """Two blocks, and a check."""
    text = f"""---
name: test
description: A test.
cube_edge_m: 0.1
place_reach_m: 0.1
objects: {{low: [0.5, 0.5, 0.05], high: [0.5, 0.5, 0.15]}}
places: {{}}
check: {check}
---
"""
    return scene_from(parse(text, Path("test.md")))


def seen(*tool: tuple[float, float, float], objects: dict[str, Point] | None = None) -> list[Measured]:
    """Measurements of a tool at these points."""
    return [
        Measured(float(at), Pose(*point, 0.0), Velocity(), False, None, BLOCKS if objects is None else objects)
        for at, point in enumerate(tool)
    ]


AT, UNTOUCHED = "object_at: {low: {point: [0.5, 0.5, 0.06], within_m: 0.02}}", "untouched: {low: {within_m: 0.01}}"
VISIT = "visited: {L: {points: [[0, 0, 1], [1, 0, 1]], within_m: 0.1}}"
SHIFT = "visited: {step: {points: [[0, 0, -1]], within_m: 0.1, relative: true}}"
LEFT = "displaced: {left: {by_m: [-0.05, 0, 0], within_m: 0.01}}"
STACK = "stacked: {tower: {objects: [high, low], within_m: 0.02}}"


@pytest.mark.parametrize(
    ("check", "states", "holds", "sentence"),
    [
        (AT, seen((0, 0, 1)), True, "'low' lies 0.010m from (0.50, 0.50, 0.06), 0.020m allowed."),
        (AT, seen((0, 0, 1), objects={"low": Point(0.5, 0.6, 0.05)}), False,
         "'low' lies 0.100m from (0.50, 0.50, 0.06), 0.020m allowed."),
        (AT, seen((0, 0, 1), objects={}), False, "'low' is not seen."),
        (AT, [replace(seen((0, 0, 1))[0], holding="low")], False, "'low' is still in the gripper."),
        (UNTOUCHED, [*seen((0, 0, 1)), *seen((0, 0, 1), objects={"low": Point(0.6, 0.5, 0.05)})], False,
         "'low' has moved 0.100m, 0.010m allowed."),
        (UNTOUCHED, seen((0, 0, 1)), True, "'low' has moved 0.000m, 0.010m allowed."),
        (UNTOUCHED, seen((0, 0, 1), objects={}), False, "'low' is not seen."),
        (VISIT, seen((5, 0, 1), (0.05, 0, 1), (1, 0, 1)), True, "L: the tool came to 2 points in order."),
        (VISIT, seen((1, 0, 1), (0, 0, 1)), False, "L: the tool never came to point 2 of 2 at (1.00, 0.00, 1.00)."),
        (SHIFT, seen((1, 1, 2), (1, 1, 1)), True, "step: the tool came to 1 point in order."),
        (LEFT, seen((1, 0, 1), (0.95, 0, 1)), True,
         "left: the tool rests 0.000m from (0.95, 0.00, 1.00), 0.010m allowed."),
        (LEFT, [replace(each, velocity=Velocity(x_mps=1.0)) for each in seen((1, 0, 1), (0.95, 0, 1))], False,
         "left: the tool moves 0.000m from (0.95, 0.00, 1.00), 0.010m allowed."),
        (STACK, seen((0, 0, 1)), True, "tower: 'low' below 'high'."),
        (STACK, seen((0, 0, 1), objects=BLOCKS | {"high": Point(0.6, 0.5, 0.05)}), False,
         "tower: 'low' lies 0.100m beside and 0.000m above 'high'."),
        (STACK, seen((0, 0, 1), objects={}), False, "tower: 'high' is not seen, or still in the gripper."),
    ],
)  # fmt: skip
def test_each_kind_of_check_holds_or_says_what_is_missing(
    check: str, states: list[Measured], holds: bool, sentence: str
) -> None:
    """One sentence on the measurement, whichever way it goes."""
    (finding,) = check_scene(scene(f"{{{check}}}"), states)
    assert (finding.holds, finding.sentence) == (holds, sentence)


def test_nothing_measured_is_no_success() -> None:
    """A check of nothing is a mistake of the caller, not a finding."""
    with pytest.raises(ValueError, match=r"^a scene is checked on what was measured, and nothing was$"):
        check_scene(scene(f"{{{AT}}}"), [])


@pytest.mark.parametrize(
    "name", ["pick-and-place", "blocks", "microscope", "shelves", "inspection", "drawing", "teleoperation"]
)
@pytest.mark.anyio
async def test_nothing_holds_in_a_shipped_scene_before_anything_is_done(tmp_path: Path, name: str) -> None:
    """Each scene with a goal has a check that the untouched world fails."""
    arm = rig(tmp_path, name)
    where = shipped_scene(name)
    assert where.goal
    assert not all(finding.holds for finding in check_scene(where, [arm.robot.seen[0]]))


@pytest.mark.anyio
async def test_motions_of_a_gate_can_be_checked(tmp_path: Path) -> None:
    """What was measured around each motion is enough for a square."""
    arm = rig(tmp_path, "drawing")
    for dx, dy in ((0.2, 0), (0, 0.2), (-0.2, 0), (0, -0.2)):
        await arm.pilot.perform("move_relative", {"dx": dx, "dy": dy})
    assert [finding.holds for finding in check_scene(arm.scene, measured_in(reversed(arm.motions)))] == [True]
