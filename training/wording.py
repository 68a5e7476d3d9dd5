"""What people put around a goal, reasons, asides and cries, and how they mistype it.

Knows no robot and no world: who calls sees to it that no name is spoilt. The numbers that the host reads stay.
"""

import re
from collections.abc import Mapping, Sequence
from random import Random

from llmos.models.reading import read_goal
from training.grammar import SLOT, frames, misspellings, openings

NUMBER = re.compile(r"-?\d+\.\d+")
WORD = re.compile(r"[a-z']+")
JOINT = re.compile(r"(?<=[a-z]), (?=[a-z])|(?<=[a-z]) (?=(?:and|then) [a-z])")
COURTESY = ("", "", "", "please ", "please ", "can you ", "could you ", "now ")
KEPT = frozenset(("cw", "ccw", "acw", "dx", "dy", "dz", "deg", "rad"))
"""Words of which one letter more or less is another word."""
ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def numbers_in(text: str) -> list[str]:
    """The numbers that the host reads in a text."""
    return NUMBER.findall(read_goal(text))


def reads_well(phrase: str, values: Mapping[str, str]) -> bool:
    """Whether an order follows wherever the phrase wants a verb: `do not {one}` takes no `0.5 m to the left`."""
    slots = [match for match in SLOT.finditer(phrase) if match[1] in values]
    return all(is_order(values[slot[1]]) or not wants_verb(phrase[: slot.start()]) for slot in slots)


def wants_verb(before: str) -> bool:
    """Whether a verb must follow these words, as in `could you`."""
    words = before.split()
    return bool(words) and words[-1] in openings()["wants_order"]


def is_order(text: str) -> bool:
    """Whether a text begins as an order does, with a verb."""
    first = WORD.match(text)
    return first is not None and first[0] not in openings()["no_order"]


def framed(text: str, intent: str, random: Random) -> str | None:
    """The goal with a reason or an aside around it, or None where it gets none."""
    roll, new = random.random(), text
    if intent == "stop":
        return f"{_one('alarm', random)} {text}" if roll < 0.15 else None
    if roll >= (0.07 if intent == "status" else 0.18):
        return None
    if roll < 0.10:
        courtesy = random.choice(COURTESY)
        has_courtesy = intent != "status" and (is_order(text) or not wants_verb(courtesy))
        new = f"{_one('before', random)} {courtesy if has_courtesy else ''}{text}"
    if 0.07 <= roll < 0.15 and text[-1:].isalnum():
        is_remark = random.random() < 0.4
        joint = random.choice((", ", ". ", "; ", " - ", " ") if is_remark else (" ", " ", " ", ", "))
        new += joint + _one("remark" if is_remark else "behind", random)
    if roll >= 0.15:
        new = _with_aside(text, _one("aside", random), random)
    return new if numbers_in(new) == numbers_in(text) else None


def listed(texts: Sequence[str], random: Random) -> str | None:
    """Goals in a row as a list of steps, or the later one first, or None for the usual joints."""
    roll, last = random.random(), texts[-1]
    expected = [number for text in texts for number in numbers_in(text)]
    if roll < 0.1:
        mark = random.choice(("{}) ", "{}. ", "({}) ", "step {}: "))
        new = random.choice((" ", ", ", "; ")).join(mark.format(at) + text for at, text in enumerate(texts, 1))
    elif roll < 0.25:
        ends = (", then ", ", and finally ", ", and then ", ", finally ", ", and ", " and when you are done ")
        middle = random.choice((", then ", ", ", ", second ")).join(texts[:-1])
        new = random.choice(("first ", "first ", "first, ", "first of all ", "")) + middle + random.choice(ends) + last
    elif roll < 0.35 and len(texts) == 2:
        forms = ("{1}, but first {0}", "{1}, but first {0}", "{1} but before that {0}", "before you {1}, {0}")
        new = random.choice(forms).format(*texts)
        expected = numbers_in(last) + numbers_in(texts[0])
    else:
        return None
    return new if numbers_in(new) == expected else None


def slip(text: str, random: Random) -> str:
    """Mistyped once: a word as it is often misspelt, or a finger that went wrong inside a longer word."""
    known = [match for match in WORD.finditer(text) if match[0] in misspellings()]
    if known and random.random() < 0.35:
        match = random.choice(known)
        return text[: match.start()] + random.choice(misspellings()[match[0]]) + text[match.end() :]
    if "'" in text and random.random() < 0.5:
        return text.replace("'", "", 1)
    words = [match for match in WORD.finditer(text.lower()) if match[0] not in KEPT]
    places = [at for match in words for at in range(match.start() + 1, match.end() - 1)]
    if not places:
        return text
    if random.random() < 0.12:
        blanks = [at for at in range(1, len(text) - 1) if text[at] == " " and text[at - 1 : at + 2 : 2].isalpha()]
        at = random.choice(blanks or places)
        return text[:at] + text[at + 1 :]
    at = random.choice(places)
    left, letter, right = text[:at], text[at], text[at + 1 :]
    near = random.choice(_neighbours(letter.lower()) or letter)
    return random.choice(
        (left + letter + letter + right, left + right, left + right[0] + letter + right[1:], left + near + right)
    )


def _one(kind: str, random: Random) -> str:
    return random.choice(frames()[kind])


def _with_aside(text: str, aside: str, random: Random) -> str:
    """The aside before it, behind it, or at a joint inside it."""
    joints = list(JOINT.finditer(text))
    where = random.choice(("before", "before", "behind", "inside" if joints else "behind"))
    if where == "inside":
        match = random.choice(joints)
        return f"{text[: match.start()]}, {aside}, {text[match.end() :]}"
    comma = random.choice((", ", ", ", " "))
    return f"{aside}{comma}{text}" if where == "before" else f"{text}{comma}{aside}"


def _neighbours(letter: str) -> str:
    """The keys to the left and to the right of one."""
    for row in ROWS:
        at = row.find(letter)
        if at >= 0:
            return row[max(0, at - 1) : at] + row[at + 1 : at + 2]
    return ""
