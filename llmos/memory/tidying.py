"""Plans how notes are tidied: what says the same becomes one, what faded or is too much is put aside.

Pure: knows the notes, how often each was recalled, and the rules; writes nothing. What a person wrote stays in place.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from llmos.memory.likeness import Likeness, likeness
from llmos.memory.notes import Note


class Rules(Protocol):
    """The keys of `kernel/memory.md` that are about notes."""

    @property
    def notes_kept(self) -> int:
        """So many notes stay; of more the weakest are put aside."""
        ...

    @property
    def notes_archived(self) -> int:
        """So many stay in the archive; of more the oldest are removed, and git has them."""
        ...

    @property
    def note_half_life_days(self) -> float:
        """After so many days without use the strength of a note is halved."""
        ...

    @property
    def note_faded(self) -> float:
        """A weaker note is put aside."""
        ...

    @property
    def note_alike(self) -> float:
        """The share of words that the shorter of two notes must have of the longer."""
        ...


@dataclass(frozen=True, slots=True)
class Use:
    """How often a note was recalled, and when last."""

    count: int
    last: datetime


@dataclass(frozen=True, slots=True)
class Merged:
    """A note that stands for others, with the tags and sources of them all."""

    note: Note
    others: tuple[Note, ...]
    tags: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Aside:
    """A note to be put aside, and why."""

    note: Note
    because: str


@dataclass(frozen=True, slots=True)
class Tidying:
    """What is to be done; nothing where all three are empty."""

    merged: tuple[Merged, ...] = ()
    aside: tuple[Aside, ...] = ()
    """Those that were merged into others included."""
    removed: tuple[Note, ...] = ()
    """Of the archive."""

    def __bool__(self) -> bool:
        return bool(self.merged or self.aside or self.removed)


def plan(
    notes: Sequence[Note], archived: Sequence[Note], uses: Mapping[str, Use], rules: Rules, now: datetime
) -> Tidying:
    """What to do with these notes; after it is done, the plan of the same moment is empty."""
    merged = tuple(_merged(notes, uses, rules.note_alike))
    aside = [Aside(other, f"says the same as {each.note.id}") for each in merged for other in each.others]
    gone = {each.note.id for each in aside}
    left = [note for note in notes if note.id not in gone]
    weakest = sorted((strength(note, uses, rules, now), note.id, note) for note in left if not note.by_person)
    too_many = len(left) - rules.notes_kept
    for place, (power, _, note) in enumerate(weakest):
        if power < rules.note_faded:
            used = uses.get(note.id)
            aside.append(Aside(note, f"faded: {_recalled(used)} in {note.age_days(now):.0f} days"))
        elif place < too_many:
            aside.append(Aside(note, f"the weakest of more than {rules.notes_kept} notes"))
    oldest = sorted(archived, key=lambda note: (note.archived, note.id))
    return Tidying(merged, tuple(aside), tuple(oldest[: max(0, len(archived) + len(aside) - rules.notes_archived)]))


def strength(note: Note, uses: Mapping[str, Use], rules: Rules, now: datetime) -> float:
    """From 1 for a note of now down to 0: halved per half-life since its last use, the slower the oftener it was used.

    0.5 ** (days since last use / (half-life * (1 + uses))): forgetting by powers of one half, after H. Ebbinghaus
    (1885), with repetition making it slower.
    """
    used = uses.get(note.id)
    idle_days = note.age_days(now)
    if used is not None:
        idle_days = min(idle_days, max(0.0, (now - used.last).total_seconds() / 86_400.0))
    return math.exp2(-idle_days / (rules.note_half_life_days * (1 + (used.count if used else 0))))


def _merged(notes: Sequence[Note], uses: Mapping[str, Use], alike: float) -> Iterable[Merged]:
    """Notes that stand for others. A person's come first, then the longer, the oftener used, the older."""
    known = {note.id: likeness(note.text) for note in notes}

    def first(note: Note) -> tuple[bool, int, int, str, str]:
        used = uses.get(note.id)
        return not note.by_person, -len(known[note.id].words), -(used.count if used else 0), note.created, note.id

    kept: dict[tuple[str, ...], list[tuple[Note, Likeness, list[Note]]]] = {}
    for note in sorted(notes, key=first):
        mine = known[note.id]
        alone = kept.setdefault(mine.held, [])  # only notes that hold the same numbers and names can say the same
        same = next((each for each in alone if not note.by_person and each[1].says(mine, alike)), None)
        if same is None:
            alone.append((note, mine, []))
        else:
            same[2].append(note)
    for group in kept.values():
        for note, _, others in group:
            if others:
                every = [note, *others]
                source = note.source if note.by_person else ", ".join(_once(_sources(every)))
                yield Merged(note, tuple(others), tuple(_once(tag for each in every for tag in each.tags)), source)


def _sources(notes: Iterable[Note]) -> Iterable[str]:
    return (source.strip() for note in notes for source in note.source.split(",") if source.strip())


def _once(names: Iterable[str]) -> Iterable[str]:
    return dict.fromkeys(names)


def _recalled(used: Use | None) -> str:
    return f"recalled {used.count} times, last {used.last:%Y-%m-%d}," if used else "never recalled"
