"""Tells a whole number that is an amount from one that is a name, as in `bin 7`, or a count, as in `2 blocks`.

Knows no objects: it goes by the few words that name no thing, and takes every other word for a thing.
"""

from llmos.models.reading_tokens import Tokens, mark, word

_WAYS = """left right up down forward forwards back backward backwards ahead higher lower upward upwards downward
    downwards leftward leftwards rightward rightwards frontward frontwards rearward rearwards aft astern
    east eastward west westward sideways clockwise counterclockwise anticlockwise counter cw ccw"""
_SMALL_WORDS = """by to at of about around exactly another roughly approximately approx circa nearly almost precisely
    for than from is are be was only just further farther over with and then or but so no not wait sorry actually
    rather instead more less least most again please now slowly quickly carefully gently immediately safely thanks
    thank in on along toward towards into onto above below under off out away until till through via after before when
    if it them yourself equals equal minus plus some ok okay"""
_VERBS = """move go shift slide nudge push pull translate jog step displace travel advance scoot budge head drift creep
    edge come proceed inch drive roll fly steer climb rise raise lift lower sink descend ascend elevate drop reverse
    retreat rotate turn spin swivel twist pivot revolve yaw tilt face facing swing offset set change increase decrease
    reduce reach approach extend retract make do take stop goto hover stay keep adjust
    moving going shifting driving rolling turning rotating lifting lowering raising"""
_MEASURES = """x y z dx dy dz theta angle height heading distance altitude orientation rotation depth value degrees
    delta direction"""

ANGLES = frozenset({"theta", "angle", "heading", "orientation", "rotation", "yaw"})
DIRECTIONS = frozenset(_WAYS.split())
NO_THINGS = DIRECTIONS | frozenset(f"{_SMALL_WORDS} {_VERBS} {_MEASURES}".split())
"""Every word that names no thing."""
BODY = frozenset({"arm", "robot", "gripper", "tool", "hand", "effector", "rover"})
"""What is there once, and is no `arm 2` where an article stands before it."""
_MOVERS = frozenset({"move", "push", "pull", "slide", "shift", "lift", "raise", "drop", "lower", "nudge", "roll"})
_ONTO = frozenset({"on", "onto", "into"})
_INTO = _ONTO | {"to", "in"}
_ARTICLES = frozenset({"the", "a", "an", "my", "your", "that", "this"})
_SIDE_WORDS = "front rear side port starboard north south positive negative opposite other same"
_SIDES = frozenset(_SIDE_WORDS.split())
_NUMBERED = frozenset({"no", "nr", "num", "nos"})
_MORE = frozenset({"more", "further", "additional", "extra"})
_LISTING = frozenset({"and", "or", "to", "through"})


def is_amount(tokens: Tokens, start: int, end: int, names: set[int]) -> bool:
    """Whether a whole number is neither the name of the word before it nor a count of the word behind it."""
    if mark(tokens, end) == ":" or (
        mark(tokens, end) in {".", ")"} and end + 1 < len(tokens) and _begins(tokens, start)
    ):
        return False
    return may_follow(tokens, start, names) and may_precede(tokens, end)


def may_be_name(tokens: Tokens, start: int, end: int) -> bool:
    """Whether one whole number may name a thing: `stack it on 2`, `move 2 to bin 3`, but not `move 30 to the left`."""
    if word(tokens, start - 1) in _ONTO and mark(tokens, end) not in {",", ";", "/"}:
        return True
    if word(tokens, start - 1) not in _MOVERS or word(tokens, end) not in _INTO:
        return False
    at = end + 1 + (word(tokens, end + 1) in _ARTICLES)
    told = at > end + 1 or (at + 1 < len(tokens) and tokens[at + 1].kind == "number")
    return told and word(tokens, at) not in NO_THINGS | _SIDES | {""}


def _begins(tokens: Tokens, at: int) -> bool:
    """Whether a sentence begins here: `1. go home 2. stop` counts its sentences."""
    return at == 0 or mark(tokens, at - 1) in {".", ";", "!", "?"}


def may_follow(tokens: Tokens, at: int, names: set[int]) -> bool:
    """Whether what stands before a whole number names no thing; `names` are the tokens known to be names of things."""
    before = at - 1
    if before < 0:
        return True
    listed = before - (mark(tokens, before) in {",", "&"}) - (word(tokens, before) in _LISTING)
    if listed < before and (listed in names or (listed - 1 in names and mark(tokens, listed) == ",")):
        return False
    if tokens[before].kind == "mark":
        numbered = word(tokens, before - 1) in _NUMBERED and mark(tokens, before, attached=True) == "."
        return tokens[before].text not in "#$" and not numbered
    if word(tokens, before) in BODY:
        return word(tokens, before - 1) in {"the", "your"}
    return word(tokens, before) in NO_THINGS


def are_things(tokens: Tokens, at: int) -> bool:
    """Whether things stand here that a number counts: `two ninety degree turns`."""
    name = word(tokens, at)
    return name.endswith("s") and len(name) > 3 and name not in NO_THINGS


def may_precede(tokens: Tokens, end: int) -> bool:
    """Whether what stands behind a whole number is nothing that could be counted."""
    for _ in range(3):
        end += word(tokens, end) in _MORE
    return end >= len(tokens) or tokens[end].kind == "mark" or word(tokens, end) in NO_THINGS
