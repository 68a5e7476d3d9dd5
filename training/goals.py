"""Goals a robot can reach, each with the calls that reach it: one function per intent.

Knows no prompt and no tool result. What a goal means stands here and nowhere else: slightly, and a direction without a
distance, = 0.05 m; far, a lot = 0.3 m; a turn without an angle = 90 degrees, a slight one = 15 degrees; around = 180;
a square has sides of 0.2 m; counter-clockwise, and to the left, is positive; a cube is 0.1 m high, and the first block
in name order stays. An arm has x to the right and y forward, a rover x forward and y to the left.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

from llmos.messages import JSON
from training import numbers
from training.grammar import Grammar, Value
from training.world import FLOOR, Call, Point, World

SLIGHTLY = 50
FAR = 300
SLIGHT_TURN = 15_000
QUARTER_TURN = 90_000
SQUARE_SIDE = 200
CUBE_EDGE = 100
DIRECTIONS = {
    "right": ("dx", 1),
    "left": ("dx", -1),
    "forward": ("dy", 1),
    "back": ("dy", -1),
    "up": ("dz", 1),
    "down": ("dz", -1),
}
ROVER_WORDS = ("arm", "go", "send", "shift", "carry")
"""Word lists of which a rover has its own."""
ROVER_DIRECTIONS = {"forward": ("dx", 1), "back": ("dx", -1), "left": ("dy", 1), "right": ("dy", -1)}


@dataclass(frozen=True, slots=True)
class Goal:
    """What a person wants and the calls that do it; none of them means: abstain.

    `must_grip` says that closing on nothing means the goal has failed.
    """

    intent: str
    text: str
    calls: tuple[Call, ...]
    must_grip: bool = False


@dataclass(slots=True)
class Draft:
    """What an intent needs to make up a goal in a world."""

    world: World
    grammar: Grammar
    random: Random
    held_out_numbers: bool = False

    def number(self, sample: Callable[[Random], int]) -> int:
        """A number of this split."""
        return numbers.draw(self.random, sample, held_out=self.held_out_numbers)

    @property
    def is_rover(self) -> bool:
        """Whether it drives on the floor."""
        return self.world.kind == "rover"

    @property
    def directions(self) -> Mapping[str, tuple[str, int]]:
        """The ways to go, each with its axis and sign."""
        return ROVER_DIRECTIONS if self.is_rover else DIRECTIONS

    def point(self) -> Point:
        """Coordinates a person could ask for."""
        z = FLOOR if self.is_rover else self.number(numbers.height)
        return self.number(numbers.coordinate), self.number(numbers.coordinate), z

    def coordinates(self, point: Point) -> str:
        """A point as a person writes it: three numbers, and two on the floor."""
        return numbers.pair(point[:2], self.random) if self.is_rover else numbers.triple(point, self.random)

    def move(self, point: Point, theta: int | None = None) -> Call:
        """The call that brings this robot to a point."""
        call = move(point, theta)
        arguments = {name: value for name, value in call.arguments.items() if name != "z" or not self.is_rover}
        return Call(call.name, arguments)

    def say(self, slot: str) -> str:
        """One entry of a word list, its own slots filled; the ways of a rover are its own."""
        slot = f"rover_{slot}" if self.is_rover and slot in ROVER_DIRECTIONS else slot
        return self.grammar.fill("{" + slot + "}", {}, self.random)

    def way(self) -> tuple[str, str, int]:
        """A direction with its axis and sign."""
        name = self.random.choice(list(self.directions))
        return name, *self.directions[name]

    def amount(self) -> tuple[str, int]:
        """A distance in words and in millimetres."""
        if self.random.random() < 0.2 and not self.held_out_numbers:
            return numbers.loose_length(self.random)
        value = self.number(numbers.distance)
        return numbers.length(value, self.random), value

    def angle(self) -> tuple[str, int]:
        """An angle in words and in thousandths of a degree."""
        if self.random.random() < 0.25 and not self.held_out_numbers:
            return numbers.loose_turn(self.random)
        value = self.number(numbers.angle)
        return numbers.turn(value, self.random), value

    def goal(self, intent: str, values: Mapping[str, Value], *calls: Call, must_grip: bool = False) -> Goal:
        """The goal, put into words."""
        return Goal(intent, self.write(self.grammar.phrase(intent, self.random), values), calls, must_grip)

    def write(self, phrase: str, values: Mapping[str, Value]) -> str:
        """The phrase with its slots filled; a rover is not called an arm, and drives."""
        own = {name: self._rover_word(name) for name in ROVER_WORDS} if self.is_rover else {}
        return " ".join(self.grammar.fill(phrase, {**own, **values}, self.random).split())

    def _rover_word(self, slot: str) -> Callable[[], str]:
        return lambda: self.say(f"rover_{slot}")


Intent = Callable[[Draft], Goal | None]


def metres(**values: int) -> dict[str, JSON]:
    """Thousandths as the plain decimals of a call."""
    return {name: value / 1000 for name, value in values.items()}


def move(point: Point, theta: int | None = None) -> Call:
    """The call that goes to a point."""
    x, y, z = point
    return Call("move_to", metres(x=x, y=y, z=z) if theta is None else metres(x=x, y=y, z=z, theta_deg=theta))


def shift(**distances: int) -> Call:
    """The relative call; axes in the order of the signature, what is zero left out."""
    order = ("dx", "dy", "dz", "dtheta_deg")
    return Call("move_relative", metres(**{name: distances[name] for name in order if distances.get(name)}))


def grip() -> Call:
    """Close the gripper."""
    return Call("toggle_tool", {"activate": True})


def release() -> Call:
    """Open the gripper."""
    return Call("toggle_tool", {"activate": False})


def look(view: str) -> Call:
    """Ask for a view."""
    return Call("get_camera_feed", {"view": view})


def move_to(draft: Draft) -> Goal:
    """Go to coordinates."""
    point = draft.point()
    return draft.goal("move_to", {"xyz": draft.coordinates(point)}, draft.move(point))


def move_to_theta(draft: Draft) -> Goal:
    """Go to coordinates with an angle."""
    point, theta = draft.point(), draft.number(numbers.angle)
    values = {"xyz": draft.coordinates(point), **_angle_texts(draft, theta)}
    return draft.goal("move_to_theta", values, draft.move(point, theta))


def move_to_some_axes(draft: Draft) -> Goal:
    """Go to one or two coordinates and keep the others."""
    x, y, z = draft.world.at
    axis = draft.random.choice("xy" if draft.is_rover else "xyzz+")
    if axis == "+":
        x, y = draft.number(numbers.coordinate), draft.number(numbers.coordinate)
        text = ", ".join(numbers.plain(value, draft.random) for value in (x, y))
        form = draft.random.choice((f"({text})", f"({text})", f"x={text.replace(', ', ', y=')}"))
        return draft.goal("move_to_xy", {"xy": form}, move((x, y, z)))
    if axis == "z":
        z = draft.number(numbers.height)
        values = {"zlength": numbers.length(z, draft.random), "z": numbers.plain(z, draft.random)}
        return draft.goal("move_to_z", values, move((x, y, z)))
    value = draft.number(numbers.coordinate)
    point = (value, y, z) if axis == "x" else (x, value, z)
    return draft.goal(f"move_to_{axis}", {axis: numbers.plain(value, draft.random)}, draft.move(point))


def relative(draft: Draft) -> Goal:
    """Move a distance in a direction."""
    way, axis, sign = draft.way()
    text, amount = draft.amount()
    intent = _vertical("relative", {"up": "raise", "down": "lower"}.get(way), draft)
    return draft.goal(intent, {"direction": draft.say(way), "amount": text}, shift(**{axis: sign * amount}))


def slight(draft: Draft) -> Goal:
    """Move a little, by the stated default."""
    way, axis, sign = draft.way()
    intent = _vertical("slight", {"up": "slight_raise", "down": "slight_lower"}.get(way), draft)
    return draft.goal(intent, {"direction": draft.say(way)}, shift(**{axis: sign * SLIGHTLY}))


def relative_two(draft: Draft) -> Goal:
    """Move along two axes at once."""
    (first, axis, sign), (second, axis2, sign2) = draft.way(), draft.way()
    if axis == axis2:
        return relative(draft)
    if draft.random.random() < 0.25:
        text, amount = draft.amount()
        values = {"direction": draft.say(first), "direction2": draft.say(second), "amount": text}
        return draft.goal("relative_both", values, shift(**{axis: sign * amount, axis2: sign2 * amount}))
    (text, amount), (text2, amount2) = draft.amount(), draft.amount()
    values = {"direction": draft.say(first), "direction2": draft.say(second), "amount": text, "amount2": text2}
    return draft.goal("relative_two", values, shift(**{axis: sign * amount, axis2: sign2 * amount2}))


def relative_delta(draft: Draft) -> Goal | None:
    """Move by a vector; what is zero is left out."""
    if draft.is_rover:
        return None
    deltas = {axis: draft.random.choice((1, 1, -1, 0)) * draft.number(numbers.distance) for axis in ("dx", "dy", "dz")}
    if not any(deltas.values()):
        deltas["dz"] = 100
    values = {axis: numbers.plain(value, draft.random) for axis, value in deltas.items()}
    return draft.goal("relative_delta", values, shift(**deltas))


def turn(draft: Draft) -> Goal:
    """Rotate by an angle; counter-clockwise, and when no way is named, is positive."""
    text, angle = draft.angle()
    way, sign = draft.random.choice((("clockwise", -1), ("counter", 1)))
    phrase = draft.grammar.phrase("turn", draft.random)
    sign = sign if "{way}" in phrase else 1
    values = {"degrees": text, "way": draft.say(way)}
    return Goal("turn", draft.write(phrase, values), (shift(dtheta_deg=sign * angle),))


def turn_side(draft: Draft) -> Goal:
    """Rotate to one side, by the stated default: a quarter turn, or a little."""
    way, sign = draft.random.choice((("clockwise", -1), ("counter", 1)))
    intent, angle = draft.random.choice((("turn_side", QUARTER_TURN), ("turn_slightly", SLIGHT_TURN)))
    phrase = draft.grammar.phrase(intent, draft.random)
    sign = sign if "{way}" in phrase or "{side}" in phrase else 1
    values = {"way": draft.say(way), "side": "right" if sign < 0 else "left"}
    return Goal(intent, draft.write(phrase, values), (shift(dtheta_deg=sign * angle),))


def far(draft: Draft) -> Goal:
    """Move a lot, by the stated default."""
    way, axis, sign = draft.way()
    return draft.goal("far", {"direction": draft.say(way)}, shift(**{axis: sign * FAR}))


def turn_around(draft: Draft) -> Goal:
    """Half a turn."""
    return draft.goal("turn_around", {}, shift(dtheta_deg=180_000))


def turn_to(draft: Draft) -> Goal:
    """Rotate to an angle: stay where the arm is."""
    theta = draft.number(numbers.angle)
    return draft.goal("turn_to", _angle_texts(draft, theta), draft.move(draft.world.at, theta))


def close_gripper(draft: Draft) -> Goal:
    """Only the gripper; closing on nothing is what was asked for."""
    return draft.goal("grip", {"gripon": draft.random.choice(("on", "closed", "shut", "close"))}, grip())


def open_gripper(draft: Draft) -> Goal:
    """Only the gripper."""
    held = f"the {draft.world.holding}" if draft.world.holding else "the object"
    values = {"gripoff": draft.random.choice(("off", "open", "release")), "heldname": held.replace("_", " ")}
    return draft.goal("loose", values, release())


def go_home(draft: Draft) -> Goal:
    """Go home."""
    return draft.goal("home", {}, Call("go_home"))


def stop(draft: Draft) -> Goal:
    """Stop at once."""
    return draft.goal("stop", {}, Call("emergency_stop"))


def status(draft: Draft) -> Goal:
    """Say how the arm is."""
    return draft.goal("status", {}, Call("get_status"))


def view(draft: Draft) -> Goal:
    """Show one of the views."""
    intent, name = draft.random.choice((("cockpit", "cockpit"), ("operator_view", "operator"), ("camera", "camera")))
    return draft.goal(intent, {}, look(name))


def inspect_at(draft: Draft) -> Goal:
    """Go there and look."""
    point = draft.point()
    return draft.goal("inspect_at", {"xyz": draft.coordinates(point)}, draft.move(point), look("camera"))


def square(draft: Draft) -> Goal:
    """Four sides, back to where it began."""
    if draft.random.random() < 0.5 and not draft.held_out_numbers:
        return draft.goal("square", {}, *_sides(SQUARE_SIDE, draft))
    text, side = draft.amount()
    return draft.goal("square_sized", {"amount": text}, *_sides(side, draft))


def _sides(side: int, draft: Draft) -> tuple[Call, ...]:
    """A rover looks along each side it has driven, so that the next one is to its left."""
    if draft.is_rover:
        return shift(dx=side), shift(dy=side), shift(dy=side), shift(dy=side)
    return shift(dx=side), shift(dy=side), shift(dx=-side), shift(dy=-side)


def _vertical(usual: str, verb: str | None, draft: Draft) -> str:
    """Up and down have verbs of their own."""
    return verb if verb and draft.random.random() < 0.3 else usual


def _angle_texts(draft: Draft, theta: int) -> dict[str, Value]:
    text = numbers.turn(theta, draft.random)
    return {"degrees": text, "deg": text if draft.random.random() < 0.3 else numbers.plain(theta, draft.random)}
