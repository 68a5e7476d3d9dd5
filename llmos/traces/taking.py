"""Finds an argument in what earlier steps answered: at the same place in every run, whatever stood there.

Knows no goal. Only an argument that changed from run to run is looked for; one run alone proves nothing here.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace

from llmos.messages import JSON
from llmos.traces.components import alike, is_number
from llmos.traces.expectation import Taken, numbers_in, read, words_in

_MOST_PLACES = 8


def taken(values: Sequence[JSON], answers: Sequence[Sequence[str]], root: str) -> Taken | None:
    """Where these values, run by run, stand in the answers, step by step and run by run; None where nowhere."""
    if all(value == values[0] for value in values):
        return None
    places = [
        place
        for step in range(len(answers))
        for place in _places(step, answers[step][0], values[0], root)
        if all(
            _same(read(text, place.kind, place.at), value) for text, value in zip(answers[step], values, strict=True)
        )
    ]
    return replace(places[0], also=tuple(places[1:_MOST_PLACES])) if places else None


def _places(step: int, text: str, value: JSON, root: str) -> Iterator[Taken]:
    if _same(text, value):
        yield Taken(step, "whole", (), root)
    for way, found in _fields(text):
        if _same(found, value):
            yield Taken(step, "field", way, root)
    if is_number(value):
        yield from (
            Taken(step, "number", (i,), root) for i, found in enumerate(numbers_in(text)) if _same(found, value)
        )
    else:
        yield from (Taken(step, "word", (i,), root) for i, found in enumerate(words_in(text)) if found == value)


def _fields(text: str) -> Iterator[tuple[tuple[str | int, ...], JSON]]:
    if text[:1] not in ("{", "["):
        return
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return
    waiting: list[tuple[tuple[str | int, ...], JSON]] = [((), value)]
    while waiting:
        way, item = waiting.pop()
        if isinstance(item, dict):
            waiting += [((*way, key), below) for key, below in item.items()]
        elif isinstance(item, list):
            waiting += [((*way, index), below) for index, below in enumerate(item)]
        else:
            yield way, item


def _same(found: JSON, value: JSON) -> bool:
    if is_number(found) and is_number(value):
        return alike(found, value)
    return type(found) is type(value) and bool(found == value)
