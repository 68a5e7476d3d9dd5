"""Finds skeletons that are worded like another one: FTS5 finds candidates, shared letters put them in order.

Knows no meaning: `left` and `right` are alike; where an embedder is there, what it finds comes in as well. It nominates
what a model is shown and never decides what is done again.
"""

import re
import sqlite3
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from llmos.traces.meaning import Nominee

_WORD = re.compile(r"[^\W_]+")
_MOST_FEATURES = 40
_COMMON = 1_000
"""Skeletons; words and pairs that stand in so many are not ranked by, which bounds the time of a question."""

_MOST_RANKED, _RANKED, _UNRANKED = 2_000, 100, 50
_LETTERS = 3

_ASKED_FOR: Final = """
    SELECT signature, skeleton FROM skeleton_words JOIN skeletons ON number = skeleton_words.rowid
    WHERE skeleton_words MATCH ? AND EXISTS (
        SELECT 1 FROM traces WHERE traces.signature = skeletons.signature AND agent = ? AND root IN ({roots})
    )
"""


def features(skeleton: str) -> tuple[list[str], list[str]]:
    """The words of a skeleton, and each two of them that stand side by side: these are rarer than the words.

    >>> features("Move the arm to {point}")
    (['Move', 'the', 'arm', 'to', 'point'], ['Movethe', 'thearm', 'armto', 'topoint'])
    """
    words = _WORD.findall(skeleton)
    return words, [one + other for one, other in pairwise(words)]


def nominate(
    connection: sqlite3.Connection, skeleton: str, agent: str, roots: Sequence[int], meant: Sequence[Nominee] = ()
) -> list[tuple[str, float]]:
    """Signatures that the agent has traces of in these roots, most alike first, each with its likeness from 0 to 1.

    `meant` are skeletons that mean about the same; what is alike in either way is as alike as in the better one.
    """
    found = dict(_candidates(connection, skeleton, agent, roots)) | {each.signature: each.skeleton for each in meant}
    cosines = {each.signature: each.cosine for each in meant}
    mine = _runs(skeleton)
    shared = {signature: _shared(mine, _runs(other)) for signature, other in found.items()}
    scored = {signature: min(1.0, max(worded, cosines.get(signature, 0.0))) for signature, worded in shared.items()}
    return sorted(scored.items(), key=lambda each: (-each[1], -shared[each[0]], each[0]))


def likeness(one: str, other: str) -> float:
    """The share of runs of three letters that two texts have in common (Dice 1945), from 0 to 1.

    >>> round(likeness("go home", "go back home"), 2)
    0.73
    """
    return _shared(_runs(one), _runs(other))


def _candidates(
    connection: sqlite3.Connection, skeleton: str, agent: str, roots: Sequence[int]
) -> Iterator[tuple[str, str]]:
    """Some skeletons that have all the known words, and those that share rarer words and pairs, best by BM25 first."""
    words, pairs = ([f'"{each}"' for each in some] for some in features(skeleton))
    counts = {each: _count(connection, each) for each in [*dict.fromkeys((*words, *pairs))][:_MOST_FEATURES]}
    sql = _ASKED_FOR.format(roots=", ".join("?" * len(roots)))
    known = [each for each in dict.fromkeys(words) if counts.get(each)]
    if known:
        yield from connection.execute(f"{sql} LIMIT {_UNRANKED}", (" AND ".join(known), agent, *roots))
    rare, total = [], 0
    for each in sorted(counts, key=lambda each: counts[each]):
        total += counts[each]
        if total > _MOST_RANKED or counts[each] == _COMMON:
            break
        rare.append(each)
    if rare:
        yield from connection.execute(f"{sql} ORDER BY rank LIMIT {_RANKED}", (" OR ".join(rare), agent, *roots))
    elif known:
        yield from connection.execute(f"{sql} LIMIT {_UNRANKED}", (" OR ".join(known), agent, *roots))


def _count(connection: sqlite3.Connection, word: str) -> int:
    """In how many skeletons a word or pair stands; of a common one no more are counted than make it common."""
    sql = "SELECT count(*) FROM (SELECT 1 FROM skeleton_words WHERE skeleton_words MATCH ? LIMIT ?)"
    (count,) = connection.execute(sql, (word, _COMMON)).fetchone()
    return int(count)


def _shared(mine: set[str], others: set[str]) -> float:
    return 2 * len(mine & others) / (len(mine) + len(others))


def _runs(text: str) -> set[str]:
    padded = f"  {text} "
    return {padded[at : at + _LETTERS] for at in range(len(padded) - _LETTERS + 1)}
