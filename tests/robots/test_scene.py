"""Objects of a simulation are taken, carried, let go and come to rest."""

import pytest

from llmos.documents.scene import Point
from llmos.robots.scene import SimulatedObjects
from tests.support.robots import shipped_scene

RED, BLUE, GREEN = Point(0.2, -0.7, 0.05), Point(0.5, 0.5, 0.05), Point(-0.5, 0.6, 0.05)


@pytest.fixture
def blocks() -> SimulatedObjects:
    """Three blocks on the floor."""
    return SimulatedObjects(shipped_scene("blocks"))


def stack(blocks: SimulatedObjects, source: Point, onto: Point) -> None:
    """Put what is at one position to another."""
    blocks.grip(source, 0.05)
    blocks.carry(onto)
    blocks.release()


def test_nearest_within_reach_is_gripped_and_centred(blocks: SimulatedObjects) -> None:
    """The jaws take what is near enough, and it then is where the tool is."""
    tool = RED._replace(x=RED.x + 0.04)
    blocks.grip(tool, 0.05)
    assert blocks.held == "red block"
    assert blocks.positions["red block"] == tool


def test_nothing_out_of_reach_is_gripped(blocks: SimulatedObjects) -> None:
    """A millimetre too far is too far."""
    blocks.grip(RED._replace(x=RED.x + 0.051), 0.05)
    assert blocks.held is None


def test_full_gripper_takes_nothing_more(blocks: SimulatedObjects) -> None:
    """What is held stays the one that is held."""
    blocks.grip(RED, 0.05)
    blocks.carry(BLUE)
    blocks.grip(BLUE, 0.05)
    assert blocks.held == "red block"


def test_held_object_moves_with_the_tool_and_nothing_else_does(blocks: SimulatedObjects) -> None:
    """Carrying changes one position."""
    blocks.grip(RED, 0.05)
    blocks.carry(Point(0, 0, 2))
    assert blocks.positions == {"red block": (0, 0, 2), "blue block": BLUE, "green block": GREEN}


def test_empty_gripper_carries_and_releases_nothing(blocks: SimulatedObjects) -> None:
    """Moving and opening an empty gripper changes no position."""
    before = blocks.positions
    blocks.carry(Point(0, 0, 2))
    blocks.release()
    assert blocks.positions is before


def test_blocks_can_be_stacked_and_fall_when_the_lowest_is_taken(blocks: SimulatedObjects) -> None:
    """Three high; when the lowest leaves, the others come down one edge."""
    stack(blocks, RED, BLUE._replace(z=0.15))
    stack(blocks, GREEN, BLUE._replace(z=0.26))
    heights = {name: round(point.z, 6) for name, point in blocks.positions.items()}
    assert heights == {"blue block": 0.05, "red block": 0.15, "green block": 0.25}
    blocks.grip(BLUE, 0.05)
    blocks.carry(Point(0, 0, 2))
    heights = {name: round(point.z, 6) for name, point in blocks.positions.items()}
    assert heights == {"blue block": 2.0, "red block": 0.05, "green block": 0.15}


def test_measured_positions_never_change_afterwards(blocks: SimulatedObjects) -> None:
    """A position that was read stays what it was, whatever is moved later."""
    before = blocks.positions
    stack(blocks, RED, GREEN)
    assert before["red block"] == RED
