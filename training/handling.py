"""Goals about objects and places, found by name in the state: pick, place, transfer, stack, inspect, go there.

Knows no prompt and no tool result. A name that the state does not hold, or that fits several things, means: abstain.
"""

from collections import Counter
from random import Random

from training.goals import CUBE_EDGE, Draft, Goal, grip, look, move, release
from training.numbers import is_held_out
from training.world import Call, Point, are_near

GENERIC = ("object", "item", "part", "thing", "piece", "workpiece", "component")


def spoken(name: str) -> str:
    """A name as people say it."""
    return name.replace("_", " ")


def pick_at(draft: Draft) -> Goal | None:
    """Pick what is at coordinates."""
    if draft.world.holding:
        return None
    point = _where_something_is(draft)
    return draft.goal("pick_at", {"xyz": draft.coordinates(point)}, draft.move(point), grip(), must_grip=True)


def pick(draft: Draft) -> Goal | None:
    """Pick a named object, or the only one there is."""
    found = object_name(draft)
    if found is None or draft.world.holding:
        return None
    text, name = found
    point = draft.world.objects[name]
    values = {"theobject": text, "itsplace": _place_text(_place_near(draft, point), draft.random), "the": _the(draft)}
    return draft.goal("pick", values, move(point), grip(), must_grip=True)


def pick_missing(draft: Draft) -> Goal | None:
    """A thing or place that is not in the state: nothing to do."""
    stranger = _stranger(draft)
    if stranger is None or draft.world.holding:
        return None
    known = object_name(draft)
    values = {"theobject": f"the {stranger}", "place": stranger, "the": "the ", "itsplace": stranger, "report": ""}
    intent = draft.random.choice(("pick", "go_place", "inspect_named", "go_object", "transfer"))
    target = draft.random.choice(("on", "to")) + f" the {stranger}"
    if intent == "transfer":  # in whose phrases {place} is a verb
        del values["place"]
    values |= {"source": known[0] if known else f"the {stranger}", "target": target, "totarget": target}
    phrase = draft.grammar.phrase(intent, draft.random)
    if "itsplace" in phrase and known:
        return None
    return Goal("missing_name", draft.write(phrase, values), ())


def ambiguous(draft: Draft) -> Goal | None:
    """Ask for `the object` while there are several and none is called so, or for `the cube` where there are two."""
    fitting = _ambiguous(draft)
    if not fitting or draft.world.holding:
        return None
    intent = draft.random.choice(("pick", "pick", "transfer", "transfer", "go_object", "inspect_named"))
    phrase = draft.grammar.phrase(intent, draft.random)
    if "{itsplace}" in phrase or (intent == "inspect_named" and "{theobject}" not in phrase):
        return None
    at_target, to_target, _ = _target(draft)
    thing = f"the {draft.random.choice(fitting)}"
    values = {"theobject": thing, "source": thing, "target": at_target, "totarget": to_target, "the": "the "}
    return Goal("ambiguous_name", draft.write(phrase, values), ())


def _ambiguous(draft: Draft) -> list[str]:
    """Words that fit several objects alike."""
    words = [spoken(name).split() for name in draft.world.objects]
    if len(words) < 2:
        return []
    counts = Counter(word for name in words for word in dict.fromkeys(name) if word.isalpha() and len(word) > 2)
    shared = [word for word, count in counts.items() if count > 1 and [word] not in words]
    vague = [] if counts.keys() & set(GENERIC) else ["object", "item", "part", "thing"]
    return shared * 3 or vague


def place_at(draft: Draft) -> Goal | None:
    """Put down what is held, at coordinates; with an empty hand there is nothing to place."""
    point = draft.point()
    return _placing(draft, "place_at", {"xyz": draft.coordinates(point)}, point)


def place_on(draft: Draft) -> Goal | None:
    """Put down what is held, at a named place."""
    if not draft.world.places:
        return None
    name = draft.random.choice(list(draft.world.places))
    values = {"place_": _place_text(name, draft.random), "the": _the(draft)}
    return _placing(draft, "place_on", values, draft.world.places[name])


def _placing(draft: Draft, intent: str, values: dict[str, str], point: Point) -> Goal | None:
    held = draft.world.holding
    phrase = draft.grammar.phrase(intent, draft.random)
    if held is None and ("{go}" in phrase or draft.is_rover):
        return None
    values["heldname"] = f"the {spoken(held)}" if held else "it"
    text = draft.write(phrase, values)
    return Goal(intent, text, (move(point), release())) if held else Goal("empty_hand", text, ())


def transfer(draft: Draft) -> Goal | None:
    """From coordinates, an object or a place to coordinates or a place."""
    if draft.world.holding:
        return None
    source = _source(draft)
    if source is None:
        return None
    source_text, start = source
    at_target, to_target, end = _target(draft)
    values = {"source": source_text, "target": at_target, "totarget": to_target}
    return draft.goal("transfer", values, move(start), grip(), move(end), release(), must_grip=True)


def stack_on(draft: Draft) -> Goal | None:
    """Put one object on another: the edge of a cube higher."""
    if len(draft.world.objects) < 2 or draft.world.holding:
        return None
    one, other = draft.random.sample(list(draft.world.objects), 2)
    x, y, z = draft.world.objects[other]
    if any(are_near(point, (x, y, z + CUBE_EDGE)) for point in draft.world.objects.values()):
        return None
    values = {"theobject": f"the {spoken(one)}", "other": spoken(other), "the": "the "}
    calls = (move(draft.world.objects[one]), grip(), move((x, y, z + CUBE_EDGE)), release())
    return draft.goal("stack_on", values, *calls, must_grip=True)


def stack(draft: Draft) -> Goal | None:
    """All blocks onto the first in name order."""
    blocks = sorted(
        (name for name in draft.world.objects if {"block", "cube", "blocks"} & set(_letters(name).split())),
        key=lambda name: name.lower(),
    )
    if len(blocks) < 2 or draft.world.holding:
        return None
    x, y, z = draft.world.objects[blocks[0]]
    calls: list[Call] = []
    for level, name in enumerate(blocks[1:], start=1):
        calls += [move(draft.world.objects[name]), grip(), move((x, y, z + level * CUBE_EDGE)), release()]
    kind = "cubes" if "cube" in _letters(blocks[0]).split() else "blocks"
    text = draft.write(draft.grammar.phrase("stack", draft.random), {"kind": kind})
    return Goal("stack", text, tuple(calls), must_grip=True)


def go_place(draft: Draft) -> Goal | None:
    """Go to a named place."""
    if not draft.world.places:
        return None
    name = draft.random.choice(list(draft.world.places))
    values = {"place": _place_text(name, draft.random), "the": _the(draft)}
    return draft.goal("go_place", values, draft.move(draft.world.places[name]))


def go_object(draft: Draft) -> Goal | None:
    """Go to a named object."""
    found = object_name(draft)
    if found is None:
        return None
    return draft.goal("go_object", {"theobject": found[0]}, draft.move(draft.world.objects[found[1]]))


def inspect_named(draft: Draft) -> Goal | None:
    """Go to an object or place and look."""
    phrase = draft.grammar.phrase("inspect_named", draft.random)
    values = {"the": _the(draft)}
    if "{theobject}" in phrase:
        found = object_name(draft)
        if found is None:
            return None
        values["theobject"], point = found[0], draft.world.objects[found[1]]
    elif draft.world.places:
        name = draft.random.choice(list(draft.world.places))
        values["place"], point = _place_text(name, draft.random), draft.world.places[name]
    else:
        return None
    text = draft.write(phrase, values)
    return Goal("inspect_named", text, (draft.move(point), look("camera")))


def object_name(draft: Draft) -> tuple[str, str] | None:
    """How a person names one object, and its key; None when there is none."""
    names = list(draft.world.objects)
    if not names:
        return None
    name = draft.random.choice(names)
    text = spoken(name)
    if len(names) == 1 and draft.random.random() < 0.5:
        text = draft.random.choice(GENERIC)
    elif draft.random.random() < 0.15 and " " in text:
        last = text.split()[-1]
        if len(last) > 1 and last.isalpha() and sum(last in spoken(other).split() for other in names) == 1:
            text = last
    return draft.random.choice(("the ", "the ", "the ", "", "that ", "this ")) + text, name


def _where_something_is(draft: Draft) -> Point:
    """Coordinates to pick at: mostly an object is there already, or is put there; sometimes nothing is."""
    roll = draft.random.random()
    if not draft.world.objects:
        return draft.point()
    name = draft.random.choice(list(draft.world.objects))
    here = draft.world.objects[name]
    if roll < 0.55 and not draft.held_out_numbers and not any(map(is_held_out, here)):
        return here
    point = draft.point()
    if roll < 0.9:
        draft.world.objects[name] = point
    return point


def _source(draft: Draft) -> tuple[str, Point] | None:
    """What is to be picked, in words, and where it is."""
    roll = draft.random.random()
    if roll < 0.4:
        point = _where_something_is(draft)
        joint = draft.random.choice(("at", "at", "at", "from", "at position", "located at", "lying at"))
        thing = draft.random.choice((draft.say("something"), f"the {draft.say('noun')}"))
        return f"{thing} {joint} {draft.coordinates(point)}", point
    if roll < 0.75 or not draft.world.places:
        found = object_name(draft)
        if found is None:
            return None
        text, point = found[0], draft.world.objects[found[1]]
        near = _place_near(draft, point)
        if near in draft.world.places and draft.random.random() < 0.4:
            text += f" {draft.say('from')} {_the(draft)}{_place_text(near, draft.random)}"
        return text, point
    place = draft.random.choice(list(draft.world.places))
    thing = draft.random.choice((*GENERIC, draft.say("noun")))
    if any(thing in spoken(name).split() for name in draft.world.objects):
        return None
    point = draft.world.places[place]
    if draft.world.objects and draft.random.random() < 0.9:
        draft.world.objects[draft.random.choice(list(draft.world.objects))] = point
    article = draft.random.choice(("", "the ", "an " if thing[0] in "aeiou" else "a "))
    return f"{article}{thing} {draft.say('from')} {_the(draft)}{_place_text(place, draft.random)}", point


def _target(draft: Draft) -> tuple[str, str, Point]:
    """Where it shall go: after "place it", after "carry it", and the point."""
    if draft.random.random() < 0.5 and draft.world.places:
        name = draft.random.choice(list(draft.world.places))
        text = _the(draft) + _place_text(name, draft.random)
        if draft.random.random() < 0.2:
            text += f" at {draft.coordinates(draft.world.places[name])}"
        return (
            f"{draft.say('on')} {text}",
            f"{draft.random.choice(('to', 'to', 'over to', 'onto'))} {text}",
            (draft.world.places[name]),
        )
    point = draft.point()
    text = draft.coordinates(point)
    if draft.random.random() < 0.25:
        named = f"{draft.random.choice(('', 'the ', 'the '))}{draft.say('placenoun')} at {text}"
        return f"on {named}", f"to {named}", point
    spot = draft.random.choice(("", "", "", "position ", "the point ", "coordinates "))
    return f"at {spot}{text}", f"to {spot}{text}", point


def _place_near(draft: Draft, point: Point) -> str:
    """The place whose coordinates these are; else any word for one."""
    return next((name for name, where in draft.world.places.items() if are_near(where, point)), draft.say("placenoun"))


def _place_text(name: str, random: Random) -> str:
    """A code like A3 is often said with its kind before it: shelf A3."""
    text = spoken(name)
    if " " not in text and any(letter.isdigit() for letter in text) and random.random() < 0.6:
        return f"{random.choice(('shelf', 'bin', 'slot', 'rack', 'box', 'station', 'tray', 'place'))} {text}"
    return text


def _the(draft: Draft) -> str:
    return draft.random.choice(("the ", "the ", "the ", ""))


def _stranger(draft: Draft) -> str | None:
    """A noun that shares no word with the state."""
    word = draft.say(draft.random.choice(("noun", "placenoun")))
    words = {part for name in (*draft.world.objects, *draft.world.places) for part in spoken(name).lower().split()}
    return None if words & set(word.split()) else word


def _letters(name: str) -> str:
    """The words of a name without digits: `block_1`, `block1` and `red block` all hold `block`."""
    return "".join(letter if letter.isalpha() else " " for letter in name.lower())
