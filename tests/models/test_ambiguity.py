"""A tiny model does not choose among things that the goal's words fit alike."""

import re
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.messages import Message, Request, Text
from llmos.models.ambiguity import _GENERIC, _NO_NAMES, ambiguous

CUBES = {"red_cube": [0.5, 0.5, 0.05], "blue cube": [-0.5, 0.6, 0.05], "nut": [1.5, -1.0, 0.0]}
PLACES = {"shelf": [-1.5, 1.0, 1.2], "pick pedestal": [1.5, 1.0, 0.5], "place pedestal": [-1.0, -1.0, 0.7]}
THERE = {"x": 0.5, "y": 0.5, "z": 0.05}
"""Where the red cube is."""


def doubt(goal: str, arguments: Any = None, **state: Any) -> str | None:
    """What is said of a call to the red cube for this goal, in a world of two cubes, a nut and three places."""
    request = Request(
        "", (Message("user", (Text(goal),)),), state={"objects": CUBES, "places": PLACES, "holding": None} | state
    )
    return ambiguous(THERE if arguments is None else arguments, request)


@pytest.mark.parametrize(
    ("goal", "names"),
    [
        ("pick up the cube", "blue cube, red_cube"),
        ("Pick up the CUBE, please.", "blue cube, red_cube"),
        ("put the cube on the shelf", "blue cube, red_cube"),
        ("grab cube", "blue cube, red_cube"),
        ("take the small cube", "blue cube, red_cube"),
        ("put the cube on the left", "blue cube, red_cube"),
        ("move the cube to the left", "blue cube, red_cube"),
        ("move the cube to the left pedestal", "blue cube, red_cube"),
        ("the cube goes to (1, 2, 0.5)", "blue cube, red_cube"),
        ("get me that cube now", "blue cube, red_cube"),
        ("pick up the object", "blue cube, nut, red_cube"),
        ("put the thing on the shelf", "blue cube, nut, red_cube"),
        ("pick up this part", "blue cube, nut, red_cube"),
        ("go to the pedestal", "pick pedestal, place pedestal"),
        ("take a nut to the pedestal", "pick pedestal, place pedestal"),
    ],
)
def test_what_fits_several_things_is_asked_back(goal: str, names: str) -> None:
    """The sentence names those that it may be."""
    said = doubt(goal)
    assert said is not None
    assert said.endswith(f"several alike: {names}.")


@pytest.mark.parametrize(
    "goal",
    [
        "pick up the red cube",
        "pick up the red_cube and place it on the shelf",
        "take the red one",
        "pick up the nut",
        "pick up a cube",
        "take one cube",
        "pick up any red or blue cube",
        "stack the cubes",
        "put all cubes on the shelf",
        "take the left cube",
        "the nearest cube, please",
        "take the cube on the left",
        "take the cube to the right of you",
        "pick up the cube that is in front",
        "the cube nearest to you",
        "put the cube on the left on the shelf",
        "pick up the cube at (0.5, 0.5, 0.05)",
        "pick up the cube at 0.5 / 0.5",
        "take the cube beside the red cube",
        "put the red cube on the cube",
        "take the part from the pick pedestal to the shelf",
        "go to the picking pedestal",
        "next thing, go to the red cube",
        "part ways with the red cube",
        "go to the shelf",
        "move 0.5 m to the left",
        "",
    ],
)
def test_what_one_thing_fits_best_is_left_to_the_model(goal: str) -> None:
    """By its name, a word that no other has, its position, what is beside it, or because any of them will do."""
    assert doubt(goal) is None


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"dx": 0.5},
        {"activate": True},
        {"view": "camera"},
        {"x": 0.5},
        {"x": "a", "y": None},
    ],
)
def test_only_calls_to_a_position_are_judged(arguments: dict[str, Any]) -> None:
    """The gripper opens and closes where the robot is already."""
    assert doubt("pick up the cube", arguments) is None


def test_a_position_that_no_float_can_hold_is_a_guess_like_any_other() -> None:
    """It is the gate that refuses it; here it must only break nothing."""
    assert doubt("pick up the cube", {"x": 10**400, "y": 0}) is not None


def test_a_call_to_where_no_object_is_picks_none_of_them() -> None:
    """`The thing` may be what is held, or what lies at the position that the goal names."""
    assert doubt("let go of the thing, then go to (1, 2, 0.5)", {"x": 1.0, "y": 2.0, "z": 0.5}) is None
    assert doubt("inspect the object at (1, 2, 0.5)", {"x": 1.0, "y": 2.0, "z": 0.5}) is None


def test_a_call_to_the_position_that_the_goal_names_is_no_guess() -> None:
    """Whatever else the goal says; a call to anywhere else may still be one."""
    goal = "go to y=2, x=1, z=0.5 and put the cube there"
    assert doubt(goal, {"x": 1.0, "y": 2.0, "z": 0.5}) is None
    assert doubt(goal) is not None


def test_what_is_held_is_what_is_meant() -> None:
    """A robot that holds one of two cubes puts the cube down."""
    assert doubt("put the cube on the shelf", holding="blue cube") is None
    assert doubt("put the cube on the shelf", holding="nut") is not None


def test_what_stands_on_a_pedestal_tells_it_from_the_other() -> None:
    """Who wants the nut brought from where it is to the pedestal means the other one."""
    objects = {**CUBES, "nut": PLACES["pick pedestal"]}
    assert doubt("take the nut to the pedestal", objects=objects) is None
    assert doubt("take the nut to the pedestal") is not None


@pytest.mark.parametrize(
    "goal",
    [
        "pick up the cube at (0.5, 0.5, 0.05)",
        "pick up the cube at (0.5, 0.5)",
        "pick up the cube at y 0.5, x 0.5",
        "pick up the cube at x=0.48, z=0.05",
    ],
)
def test_a_position_about_one_thing_tells_it_from_the_others(goal: str) -> None:
    """Cameras measure a few millimetres beside; what two of them are near to tells nothing."""
    objects = {**CUBES, "red_cube": [0.503, 0.498, 0.05]}
    for there in (THERE, {"x": 0.503, "y": 0.498, "z": 0.05}):
        assert doubt(goal, there, objects=objects) is None
    both = {"red_cube": [0.503, 0.498, 0.05], "blue cube": [0.48, 0.52, 0.15]}
    assert doubt(goal, {"x": 0.503, "y": 0.498}, objects=both) is not None
    assert doubt("pick up the cube at (0.7, 0.5)", {"x": 0.503, "y": 0.498}, objects=objects) is not None


@pytest.mark.parametrize("goal", ["take block number 2", "get block #2", "pick up the no. 2 block", "grab block, 2"])
def test_a_number_tells_things_apart(goal: str) -> None:
    """So does a code, wherever it stands: `the A3 shelf` is the shelf A3."""
    blocks = {"block 1": [1.0, 1.0, 0.05], "block_2": [0.5, 0.5, 0.05]}
    assert doubt(goal, objects=blocks) is None
    assert doubt("take the block", objects=blocks) is not None
    shelves = {"shelf A3": [0.5, 0.5, 0.5], "shelf B1": [1.5, 0.5, 0.5]}
    assert doubt("go to the A3 shelf", places=shelves) is None
    assert doubt("go to the shelf", places=shelves) is not None


@pytest.mark.parametrize("goal", ["take block two", "take the 2nd block", "get block number two", "the second block"])
def test_a_number_in_words_tells_things_apart(goal: str) -> None:
    """`Block two` is block 2, however either is written; two metres are none of it."""
    for names in (("block 1", "block 2"), ("block one", "block_two")):
        blocks = {name: [0.5 * at, 0.5, 0.05] for at, name in enumerate(names)}
        assert doubt(goal, objects=blocks) is None
        assert doubt("put block two on block one", objects=blocks) is None
        assert doubt("take the block two metres up", objects=blocks) is not None


def test_the_second_of_things_with_two_words_is_told_apart_too() -> None:
    """What stands before all that they share counts, not only what stands before the last word."""
    blocks = {"red block 1": [0.5, 0.5, 0.05], "red block 2": [0.6, 0.5, 0.05]}
    for goal in ("take the left red block", "take the 2nd red block", "take a red block"):
        assert doubt(goal, objects=blocks) is None
    assert doubt("take the red one", objects=blocks) is not None


@pytest.mark.parametrize(
    ("goal", "is_clear"),
    [
        ("move the robot to the shelf", True),
        ("bring the nut to the shelf and drop it there", True),
        ("lift the nut, then go forward to the shelf", True),
        ("pick up the nut with the gripper", True),
        ("go to the robot dock", True),
        ("go to the drop zone", False),
        ("go to drop zone", False),
        ("go to the lift", False),
        ("go to lift", False),
        ("go to the forward dock", False),
        ("fetch the gripper", False),
    ],
)
def test_verbs_directions_and_the_robot_are_no_things(goal: str, is_clear: bool) -> None:
    """A word of a name that the goal has for another reason leaves nothing to choose."""
    names = ("drop zone", "lift", "forward dock", "gripper")
    places = {f"{name} {each}": [at, each, 0.0] for at, name in enumerate(names) for each in (1, 2)}
    places |= {"shelf": [-1.5, 1.0, 1.2], "robot dock": [3.0, 3.0, 0.0], "robot charger": [3.0, -3.0, 0.0]}
    assert (doubt(goal, places=places) is None) == is_clear


def test_one_thing_is_clear() -> None:
    """With one cube `the cube` and `the object` are it, and with nothing around there is nothing to choose."""
    for objects in ({"red cube": [0.5, 0.5, 0.05]}, {}):
        assert doubt("pick up the cube", objects=objects) is None
        assert doubt("pick up the object", objects=objects) is None


@given(
    st.text(max_size=40),
    st.dictionaries(st.text(max_size=12), st.tuples(*[st.floats(-2, 2)] * 3).map(list), max_size=4),
)
def test_no_goal_and_no_name_breaks_it(goal: str, objects: dict[str, list[float]]) -> None:
    """Whatever people write and however things are called: a sentence or nothing."""
    said = doubt(goal, objects=objects)
    assert said is None or said.startswith("It is not clear")


def test_it_goes_by_the_words_of_the_template() -> None:
    """What pocket is shown as half named, and what it takes for any object, is what is judged here."""
    template = files("llmos.models.pocket").joinpath("template.jinja").read_text("utf-8")
    for words, found in ((_NO_NAMES, r"plain_words = \[(.*?)\]"), (_GENERIC, r"for word in \[('object'.*?)\]")):
        (listed,) = re.findall(found, template)
        assert set(re.findall(r"\w+", listed)) == words
