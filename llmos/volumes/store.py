"""Keeps rows and texts of documents between runs, so that a start need not read what did not change.

Does not know what is true now: the registry compares each row with its file. A store that is damaged is made anew, one
that cannot be written is done without.
"""

import contextlib
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from llmos.clock import Clock, RealClock
from llmos.volumes.row import Row

_VERSION = 1
_SCHEMA = f"""
CREATE TABLE volumes (root TEXT PRIMARY KEY, rows BLOB);
CREATE TABLE texts (content_hash TEXT PRIMARY KEY, day INTEGER, text TEXT);
CREATE TABLE heads (key TEXT PRIMARY KEY, id TEXT);
CREATE INDEX texts_by_day ON texts (day);
PRAGMA user_version = {_VERSION};
"""
_KEPT_DAYS = 2
_MOST_HEADS = 1000
_PATIENCE_S = 2.0


class Store:
    """A SQLite file in the home. No method raises: where the disk fails it answers as if it were empty."""

    def __init__(self, path: Path, clock: Clock | None = None) -> None:
        self._path = path
        self._clock = clock or RealClock()
        self._lock = threading.Lock()
        self._base: sqlite3.Connection | None = None
        with self._guarded():
            self._base = _opened(path)

    def rows(self, root: Path) -> dict[str, Row]:
        """The rows of a volume by path, as the last run that saved them left them."""
        with self._guarded() as base:
            if base is not None:
                saved = base.execute("SELECT rows FROM volumes WHERE root = ?", (str(root),)).fetchone()
                return {row.path: row for row in _decoded(saved[0])} if saved else {}
        return {}

    def text(self, content_hash: str) -> str | None:
        """The text with this hash, None when it is not kept."""
        with self._guarded() as base:
            if base is not None:
                found = base.execute("SELECT text FROM texts WHERE content_hash = ?", (content_hash,)).fetchone()
                return str(found[0]) if found else None
        return None

    def save(self, volumes: Mapping[str, Sequence[Row]], texts: Iterable[tuple[str, str]]) -> bool:
        """Keep the rows of these volumes, by root, and new pairs of hash and text; False when nothing could be kept."""
        today = self._clock.now().toordinal()
        with self._guarded() as base:
            if base is not None:
                rows = [(root, msgspec.msgpack.encode(rows)) for root, rows in volumes.items()]
                with base:
                    base.execute("BEGIN IMMEDIATE")
                    base.executemany("REPLACE INTO volumes VALUES (?, ?)", rows)
                    last = base.execute("SELECT max(day) FROM texts").fetchone()[0]
                    base.executemany("REPLACE INTO texts VALUES (?, ?, ?)", ((one, today, text) for one, text in texts))
                    if last is not None and last < today:
                        _forget(base, today - _KEPT_DAYS)
                return True
        return False

    def heads(self) -> dict[str, str]:
        """What `History.remembered` held when it was last saved."""
        with self._guarded() as base:
            if base is not None:
                return dict(base.execute("SELECT key, id FROM heads ORDER BY rowid"))
        return {}

    def save_heads(self, heads: Mapping[str, str]) -> None:
        """Keep the newest of these answers."""
        with self._guarded() as base:
            if base is not None:
                with base:
                    base.execute("BEGIN IMMEDIATE")
                    base.execute("DELETE FROM heads")
                    base.executemany("INSERT INTO heads VALUES (?, ?)", list(heads.items())[-_MOST_HEADS:])

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._base is not None:
                self._base.close()
            self._base = None

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[sqlite3.Connection | None]:
        """The connection; what goes wrong inside the block ends it, and damage makes the store anew."""
        with self._lock:
            try:
                yield self._base
            except sqlite3.OperationalError:
                pass  # full, read-only or locked: the next run reads the files instead
            except (sqlite3.DatabaseError, msgspec.MsgspecError, UnicodeEncodeError):
                self._base = self._made_anew()

    def _made_anew(self) -> sqlite3.Connection | None:
        if self._base is not None:
            self._base.close()
        with contextlib.suppress(OSError, sqlite3.Error):
            self._path.unlink(missing_ok=True)
            return _opened(self._path)
        return None


def _opened(path: Path) -> sqlite3.Connection:
    base = sqlite3.connect(path, timeout=_PATIENCE_S, check_same_thread=False, isolation_level=None)
    try:
        base.execute("PRAGMA synchronous = OFF")
        version = base.execute("PRAGMA user_version").fetchone()[0]
        if version not in {0, _VERSION}:
            raise sqlite3.DatabaseError(f"made by version {version}")
        if version == 0:
            base.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")
    except sqlite3.Error:
        base.close()
        raise
    return base


def _forget(base: sqlite3.Connection, oldest: int) -> None:
    """Drop old texts that no row needs; recent ones stay, as a run of another process may have begun with them."""
    used = {row.content_hash for (rows,) in base.execute("SELECT rows FROM volumes") for row in _decoded(rows)}
    old = base.execute("SELECT content_hash FROM texts WHERE day < ?", (oldest,)).fetchall()
    base.executemany("DELETE FROM texts WHERE content_hash = ?", [one for one in old if one[0] not in used])


def _decoded(rows: bytes) -> list[Row]:
    return msgspec.msgpack.decode(rows, type=list[Row])
