"""Laws of the goals that the pocket model learns: legal calls, numbers that were said, and what speech means."""

import re
from collections.abc import Callable, Iterator
from random import Random

import pytest

from llmos.models.reading import read_goal
from training import goals, rover, spoken
from training.episodes import draw_goal
from training.goals import Draft, Goal
from training.grammar import goal_grammar
from training.mixes import INTENTS
from training.surroundings import random_world
from training.toolkit import own_tools
from training.world import World

NUMBER = re.compile(r"\d+(?:\.\d+)?")
DEFAULTS = {0.05, 0.3, 0.2, 15.0, 90.0, 180.0}
SAID = {
    "relative",
    "relative_two",
    "relative_both",
    "far",
    "slight",
    "turn",
    "turn_side",
    "turn_slightly",
    "turn_around",
}
SAID |= {"raise", "lower", "mended_amount", "mended_way", "mended_turn", "mended_point", "move_to", "inspect_at"}
SAID |= {"rover_ahead", "rover_back", "rover_drive_turn", "rover_turn_drive", "square", "square_sized", "move_to_theta"}
GRAMMAR = goal_grammar(held_out=False)


def drawn(count: int) -> Iterator[tuple[World, Goal]]:
    """Goals of random worlds, of arms and rovers."""
    random = Random(11)
    for _ in range(count):
        world = random_world(GRAMMAR, random)
        yield world, draw_goal(Draft(world, GRAMMAR, random), INTENTS)


def made(intent: Callable[[Draft], Goal | None], world: World, count: int = 60) -> list[Goal]:
    """Goals of one intent in one world."""
    found = (intent(Draft(world, GRAMMAR, Random(seed))) for seed in range(count))
    return [goal for goal in found if goal is not None]


def test_every_call_of_a_goal_is_legal_for_a_robot() -> None:
    """What is required is given, and nothing is given that the tool does not know; a gripper is an arm's."""
    for world, goal in drawn(2000):
        known = {**own_tools("arm"), **own_tools(world.kind), **world.extras}
        for call in goal.calls:
            names = known[call.name].split()
            if world.kind == "rover" and goal.intent in ("pick", "transfer"):
                continue  # these need a gripper, which is not in its list, and so are never begun
            assert set(call.arguments) <= {name.rstrip("?") for name in names}, goal
            assert {name for name in names if not name.endswith("?")} <= set(call.arguments), goal


def test_every_number_of_a_call_was_said_or_is_a_stated_default() -> None:
    """The host reads them, but what may be a name; the model copies them. On a floor the height is never said."""
    checked = 0
    for world, goal in drawn(2500):
        if goal.intent not in SAID or not goal.calls:
            continue
        told = {float(number) for number in NUMBER.findall(read_goal(goal.text))} | DEFAULTS
        for call in goal.calls:
            numbers = {abs(value) for value in call.arguments.values() if isinstance(value, float)}
            assert numbers <= told, (world.kind, goal)
            checked += len(numbers)
    assert checked > 500


@pytest.mark.parametrize("kind", ["arm", "rover"])
def test_the_last_thing_said_counts(kind: str) -> None:
    """A correction moves by one of the two amounts, by the later one unless the words turn them round (`b, not a`)."""
    world = World(kind="rover" if kind == "rover" else "arm")
    is_last = []
    for goal in made(spoken.corrected, world):
        if goal.intent == "mended_amount":
            numbers = [float(number) for number in NUMBER.findall(read_goal(goal.text))]
            (amount,) = (abs(value) for call in goal.calls for value in call.arguments.values())
            assert amount in numbers
            is_last.append(amount == numbers[-1])
    assert sum(is_last) > 0.7 * len(is_last) > 0


def test_what_is_called_off_or_forbidden_moves_nothing() -> None:
    """Taken back, or forbidden without anything instead: no call."""
    assert all(goal.calls == () and goal.intent == "abstain" for goal in made(spoken.called_off, World()))


def test_stop_after_a_motion_is_no_emergency() -> None:
    """`and then stop` adds no call, and `twice` adds the same one again."""
    for goal in made(spoken.then_stop, World()):
        assert [call.name for call in goal.calls] != ["emergency_stop"]
        assert len(goal.calls) == 1
    for goal in made(spoken.repeated, World()):
        assert len(goal.calls) in (2, 3)
        assert len({str(call) for call in goal.calls}) == 1


def test_a_rover_has_no_height_and_no_gripper() -> None:
    """Up and down are no goals for it, and what takes a gripper needs a tool that it has not."""
    world = World(kind="rover", at=(0, 0, 50))
    assert all(goal.calls == () and goal.intent == "abstain" for goal in made(rover.height, world))
    for goal in made(rover.gripper, world):
        assert {call.name for call in goal.calls} == {"toggle_tool"}
    assert "toggle_tool" not in own_tools("rover")
    assert made(rover.height, World()) == []


@pytest.mark.parametrize(("kind", "axis", "sign"), [("arm", "dx", -1), ("rover", "dy", 1)])
def test_left_is_another_axis_for_a_rover(kind: str, axis: str, sign: int) -> None:
    """An arm has x to the right, a rover y to the left."""
    world = World(kind="rover" if kind == "rover" else "arm")
    lefts = [goal for goal in made(goals.slight, world, 400) if "left" in goal.text and "right" not in goal.text]
    assert lefts
    assert all(dict(goal.calls[0].arguments) == {axis: sign * 0.05} for goal in lefts)
