"""Random worlds: where the robot is, which objects and places are around, what it holds.

Knows no goal. Names are nouns with and without colours and numbers, codes, and now and then words of no language.
"""

from random import Random

from training import numbers
from training.extras import random_extras
from training.grammar import Grammar
from training.world import FLOOR, HOME, Point, World

SYLLABLES = ("ba", "dor", "fen", "gi", "kal", "lo", "mir", "nu", "pex", "ra", "sol", "tu", "vex", "wi", "zan", "qua")


ALIGNED = 0.45
"""How many worlds have things that share coordinates."""


def random_world(grammar: Grammar, random: Random, *, hard: bool = False) -> World:
    """A world to act in; a `hard` one has blocks and names alike more often, every fifth is that of a rover."""
    while True:
        world = _any_world(grammar, random, hard=hard)
        if all(len(set(things.values())) == len(things) for things in (world.objects, world.places)):
            return world  # two things are never at one point


def _any_world(grammar: Grammar, random: Random, *, hard: bool) -> World:
    is_rover = random.random() < 0.2
    world = World(
        at=HOME if random.random() < 0.3 else _point(random),
        theta=0 if random.random() < 0.6 else random.randrange(0, 360_000, 5000),
        is_open=random.random() < 0.8,
    )
    world.places = _named(grammar, random, random.choice((0, 1, 2, 3, 4)), _place_name)
    world.objects = _named(grammar, random, random.choice((0, 1, 1, 1, 2, 2, 3, 4)), _object_name)
    _align(world, random)
    if random.random() < (0.2 if hard else 0.1):
        _add_rows(world, random)
    if random.random() < (0.3 if hard else 0.15):
        world.objects = {} if random.random() < 0.6 else world.objects
        _add_blocks(world, random)
    free = list(dict.fromkeys(world.places.values()))
    random.shuffle(free)
    for name in world.objects:
        if free and random.random() < 0.25:
            world.objects[name] = free.pop()
    if any(name[0].isupper() for name in world.places) and random.random() < (0.6 if hard else 0.3):
        world.places.setdefault(random.choice(("shelf", "bin")), _point(random))  # "shelf" is not "shelf A3"
    if world.objects and random.random() < 0.15:
        world.is_open, world.holding = False, random.choice(list(world.objects))
        world.objects[world.holding] = world.at
    world.is_stopped = random.random() < 0.02
    if random.random() < 0.08:
        world.extras = random_extras(random)
    if is_rover:
        _put_on_floor(world, random)
    if random.random() < 0.4:
        _measure(world, random)
    return world


def _put_on_floor(world: World, random: Random) -> None:
    """Make it the world of a rover: it holds nothing, and what is around lies on the floor."""
    world.kind, world.is_open, world.holding = "rover", True, None
    world.at = (0, 0, FLOOR) if world.at == HOME else (*world.at[:2], FLOOR)
    height = random.choice((0, 0, FLOOR))
    world.objects = {name: (x, y, height) for name, (x, y, _) in world.objects.items()}
    world.places = {name: (x, y, height) for name, (x, y, _) in world.places.items()}


def nonsense(random: Random) -> str:
    """A word of no language."""
    return "".join(random.choice(SYLLABLES) for _ in range(random.randint(2, 3)))


def _point(random: Random) -> Point:
    def within(low: int, high: int) -> int:
        step = random.choice((1000, 500, 100, 100, 50, 10, 10, 1))
        return numbers.draw(random, lambda one: one.randint(low // step, high // step) * step, held_out=False)

    return within(-2000, 2000), within(-2000, 2000), within(0, 2000)


def _named(grammar: Grammar, random: Random, count: int, name: "Naming") -> dict[str, Point]:
    named: dict[str, Point] = {}
    for _ in range(count):
        text = name(grammar, random)
        last = {each.replace("_", " ").split()[-1] for each in named}
        if text.replace("_", " ").split()[-1] not in last or random.random() < 0.3:
            named.setdefault(text.replace(" ", "_") if random.random() < 0.4 else text, _point(random))
    return named


def _object_name(grammar: Grammar, random: Random) -> str:
    def say(slot: str) -> str:
        return grammar.fill("{" + slot + "}", {}, random)

    return random.choice(
        (
            say("noun"),
            say("noun"),
            say("noun"),
            f"{say('color')} {say('noun')}",
            f"{say('color')} {say('noun')}",
            f"{say('noun')} {random.randint(1, 9)}",
            f"{say('noun')} {random.choice('ABC')}",
            nonsense(random),
        )
    )


def _place_name(grammar: Grammar, random: Random) -> str:
    def say(slot: str) -> str:
        return grammar.fill("{" + slot + "}", {}, random)

    code = f"{random.choice('ABCDEFGHKPRSTXZ')}{random.randint(1, 19)}"
    return random.choice(
        (
            say("placenoun"),
            say("placenoun"),
            say("placenoun"),
            say("placenoun"),
            code,
            code,
            f"{say('codekind')} {code}",
            f"{say('color')} {say('placenoun')}",
            nonsense(random),
        )
    )


def _align(world: World, random: Random) -> None:
    """Let things share coordinates, or mirror them, as where people put them: what is copied must be told apart."""
    if random.random() >= ALIGNED:
        return
    points = [*world.objects.values(), *world.places.values()]
    for things in (world.objects, world.places):
        for name, at in things.items():
            point = _like(at, random.choice(points), random)
            things[name] = point if point not in things.values() else at


def _like(at: Point, other: Point, random: Random) -> Point:
    """Some coordinates of the other point, those on the table perhaps on the other side of it."""
    shared = random.sample(range(3), random.choice((0, 1, 1, 2, 2)))
    sides = random.choice((-1, 1)), random.choice((-1, 1)), 1
    x, y, z = (other[axis] * sides[axis] if axis in shared else at[axis] for axis in range(3))
    return x, y, z


def _add_blocks(world: World, random: Random) -> None:
    """Two to four blocks or cubes, named by colour, number or letter."""
    kind, count = random.choice(("block", "block", "cube")), random.choice((2, 2, 3, 3, 4))
    style = random.choice(("color", "color", "number", "letter", "joined"))
    colors = random.sample(("red", "blue", "green", "yellow", "white", "black", "orange", "purple"), count)
    for index in range(count):
        name = {
            "color": f"{colors[index]} {kind}",
            "number": f"{kind} {index + 1}",
            "letter": f"{kind} {'ABCD'[index]}",
            "joined": f"{kind}{index + 1}",
        }[style]
        x, y, _ = _point(random)
        z = random.choice((50, 50, 50, 0, 100, 500, 800, _point(random)[2]))
        world.objects[name.replace(" ", "_") if random.random() < 0.5 else name] = (x, y, z)


def _measure(world: World, random: Random) -> None:
    """From now on nothing is found exactly where it should be."""
    world.slack = random.choice((1, 1, 2))
    world.at = world.measured(world.at, random)
    world.objects = {name: world.measured(point, random) for name, point in world.objects.items()}
    if world.holding:
        world.objects[world.holding] = world.at


def _add_rows(world: World, random: Random) -> None:
    """Shelves or bins in rows, with codes: names and numbers alike."""
    pool = [abs(value) for _ in range(2) for value in _point(random)]
    world.places = {}
    for letter in random.sample("ABCDEFGHKPRSTXZ", random.choice((1, 2, 2))):
        y, z = random.choice(pool) * random.choice((-1, 1)), random.choice(pool)
        for number in random.sample(range(1, 12), random.choice((2, 3))):
            world.places[f"{letter}{number}"] = (random.choice(pool) * random.choice((-1, 1)), y, z)


Naming = type(_object_name)
