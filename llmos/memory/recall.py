"""Finds notes by words: SQLite's full-text search (FTS5, BM25), and of what fits the newer a little before the older.

Knows no model; whoever can say how near texts are in meaning may be passed in, and is asked as well. The index is
made in memory at every question, from the notes as they stand: there is none that could be out of date, and for as many
notes as a home keeps it takes less time than reading them.
"""

import math
import re
import sqlite3
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from llmos.errors import StorageError
from llmos.memory.notes import Note
from llmos.vectors import Likeness

MOST_FOUND: Final = 20
"""Notes that one question gets at most."""

_WORD = re.compile(r"[^\W_]+")
_MOST_WORDS = 64
_LITTLE = """
a an the is are was were be been am do does did have has had i you he she it we they me my your his her its our
what where when who why how which that this these those of to and or in on at for with by as from about there any
"""
_IDLE: Final = frozenset(_LITTLE.split())
"""Words of a question that say little; they are left out where it has others."""

_TABLE = "CREATE VIRTUAL TABLE notes USING fts5(words, tokenize = 'porter unicode61 remove_diacritics 2')"
_FIND = "SELECT rowid, -bm25(notes) FROM notes WHERE notes MATCH ?"


@dataclass(frozen=True, slots=True)
class Recency:
    """How much newer notes come first: a note of today counts `weight` more than a very old one."""

    now: datetime
    half_life_days: float
    weight: float

    def factor(self, note: Note) -> float:
        """From 1 for a very old note up to 1 + weight for a new one."""
        return 1.0 + self.weight * math.exp2(-note.age_days(self.now) / self.half_life_days)


@dataclass(frozen=True, slots=True)
class Meaning:
    """How near notes are to a question in meaning; from `least` on a note is found that shares no word with it."""

    likeness: Likeness
    least: float


@dataclass(frozen=True, slots=True)
class Found:
    """A note and its score; higher fits better."""

    note: Note
    score: float


def recall(
    notes: Sequence[Note],
    question: str,
    limit: int = 5,
    recency: Recency | None = None,
    meaning: Meaning | None = None,
) -> list[Found]:
    """The notes that share words with the question, or mean about the same, best first; of equal ones, the newer first.

    With `meaning` the score is half that of the words, as a share of the best, and half the cosine: a convex sum, as in
    Bruch, Gai and Ingber 2023 (doi:10.1145/3596512). Raises ModelError where meaning cannot be told.
    """
    asked = words(question)[:_MOST_WORDS]
    telling = [word for word in asked if word not in _IDLE] or asked
    if not telling or not notes:
        return []
    fits = dict(_fitting(notes, " OR ".join(f'"{word}"' for word in telling)))
    if meaning is not None:
        fits = _with_meaning(fits, meaning.likeness([note.text for note in notes], question), meaning.least)
    found = [Found(notes[row], fit * (recency.factor(notes[row]) if recency else 1.0)) for row, fit in fits.items()]
    found.sort(key=lambda each: (each.score, each.note.created, each.note.id), reverse=True)
    return found[: max(limit, 0)]


def _with_meaning(fits: Mapping[int, float], cosines: Sequence[float], least: float) -> dict[int, float]:
    best = max(fits.values(), default=0.0) or 1.0
    rows = fits.keys() | {row for row, cosine in enumerate(cosines) if cosine >= least}
    return {row: (fits.get(row, 0.0) / best + max(0.0, cosines[row])) / 2 for row in sorted(rows)}


def words(text: str) -> list[str]:
    """The words of a text without case and compatibility forms; a plural `s` is no other word."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return [_singular(word) for word in _WORD.findall(folded)]


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _fitting(notes: Sequence[Note], query: str) -> list[tuple[int, float]]:
    """The places in the list of the notes that match, each with how well it fits."""
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute(_TABLE)
        rows = ((row, " ".join(words(f"{note.text} {' '.join(note.tags)}"))) for row, note in enumerate(notes))
        connection.executemany("INSERT INTO notes (rowid, words) VALUES (?, ?)", rows)
        return [(int(row), float(fit)) for row, fit in connection.execute(_FIND, (query,))]
    except sqlite3.OperationalError as error:
        raise StorageError(f"notes cannot be searched: {error}; LLMos needs a Python whose SQLite has FTS5") from error
    finally:
        connection.close()
