"""Each mode of the Sentience Layer does what it promises to what an agent asks of its robot."""

import pytest

from llmos.documents.robot_profile import read_robot_profile
from tests.support.careful import Bench, text_of
from tests.support.robots import SYSTEM
from tests.support.valence import Layer

pytestmark = pytest.mark.anyio

STANDARD = [("goal_new", 4.0)]
ADAPTIVE = [("goal_new", 8.0)]


def mode(feelings: list[tuple[str, float]]) -> Layer:
    """A layer to which this happened, a moment ago."""
    layer = Layer()
    for feeling, times in feelings:
        layer.feel(feeling, times)
    return layer.wait(5.1)


async def test_precision_takes_the_goals_own_coordinates() -> None:
    """The goal's positions and those above and below them pass; a slip of ten centimetres does not."""
    bench = Bench()
    assert bench.layer.valence.mode == "PRECISION"
    for position in ((1.5, 1.0, 0.5), (1.5, 1.0, 0.9), (-1.0, -1.0, 0.7)):
        assert not (await bench.call("move_to", **dict(zip("xyz", position, strict=True)))).is_error
    refused = await bench.call("move_to", x=1.6, y=1.0, z=0.5)
    assert refused.is_error
    assert text_of(refused) == (
        "(1.6, 1, 0.5) is no position that the goal names, and nothing that is seen lies above or below it; in "
        "PRECISION mode coordinates are exact. Use the goal's own numbers (the way there is planned for you), or "
        "move_relative for what you worked out from them."
    )
    assert len(bench.done) == 3


ROVER = read_robot_profile(SYSTEM / "robots" / "rover.md")


async def test_precision_takes_a_rovers_own_coordinates() -> None:
    """Of two numbers, as a goal on a floor names them; a slip of ten centimetres does not pass."""
    bench = Bench(goal="Drive to (0.5, -0.8), then to (1.0, 1.0)", profile=ROVER)
    for x, y in ((0.5, -0.8), (1.0, 1.0), (0.4, 0.6), (0.0, 0.0)):
        assert not (await bench.call("move_to", x=x, y=y)).is_error
    refused = await bench.call("move_to", x=0.6, y=-0.8)
    assert text_of(refused) == (
        "(0.6, -0.8) is no position that the goal names, and nothing that is seen lies there; in PRECISION mode "
        "coordinates are exact. Use the goal's own numbers (the way there is planned for you), or move_relative for "
        "what you worked out from them."
    )
    assert not (await bench.call("move_relative", dx=0.1)).is_error
    assert not (await Bench(goal="Drive around", profile=ROVER).call("move_to", x=0.6, y=-0.8)).is_error


async def test_precision_of_an_arm_asks_for_no_position_that_two_numbers_make() -> None:
    """Two numbers are a position on a floor and nowhere else."""
    assert not (await Bench(goal="Wave at 0.5, 0.5").call("move_to", x=0.2, y=0.2, z=1.0)).is_error


async def test_adaptive_offers_a_rover_other_places_on_the_floor() -> None:
    """For a position, and for a step from where it stands, ahead being where it looks."""
    bench = Bench(mode(ADAPTIVE), profile=ROVER)
    refused = await bench.call("move_to", x=2.4, y=0.0)
    assert text_of(refused).endswith("Allowed instead: (2, 0), (2, -0.1), (2, 0.1).")
    refused = await bench.call("move_relative", dy=-2.4)
    assert text_of(refused).endswith("Allowed instead: (2, 0), (2, -0.1), (2, 0.1).")


async def test_precision_takes_what_is_seen() -> None:
    """Over an object, a place, home or where the tool is, a motion is explained."""
    bench = Bench()
    for x, y in ((0.4, 0.6), (-0.8, 0.6), (0.0, 0.0)):
        assert not (await bench.call("move_to", x=x, y=y, z=0.3)).is_error


async def test_precision_does_not_bind_a_goal_without_positions() -> None:
    """Who is asked for a square works out its corners."""
    bench = Bench(goal="Draw a square")
    assert not (await bench.call("move_to", x=0.2, y=0.2, z=1.0)).is_error


async def test_standard_lets_other_coordinates_pass() -> None:
    """A curious robot may go where the goal does not name; the gate judges it like anything else."""
    bench = Bench(mode(STANDARD))
    assert bench.layer.valence.mode == "STANDARD"
    assert not (await bench.call("move_to", x=1.6, y=1.0, z=0.5)).is_error
    assert bench.previewed == []


async def test_cautious_previews_each_motion() -> None:
    """The gate is asked first, and the answer says so; looking needs no preview."""
    bench = Bench(Layer().feel("stopped"))
    assert bench.layer.valence.mode == "CAUTIOUS"
    told = await bench.call("move_to", x=1.5, y=1.0, z=0.5)
    assert text_of(told) == "Previewed: 3.2 s. At the goal."
    assert bench.previewed == bench.done == [("move_to", {"x": 1.5, "y": 1.0, "z": 0.5})]
    await bench.call("get_status")
    assert len(bench.previewed) == 1


async def test_cautious_has_a_person_confirm_what_cannot_be_undone() -> None:
    """Letting go of what is held asks; closing, or opening an empty gripper, does not."""
    for person, passes in ((True, True), (False, False), (None, False)):
        bench = Bench(Layer().feel("stopped"), person=person, holding="cube")
        outcome = await bench.call("toggle_tool", activate=False)
        assert bench.asked == ["toggle_tool wants to let go of 'cube' (CAUTIOUS mode)"]
        assert outcome.is_error is not passes
        assert bool(bench.done) is passes
    empty = Bench(Layer().feel("stopped"))
    await empty.call("toggle_tool", activate=False)
    await empty.call("toggle_tool", activate=True)
    assert empty.asked == []


async def test_precision_asks_nobody() -> None:
    """The robot's normal mode works without a person."""
    bench = Bench(holding="cube")
    assert not (await bench.call("toggle_tool", activate=False)).is_error
    assert bench.asked == []


async def test_a_mode_that_changes_within_a_run_counts_at_the_next_call() -> None:
    """Nothing is remembered of the mode that a run began in."""
    bench = Bench()
    tools = bench.tools()
    await tools["move_to"].call({"x": 1.5, "y": 1.0, "z": 0.5})
    bench.layer.feel("stopped")
    await tools["move_to"].call({"x": 1.5, "y": 1.0, "z": 0.5})
    assert len(bench.done) == 2
    assert len(bench.previewed) == 1


async def test_adaptive_offers_other_ways_with_a_refusal() -> None:
    """The nearest positions that the gate allows, no more than the kernel says; none with what is allowed."""
    bench = Bench(mode(ADAPTIVE))
    assert bench.layer.valence.mode == "ADAPTIVE"
    refused = await bench.call("move_to", x=2.4, y=0.0, z=1.0)
    assert refused.is_error
    assert text_of(refused).endswith("Allowed instead: (2, 0, 1), (2, -0.1, 1), (2, 0, 0.9).")
    assert "Allowed" not in text_of(await bench.call("move_to", x=1.0, y=0.0, z=1.0))


async def test_other_modes_offer_nothing() -> None:
    """A refusal is a refusal."""
    refused = await Bench(goal="go").call("move_to", x=2.4, y=0.0, z=1.0)
    assert text_of(refused) == "X position outside workspace [-2, 2]; choose x between -2 and 2."


async def test_a_bored_robot_looks_twice() -> None:
    """Routine is where attention slips, so each motion is previewed, in the normal mode as well."""
    bench = Bench(Layer().feel("goal_repeated", 9.0))
    assert bench.layer.valence.mode == "PRECISION"
    assert text_of(await bench.call("move_to", x=1.5, y=1.0, z=0.5)).startswith("Previewed: ")


async def test_a_previewed_refusal_comes_from_the_gate_itself() -> None:
    """A preview counts for nothing, so the command goes on to the gate, whose refusal is journaled."""
    bench = Bench(Layer().feel("stopped"), goal="go")
    refused = await bench.call("move_to", x=2.4, y=0.0, z=1.0)
    assert text_of(refused) == "X position outside workspace [-2, 2]; choose x between -2 and 2."
