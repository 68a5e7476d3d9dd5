"""Reads where an argument came from, as binding says it, and writes it as an expression of a program.

Knows no run. What a program cannot say is None: then the traces are still followed one by one, and no skill is made.
"""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Final

from llmos.messages import JSON
from llmos.programs.form import (
    Binary,
    Expression,
    Field,
    Item,
    Listing,
    Name,
    Negative,
    Nothing,
    Number,
    Record,
    Text,
    Truth,
)
from llmos.runtime.retracing import relative
from llmos.traces.components import same_text
from llmos.traces.trace import WORKSPACE

_SLOT = re.compile(r"(?P<slot>[a-z]+\d+)(?:\.(?P<axis>[xyz])|\[(?P<item>\d+)\])?")
_PART = r"[-+]?[\d.]+(?:e[-+]?\d+)?"
_COPY = re.compile(rf"slot (?P<name>{_SLOT.pattern})(?P<scale>(?: negative)?(?: in \w+)?)")
_SUM = re.compile(rf"slot (?P<name>[^ ]+) \+ (?P<part>{_PART})")
_DIFFERENCE = re.compile(rf"(?P<part>{_PART}) - slot (?P<name>[^ ]+)")
_PRODUCT = re.compile(rf"(?P<part>{_PART}) \* slot (?P<name>[^ ]+)")
_TEMPLATE = re.compile(r"text with (?P<slots>slot [^ ]+(?: and slot [^ ]+)*)")

_FACTORS: Final = {
    "": (1.0, 1.0),
    " in mm": (1000.0, 1.0),
    " in cm": (100.0, 1.0),
    " in radians": (math.pi, 180.0),
    " in ms": (1000.0, 1.0),
    " in minutes": (1.0, 60.0),
}
"""What a number of the goal is multiplied with and divided by."""


def literal(value: JSON) -> Expression | None:
    """A value as it is written in a program; None for what cannot be, such as the workspace's own path."""
    if value is None:
        return Nothing()
    if isinstance(value, bool):
        return Truth(value)
    if isinstance(value, int | float):
        return Number(value)
    if isinstance(value, str):
        return None if "{workspace}" in value else Text(value)
    if isinstance(value, list):
        items = [literal(each) for each in value]
        return None if None in items else Listing(tuple(each for each in items if each is not None))
    if isinstance(value, dict):
        parts = [(str(name), literal(each)) for name, each in value.items()]
        known = tuple((name, each) for name, each in parts if each is not None)
        return Record(known) if len(known) == len(parts) else None
    return None


def expression(argument: str, source: str, value: JSON, known: Mapping[str, JSON]) -> Expression | None:
    """What an argument is in a program, by the words for its source and the value that it has in one run.

    `known` are the components of that run's goal. A path from the workspace's root becomes a relative one.
    """
    value = relative(argument, value)
    if source == "literal":
        return literal(value)
    if found := _COPY.fullmatch(source):
        if isinstance(value, str):
            return None if found["scale"] else _text(argument, value, found["name"], known)
        return _copied(found["name"], found["scale"])
    if isinstance(value, str):
        template = _TEMPLATE.fullmatch(source)
        return (
            _template(value, template["slots"].removeprefix("slot ").split(" and slot "), known) if template else None
        )
    for pattern, operator in ((_SUM, "+"), (_DIFFERENCE, "-"), (_PRODUCT, "*")):
        if (found := pattern.fullmatch(source)) and (slot := component(found["name"])):
            return _computed(operator, slot, float(found["part"]))
    return None


def component(name: str) -> Expression | None:
    """A slot of the goal, or a part of one: `point1.x`, `list1[0]`, `length1`."""
    found = _SLOT.fullmatch(name)
    if found is None:
        return None
    slot = Name(found["slot"])
    if found["axis"]:
        return Field(slot, found["axis"])
    return Item(slot, Number(int(found["item"]))) if found["item"] else slot


def _text(argument: str, value: str, name: str, known: Mapping[str, JSON]) -> Expression | None:
    """A text of the goal, with what stands around it."""
    slot, given = component(name), known.get(name)
    if slot is None or not isinstance(given, str):
        return None
    around = same_text(value, relative(argument, given)) or same_text(value, given)
    if around is None or WORKSPACE in around[0]:
        return None
    before, after = around
    found: Expression = Binary("+", Text(before), slot) if before else slot
    return Binary("+", found, Text(after)) if after else found


def _template(value: str, names: Sequence[str], known: Mapping[str, JSON]) -> Expression | None:
    """Texts of the goal with what stands between them; where one of them stands by chance, the runs will not agree."""
    parts: list[str | Expression] = [value]
    for name in sorted(names, key=lambda name: -len(str(known.get(name)))):
        slot, given = component(name), known.get(name)
        if slot is None or not isinstance(given, str) or not given:
            return None
        if not any(isinstance(each, str) and given in each for each in parts):
            return None
        parts = [each for part in parts for each in (_split(part, given, slot) if isinstance(part, str) else [part])]
    if any(isinstance(part, str) and WORKSPACE in part for part in parts):
        return None
    first, *others = (Text(part) if isinstance(part, str) else part for part in parts if part != "")
    for each in others:
        first = Binary("+", first, each)
    return first


def _split(text: str, given: str, slot: Expression) -> list[str | Expression]:
    first, *others = text.split(given)
    return [first, *(each for other in others for each in (slot, other))]


def _copied(name: str, scale: str) -> Expression | None:
    slot, factor = component(name), _FACTORS.get(scale.removeprefix(" negative"))
    if slot is None or factor is None:
        return None
    times, over = factor
    found: Expression = slot if times == 1 else Binary("*", slot, Number(times))
    found = found if over == 1 else Binary("/", found, Number(over))
    return Negative(found) if scale.startswith(" negative") else found


def _computed(operator: str, slot: Expression, part: float) -> Expression:
    known = Number(part)
    match operator:
        case "+" if part < 0:
            return Binary("-", slot, Number(-part))
        case "+":
            return Binary("+", slot, known)
        case "-":
            return Binary("-", known, slot)
    return Binary("*", known, slot)
