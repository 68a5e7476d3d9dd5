"""Skeletons that mean about the same: a vector of each, in the index, and all of them in memory once one is asked for.

Knows no model; like words, meaning nominates what a model is shown and never decides what is done again.
"""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Final, TypeAlias

from llmos.errors import ModelError
from llmos.tables import OnNotice, writing
from llmos.vectors import Embedder, Many, packed

Fit: TypeAlias = Callable[[str], bool]
"""Whether a text may be taken up: one that holds a secret must not."""

_AT_ONCE: Final = 32
_FIRST: Final = 32
"""So many of the nearest are nominated, if one of them is of the agent and these roots; else others are looked at."""
_UNKNOWN: Final = 0.25
"""Seconds that skeletons without a vector may take of a question; others wait for the next, or for `reindex`."""

_NEW: Final = "SELECT rowid, skeleton FROM skeleton_words WHERE rowid > ? ORDER BY rowid LIMIT ?"
_NEAR: Final = """
    SELECT number, signature, skeleton FROM skeletons JOIN skeleton_words ON number = skeleton_words.rowid
    WHERE number IN ({numbers}) AND EXISTS (
        SELECT 1 FROM traces WHERE traces.signature = skeletons.signature AND agent = ? AND root IN ({roots})
    )
"""


@dataclass(frozen=True, slots=True)
class Nominee:
    """A skeleton that means about the same, and how nearly so, from -1 to 1."""

    signature: str
    skeleton: str
    cosine: float


@dataclass(frozen=True, slots=True)
class _State:
    model: str
    upto: int
    changes: int


@dataclass(frozen=True, slots=True)
class _Held:
    place: str
    state: _State
    vectors: Many


class Meanings:
    """The vectors of skeletons by one embedder; lives as long as the process, and serves every library that is opened.

    An embedder that fails is told of once and not asked again: then words nominate alone.
    """

    def __init__(self, embedder: Embedder, on_notice: OnNotice) -> None:
        self._embedder = embedder
        self._on_notice = on_notice
        self._held: _Held | None = None
        self._failed = False

    def nominate(
        self, connection: sqlite3.Connection, skeleton: str, agent: str, roots: Sequence[int], fit: Fit
    ) -> list[Nominee]:
        """Skeletons that the agent has traces of in these roots; none where there is no vector to compare with."""
        if self._failed or not connection.execute("SELECT EXISTS (SELECT 1 FROM skeletons)").fetchone()[0]:
            return []
        try:
            self._take_up(connection, fit, _UNKNOWN)
            (vector,) = self._embedder.embed([skeleton])
            near = self._loaded(connection).nearest(vector)
        except ModelError as error:
            self._fail(error)
            return []
        return _of_agent(connection, near[:_FIRST], agent, roots) or _of_agent(connection, near[_FIRST:], agent, roots)

    def catch_up(self, connection: sqlite3.Connection, fit: Fit) -> None:
        """Make every vector that is missing, however long that takes."""
        if self._failed:
            return
        try:
            self._take_up(connection, fit, float("inf"))
        except ModelError as error:
            self._fail(error)

    def _take_up(self, connection: sqlite3.Connection, fit: Fit, seconds: float) -> None:
        """Make the vectors that are missing, for about so long; those of another embedder are dropped.

        Raises ModelError. Where the index is busy, full or read-only, they are made the next time.
        """
        until_s = monotonic() + seconds
        model = self._embedder.model
        with suppress(sqlite3.OperationalError):
            state = _state(connection)
            if state.model != model:
                _begin(connection, model)
                state = _state(connection)
            upto = state.upto
            while found := connection.execute(_NEW, (upto, _AT_ONCE)).fetchall():
                upto = found[-1][0]
                fitting = [(number, text) for number, text in found if fit(text)]
                vectors = packed(self._embedder.embed([text for _, text in fitting])) if fitting else []
                _keep(
                    connection,
                    model,
                    upto,
                    [(one, number, text) for one, (number, text) in zip(vectors, fitting, strict=True)],
                )
                if monotonic() >= until_s:
                    break

    def _loaded(self, connection: sqlite3.Connection) -> Many:
        """All vectors, read once and again when any of them has changed."""
        state = _state(connection)
        place = next(file for _, name, file in connection.execute("PRAGMA database_list") if name == "main")
        place = place or str(id(connection))
        held = self._held
        if held is None or (held.place, held.state) != (place, state):
            sql = "SELECT number, vector FROM skeleton_vectors WHERE length(vector) = ?"
            rows = connection.execute(sql, (self._embedder.dimensions,)).fetchall()
            held = _Held(place, state, Many([number for number, _ in rows], [vector for _, vector in rows]))
            self._held = held
        return held.vectors

    def _fail(self, error: ModelError) -> None:
        self._failed = True
        self._on_notice(f"similar goals are looked for by their words only: {error}")


def forget(connection: sqlite3.Connection, numbers: Sequence[tuple[int]]) -> None:
    """Drop the vectors of skeletons that are gone; within a change of the caller's."""
    if not numbers:
        return
    connection.executemany("DELETE FROM skeleton_vectors WHERE number = ?", numbers)
    connection.execute(
        "UPDATE vector_state SET changes = changes + 1, "
        "upto = min(upto, (SELECT coalesce(max(number), 0) FROM skeletons))"
    )


def _of_agent(
    connection: sqlite3.Connection, near: Sequence[tuple[int, float]], agent: str, roots: Sequence[int]
) -> list[Nominee]:
    """Those that the agent has traces of in these roots."""
    cosines = dict(near)
    sql = _NEAR.format(numbers=", ".join("?" * len(near)), roots=", ".join("?" * len(roots)))
    rows = connection.execute(sql, (*cosines, agent, *roots)).fetchall()
    return [Nominee(signature, skeleton, cosines[number]) for number, signature, skeleton in rows]


def _state(connection: sqlite3.Connection) -> _State:
    return _State(*connection.execute("SELECT model, upto, changes FROM vector_state").fetchone())


def _begin(connection: sqlite3.Connection, model: str) -> None:
    """Forget the vectors of another embedder, which cannot be compared with."""
    with writing(connection):
        connection.execute("DELETE FROM skeleton_vectors")
        connection.execute("UPDATE vector_state SET model = ?, upto = 0, changes = changes + 1", (model,))


def _keep(connection: sqlite3.Connection, model: str, upto: int, vectors: Sequence[tuple[bytes, int, str]]) -> None:
    """Write vectors, unless another embedder has begun meanwhile; of a skeleton that is another one by now, none."""
    with writing(connection):
        if _state(connection).model != model:
            return
        connection.executemany(
            "INSERT OR REPLACE INTO skeleton_vectors (number, vector) "
            "SELECT rowid, ? FROM skeleton_words WHERE rowid = ? AND skeleton = ?",
            vectors,
        )
        connection.execute("UPDATE vector_state SET upto = max(upto, ?), changes = changes + 1", (upto,))
