"""Notes of several kinds and ages, and what the rules make of them: kept, put aside, summed up, taken, found."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from llmos.boot.kit import notes_of, recency_of
from llmos.clock import SimulatedClock
from llmos.documents.memory_rules import MemoryRules
from llmos.errors import LLMosError
from llmos.evolution.consolidation import MemoryStep, Shelf
from llmos.memory.recall import Meaning, recall
from llmos.settings import Environment
from llmos.volumes.history import History
from tests.support.homes import Place


def nowhere(_: Sequence[Path], __: str) -> None:
    """Nothing is committed."""


async def what_becomes_of_notes(place: Place, rules: MemoryRules) -> object:
    """What would be done with some notes, which of two is found first, and whether one more is taken."""
    clock = SimulatedClock()
    history = History(place.home / "user", clock)
    history.init()
    open_rules = replace(rules, max_notes=1000, max_note_bytes=1000)
    notes = notes_of(Environment(home=place.home), clock, nowhere, open_rules)
    for text in ("crane squeaks beside lamp", "a lamp of old brass"):
        notes.put_aside(notes.write(text, (), {"source": "r"}), "it was told to")
    notes.write("lamp stands here and shines on what lies below", (), {"source": "r"})
    clock.advance(timedelta(days=200).total_seconds())
    twin = "lamp also stands here and shines on what lies"
    made = [notes.write(text, ["lamp"], {"source": "r"}) for text in (twin, "lamp stands here and shines on what lies")]
    made += [notes.write(f"number {n} of the lamps", ["lamps"], {"source": "r"}) for n in range(7)]
    history.commit([notes.folder], "Remember")
    step = MemoryStep(Shelf(notes, history, rules, place.home, clock))
    found = recall(notes.all(), "lamp stands shines", 5, recency_of(rules, clock))
    near = recall(notes.all(), "zither", 5, None, Meaning(_half_as_near, rules.note_near))
    return await step.foretell(), [round(each.score, 6) for each in found], len(near), _taken(place, rules, clock)


def _half_as_near(texts: Sequence[str], _: str) -> Sequence[float]:
    """A likeness that finds everything half as near as it could be."""
    return [0.5] * len(texts)


def _taken(place: Place, rules: MemoryRules, clock: SimulatedClock) -> list[str]:
    """What becomes of one note more, and of a long one."""
    said = []
    for text in ("one more", "word " * 40):
        try:
            said.append(notes_of(Environment(home=place.home), clock, nowhere, rules).remember(text).id)
        except LLMosError as error:
            said.append(str(error))
    return said
