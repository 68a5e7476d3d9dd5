"""Numbers of the training data: exact thousandths, how people write them, and which of them training never sees.

Knows no goal and no world. A length is an int of millimetres, an angle an int of thousandths of a degree.
"""

import hashlib
import math
from collections.abc import Callable
from random import Random

ONES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
ONES += [f"{stem}teen" for stem in ("thir", "four", "fif", "six", "seven", "eigh", "nine")]
TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
LENGTH_WORDS = {
    "half a meter": 500,
    "half a metre": 500,
    "a quarter of a meter": 250,
    "a quarter meter": 250,
    "a meter": 1000,
    "one meter": 1000,
    "one metre": 1000,
    "one and a half meters": 1500,
    "two meters": 2000,
    "a centimeter": 10,
    "one centimeter": 10,
    "two centimeters": 20,
    "three centimeters": 30,
    "four centimetres": 40,
    "five centimeters": 50,
    "six centimeters": 60,
    "seven centimeters": 70,
    "eight centimeters": 80,
    "nine centimeters": 90,
    "ten centimeters": 100,
    "ten cm": 100,
    "twelve centimeters": 120,
    "fifteen centimeters": 150,
    "twenty centimeters": 200,
    "twenty cm": 200,
    "twenty five centimeters": 250,
    "thirty centimeters": 300,
    "thirty cm": 300,
    "forty centimeters": 400,
    "fifty centimeters": 500,
    "fifty cm": 500,
    "sixty centimeters": 600,
    "eighty centimeters": 800,
    "hundred centimeters": 1000,
    "ten millimeters": 10,
    "twenty millimeters": 20,
    "fifty millimeters": 50,
    "hundred millimeters": 100,
}
TURN_WORDS = {
    "a quarter turn": 90_000,
    "a quarter of a turn": 90_000,
    "half a turn": 180_000,
    "a half turn": 180_000,
    "an eighth of a turn": 45_000,
    "ninety degrees": 90_000,
    "forty five degrees": 45_000,
    "thirty degrees": 30_000,
    "sixty degrees": 60_000,
    "twenty degrees": 20_000,
    "ten degrees": 10_000,
    "fifteen degrees": 15_000,
    "a hundred and eighty degrees": 180_000,
    "half turn": 180_000,
    "quarter turn": 90_000,
    "a full turn": 360_000,
    "one full turn": 360_000,
    "three quarters of a turn": 270_000,
}

COMMON = frozenset(
    [0, 50, 100, 150, 200, 250, 300, 400, 500, 600, 700, 800, 1000, 1200, 1500, 2000, 3000, 5000]
    + [degrees * 1000 for degrees in (10, 15, 30, 45, 60, 90, 120, 135, 180, 270, 360)]
    + [*LENGTH_WORDS.values(), *TURN_WORDS.values()]
)
"""Numbers every split may use: defaults, round steps, words, and those of the source document's examples."""


def written(thousandths: int) -> str:
    """The canonical decimal with a point: 1500 -> `1.5`, 1000 -> `1.0`, -50 -> `-0.05`."""
    return repr(thousandths / 1000)


def is_held_out(thousandths: int) -> bool:
    """Whether training never sees this number, whatever its sign; about one in eight, fixed for all seeds."""
    if abs(thousandths) in COMMON:
        return False
    return hashlib.sha256(written(abs(thousandths)).encode()).digest()[0] % 8 == 0


def draw(random: Random, sample: Callable[[Random], int], *, held_out: bool) -> int:
    """A number from `sample`; one that training may see, or (`held_out`) one that it never sees."""
    for _ in range(200):
        value = sample(random)
        if is_held_out(value) == held_out:
            return value
    return value


def coordinate(random: Random) -> int:
    """A coordinate in metres on grids that people use, now and then outside the workspace."""
    step = random.choice((1000, 500, 100, 100, 100, 50, 10, 10, 1))
    reach = 6000 if random.random() < 0.06 else 2000
    return random.randint(-reach // step, reach // step) * step


def height(random: Random) -> int:
    """A height above the ground, rarely an impossible one."""
    step = random.choice((1000, 500, 100, 100, 100, 50, 10, 10))
    if random.random() < 0.04:
        return random.choice((-1, 1)) * random.randint(1, 60) * 100
    return random.randint(0, 3000 // step) * step


def distance(random: Random) -> int:
    """How far a person asks to move, always positive."""
    step = random.choice((10, 10, 50, 50, 100, 100, 1, 500))
    return random.randint(1, max(1, (200 if step == 1 else 1500) // step)) * step


def angle(random: Random) -> int:
    """An angle in thousandths of a degree, positive."""
    step = random.choice((1000, 5000, 5000, 10_000, 15_000, 45_000, 90_000, 500))
    return random.randint(1, 360_000 // step) * step


def plain(thousandths: int, random: Random) -> str:
    """One of the ways to write a bare number: `1`, `1.0`, `1.00`, `1.5`, `1.50`, `.5`, `+0.5`."""
    text = written(thousandths)
    if text.endswith(".0"):
        return text[:-2] if random.random() < 0.5 else random.choice((text, text, text + "0"))
    roll = random.random()
    if roll < 0.08 and len(text.split(".")[1]) == 1:
        return text + "0"
    if roll < 0.11 and text.startswith(("0.", "-0.")):
        return text.replace("0.", ".", 1)
    if roll < 0.13 and thousandths > 0:
        return "+" + text
    return text


def length(thousandths: int, random: Random) -> str:
    """A length with its unit, in m, cm or mm, whichever writes it without loss; now and then without unit (metres)."""
    roll = random.random()
    blank = random.choice((" ", " ", ""))
    if roll < 0.42 and thousandths % 5 == 0:
        unit = random.choice(("cm", "cm", "cm", "centimeters", "centimetres", "centimeter", "CM"))
        return _short(thousandths / 10) + (" " if len(unit) > 2 else blank) + unit
    if roll < 0.56 or thousandths % 5:
        unit = random.choice(("mm", "mm", "millimeters", "millimetres"))
        return str(thousandths) + (" " if len(unit) > 2 else blank) + unit
    if roll < 0.62:
        return plain(thousandths, random)
    unit = random.choice(("m", "m", "meters", "metres", "meter", "metre"))
    return plain(thousandths, random) + (" " if len(unit) > 2 else blank) + unit


def spoken_number(value: int, random: Random) -> str:
    """A whole number below a thousand in words: `thirty five`, `thirty-five`, `a hundred and twenty`."""
    if value < 20:
        return ONES[value]
    if value < 100:
        tens, ones = divmod(value, 10)
        return TENS[tens] + (random.choice((" ", " ", "-")) + ONES[ones] if ones else "")
    hundreds, rest = divmod(value, 100)
    head = random.choice(("a", "one")) if hundreds == 1 else ONES[hundreds]
    joint = random.choice((" ", " and ")) + spoken_number(rest, random) if rest else ""
    return f"{head} hundred{joint}"


def loose_length(random: Random) -> tuple[str, int]:
    """A length as people say it and no ruler has it, and what it is in millimetres: words, inches, feet, commas."""
    return _seen(_loose_length, random)


def _loose_length(random: Random) -> tuple[str, int]:
    roll = random.random()
    if roll < 0.25:
        return random.choice(list(LENGTH_WORDS.items()))
    if roll < 0.5:
        return _spoken_length(random)
    value = draw(random, distance, held_out=False)
    if roll < 0.7:
        return f"{written(value).replace('.', ',')} {random.choice(('m', 'meters', 'metres'))}", value
    unit, size, most = random.choice((("inch", 25.4, 24), ("inch", 25.4, 24), ("foot", 304.8, 4), ("yard", 914.4, 2)))
    count = random.choice((1, random.randint(1, most), random.randint(1, most), 0.5))
    if count == 0.5:
        return f"half {'an' if unit == 'inch' else 'a'} {unit}", round(size / 2)
    many = {"inch": ("inches", "inches"), "foot": ("feet", "feet", "ft"), "yard": ("yards", "yards", "yd")}[unit]
    one = {"inch": ("inch",), "foot": ("foot",), "yard": ("yard",)}[unit]
    text = str(count) if random.random() < 0.6 else spoken_number(int(count), random)
    if count == 1 and random.random() < 0.5:
        text = "an" if unit == "inch" else "a"
    return f"{text} {random.choice(one if count == 1 else many)}", round(count * size)


def _spoken_length(random: Random) -> tuple[str, int]:
    value = draw(random, lambda one: one.randint(1, 120) * 10, held_out=False)
    if random.random() < 0.15 and value % 100 == 0 and value < 1000:
        return f"zero point {ONES[value // 100]} {random.choice(('meters', 'metres'))}", value
    text = spoken_number(value // 10, random)
    return f"{text} {'centimeter' if value == 10 else random.choice(('centimeters', 'centimetres', 'cm'))}", value


def loose_turn(random: Random) -> tuple[str, int]:
    """An angle as people say it, and what it is in thousandths of a degree: words, turns, radians."""
    return _seen(_loose_turn, random)


def _seen(say: Callable[[Random], tuple[str, int]], random: Random) -> tuple[str, int]:
    """What `say` says first that training may see."""
    while True:
        text, value = say(random)
        if not is_held_out(value):
            return text, value


def _loose_turn(random: Random) -> tuple[str, int]:
    roll = random.random()
    if roll < 0.4:
        return random.choice(list(TURN_WORDS.items()))
    if roll < 0.75:
        value = draw(random, lambda one: one.randint(1, 72) * 5000, held_out=False)
        return f"{spoken_number(value // 1000, random)} degrees", value
    radians = random.choice(("0.5", "0.79", "1", "1.0", "1.5", "1.57", "1.571", "2", "3.14", "0.2", "0.3", "0.1"))
    unit = random.choice(("rad", "radians", "radians", "radian" if radians in ("1", "1.0") else "rad"))
    return f"{radians} {unit}", round(math.degrees(float(radians)) * 1000)


def turn(thousandths: int, random: Random) -> str:
    """An angle with its unit."""
    unit = random.choice((" degrees", " degrees", " deg", "°", " degree", "deg"))
    return _short(thousandths / 1000) + unit


def triple(point: tuple[int, int, int], random: Random) -> str:
    """A point, in one of the ways people write three numbers."""
    x, y, z = (plain(value, random) for value in point)
    forms = (
        *(f"({x}, {y}, {z})",) * 6,
        f"({x},{y},{z})",
        f"({x} {y} {z})",
        f"{x}, {y}, {z}",
        f"{x} {y} {z}",
        f"{x},{y},{z}",
        f"[{x}, {y}, {z}]",
        f"x={x}, y={y}, z={z}",
        f"x={x} y={y} z={z}",
        f"x {x}, y {y}, z {z}",
        f"x {x} y {y} z {z}",
        f"x: {x}, y: {y}, z: {z}",
        f"(x={x}, y={y}, z={z})",
        f"X{x} Y{y} Z{z}",
    )
    return random.choice(forms)


def pair(point: tuple[int, int], random: Random) -> str:
    """A point on the floor, in one of the ways people write two numbers."""
    x, y = (plain(value, random) for value in point)
    forms = (
        *(f"({x}, {y})",) * 6,
        f"({x},{y})",
        f"{x}, {y}",
        f"x={x}, y={y}",
        f"x={x} y={y}",
        f"x {x} y {y}",
        f"x {x}, y {y}",
        f"(x={x}, y={y})",
        f"[{x}, {y}]",
        f"x: {x}, y: {y}",
    )
    return random.choice(forms)


def _short(value: float) -> str:
    """`20`, not `20.0`; `12.5` stays."""
    return str(int(value)) if value == int(value) else repr(value)
