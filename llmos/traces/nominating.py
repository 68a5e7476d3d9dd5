"""Finds skeletons that are worded like another one: FTS5 finds candidates, shared letters put them in order.

Knows no meaning: `left` and `right` are alike. It nominates what a model is shown and never decides what is done again.
"""

import re
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Final

_WORD = re.compile(r"[^\W_]+")
_MOST_WORDS = 32
_COMMON = 2_000
"""Skeletons; a word that stands in so many is not ranked by, which bounds the time of a question."""

_RANKED, _UNRANKED = 100, 200
_LETTERS = 3

_ASKED_FOR: Final = """
    SELECT signature, skeleton FROM skeleton_words JOIN skeletons ON number = skeleton_words.rowid
    WHERE skeleton_words MATCH ? AND EXISTS (
        SELECT 1 FROM traces WHERE traces.signature = skeletons.signature AND agent = ? AND root IN ({roots})
    )
"""


def nominate(
    connection: sqlite3.Connection, skeleton: str, agent: str, roots: Sequence[int]
) -> list[tuple[str, float]]:
    """Signatures that the agent has traces of in these roots, most alike first, each with its likeness from 0 to 1."""
    found = dict(_candidates(connection, skeleton, agent, roots))
    scored = [(signature, likeness(skeleton, other)) for signature, other in found.items()]
    return sorted(scored, key=lambda each: (-each[1], each[0]))


def likeness(one: str, other: str) -> float:
    """The share of runs of three letters that two texts have in common (Dice 1945), from 0 to 1.

    >>> round(likeness("go home", "go back home"), 2)
    0.73
    """
    mine, others = _runs(one), _runs(other)
    return 2 * len(mine & others) / (len(mine) + len(others))


def _candidates(
    connection: sqlite3.Connection, skeleton: str, agent: str, roots: Sequence[int]
) -> Iterator[tuple[str, str]]:
    """Skeletons that share the rarer words, best by BM25 first, and some that share all of the common ones."""
    words = [f'"{word}"' for word in dict.fromkeys(_WORD.findall(skeleton))][:_MOST_WORDS]
    counted = sorted((_count(connection, word), word) for word in words)
    rare, total = [], 0
    for count, word in counted:
        total += count
        if total > 2 * _COMMON or count == _COMMON:
            break
        rare.append(word)
    known = [word for count, word in counted if count]
    common = [word for word in known if word not in rare]
    sql = _ASKED_FOR.format(roots=", ".join("?" * len(roots)))
    if rare:
        yield from connection.execute(f"{sql} ORDER BY rank LIMIT {_RANKED}", (" OR ".join(rare), agent, *roots))
    if common:
        yield from connection.execute(f"{sql} LIMIT {_UNRANKED}", (" AND ".join(common), agent, *roots))


def _count(connection: sqlite3.Connection, word: str) -> int:
    """In how many skeletons the word stands; of a common one no more are counted than make it common."""
    sql = "SELECT count(*) FROM (SELECT 1 FROM skeleton_words WHERE skeleton_words MATCH ? LIMIT ?)"
    (count,) = connection.execute(sql, (word, _COMMON)).fetchone()
    return int(count)


def _runs(text: str) -> set[str]:
    padded = f"  {text} "
    return {padded[at : at + _LETTERS] for at in range(len(padded) - _LETTERS + 1)}
