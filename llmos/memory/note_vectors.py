"""How near notes are to a question in meaning; the vector of each note is kept in a table, by the hash of its text.

Knows no file and no model. A vector goes when its note does, because a text can in part be guessed from it.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from llmos.tables import writing
from llmos.vectors import Embedder, cosines, packed

_AT_ONCE: Final = 32


def likenesses(
    connection: sqlite3.Connection,
    embedder: Embedder,
    fit: Callable[[str], bool],
    texts: Sequence[str],
    question: str,
) -> list[float]:
    """The cosine of each text with the question, from -1 to 1; 0 for a text that is not `fit` to be taken up.

    Raises ModelError, and sqlite3.Error where the table cannot be read.
    """
    keys = [_key(text) if fit(text) else "" for text in texts]
    kept = _kept(connection, embedder)
    missing = {key: text for key, text in zip(keys, texts, strict=True) if key and key not in kept}
    fresh: dict[str, bytes] = {}
    names = list(missing)
    for start in range(0, len(names), _AT_ONCE):
        some = names[start : start + _AT_ONCE]
        fresh |= zip(some, packed(embedder.embed([missing[key] for key in some])), strict=True)
    known = kept | fresh
    if fresh or kept.keys() - set(keys):
        _keep(connection, embedder.model, fresh, [key for key in kept if key not in keys])
    (vector,) = embedder.embed([question])
    near = dict(zip(known, cosines(list(known.values()), vector), strict=True))
    return [near.get(key, 0.0) for key in keys]


def _key(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _kept(connection: sqlite3.Connection, embedder: Embedder) -> dict[str, bytes]:
    sql = "SELECT key, vector FROM note_vectors WHERE model = ? AND length(vector) = ?"
    return dict(connection.execute(sql, (embedder.model, embedder.dimensions)).fetchall())


def _keep(connection: sqlite3.Connection, model: str, fresh: dict[str, bytes], gone: Sequence[str]) -> None:
    """Write the new ones, and drop those of notes that are gone and of other models; not where the table is busy."""
    with suppress(sqlite3.OperationalError), writing(connection):
        connection.execute("DELETE FROM note_vectors WHERE model != ?", (model,))
        connection.executemany("DELETE FROM note_vectors WHERE key = ?", [(key,) for key in gone])
        rows = [(key, model, vector) for key, vector in fresh.items()]
        connection.executemany("INSERT OR REPLACE INTO note_vectors (key, model, vector) VALUES (?, ?, ?)", rows)
