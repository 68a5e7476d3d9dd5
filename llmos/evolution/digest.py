"""Notes on one subject summed up in one, every sentence of which names the notes that it comes from.

Knows no model: whoever sums up is passed in, and is believed in nothing that cannot be checked.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from llmos.memory.likeness import exact, numbers, turns
from llmos.memory.notes import ARCHIVE, Note

NeverKept = Callable[[str], str | None]
"""Why a text must not be remembered, in a sentence; None where nothing speaks against it."""

_CITED: Final = re.compile(r"\s*\[(\d{1,4}(?:\s*,\s*\d{1,4})*)\]")
_BULLET: Final = re.compile(r"^(?:[-*]|\d+[.)])\s+")


@dataclass(frozen=True, slots=True)
class Subject:
    """A tag, and the notes that have it."""

    tag: str
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What was said: by whom, and in which run."""

    text: str
    by: str
    run_id: str = ""
    cost_usd: float = 0.0


class Digester(Protocol):
    """Sums notes up: a model, or in tests a tape."""

    async def digest(self, subject: Subject) -> Answer:
        """Lines, each with the numbers of its notes in brackets, counted from 1; LLMosError when there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence of a digest, and the notes that it comes from."""

    text: str
    notes: tuple[Note, ...]


def subjects(notes: Sequence[Note], least: int, never_kept: NeverKept) -> tuple[Subject, ...]:
    """Tags that at least so many notes have, the commonest first; each note belongs to one of them.

    Notes of persons, digests, and what must not be shown to a model are left out.
    """
    fit = [note for note in notes if not note.by_person and not note.digests and never_kept(note.text) is None]
    found: list[Subject] = []
    while fit:
        tags = sorted({tag for note in fit for tag in note.tags}, key=lambda tag: (-_holders(fit, tag), tag))
        if not tags or _holders(fit, tags[0]) < least:
            break
        chosen = tuple(note for note in fit if tags[0] in note.tags)
        found.append(Subject(tags[0], chosen))
        fit = [note for note in fit if note not in chosen]
    return tuple(found)


def read_digest(text: str, subject: Subject) -> tuple[Line, ...] | str:
    """The lines of an answer, or why it is not believed, in one sentence.

    Each line names notes; it has no number, name, quotation or path that they do not have, and says no where they do.
    """
    lines: list[Line] = []
    for written in filter(None, map(str.strip, text.splitlines())):
        cited = [int(number) for group in _CITED.findall(written) for number in group.split(",")]
        said = _CITED.sub("", _BULLET.sub("", written)).strip()
        if not cited or not all(1 <= number <= len(subject.notes) for number in cited):
            return f"the line '{said[:80]}' names no note that it comes from"
        notes = tuple(subject.notes[number - 1] for number in dict.fromkeys(cited))
        if why := _added(said, notes):
            return f"the line '{said[:80]}' {why}"
        lines.append(Line(said, notes))
    if not lines:
        return "there was no line in the answer"
    covered = {note.id: note for line in lines for note in line.notes}
    if len(covered) < 2 or sum(len(line.text) for line in lines) >= sum(len(each.text) for each in covered.values()):
        return "it is no shorter than the notes that it sums up"
    return tuple(lines)


def compose_digest(lines: Sequence[Line], archived: dict[str, str]) -> str:
    """The text of the note: each line with links to the notes that it comes from, by the names they have there."""
    return "\n".join(
        f"- {line.text} ({', '.join(f'[{name}]({ARCHIVE}/{name}.md)' for name in _names(line, archived))})"
        for line in lines
    )


def _added(said: str, notes: Sequence[Note]) -> str:
    """What the sentence has that its notes have not; empty when all of it can be theirs."""
    whole = "\n".join(note.text for note in notes)
    more = sorted(numbers(said) - numbers(whole))
    if more:
        return f"has the number {more[0]}, which its notes have not"
    new = next((name for name in exact(said) if name not in whole), None)
    if new is not None:
        return f"names {new}, which its notes do not"
    lost = turns(said) ^ frozenset(word for note in notes for word in turns(note.text))
    return f"differs from its notes in the word '{min(lost)}'" if lost else ""


def _names(line: Line, archived: dict[str, str]) -> list[str]:
    return [archived[note.id] for note in line.notes]


def _holders(notes: Sequence[Note], tag: str) -> int:
    return sum(tag in note.tags for note in notes)
