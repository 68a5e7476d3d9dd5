"""Random ways of reaching a goal, nasty ones among them, and the runs that they would have made.

A policy is a straight line of tool calls whose arguments are computed from the values of the goal. What binding makes
of some of its runs must be what the policy itself would do for another goal, or nothing.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from llmos.messages import JSON, Effect
from llmos.traces.trace import Trace, TraceStep
from tests.support.traces import robot_world, step, trace

Slots = dict[str, JSON]
Expression = Callable[[Slots, list[str]], JSON]

WORDS = ("cube", "ball", "bench", "left", "fast", "red box", "notes.txt", "a/b.md", "Ada Lovelace", "x1", "cubes")
TRAVEL = (0.5, 0.8, 1.0, 1.2, 0.0, 0.05, 90)


@dataclass(frozen=True)
class Deed:
    """One call of a policy: a tool, its arguments, and what it answers."""

    tool: str
    effect: Effect
    args: Mapping[str, Expression]
    answer: Callable[[Mapping[str, JSON], "World"], str]


@dataclass
class World:
    """What a run may meet that its goal does not say, and what is so by now."""

    cube: tuple[float, float, float] = (0.7, 0.3, 0.02)
    at: tuple[float, float, float] = (0.0, 0.0, 1.0)
    holding: str = ""


@dataclass(frozen=True)
class Policy:
    """A way of reaching every goal of one skeleton."""

    deeds: tuple[Deed, ...]
    describes: tuple[str, ...] = field(default=(), compare=False)

    def run(self, slots: Slots, world: World) -> list[TraceStep]:
        """What it does for a goal with these values."""
        answers: list[str] = []
        steps = []
        for deed in self.deeds:
            args = {name: expression(slots, answers) for name, expression in deed.args.items()}
            answers.append(deed.answer(args, world))
            steps.append(step(deed.tool, args, answers[-1], deed.effect))
        return steps

    def trace(self, slots: Slots, world: World, number: int, mode: str = "LEARNER") -> Trace:
        """The trace of that run."""
        return trace(
            self.run(slots, world),
            slots,
            mode=mode,
            run_id=f"20261120-0951{number:02d}-k3f9qz",
            created=f"2026-11-20T09:51:{number:02d}.000Z",
            world=robot_world(),
        )


@dataclass
class Nature:
    """What a generator of policies may come up with."""

    hidden: bool = False
    """Values that are clamped or rounded, which a run does not show while they are not."""
    plain: bool = False
    """Every value is used once, as it is, and nothing else happens."""
    collusion: bool = False
    """What is computed, or passed over, may be equal to another value of the first run's goal."""


class Maker:
    """Makes policies and goals from one seed."""

    def __init__(self, seed: int, nature: Nature) -> None:
        self.rng = random.Random(seed)
        self.nature = nature
        self.says: list[str] = []
        self.constants: list[JSON] = []
        self.swapped: list[str] = []
        self.points = [f"point{i + 1}" for i in range(self.rng.choice((1, 1, 2)))]
        self.scalars = self.rng.sample(["length1", "angle1", "number1", "duration1"], self.rng.choice((0, 0, 1, 2)))
        self.texts = self.rng.sample(["text1", "path1", "text2"], self.rng.choice((0, 0, 1, 2)))
        if not self.rng.randrange(6):
            self.points = []
        self.grid = self.rng.choice((0.05, 0.1, 0.5, 0.01))

    def slots(self) -> Slots:
        """The values of a goal."""
        found: Slots = {name: [self._coordinate() for _ in "xyz"] for name in self.points}
        for name in self.scalars:
            found[name] = self._scalar(name)
        for name in self.texts:
            found[name] = self.rng.choice(WORDS)
        if self.rng.random() < 0.15 and len(self.points) == 2:
            found["point2"] = list(found["point1"])
        return found

    def between(self, goals: list[Slots]) -> Slots:
        """A goal whose values are those of others, mixed, or lie between them."""
        new: Slots = {}
        for name in goals[0]:
            seen = [goal[name] for goal in goals]
            points = isinstance(seen[0], list)
            new[name] = [self._mixed([each[i] for each in seen]) for i in range(3)] if points else self._mixed(seen)
        return new

    def _mixed(self, seen: list[JSON]) -> JSON:
        one, other = self.rng.choice(seen), self.rng.choice(seen)
        if isinstance(one, str) or self.rng.random() < 0.4:
            return one
        steps = round((other - one) / self.grid)
        between = one + self.rng.randint(min(0, steps), max(0, steps)) * self.grid
        return round(between) if isinstance(one, int) else round(between, 3)

    def _coordinate(self) -> float:
        return round(self.rng.randint(-40, 40) * self.grid, 3)

    def _scalar(self, name: str) -> float:
        if name == "number1":
            return self.rng.randint(1, 9)
        signed = self.rng.random() < 0.1
        return round(self.rng.randint(1, 30) * self.grid * (-1 if signed else 1), 3)

    def policy(self, first: Slots) -> Policy:
        """A policy for goals of which `first` is one."""
        parts = [self._one(first, use) for use in self._uses()]
        self.rng.shuffle(parts)
        deeds = [deed for part in parts for deed in part]
        if not deeds:
            deeds = [Deed("go_home", Effect.IDEMPOTENT, {}, _arrived)]
        return Policy(tuple(deeds), tuple(self.says))

    def _uses(self) -> list[str]:
        """Which values are used, mostly each of them once, some again and some not at all."""
        names = [*self.points, *self.scalars, *self.texts]
        if self.nature.plain:
            return [*names, "grip"]
        names = [name for name in names if self.rng.random() > 0.07]
        names += [name for name in names if self.rng.random() < 0.2]
        return [*names, *(["look"] * (self.rng.random() < 0.3)), *(["grip"] * (self.rng.random() < 0.4))]

    def _one(self, first: Slots, use: str) -> list[Deed]:
        if use == "look":
            return self._look()
        if use == "grip":
            closes = self.rng.random() < 0.5
            return [Deed("toggle_tool", Effect.REVERSIBLE, {"activate": _always(closes)}, _gripped)]
        if use.startswith("point"):
            return self._visit(use, first)
        if use in self.scalars:
            return [self._shift(use, first)]
        return [self._write(use, first)]

    def _look(self) -> list[Deed]:
        see = Deed("get_camera_feed", Effect.PURE, {"view": _always("camera")}, _seen)
        if self.rng.random() < 0.5:
            return [see]
        self.says.append("goes where it sees the cube")
        seen = {axis: _seen_at(index) for index, axis in enumerate("xyz")}
        return [see, Deed("move_to", Effect.IDEMPOTENT, seen, _arrived)]

    def _visit(self, point: str, first: Slots) -> list[Deed]:
        args: dict[str, Expression] = {axis: _axis(point, i) for i, axis in enumerate("xyz")}
        way = 1.0 if self.nature.plain else self.rng.random()
        if way < 0.12:
            axis = self.rng.choice("xyz")
            args[axis] = self._number(first)
        elif way < 0.2:
            args["x"], args["y"] = args["y"], args["x"]
            self.swapped.append(point)
        elif way < 0.25:
            args = {axis: _scaled(expression, 1000) for axis, expression in args.items()}
        elif way < 0.3:
            return [Deed("goto", Effect.IDEMPOTENT, {"at": _list(point), "options": _always({"a": None})}, _plain)]
        if not self.nature.plain and self.rng.random() < 0.25:
            above = {**args, "z": self._derived(args["z"], first)}
            return [Deed("move_to", Effect.IDEMPOTENT, each, _arrived) for each in (above, args)]
        return [Deed("move_to", Effect.IDEMPOTENT, args, _arrived)]

    def _shift(self, name: str, first: Slots) -> Deed:
        expression = _value(name)
        way = 1.0 if self.nature.plain else self.rng.random()
        if way < 0.2:
            expression = _scaled(expression, -1)
        elif way < 0.4:
            expression = self._derived(expression, first)
        elif way < 0.5:
            expression = _scaled(expression, self.rng.choice((100, 2, 0.5)))
        args = {self.rng.choice(("dx", "dy", "amount")): expression}
        if way < 1.0 and self.rng.random() < 0.2:
            args["speed"] = self._number(first)
        return Deed("move_relative", Effect.REVERSIBLE, args, _plain)

    def _write(self, name: str, first: Slots) -> Deed:
        way, value = 1.0 if self.nature.plain else self.rng.random(), _value(name)
        if way < 0.3:
            names = [name, *self.scalars, *self.texts][:3]
            value = self._template(names)
        elif way < 0.4 and self.nature.hidden:
            change = self.rng.choice((str.lower, str.title, lambda text: text[:3], lambda text: text.replace(" ", "-")))
            self.says.append(f"rewrites {name}")
            value = _changed(name, change)
        args = {"text": value}
        if way < 1.0 and self.rng.random() < 0.3:
            args["mode"] = self._word(first)
        return Deed("say", Effect.REVERSIBLE, args, _said)

    def _template(self, names: list[str]) -> Expression:
        form = self.rng.choice(("{}", "{:.2f}", "{:.1f}", "{:g}"))
        between = self.rng.choice((" and ", ", ", "-", "", " 1.5 ", ".txt\n"))
        self.says.append(f"writes {names} as {form!r} with {between!r}")

        def text(slots: Slots, _: list[str]) -> str:
            return between.join(
                slots[each] if isinstance(slots[each], str) else form.format(slots[each]) for each in names
            )

        return text

    def _word(self, first: Slots) -> Expression:
        """A constant word, often one that the first goal has, too."""
        texts = [first[name] for name in self.texts]
        collides = texts and self.rng.random() < 0.3 and self.nature.collusion
        self.constants.append(self.rng.choice(texts) if collides else self.rng.choice(("quick", "slow-down", "v2", "")))
        return _always(self.constants[-1])

    def _number(self, first: Slots) -> Expression:
        """A constant, often one that the first goal has, too."""
        if self.nature.collusion and self.rng.random() < 0.5 and (given := self._numbers(first)):
            self.says.append("has a constant equal to a value of the first goal")
            self.constants.append(self.rng.choice(given))
        else:
            self.constants.append(self.rng.choice(TRAVEL) if self.nature.collusion else 0.777)
        return _always(self.constants[-1])

    def is_unlucky(self, goals: list[Slots]) -> bool:
        """Whether nothing in the runs can tell: a constant was equal to a value of each goal, or swapped axes were."""
        same = any(all(constant in _values(goal) for goal in goals) for constant in self.constants)
        return same or any(all(goal[name][0] == goal[name][1] for goal in goals) for name in self.swapped)

    def _numbers(self, first: Slots) -> list[float]:
        return [value for name in self.points for value in first[name]] + [first[name] for name in self.scalars]

    def _derived(self, expression: Expression, first: Slots) -> Expression:
        """Something computed from a value; with `hidden`, such that it does not always show."""
        way = self.rng.random()
        if self.nature.hidden and way < 0.6:
            low, high = sorted(self.rng.choice((-1, -0.3, 0.0, 0.2, 0.5, 1.0, 1.5)) for _ in "lh")
            self.says.append(f"clamps between {low} and {high}, or rounds")
            if way < 0.3:
                return lambda slots, seen: min(max(expression(slots, seen), low), high)
            if way < 0.4:
                return lambda slots, seen: max(expression(slots, seen), low)
            if way < 0.5:
                return lambda slots, seen: abs(expression(slots, seen))
            digits = self.rng.choice((0, 1))
            return lambda slots, seen: round(expression(slots, seen), digits)
        by = self.rng.choice((0.1, 0.2, -0.05, 0.123))
        if self.nature.collusion and self.rng.random() < 0.4 and (given := self._numbers(first)):
            self.says.append("computes what is equal to a value of the first goal")
            by = self.rng.choice(given) - expression(first, [])
        return lambda slots, seen: round(expression(slots, seen) + by, 6)


def _values(goal: Slots) -> list[JSON]:
    return [item for value in goal.values() for item in (value if isinstance(value, list) else [value])]


def _always(value: JSON) -> Expression:
    return lambda _slots, _answers: value


def _value(name: str) -> Expression:
    return lambda slots, _: slots[name]


def _changed(name: str, change: Callable[[str], str]) -> Expression:
    return lambda slots, _: change(slots[name])


def _axis(point: str, index: int) -> Expression:
    return lambda slots, _: slots[point][index]


def _list(point: str) -> Expression:
    return lambda slots, _: list(slots[point])


def _scaled(expression: Expression, factor: float) -> Expression:
    return lambda slots, answers: round(expression(slots, answers) * factor, 6)


def _seen_at(index: int) -> Expression:
    return lambda _, answers: _last_sight(answers)[index]


def _last_sight(answers: list[str]) -> list[float]:
    sight = next(answer for answer in reversed(answers) if answer.startswith("Camera"))
    return [float(each) for each in sight.partition("(")[2].partition(")")[0].split(", ")]


def _arrived(args: Mapping[str, JSON], world: World) -> str:
    world.at = (args.get("x", 0.0), args.get("y", 0.0), args.get("z", 1.0))
    return f"{_at(world)} turned 0°, gripper {'holding ' + world.holding if world.holding else 'open'}."


def _gripped(args: Mapping[str, JSON], world: World) -> str:
    world.holding = "'cube'" if args["activate"] else ""
    return f"{_at(world)} turned 0°, gripper {'holding ' + world.holding if world.holding else 'open'}."


def _seen(_: Mapping[str, JSON], world: World) -> str:
    return f"Camera of the arm, in words: cube at ({', '.join(f'{each:.2f}' for each in world.cube)})."


def _at(world: World) -> str:
    return f"At ({', '.join(f'{each:.2f}' for each in world.at)})"


def _said(args: Mapping[str, JSON], _: World) -> str:
    return f"wrote {len(args['text'])} bytes to {args['text']}"


def _plain(_: Mapping[str, JSON], __: World) -> str:
    return "done"
