"""Scenes say where objects are, and an object stays where its scene puts it."""

from pathlib import Path

import pytest

from llmos.documents.frontmatter import parse
from llmos.documents.scene import Pedestal, Point, Scene, read_scene, scene_from
from llmos.errors import DocumentError
from tests.support.robots import SYSTEM, shipped_scene


def scene(objects: str = "{}", places: str = "{}", more: str = "") -> Scene:
    """A scene of these objects and places, and more keys."""
    text = f"""---
name: test
description: A test.
cube_edge_m: 0.1
place_reach_m: 0.1
objects: {objects}
places: {places}
{more}---
"""
    return scene_from(parse(text, Path("test.md")))


@pytest.mark.parametrize("name", sorted(path.stem for path in (SYSTEM / "scenes").glob("*.md")))
def test_shipped_scene_loads_under_its_own_name(name: str) -> None:
    """Each shipped scene is valid and named as its file."""
    assert read_scene(SYSTEM / "scenes" / f"{name}.md").name == name


def test_shipped_scenes_hold_what_the_example_goals_name() -> None:
    """The coordinates and names in the example commands exist."""
    assert shipped_scene("pick-and-place").objects == {"cube": Point(1.5, 1.0, 0.5)}
    assert shipped_scene("pick-and-place").places["place pedestal"] == Point(-1.0, -1.0, 0.7)
    assert {"A3", "B7", "shelf"} <= set(shipped_scene("shelves").places)
    assert shipped_scene("microscope").places["microscope stage"] == Point(0.5, 0.5, 1.0)
    assert len(shipped_scene("blocks").objects) == 3


@pytest.mark.parametrize(
    ("objects", "places", "sentence"),
    [
        ("{cube: [0, 0, 0.5]}", "{}",
         "test.md:6: 'objects.cube' would not stay at z 0.5: it comes to rest at z 0.05"),
        ("{a: [0, 0, 0.05], b: [0.05, 0, 0.05]}", "{}",
         "test.md:6: 'objects.a' would not stay at z 0.05: it comes to rest at z 0.15"),
        ("{nothing: [0, 0, 0.05]}", "{}",
         "test.md:6: 'objects.nothing' is what an empty gripper holds; give the object another name"),
        ("{cube: [0, 0]}", "{}", "test.md:6: 'objects.cube' must be a list of 3 numbers, not [0, 0]"),
        ("{}", "{A3: [0, x, 0]}", "test.md:7: 'places.A3' must be a list of 3 numbers, not [0, 'x', 0]"),
        ("[]", "{}", "test.md:6: 'objects' must hold keys and values, not []"),
    ],
)  # fmt: skip
def test_wrong_scene_is_refused_with_its_place(objects: str, places: str, sentence: str) -> None:
    """Each mistake is one sentence that names file, line and key."""
    with pytest.raises(DocumentError) as caught:
        scene(objects, places)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("released", "others", "rest_z"),
    [
        ((0, 0, 1), [], 0.05),  # the floor
        ((1, 1, 0.5), [], 0.5),  # exactly on a place
        ((1.05, 1.05, 0.9), [], 0.5),  # dropped onto it from above, still within reach of it
        ((1.2, 1, 0.5), [], 0.05),  # beside it
        ((1, 1, 0.4), [], 0.05),  # below it
        ((1, 1, 0.46), [], 0.5),  # the place reaches into the lower half: lifted
        ((0, 0, 0.15), [(0, 0, 0.05)], 0.15),  # on top of another
        ((0, 0, 0.5), [(0.09, 0, 0.05)], 0.15),  # on its edge
        ((0, 0, 0.5), [(0.1, 0, 0.05)], 0.05),  # just beside it
        ((0, 0, 0.05), [(0, 0, 0.05)], 0.15),  # in its place: pushed on top
        ((0, 0, 0.02), [(0, 0, 0.05), (0, 0, 0.15)], 0.25),  # under a stack: on top of it
        ((1, 1, 0.5), [(1, 1, 0.5)], 0.6),  # the place is taken
    ],
)
def test_released_cube_rests_on_what_is_below(
    released: tuple[float, ...], others: list[tuple[float, ...]], rest_z: float
) -> None:
    """A cube drops to floor, place or cube, and never ends inside another."""
    world = scene(places="{P: [1, 1, 0.5]}")
    assert world.rest_z(Point(*released), [Point(*other) for other in others]) == pytest.approx(rest_z)


def test_a_place_above_the_floor_stands_on_a_pedestal() -> None:
    """The pedestal ends half a cube below the place, and is as wide as the place reaches; the floor needs none."""
    where = scene(places="{low: [1, 1, 0.05], high: [1.5, -1, 0.5]}")
    assert where.pedestals == {"high": Pedestal(1.5, -1.0, 0.1, 0.45)}


@pytest.mark.parametrize(
    ("check", "sentence"),
    [
        ("object_at: {cub: {point: [0, 0, 0], within_m: 0.1}}",
         "'check.object_at.cub' asks about 'cub', which is not here; did you mean 'cube'?"),
        ("untouched: {cub: {within_m: 0.1}}",
         "'check.untouched.cub' asks about 'cub', which is not here; did you mean 'cube'?"),
        ("stacked: {tower: {objects: [cube, cub], within_m: 0.1}}",
         "'check.stacked.tower' asks about 'cub', which is not here; did you mean 'cube'?"),
        ("object_at: {cube: {point: [0, 0, 0]}}", "'check.object_at.cube.within_m' is missing"),
        ("visited: {square: {points: [[0, 0]], within_m: 0.1}}",
         "'check.visited.square.points' must be a list of lists of 3 numbers, not [[0, 0]]"),
        ("visit: {}", "'check.visit' is no key that is read here; did you mean 'visited'?"),
    ],
)  # fmt: skip
def test_wrong_check_is_refused_with_its_place(check: str, sentence: str) -> None:
    """A check that could never hold, or that nobody reads, does not load."""
    with pytest.raises(DocumentError) as caught:
        scene("{cube: [0, 0, 0.05]}", more=f"check:\n  {check}\n")
    assert str(caught.value).partition(": ")[2] == sentence
