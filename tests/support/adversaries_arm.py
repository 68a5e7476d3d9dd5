"""Goals for an arm that are alike, and what truly reaches each of them."""

from collections.abc import Callable, Iterator
from random import Random

from llmos.messages import JSON
from tests.support.adversaries import (
    Ask,
    Call,
    Lesson,
    Must,
    Task,
    Written,
    again,
    angle,
    duration,
    length,
    number,
    point,
    say,
)

Spot = tuple[float, float, float]
_OTHERWISE: tuple[Call, ...] = (("get_status", {}),)
"""What a model does about a goal that asks for no motion; nothing that was learned comes to this."""
_DIRECTIONS: dict[str, tuple[str, int]] = {
    "to the right": ("dx", 1),
    "to the left": ("dx", -1),
    "forward": ("dy", 1),
    "back": ("dy", -1),
    "up": ("dz", 1),
    "down": ("dz", -1),
}
_PLACES: dict[str, Spot] = {
    "zone A": (0.4, 0.3, 0.6),
    "zone B": (-0.5, 0.6, 0.8),
    "station 1": (0.2, 0.7, 0.5),
    "station 2": (-0.3, 0.2, 0.9),
    "the red mark": (0.6, 0.1, 0.7),
    "the green mark": (-0.1, 0.9, 0.4),
    "the first mark": (0.15, 0.25, 0.75),
    "the second mark": (-0.45, 0.35, 0.55),
    "the upper shelf": (0.25, 0.45, 1.3),
    "the lower shelf": (0.25, 0.45, 0.5),
    "the open box": (-0.65, 0.15, 0.65),
    "the closed box": (0.55, 0.65, 0.85),
}
_FRAMES = ("do not {}", "{}, then go home", "{} and open the gripper", "{} twice", "never {}", "{} only if it is safe")


def to(spot: Spot) -> Call:
    """Move there."""
    return "move_to", dict(zip("xyz", spot, strict=True))


def by(side: str, amount: float) -> Call:
    """Move by so much."""
    return "move_relative", {side: amount}


def arm_lessons(chance: Random, scale: int) -> Iterator[Lesson]:
    """Lessons for an arm; `scale` says how many of each kind."""
    for _ in range(scale):
        yield _one_point(chance, chance.choice(("Move to {}", "Go to {}", "Move the tool to {}", "Reach {} now")))
        yield _two_points(chance)
        yield _three_points(chance)
        yield _distance(chance)
        yield _turn(chance)
        yield _named(chance)
        yield _counted(chance)
        yield _coincidence(chance)
        yield _up_and_down(chance)
        yield _diagonal(chance)
        yield _above(chance)
        yield _halfway(chance)
        yield _in_time(chance)
        yield _gripper(chance)


def _spot(chance: Random) -> Spot:
    """A place that a straight line from home leads to."""
    return tuple(round(chance.uniform(low, high), 2) for low, high in ((-1, 1), (0.05, 1), (0.3, 1.4)))  # type: ignore[return-value]


def _spots(chance: Random, count: int) -> list[Spot]:
    """So many places, no two coordinates of which are alike: what is bound can then be told."""
    while True:
        found = [_spot(chance) for _ in range(count)]
        sizes = [abs(each) for spot in found for each in spot]
        if len(set(sizes)) == len(sizes) and min(sizes) > 0.04:
            return found


def _framed(template: str, values: tuple[Written, ...]) -> Iterator[Ask]:
    """The goal with something about it that changes what is asked for."""
    for frame in _FRAMES:
        framed = frame.format(template[0].lower() + template[1:])
        yield Ask(Task(say(framed, *values), _OTHERWISE), "never", frame.format("..."))


def _lesson(
    name: str,
    template: str,
    calls: Callable[..., tuple[Call, ...]],
    learned: list[tuple[JSON, ...]],
    written: Callable[..., tuple[Written, ...]],
    chance: Random,
    others: list[tuple[tuple[JSON, ...], Must, str]],
    more: list[Ask] | None = None,
) -> Lesson:
    """A lesson on one template; `calls` and `written` make of values what reaches them and how they are told."""

    def task(values: tuple[JSON, ...]) -> Task:
        return Task(say(template, *written(*values)), calls(*values))

    first = learned[0]
    asks = list(again(lambda luck: say(template, *written(*first), chance=luck), task(first), chance, 6))
    asks += [Ask(task(values), must, why) for values, must, why in others]
    asks += _framed(template, written(*first))
    return Lesson(name, "arm", tuple(task(values) for values in learned), (*asks, *(more or [])))


def _one_point(chance: Random, template: str) -> Lesson:
    one, two, three, four, five = _spots(chance, 5)
    x, y, z = one
    others: list[tuple[tuple[JSON, ...], Must, str]] = [((spot,), "rebind", "another place") for spot in (four, five)]
    others += [(((-x, y, z),), "rebind", "sign"), (((x, y, round(z + 0.01, 2)),), "rebind", "decimal")]
    others += [(((y, abs(x), z),), "rebind", "order of coordinates")]
    more = [
        Ask(Task(f"Move to ({x}, {y})", _OTHERWISE), "never", "two coordinates"),
        Ask(Task(f"Move to ({x}, {y}, {z}, 45)", _OTHERWISE), "never", "four coordinates"),
        Ask(Task(f"Move to ({x}, {y}, {z}) cm", _OTHERWISE), "never", "unit behind"),
        Ask(Task(f"Move to '({x}, {y}, {z})'", _OTHERWISE), "never", "quoted"),
        Ask(Task(f"Move away from ({x}, {y}, {z})", _OTHERWISE), "never", "away"),
    ]
    return _lesson(
        "one point",
        template,
        lambda spot: (to(spot),),
        [(one,), (two,), (three,)],
        lambda spot: (point(*spot),),
        chance,
        others,
        more,
    )


def _two_points(chance: Random) -> Lesson:
    one, two, three, four, five, six = _spots(chance, 6)
    template, swapped = chance.choice(
        (
            ("Go to {} before going to {}", "Go to {} after going to {}"),
            ("Go from {} to {}", "Go to {} from {}"),
            ("Visit {} and afterwards {}", "Visit {} but first {}"),
        )
    )
    back = Task(say(swapped, point(*one), point(*two)), (to(two), to(one)))
    return _lesson(
        "two points",
        template,
        lambda a, b: (to(a), to(b)),
        [(one, two), (three, four)],
        lambda a, b: (point(*a), point(*b)),
        chance,
        [((two, one), "rebind", "swapped points"), ((five, six), "rebind", "other points")],
        [Ask(back, "never", "the other order in words")],
    )


def _three_points(chance: Random) -> Lesson:
    spots = _spots(chance, 9)
    one, two, three = spots[:3]
    fewer = Task(say("Visit {} and {} in turn", point(*one), point(*two)), (to(one), to(two)))
    more = Task(
        say("Visit {}, {}, {} and {} in turn", *(point(*each) for each in spots[:4])), tuple(map(to, spots[:4]))
    )  # fmt: skip
    return _lesson(
        "three points",
        "Visit {}, {} and {} in turn",
        lambda a, b, c: (to(a), to(b), to(c)),
        [(one, two, three), tuple(spots[3:6])],
        lambda a, b, c: (point(*a), point(*b), point(*c)),
        chance,
        [((three, one, two), "rebind", "order of points"), (tuple(spots[6:]), "rebind", "other points")],
        [Ask(fewer, "never", "one less"), Ask(more, "never", "one more")],
    )


def _distance(chance: Random) -> Lesson:
    words = chance.choice(list(_DIRECTIONS))
    side, sign = _DIRECTIONS[words]
    one, two, three = chance.sample([0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35], 3)
    more = [
        Ask(Task(say(f"Move {{}} {other}", length(one)), (by(axis, one * way),)), "never", "direction")
        for other, (axis, way) in _DIRECTIONS.items()
        if other != words
    ]
    more += [
        Ask(Task(say(f"Move {{}} {words}", angle(one * 100)), _OTHERWISE), "never", "kind of unit"),
        Ask(Task(f"Move {one} {words}", _OTHERWISE), "never", "no unit"),
        Ask(Task(f"Move {one * 100:g} mm {words}", (by(side, round(one / 10 * sign, 6)),)), "rebind", "unit"),
    ]
    return _lesson(
        "distance",
        f"Move {{}} {words}",
        lambda amount: (by(side, amount * sign),),
        [(one,), (two,)],
        lambda amount: (length(amount),),
        chance,
        [((three,), "rebind", "another distance"), ((-one,), "never", "sign")],
        more,
    )


def _turn(chance: Random) -> Lesson:
    one, two, three = chance.sample([10, 15, 20, 30, 45, 60, 75, 90], 3)
    other = Task(say("Turn the tool {} clockwise", angle(one)), (by("dtheta_deg", -one),))
    return _lesson(
        "turn",
        "Turn the tool {} counter-clockwise",
        lambda amount: (by("dtheta_deg", amount),),
        [(one,), (two,)],
        lambda amount: (angle(amount),),
        chance,
        [((three,), "rebind", "another angle")],
        [
            Ask(other, "never", "direction"),
            Ask(Task(f"Turn the tool {one} % counter-clockwise", _OTHERWISE), "never", "kind of unit"),
        ],
    )


def _named(chance: Random) -> Lesson:
    name, *others = chance.sample(list(_PLACES), len(_PLACES))
    asks = [Ask(Task(f"Go to {each}", (to(_PLACES[each]),)), "never", "another name") for each in others]
    both = f"Go to {name} and stay out of {others[0]}"
    more = [Ask(Task(f"Go to {others[0]} and stay out of {name}", (to(_PLACES[others[0]]),)), "never", "swapped names")]
    more += [Ask(Task(both, (to(_PLACES[name]),)), "never", "extra clause")]
    more += [Ask(Task(f"Go to all but {name}", _OTHERWISE), "never", "all but")]
    return _lesson(
        "names", f"Go to {name}", lambda: (to(_PLACES[name]),), [()], lambda: (), chance, [], [*asks, *more]
    )  # fmt: skip


def _counted(chance: Random) -> Lesson:
    count, other, third = chance.sample([2, 3, 4], 3)
    amount = chance.choice([0.05, 0.1])
    return _lesson(
        "count",
        "Move up {} in {} steps",
        lambda distance, times: (by("dz", distance),) * times,
        [(amount, count)],
        lambda distance, times: (length(distance), number(times)),
        chance,
        [((amount, other), "never", "count"), ((amount, third), "never", "count"), ((0.07, other), "never", "both")],
    )


def _coincidence(chance: Random) -> Lesson:
    """Two slots with one value: nothing says which of them the calls follow."""
    one, two, three = chance.sample([0.1, 0.2, 0.3, 0.4], 3)
    return _lesson(
        "coincidence",
        "Move {} up and keep {} away from the wall",
        lambda up, away: (by("dz", up),),
        [(one, one)],
        lambda up, away: (length(up), length(away)),
        chance,
        [
            ((two, one), "never", "the first of two equal values"),
            ((one, two), "never", "the second of two equal values"),
            ((two, three), "never", "both of two equal values"),
        ],
    )


def _up_and_down(chance: Random) -> Lesson:
    """Two distances of one value, in opposite directions."""
    one, two, three = chance.sample([0.1, 0.15, 0.2, 0.3, 0.4], 3)
    return _lesson(
        "up and down",
        "Move {} up and then {} down",
        lambda up, down: (by("dz", up), by("dz", -down)),
        [(one, one)],
        lambda up, down: (length(up), length(down)),
        chance,
        [
            ((one, two), "never", "the second of two equal values"),
            ((two, one), "never", "the first of two equal values"),
            ((three, three), "never", "both of two equal values"),
        ],
    )


def _diagonal(chance: Random) -> Lesson:
    """Coordinates that are alike: nothing but their order says which is which."""
    one, two, three = _spots(chance, 3)
    side = chance.choice([0.35, 0.45, 0.55])
    return _lesson(
        "diagonal",
        chance.choice(("Touch {}", "Take the tool to {} now")),
        lambda spot: (to(spot),),
        [((side, side, side),), ((0.65, 0.65, 0.65),)],
        lambda spot: (point(*spot),),
        chance,
        [((spot,), "never", "coordinates that are not alike") for spot in (one, two, three)],
    )


def _above(chance: Random) -> Lesson:
    """What is called is not what is said, but follows from it: the learned heights are alike."""
    one, two, three, four = _spots(chance, 4)
    height = one[2]

    def above(spot: Spot) -> tuple[Call, ...]:
        return (to((spot[0], spot[1], round(spot[2] + 0.2, 2))),)

    level = [(one,), ((two[0], two[1], height),)]
    others: list[tuple[tuple[JSON, ...], Must, str]] = [((three,), "never", "above"), ((four,), "never", "above")]
    others += [(((*one[:2], round(height + 0.2, 2)),), "never", "the height that was called")]
    return _lesson("above", "Go above {}", above, level, lambda spot: (point(*spot),), chance, others)


def _halfway(chance: Random) -> Lesson:
    """One distance that is called is by accident a coordinate that is said."""
    x = chance.choice([0.4, 0.6, 0.8])

    def half(spot: Spot) -> tuple[Call, ...]:
        ways = (spot[0] / 2, spot[1] / 2, (spot[2] - 1) / 2)
        return (("move_relative", dict(zip(("dx", "dy", "dz"), (round(way, 3) for way in ways), strict=True))),)

    one, two = _spots(chance, 2)
    return _lesson(
        "halfway",
        "Go from home halfway to {}",
        half,
        [((x, round(x / 2, 2), 0.6),)],
        lambda spot: (point(*spot),),
        chance,
        [((one,), "never", "accident"), ((two,), "never", "accident"), (((x, 0.9, 0.6),), "never", "accident")],
    )


def _in_time(chance: Random) -> Lesson:
    """A value that no call follows: that it changes must not be overlooked."""
    one, two = _spots(chance, 2)
    return _lesson(
        "unused value",
        "Go to {} within {}",
        lambda spot, seconds: (to(spot),) if seconds >= 20 else _OTHERWISE,
        [(one, 30), (two, 30)],
        lambda spot, seconds: (point(*spot), duration(seconds)),
        chance,
        [((one, 2), "never", "a value that no call follows"), ((one, 0.03), "never", "unit")],
    )


def _gripper(chance: Random) -> Lesson:
    """Opposites in words, before and after."""
    opened = (("toggle_tool", {"activate": False}),)
    goal, others = chance.choice(
        (
            (
                "Open the gripper",
                ("Close the gripper", "Open all grippers", "Open no gripper", "Keep the gripper open"),
            ),
            ("Deactivate the gripper", ("Activate the gripper", "Reactivate the gripper", "Deactivate the arm")),
            ("Switch the gripper off", ("Switch the gripper on", "Switch the arm off", "Switch off nothing")),
        )
    )
    more = [Ask(Task(other, _OTHERWISE), "never", "opposite") for other in others]
    return _lesson("gripper", goal, lambda: opened, [()], lambda: (), chance, [], more)
