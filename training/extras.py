"""Verbs that only one robot has: tools whose names nobody knows beforehand, and goals that ask for them by name.

Knows no robot. A tool is a verb and a noun, `wave_hand`, and takes nothing, one word or one number; the goal holds the
words of its name and the argument as it is said. It teaches a planner to read its list.
"""

from random import Random

from training.goals import Draft, Goal
from training.world import Call

VERBS: tuple[str, ...] = (
    "wave",
    "open",
    "close",
    "read",
    "set",
    "play",
    "measure",
    "start",
    "calibrate",
    "flash",
    "blink",
    "ring",
    "test",
)
VERBS += ("switch", "count", "clean", "spray", "heat", "charge", "scan", "lock", "shake", "sound", "reset", "adjust")
NOUNS: tuple[str, ...] = (
    "hand",
    "door",
    "distance",
    "led",
    "lamp",
    "horn",
    "bell",
    "sensor",
    "light",
    "fan",
    "pump",
    "valve",
    "laser",
)
NOUNS += (
    "battery",
    "temperature",
    "weight",
    "camera",
    "drawer",
    "brush",
    "nozzle",
    "motor",
    "belt",
    "speaker",
    "marker",
)
NOUNS += ("screen", "lid", "hatch", "flag", "siren", "heater", "magnet", "vacuum", "wrist", "head", "mast", "blade")
WORDS = {
    "color": ("red", "green", "blue", "yellow", "white", "orange", "purple", "pink"),
    "mode": ("fast", "slow", "silent", "auto", "manual", "night", "safe"),
    "name": ("alpha", "bravo", "delta", "kitchen", "lab", "north", "south", "garage"),
}
NUMBERS = ("seconds", "times", "level", "percent")


def random_extras(random: Random) -> dict[str, str]:
    """One or two tools of one robot alone, by name with their argument."""
    names = {f"{random.choice(VERBS)}_{random.choice(NOUNS)}" for _ in range(random.choice((1, 1, 2)))}
    return {name: random.choice(("", "", *WORDS, *NUMBERS)) for name in sorted(names)}


def use(draft: Draft) -> Goal | None:
    """Ask for one of the tools of its own, if there are any, by the words of its name."""
    if not draft.world.extras:
        return None
    return ask(draft, draft.random.choice(list(draft.world.extras)))


def ask(draft: Draft, name: str) -> Goal:
    """Ask for this one of them."""
    random, argument = draft.random, draft.world.extras[name]
    verb, noun = name.split("_")
    values = {"verb_": verb, "noun_": noun}
    if not argument:
        return draft.goal("extra", values, Call(name))
    if argument in WORDS:
        word = random.choice(WORDS[argument])
        return draft.goal("extra_word", {**values, "word_": word}, Call(name, {argument: word}))
    number = random.randint(2, 20)
    said = {"seconds": f"for {number} seconds", "times": f"{number} times", "level": f"to level {number}"}
    text = said.get(argument, f"to {number} percent")
    return draft.goal("extra_number", {**values, "said_": text}, Call(name, {argument: float(number)}))
