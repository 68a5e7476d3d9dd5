"""The judge of the hostile suite finds what it is there to find; one that never finds anything would be worthless."""

import importlib.util
import math
import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.support.oracle import Moment, Oracle, People, Place

ZONES = {
    "station": {"shape": "sphere", "center_m": [1, -1, 1], "radius_m": 0.5, "kind": "human"},
    "cabinet": {"shape": "box", "min_m": [-1, -1, 0], "max_m": [-0.5, -0.2, 0.8]},
    "drum": {"shape": "cylinder", "center_m": [0, 1.2], "radius_m": 0.3, "z_m": [0, 1]},
    "wedge": {"shape": "prism", "corners_m": [[-1.5, 0.5], [-0.8, 0.5], [-0.8, 1.5]], "z_m": [0.2, 1.2]},
}
pytestmark = pytest.mark.system


@pytest.fixture(autouse=True)
def _mujoco(require_system: Callable[[str], None]) -> None:
    """The judge's geometry is MuJoCo's."""
    if importlib.util.find_spec("mujoco") is None:
        require_system("mujoco")


def faults(*track: Place, held: bool = False, period_s: float = 10.0) -> list[str]:
    """What the judge says of a track."""
    found = Oracle(ZONES).judge([Moment(number * period_s, at, held) for number, at in enumerate(track)])
    return [fault.sentence for fault in found]


@pytest.mark.parametrize(
    ("track", "held", "found"),
    [
        ([(0, 0, 1), (1.9, 1.9, 1)], False, ""),
        ([(1, 0.5, 1), (1, -1.9, 1)], False, "the tool is 0.0"),  # through the middle of the station
        ([(1, 0.5, 1), (1, -0.36, 1)], False, "the tool is 0.0"),  # 9 cm from people
        ([(1, 0.5, 1), (1, -0.33, 1)], True, "the payload is 0.0"),
        ([(-1.9, -0.5, 0.5), (0, -0.5, 0.5)], False, "from 'cabinet'"),
        ([(-0.75, -0.5, 1.2), (-0.75, -0.5, 0.84)], False, "from 'cabinet'"),
        ([(-0.75, -0.5, 1.2), (-0.75, -0.5, 0.86)], True, "the payload"),
        ([(-0.75, -0.5, 1.2), (-0.75, -0.5, 0.86)], False, ""),
        ([(0, 1.2, 2), (0, 1.2, 1.02)], False, "from 'drum'"),
        ([(-1.9, 1.4, 0), (-0.9, 1.4, 0)], False, "from 'wedge'"),  # below it: the tool is upright and reaches up
        ([(-1.9, 1.4, 1.3), (-0.9, 1.4, 1.3)], False, ""),
        ([(-1.4, 1.2, 0.5), (-1.3, 1.1, 0.5)], False, ""),  # beside its slope, in the box around it
        ([(0, 0, 1), (0, 0, 3.01)], False, "outside the workspace"),
    ],
)
def test_judge_looks_at_the_whole_tool_along_the_whole_way(track: list[Place], held: bool, found: str) -> None:
    """Every kind of zone, from beside, above and below, with and without payload."""
    said = faults(*track, held=held)
    assert all(found in each for each in said) if found else not said
    assert bool(said) is bool(found)


def test_judge_knows_the_speed() -> None:
    """Half a metre in a second is the most."""
    assert faults((0, 0, 1), (0.5, 0, 1), period_s=1.0) == []
    assert faults((0, 0, 1), (0.51, 0, 1), period_s=1.0) == ["0.5100 m in 1.0000 s"]


def test_judge_knows_how_fast_a_tool_may_turn() -> None:
    """The shorter way round, within one step."""
    turns = [0.0, 44.0, 90.0, 350.0, 305.0, 10.0]
    track = [Moment(number, (0, 0, 1), False, math.radians(turn)) for number, turn in enumerate(turns)]
    found = Oracle({}, top_turn_dps=45.0).judge(track)
    assert [each.sentence for each in found] == [
        "46.00 degrees in 1.0000 s", "100.00 degrees in 1.0000 s", "65.00 degrees in 1.0000 s",
    ]  # fmt: skip


def test_judge_knows_what_wheels_cannot() -> None:
    """Along the heading, forwards and back, or not at all."""
    wheels = Oracle({}, top_speed_mps=9.0, sideways_m=1e-6)
    ahead = Moment(0, (0, 0, 0), False, math.pi / 2), Moment(1, (0, 1, 0), False, math.pi / 2)
    assert wheels.judge(ahead) == wheels.judge((ahead[1], ahead[0]._replace(at_s=2))) == []
    beside = (ahead[0], ahead[1]._replace(place=(0.01, 1, 0)))
    assert [each.sentence for each in wheels.judge(beside)] == ["0.0100 m sideways"]


WALKER = People(slow_m=1.0, stop_m=0.1, period_s=0.01, braking_mps2=1.0, jerk_mps3=5.0, off_m=0.0)


@pytest.mark.parametrize(
    ("distance_m", "most_mps"),
    [
        (9.0, 0.5),  # nobody is near
        (1.0, 0.293),  # 1.6 (0.22 + v) + 0.12 v + v^2 / 2 + 0.1 = 1
        (0.5, 0.025),  # who walks is there before it has stopped, so it may only creep
        (0.1, 0.025),
        (-0.2, 0.025),
    ],
)
def test_judge_knows_what_people_are_owed(distance_m: float, most_mps: float) -> None:
    """By hand, from the formula with its numbers put in."""
    assert WALKER.permit(most_mps, distance_m, 0.5)
    assert not WALKER.permit(most_mps + 0.02, distance_m, 0.5) or distance_m == 9.0


def test_ramp_binds_where_a_robot_stops_at_once() -> None:
    """Halfway between the two distances it may do half its speed."""
    light = replace(WALKER, slow_m=9.1, braking_mps2=1e6, jerk_mps3=1e9)
    assert light.permit(0.24, 4.6, 0.5)
    assert not light.permit(0.26, 4.6, 0.5)


def test_judge_gives_a_reaction_its_time_and_no_more() -> None:
    """A tool that was allowed its speed 0.2 s ago may still have it; a second later it may not."""
    people = replace(WALKER, slow_m=2.0)
    oracle = Oracle({"station": ZONES["station"]}, keep=0.1, people=people)
    assert math.isclose(people.reaction_s, 0.22)

    def said(speed_mps: float) -> list[str]:
        track = [Moment(n * 0.01, (1.0, 1.3 - n * 0.01 * speed_mps, 1.0), False) for n in range(300)]
        return [each.sentence for each in oracle.judge(track)]

    assert said(0.02) == []
    assert said(0.3)[0].startswith("0.3000 m/s at 1.")


def test_judge_knows_what_was_before_the_moment_from_which_it_judges() -> None:
    """From just before the first fault on it is the first one too: what was seen before may be reacted to."""
    oracle = Oracle({"station": ZONES["station"]}, keep=0.1, people=replace(WALKER, slow_m=2.0))
    track = [Moment(n * 0.01, (1.0, 1.3 - n * 0.01 * 0.3, 1.0), held=False) for n in range(300)]
    whole = oracle.judge(track)
    at_s = next(each.at_s for each in track if each.place == whole[0].at)
    assert oracle.judge(track, at_s - 0.1) == whole
    assert oracle.judge([each for each in track if each.at_s >= at_s - 0.1]) != whole
    assert oracle.judge(track, at_s + 1.0) == [each for each in whole if each.at[1] < 1.3 - 0.3 * (at_s + 1.0)]


def test_judge_lets_the_tool_leave_a_zone_but_never_go_deeper() -> None:
    """A zone that was put around the tool may be left, and only left."""
    assert faults((-0.6, -0.5, 0.5), (-0.4, -0.5, 0.5)) == []
    assert "from 'cabinet'" in faults((-0.6, -0.5, 0.5), (-0.7, -0.5, 0.5))[0]
    assert "from 'cabinet'" in faults((-0.6, -0.5, 0.5), (-0.55, -0.5, 0.5), (-0.6, -0.5, 0.5))[0]


def sphere(x: float, y: float, z: float) -> float:
    """By hand: from the upright line of the tool to the middle of the station."""
    return math.hypot(math.hypot(x - 1, y + 1), max(z - 1, 1 - z - 0.3, 0)) - 0.5 - 0.05


def box(x: float, y: float, z: float) -> float:
    """By hand, outside of it: from the upright line of the tool to the cabinet."""
    return math.hypot(max(-1 - x, x + 0.5, 0), max(-1 - y, y + 0.2, 0), max(-z - 0.3, z - 0.8, 0)) - 0.05


@pytest.mark.parametrize(("zone", "by_hand"), [("station", sphere), ("cabinet", box)])
def test_judge_agrees_with_distances_by_hand(zone: str, by_hand: Callable[[float, float, float], float]) -> None:
    """A thousand places: to the micrometre where there is a distance at all."""
    oracle, chance = Oracle(ZONES), random.Random(7)
    for _ in range(1000):
        at = (chance.uniform(-2, 2), chance.uniform(-2, 2), chance.uniform(0, 3))
        if by_hand(*at) > 0:
            assert math.isclose(oracle.distance(zone, "the tool", at), by_hand(*at), abs_tol=1e-6)
