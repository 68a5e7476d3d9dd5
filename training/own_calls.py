"""Whether the calls of a reader's verb fit the tools, and whether its phrases can be said.

Knows no file: names and values come in, and what does not fit leaves as a sentence.
"""

import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from llmos.messages import JSON
from llmos.models.schema import mismatch
from training.grammar import SLOT
from training.measure.asking import specifications
from training.toolkit import ARM, ROVER, specification

SLOTS = ("angle", "count", "length", "object", "place", "point")
"""What a phrase may leave open beside the choices of the file; `length2` is a second length."""
POSITIONS = ("object", "place", "point")
VALUE = re.compile(r"(?P<sign>-?)\{(?P<slot>\w+)\}")
ROBOTS = {"arm": ARM, "rover": ROVER}
AXES = ("x", "y", "z")
_MEANT: Mapping[str, JSON] = {"angle": 90.5, "count": 1, "length": 0.1}
"""What a slot may become in a call."""
Tools = Mapping[str, JSON]
"""The tools of a file by name, as chat templates expect them."""
Choices = Mapping[str, Collection[JSON]]
"""The values of the choices of a file, by name."""


class OwnError(Exception):
    """A file that cannot be learned from; the sentence says where and what."""


def slot_of(value: JSON) -> re.Match[str] | None:
    """The `slot` that stands alone in a call, with the `sign` of the other way; None for a plain value."""
    return VALUE.fullmatch(value) if isinstance(value, str) else None


def kind_of(slot: str, choices: Collection[str]) -> str | None:
    """What a slot is filled with: a choice, or one of SLOTS, also where a number tells it from another; else None."""
    plain = slot.rstrip("0123456789")
    return next((name for name in (slot, plain) if name in choices), plain if plain in SLOTS else None)


def parameters(tool: str, robot: str, tools: Tools) -> JSON:
    """The schema of what a tool takes on one kind of robot; OwnError where that has no such tool."""
    if tool not in tools and tool not in ROBOTS[robot]:
        there = ", ".join([*tools, *ROBOTS[robot]])
        raise OwnError(f"there is no tool '{tool}' for this robot ({robot}); there are {there}")
    [listed] = specifications([tools.get(tool) or specification(tool, ROBOTS[robot][tool])])
    return listed.input_schema


def axes(tool: str, robot: str, tools: Tools) -> list[str]:
    """What a position alone stands for: the coordinates that the tool takes."""
    return [axis for axis in AXES if axis in parameters(tool, robot, tools)["properties"]]


def check_call(verb: str, tool: str, arguments: JSON, schema: JSON, choices: Choices) -> None:
    """Whatever its slots become, the call is one that the tool takes."""
    if isinstance(arguments, str):
        given = dict.fromkeys(_coordinates(verb, tool, arguments, schema, choices), arguments)
    elif isinstance(arguments, dict):
        given = arguments
    else:
        raise OwnError(f"verb '{verb}' gives {tool} {arguments!r}, which is no mapping of arguments")
    if not set(schema["required"]) <= set(given) <= schema["properties"].keys():
        has = ", ".join(key if key in schema["required"] else f"{key}?" for key in schema["properties"]) or "none"
        said = ", ".join(sorted(map(str, given))) or "none"
        raise OwnError(f"verb '{verb}' gives {tool} the arguments {said}; it has {has}")
    for name, value in given.items():
        where = f"verb '{verb}' gives {tool} as {name}"
        found = [0.5] if isinstance(arguments, str) else _meant(where, value, choices)
        for one in found:
            _check_value(where, value, one, schema["properties"][name])


def _coordinates(verb: str, tool: str, text: str, schema: JSON, choices: Choices) -> list[str]:
    """The coordinates that a position fills; a tool that has none lacks its x."""
    found = slot_of(text)
    if found is None or found["sign"] or kind_of(found["slot"], choices) not in POSITIONS:
        raise OwnError(
            f"verb '{verb}' gives {tool} '{text}', which is no position; say {{point}}, {{object}} or {{place}}"
        )
    return [axis for axis in AXES if axis in schema["properties"]] or ["x"]


def _meant(where: str, value: JSON, choices: Choices) -> Iterator[JSON]:
    """What a call may get for what is written: the value itself, or what its slot becomes."""
    found = slot_of(value)
    if found is None:
        if isinstance(value, str) and SLOT.search(value):
            raise OwnError(f"{where} '{value}'; an argument is a plain value, or one slot and nothing else")
        if not isinstance(value, str | int | float):
            raise OwnError(f"{where} {value!r}, which is no text, no number and no switch")
        yield value
        return
    slot, kind = found["slot"], kind_of(found["slot"], choices)
    if kind in POSITIONS:
        raise OwnError(f"{where} '{value}', but a position stands for all coordinates: `- tool: \"{{{slot}}}\"`")
    for one in choices[kind] if kind in choices else [_MEANT[str(kind)]]:
        if found["sign"] and (isinstance(one, bool) or not isinstance(one, int | float)):
            raise OwnError(f"{where} '{value}', but only a number has another way; say '{{{slot}}}'")
        yield -one if found["sign"] else one


def _check_value(where: str, written: JSON, value: JSON, rule: JSON) -> None:
    """The value is one that the argument takes; a number is finite."""
    wrong = mismatch(value, rule)
    if isinstance(value, float) and not math.isfinite(value):
        wrong = '"$" is no number that there is'
    if wrong:
        clause = wrong.removeprefix('"$" is ')
        raise OwnError(f"{where} '{written}', which may be {clause}" if slot_of(written) else f"{where} {clause}")


def check_phrase(verb: str, phrase: str, needed: Collection[str], words: Mapping[str, Sequence[str]]) -> None:
    """It says what the calls need, and for everything else there are words."""
    if missing := sorted(set(needed) - set(SLOT.findall(phrase))):
        raise OwnError(f"phrase '{phrase}' of verb '{verb}' does not say {{{missing[0]}}}, which its calls need")
    _check_words(f"phrase '{phrase}' of verb '{verb}'", phrase, needed, words, ())


def _check_words(
    where: str, text: str, filled: Collection[str], words: Mapping[str, Sequence[str]], above: tuple[str, ...]
) -> None:
    for slot in SLOT.findall(text):
        if slot in above:
            raise OwnError(f"{where} has {{{slot}}}, whose words hold {{{slot}}} again and so never end")
        if slot in filled:
            continue
        if slot not in words:
            raise OwnError(f"{where} has {{{slot}}}, for which there are no words")
        for entry in dict.fromkeys(words[slot]):
            _check_words(f"'{entry}' of words of {slot}", entry, filled, words, (*above, slot))
