"""Holds a tiny model to the numbers of its goal: a position that nobody named is a slip, and a slip moves a robot.

Knows no gate. It refuses only what it can be sure of; the gate guards the rest.
"""

from collections.abc import Iterator, Mapping, Sequence

from llmos.messages import JSON, Request
from llmos.models.called_numbers import EXACT_M, is_near, numbers_of
from llmos.models.goal_numbers import Named, named
from llmos.models.newest_goal import goal_of

_AXES, _SHIFTS = ("x", "y", "z"), ("dx", "dy", "dz")
_Place = Mapping[str, float]
"""Coordinates in metres by their axes."""
_METRES = (1.0, 0.01, 0.001, 0.0254, 0.3048)
"""What a number without unit may mean: metres, centimetres, millimetres, inches or feet."""


def ungrounded(arguments: Mapping[str, JSON], request: Request) -> str | None:
    """What is wrong with the numbers of a call, in one sentence; None where nothing is sure to be.

    Where the goal names positions, a call's x, y and z must be one of them, or one of them by a length or a coordinate
    that the goal names too, or lie above or below where the robot, an object or a place is; where call or position has
    no z, the same goes for x and y. A position without x or y holds what it has, which may be shifts from where the
    robot, an object or a place is. Where it names as many lengths as a call has shifts, and no way without a length,
    each shift must be one of them. Where it names angles, and no turn without one, a turn must be one of them.
    """
    goal, numbers = named(goal_of(request.messages)), numbers_of(arguments)
    for wrong in (_place(numbers, goal, request.state), _way(numbers, goal), _turn(numbers, goal, request.state)):
        if wrong:
            return f"The model wrote {wrong}, which the goal does not name; nothing was moved."
    return None


def positions(text: str) -> list[tuple[float, float, float]]:
    """Every position that a text names.

    >>> positions("Take it from (1.5, 1.0, 0.5) to -1, -1, .7")
    [(1.5, 1.0, 0.5), (-1.0, -1.0, 0.7)]
    """
    return list(named(text).positions)


def spots(text: str) -> list[tuple[float, float]]:
    """Every position on a floor that a text names; none where it names one in space."""
    return [] if named(text).positions else list(named(text).spots)


def _place(numbers: Mapping[str, float], goal: Named, state: Mapping[str, JSON]) -> str | None:
    whole = [_by_axis(place) for place in (*goal.positions, *goal.spots)]
    if not {"x", "y"} <= set(numbers) or not (whole or goal.partial):
        return None
    asked, known = (numbers["x"], numbers["y"]), list(_known(state))
    if any(is_near(asked, (place["x"], place["y"])) for place in known):
        return None
    if any(_reaches(place, numbers, goal, ()) for place in whole):
        return None
    if any(_reaches(place, numbers, goal, known) for place in goal.partial):
        return None
    has_z = "z" in numbers and (goal.positions or goal.partial)
    return f"the position {(*asked, numbers['z']) if has_z else asked}"


def _reaches(place: _Place, numbers: Mapping[str, float], goal: Named, known: Sequence[_Place]) -> bool:
    """Whether a place that the goal names, changed by what else it names, is the one asked for, in the axes of both.

    Where there is something `known`, a coordinate of the place may be a shift from there.
    """
    return all(_may_be(numbers[axis], axis, was, goal, known) for axis, was in place.items() if axis in numbers)


def _may_be(is_: float, axis: str, was: float, goal: Named, known: Sequence[_Place]) -> bool:
    ways = [*goal.lengths_m, *(number * metres for number in goal.bare for metres in _METRES)]
    said = [was, *ways, *(value for name, value in goal.axes if name == axis)]
    shifts = [*((was, way) for way in ways), *((place[axis], was) for place in known if axis in place)]
    return any(is_near((is_,), (value,)) for value in said) or any(
        is_near((abs(is_ - stood),), (abs(way),)) for stood, way in shifts
    )


def _way(numbers: Mapping[str, float], goal: Named) -> str | None:
    shifts = [numbers[axis] for axis in _SHIFTS if numbers.get(axis)]
    turned = bool(goal.angles_deg)
    lengths = [[way] for way in goal.lengths_m]
    lengths += [[number * metres for metres in _METRES] for number in goal.bare if not turned]
    as_many = len(lengths) == len(shifts) or (goal.corrected and len(shifts) == 1)
    if not (shifts and lengths and as_many and goal.every_way):
        return None
    for shift in shifts:
        if not any(is_near((abs(shift),), (abs(way),)) for ways in lengths for way in ways):
            return f"a way of {shift:g} m"
    return None


def _turn(numbers: Mapping[str, float], goal: Named, state: Mapping[str, JSON]) -> str | None:
    angles = [] if goal.arcs_unread else [*goal.angles_deg, *goal.bare]
    if not goal.arcs_unread and not (goal.angles_deg and goal.every_turn):
        return None
    heading = numbers.get("theta_deg", 0.0)
    if heading and not any(_turned(heading, angle) for angle in angles):
        return f"the angle {heading:g}"
    by = numbers.get("dtheta_deg", 0.0)
    stood = float(state.get("theta_deg") or 0)
    if by and not any(_turned(by, way) for angle in angles for way in (angle, -angle, angle - stood)):
        return f"a turn of {by:g} degrees"
    return None


def _turned(one: float, other: float) -> bool:
    return abs((one - other + 180) % 360 - 180) < EXACT_M


def _known(state: Mapping[str, JSON]) -> Iterator[_Place]:
    """Where the robot and the objects and places of the state are."""
    if {"x", "y"} <= set(state):
        yield {axis: state[axis] for axis in _AXES if axis in state}
    for group in ("objects", "places"):
        yield from (_by_axis(position) for position in (state.get(group) or {}).values())


def _by_axis(position: Sequence[float]) -> _Place:
    return dict(zip(_AXES, position, strict=False))
