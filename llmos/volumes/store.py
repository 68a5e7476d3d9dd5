"""Keeps rows and contents of documents between runs, so that a start need not read what did not change.

Does not know what is true now: the registry compares each row with its file. A store that is damaged is made anew, one
that cannot be written is done without.
"""

import contextlib
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from llmos.clock import Clock, RealClock
from llmos.documents.document import hash_of
from llmos.volumes.row import Row
from llmos.volumes.state import Changes

_VERSION = 4
_SCHEMA = f"""
CREATE TABLE volumes (root TEXT PRIMARY KEY, rows BLOB);
CREATE TABLE edits (root TEXT, path TEXT, row BLOB, PRIMARY KEY (root, path));
CREATE TABLE contents (save INTEGER PRIMARY KEY, day INTEGER, contents BLOB);
CREATE TABLE heads (key TEXT PRIMARY KEY, id TEXT);
PRAGMA user_version = {_VERSION};
"""
_FEW, _MANY = 100, 1000
_KEPT_DAYS = 2
_MOST_HEADS = 1000
_PATIENCE_S = 2.0


class Store:
    """A SQLite file in the home. No method raises: where the disk fails it answers as if it were empty.

    The rows of a volume stand in one value, which reads ten times as fast as a value each; a few that change later
    stand beside it as `edits` until the next large save.
    """

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
                rows = {row.path: row for row in msgspec.msgpack.decode(saved[0], type=list[Row])} if saved else {}
                for path, row in base.execute("SELECT path, row FROM edits WHERE root = ?", (str(root),)):
                    rows.pop(path, None)
                    if row is not None:
                        rows[path] = msgspec.msgpack.decode(row, type=Row)
                return rows
        return {}

    def content(self, row: Row) -> bytes | None:
        """The bytes that a row was made from, None when they are not kept."""
        with self._guarded() as base:
            if base is not None and row.place is not None:
                save, start, size = row.place
                query = "SELECT substr(contents, ?, ?) FROM contents WHERE save = ?"
                found = base.execute(query, (start + 1, size, save)).fetchone()
                content = bytes(found[0] or b"") if found else None  # SQLite gives NULL for a part of nothing
                if content is not None and hash_of(content) == row.content_hash:
                    return content
        return None

    def save(self, volumes: Mapping[str, tuple[Sequence[Row], Changes]], new: Sequence[tuple[Row, bytes]]) -> bool:
        """Keep the rows of these volumes, by root and with what changed, and the contents of new rows.

        All contents of a save stand in one value; a row knows its place in it. False when nothing could be kept.
        """
        today = self._clock.now().toordinal()
        with self._guarded() as base:
            if base is not None:
                with base:
                    base.execute("BEGIN IMMEDIATE")
                    last, day = base.execute("SELECT max(save), max(day) FROM contents").fetchone()
                    number = (last or 0) + 1
                    base.execute("INSERT INTO contents VALUES (?, ?, ?)", (number, today, _placed(new, number)))
                    for root, (rows, changes) in volumes.items():
                        _save_rows(base, root, rows, changes)
                    if day is not None and day < today:
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
            except (sqlite3.OperationalError, UnicodeEncodeError):
                pass  # full, read-only, locked, or a name that cannot be stored: the next run reads the files instead
            except (sqlite3.DatabaseError, msgspec.MsgspecError):
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
        base.execute("PRAGMA page_size = 16384")  # for values of megabytes
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


def _save_rows(base: sqlite3.Connection, root: str, rows: Sequence[Row], changes: Changes) -> None:
    edited = base.execute("SELECT count(*) FROM edits WHERE root = ?", (root,)).fetchone()[0]
    if len(changes) <= _FEW and edited < _MANY:
        edits = [(root, path, row and msgspec.msgpack.encode(row)) for path, row in changes.items()]
        base.executemany("REPLACE INTO edits VALUES (?, ?, ?)", edits)
        return
    base.execute("DELETE FROM edits WHERE root = ?", (root,))
    base.execute("REPLACE INTO volumes VALUES (?, ?)", (root, msgspec.msgpack.encode(rows)))


def _placed(new: Sequence[tuple[Row, bytes]], save: int) -> bytes:
    """All these contents in a row; each row learns where its own stands."""
    start = 0
    for row, content in new:
        row.place = (save, start, len(content))
        start += len(content)
    return b"".join(content for _, content in new)


def _forget(base: sqlite3.Connection, oldest: int) -> None:
    """Drop old contents that no row needs; recent ones stay, as a run of another process may have begun with them."""
    used: set[int] = set()
    for (rows,) in base.execute("SELECT rows FROM volumes"):
        used |= {row.place[0] for row in msgspec.msgpack.decode(rows, type=list[Row]) if row.place}
    for (edit,) in base.execute("SELECT row FROM edits WHERE row IS NOT NULL"):
        row = msgspec.msgpack.decode(edit, type=Row)
        used |= {row.place[0]} if row.place else set()
    old = base.execute("SELECT save FROM contents WHERE day < ?", (oldest,)).fetchall()
    base.executemany("DELETE FROM contents WHERE save = ?", [one for one in old if one[0] not in used])
