"""Ways around obstacles: straight where that is free, short and with few corners elsewhere, none only where none is."""

import math
from itertools import pairwise

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from llmos.documents.scene import Point
from llmos.robots.route import LATTICE, Obstacle, Room, find_route
from tests.support.obstacles import ball, wall

LOW, HIGH = Point(-2.0, -2.0, 0.0), Point(2.0, 2.0, 3.0)
MARGIN_M = 0.02


def room(*obstacles: Obstacle) -> Room:
    """The workspace of the arm with these in it."""
    return Room(LOW, HIGH, obstacles)


def length(points: tuple[Point, ...]) -> float:
    """Metres along a way."""
    return sum(math.dist(a, b) for a, b in pairwise(points))


points = st.builds(Point, st.floats(-2, 2), st.floats(-2, 2), st.floats(0, 3))
balls = st.builds(ball, st.floats(-2, 2), st.floats(-2, 2), st.floats(0, 3), st.floats(0.05, 0.7))


def test_free_way_is_straight() -> None:
    """Nothing in between: the two ends and no more."""
    assert find_route(room(), Point(0, 0, 1), Point(1, 1, 1), MARGIN_M) == (Point(0, 0, 1), Point(1, 1, 1))


def test_way_around_a_ball_is_nearly_the_shortest_one() -> None:
    """Two tangents and an arc are the shortest way; a few corners come within 4 % of them."""
    a, b, radius, far = Point(-1.5, 0, 1), Point(1.5, 0, 1), 0.5 + MARGIN_M, 1.5
    best = 2 * math.sqrt(far**2 - radius**2) + radius * (math.pi - 2 * math.acos(radius / far))
    way = find_route(room(ball(0, 0, 1, 0.5)), a, b, MARGIN_M)
    assert way is not None
    assert len(way) <= 4
    assert best <= length(way) <= best * 1.04


def test_slit_that_no_corner_shows_is_found_on_the_lattice() -> None:
    """Four walls leave a slit that is wider than the lattice is coarse, where none of them has a corner."""
    half, thick, y, z = 1.2 * 4 / LATTICE, 0.1, 0.7, 0.8
    walls = (
        wall(Point(-thick, -2, 0), Point(thick, 2, z - half)),
        wall(Point(-thick, -2, z + half), Point(thick, 2, 3)),
        wall(Point(-thick, -2, 0), Point(thick, y - half, 3)),
        wall(Point(-thick, y + half, 0), Point(thick, 2, 3)),
    )
    way = find_route(room(*walls), Point(-0.3, -1.5, 2.5), Point(0.3, -1.5, 2.5), MARGIN_M)
    assert way is not None
    assert all(room(*walls).is_free(a, b) for a, b in pairwise(way))


def test_target_that_is_walled_in_has_no_way() -> None:
    """Six walls around the target: none, and soon, because the search begins at both ends."""
    box = [(Point(0.5, 0.5, 0.5), Point(1.5, 1.5, 0.6)), (Point(0.5, 0.5, 1.4), Point(1.5, 1.5, 1.5))]
    box += [(Point(0.5, 0.5, 0.5), Point(1.5, 0.6, 1.5)), (Point(0.5, 1.4, 0.5), Point(1.5, 1.5, 1.5))]
    box += [(Point(0.5, 0.5, 0.5), Point(0.6, 1.5, 1.5)), (Point(1.4, 0.5, 0.5), Point(1.5, 1.5, 1.5))]
    assert find_route(room(*(wall(*each) for each in box)), Point(0, 0, 1), Point(1, 1, 1), MARGIN_M) is None


def test_way_begins_and_ends_nearer_than_the_margin_where_its_ends_are() -> None:
    """A millimetre beside an obstacle is clear of it, and no reason to stay there for good."""
    one = ball(0, 0, 1, 0.5)
    way = find_route(room(one), Point(-0.501, 0, 1), Point(0.501, 0, 1), MARGIN_M)
    assert way is not None
    assert all(one.clearance(a, b) >= 0.0 for a, b in pairwise(way))


@settings(max_examples=150)
@given(obstacles=st.lists(balls, max_size=6), start=points, target=points)
def test_every_way_is_free_and_stays_in_the_room_and_is_the_same_again(
    obstacles: list[Obstacle], start: Point, target: Point
) -> None:
    """From clear end to clear end, each piece keeps off each obstacle; straight exactly when straight is free."""
    where = room(*obstacles)
    assume(not any(where.inside(start)) and not any(where.inside(target)))
    way = find_route(where, start, target, MARGIN_M)
    assert way == find_route(where, start, target, MARGIN_M)
    if way is None:
        return
    assert (way[0], way[-1]) == (start, target)
    assert all(where.holds(point) for point in way)
    assert all(where.is_free(a, b) for a, b in pairwise(way))
    assert (len(way) == 2) is where.is_free(start, target)


@settings(max_examples=60)
@given(one=balls, start=points, target=points)
def test_one_ball_in_the_room_never_shuts_the_way(one: Obstacle, start: Point, target: Point) -> None:
    """There is always a way around a ball that fits between the walls of the room, and it is no grand tour."""
    assume(all(one.clearance(each, each) > 3 * MARGIN_M for each in (start, target)))
    assume(
        all(low + 0.1 < lo and hi < high - 0.1 for low, lo, hi, high in zip(LOW, one.low, one.high, HIGH, strict=True))
    )
    way = find_route(room(one), start, target, MARGIN_M)
    assert way is not None
    assert length(way) <= math.pi / 2 * math.dist(start, target) + 8 * MARGIN_M
