"""Ranks notes by how well their words fit a question: Okapi BM25, over all notes, at every question.

Knows no model and keeps no index. A note's score is the sum, over the words asked for, of
idf * tf * (k1 + 1) / (tf + k1 * (1 - b + b * length / average length)), with the usual k1 and b (Robertson and
Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009).
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from llmos.memory.notes import Note

_K1 = 1.2
_B = 0.75
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Found:
    """A note and its score; higher fits better."""

    note: Note
    score: float


def recall(notes: Sequence[Note], question: str, limit: int = 5) -> list[Found]:
    """The notes that share words with the question, best first; of equal ones, the newer first."""
    counted = [Counter(words(f"{note.text} {' '.join(note.tags)}")) for note in notes]
    lengths = [counts.total() for counts in counted]
    average = sum(lengths) / max(len(lengths), 1) or 1.0
    asked = set(words(question))
    spread = {word: sum(word in counts for counts in counted) for word in asked}
    found = [
        Found(note, score)
        for note, counts, length in zip(notes, counted, lengths, strict=True)
        if (score := sum(_weight(counts[word], spread[word], len(notes), length / average) for word in asked)) > 0
    ]
    found.sort(key=lambda each: (each.score, each.note.created, each.note.id), reverse=True)
    return found[:limit]


def words(text: str) -> list[str]:
    """The words of a text without case and compatibility forms; a plural `s` is no other word."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return [_singular(word) for word in _WORD.findall(folded)]


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _weight(times: int, holders: int, notes: int, relative_length: float) -> float:
    """What one word contributes; the inverse document frequency is the one that is never negative."""
    idf = math.log(1 + (notes - holders + 0.5) / (holders + 0.5))
    return idf * times * (_K1 + 1) / (times + _K1 * (1 - _B + _B * relative_length))
