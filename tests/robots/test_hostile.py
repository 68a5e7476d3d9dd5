"""No hostile sequence of commands makes the robot do what its limits forbid, as a judge says that knows no gate.

The sample here is seeded and small; `make soak` runs 100,000 sequences.
"""

import importlib.util
import math
import random
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmos.clock import SimulatedClock
from llmos.robots.base import Pose
from llmos.robots.controls import Order
from llmos.robots.gate import Gate
from llmos.robots.latch import StopLatch
from llmos.robots.pace import SimulatedPace
from tests.support.campaign import attack, attack_in_processes, faults
from tests.support.careless import careless_gate, unmindful_gate
from tests.support.hostile import PERSON, Attacker
from tests.support.hostile_rest import remote
from tests.support.hostile_worlds import World, all_worlds, rover_worlds, worlds
from tests.support.legal import legal_targets
from tests.support.oracle import Moment
from tests.support.recorder import Deeds, Recorder

SAMPLE = 100
SOAK = 100_000
pytestmark = pytest.mark.system


@pytest.fixture(autouse=True)
def _mujoco(require_system: Callable[[str], None]) -> None:
    """The judge's geometry is MuJoCo's."""
    if importlib.util.find_spec("mujoco") is None:
        require_system("mujoco")


@pytest.fixture
def _hours(request: pytest.FixtureRequest) -> None:
    """What takes so long is only done when it is asked for by its mark."""
    if "soak" not in request.config.getoption("markexpr"):
        pytest.skip("takes the better part of an hour; make soak runs it")


@pytest.mark.parametrize("seeds", [range(24641, 24642), range(33000, 33023), range(59212, 59213), range(84011, 84012)])
def test_what_a_night_of_attacks_found_once_is_not_found_again(seeds: range) -> None:
    """Four of 100,000, where the judge was wrong: it had forgotten what a reaction was to, or was too fine."""
    assert attack(seeds).unsafe == []


@pytest.mark.parametrize("name", [each.name for each in all_worlds()])
def test_no_hostile_sequence_does_what_is_forbidden(name: str) -> None:
    """Nothing unsafe is executed, and the sequences are no harmless ones: at least three in ten move the robot."""
    tally = attack(range(SAMPLE), only=name)
    assert tally.unsafe == []
    assert tally.sequences == SAMPLE
    assert tally.moving_share >= 0.3
    assert {"refused: zone", "refused: approval", "refused: well-formed", "stopped"} <= set(tally.rules)


@pytest.mark.soak
@pytest.mark.usefixtures("_hours")
@pytest.mark.timeout(0)
def test_no_hostile_sequence_of_a_hundred_thousand_does_what_is_forbidden() -> None:
    """The same in full size, on all processors."""
    tally = attack_in_processes(SOAK)
    assert tally.unsafe == []
    assert tally.sequences == SOAK
    assert tally.moving_share >= 0.3


def attack_remotely(world: World, folder: Path, seeds: range) -> int:
    """Run these sequences through a service; how many moved the robot."""
    moved = 0
    with remote(world, folder) as service:
        for seed in seeds:
            deeds = service.attack(random.Random(seed))
            assert faults(world, deeds) == [], f"seed {seed}"
            moved += deeds.moved
    assert {200, 409, 415, 422} <= set(service.statuses)
    assert max(service.statuses) < 500
    return moved


@pytest.mark.parametrize("world", [worlds()[0], worlds()[2], rover_worlds()[0]], ids=lambda world: world.name)
def test_no_hostile_sequence_of_requests_does_either(world: World, tmp_path: Path) -> None:
    """The same through the service alone, which answers whatever it is sent."""
    assert attack_remotely(world, tmp_path, range(40)) >= 12


@pytest.mark.soak
@pytest.mark.usefixtures("_hours")
@pytest.mark.timeout(0)
@pytest.mark.parametrize("world", all_worlds(), ids=lambda world: world.name)
def test_no_hostile_sequence_of_requests_does_either_in_full_size(world: World, tmp_path: Path) -> None:
    """A thousand sequences in each world."""
    assert attack_remotely(world, tmp_path, range(1000)) >= 300


def test_no_hostile_sequence_does_it_to_robots_with_mass() -> None:
    """The shipped arm and rover at their own speed and control ticks, simulated by MuJoCo."""
    tally = attack(range(12), physical=True)
    assert tally.unsafe == []
    assert tally.moved >= 5


@pytest.mark.soak
@pytest.mark.usefixtures("_hours")
@pytest.mark.timeout(0)
def test_no_hostile_sequence_does_it_to_robots_with_mass_in_full_size() -> None:
    """Six hundred of them."""
    assert attack(range(600), physical=True).unsafe == []


@pytest.mark.parametrize("name", [each.name for each in all_worlds()])
def test_the_same_sequences_catch_a_gate_that_checks_end_points_only(name: str) -> None:
    """The suite can fail: with this gate it does, in every world."""
    tally = attack(range(50), careless_gate, only=name)
    assert len(tally.unsafe) >= 5
    assert all(" m from '" in each for each in tally.unsafe)


@pytest.mark.parametrize("name", ["globe", "boxes", "columns", "yard", "aisle"])
def test_the_same_sequences_catch_a_gate_that_is_fast_beside_people(name: str) -> None:
    """Nor is the judge of speeds there for nothing, wherever there are people."""
    tally = attack(range(50), unmindful_gate, only=name)
    assert len(tally.unsafe) >= 5
    assert all(" m from people" in each for each in tally.unsafe)


@pytest.mark.parametrize("world", all_worlds(), ids=lambda world: world.name)
def test_legal_commands_are_hardly_ever_refused(world: World, tmp_path: Path) -> None:
    """Where the judge sees room enough at both ends, planner and gate let at least 99 in 100 through."""
    asked, refused = anyio.run(legal_targets, world, random.Random(5), tmp_path, 150)
    assert asked == 150
    assert len(refused) <= 0.01 * asked, refused


@pytest.mark.soak
@pytest.mark.usefixtures("_hours")
@pytest.mark.timeout(0)
@pytest.mark.parametrize("world", all_worlds(), ids=lambda world: world.name)
def test_legal_commands_are_hardly_ever_refused_in_full_size(world: World, tmp_path: Path) -> None:
    """The same with five thousand commands each."""
    asked, refused = anyio.run(legal_targets, world, random.Random(6), tmp_path, 5000)
    assert len(refused) <= 0.01 * asked, refused[:10]


places = st.tuples(st.floats(-2.2, 2.2), st.floats(-2.2, 2.2), st.floats(-0.2, 3.2))
poses = st.builds(lambda place, theta: Pose(*place, theta), places, st.floats(-4, 4))
orders = st.one_of(
    st.builds(
        lambda at, via: Order("move_to", dict(zip("xyz", at, strict=True)), PERSON, via=tuple(via)),
        places,
        st.lists(poses, max_size=3),
    ),
    st.builds(
        lambda by: Order("move_relative", dict(zip(("dx", "dy", "dz"), by, strict=True)), PERSON),
        st.tuples(*[st.floats(-1, 1)] * 3),
    ),
    st.builds(lambda on: Order("toggle_tool", {"activate": on}, PERSON), st.booleans()),
    st.just(Order("go_home", {}, PERSON)),
)


@settings(max_examples=60)
@given(sequence=st.lists(orders, min_size=1, max_size=5), world=st.sampled_from(worlds()))
def test_no_sequence_that_hypothesis_thinks_of_does_either(
    sequence: list[Order], world: World, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Searched and shrunk instead of drawn."""

    async def run() -> Deeds:
        robot = Recorder(world.driver(world.profile, world.scene))
        gate = Gate(world.profile, robot, SimulatedPace(SimulatedClock()), StopLatch(folder / "arm.json"))
        for order in sequence:
            await gate.dispatch(await gate.judge(order))
        return Deeds(robot.track)

    folder = tmp_path_factory.getbasetemp()
    assert faults(world, anyio.run(run)) == []


def test_a_sequence_is_the_same_again(tmp_path: Path) -> None:
    """A seed that was found to be bad can be looked at."""

    def track() -> list[Moment]:
        (tmp_path / "arm.json").unlink(missing_ok=True)
        return anyio.run(Attacker(worlds()[0], random.Random(11), tmp_path, []).run).track

    first, second = track(), track()
    assert all(math.dist(a.place, b.place) == 0.0 for a, b in zip(first, second, strict=True))
