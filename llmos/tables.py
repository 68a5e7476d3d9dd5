"""SQLite files that can be made anew from something else: the one way to open, check and migrate them.

Knows no table and never loses what cannot be had again: a damaged file is moved aside, one of a newer LLMos left alone.
"""

import errno
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeAlias

from llmos.disk import make_folder
from llmos.errors import StorageError

OnNotice: TypeAlias = Callable[[str], None]
"""Called with a sentence about what had to be done without being asked for."""

_BUSY_S = 5.0
_MENDING_S = 60.0
_PAUSE_S = 0.01
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL
_making = threading.Lock()
_pause = threading.Event()
"""Never set: a thread that waits for it pauses, and no event loop is held, for all calls here are a thread's."""

_CHECKED_BYTES = 4_000_000
"""Up to this size a file is read through when it is opened, which takes some milliseconds; damage in a larger one shows
where it is used."""


def open_tables(path: Path, migrations: Sequence[str], on_notice: OnNotice) -> sqlite3.Connection:
    """The tables in the file at `path`, current and readable by their owner only; where none can be used, in memory.

    Each migration brings them from the version of its position (`PRAGMA user_version`) to the next. `on_notice` gets a
    sentence when a damaged file was moved aside or the tables are in memory; then they are empty.
    """
    try:
        return kept_tables(path, migrations, on_notice)
    except StorageError as error:
        on_notice(f"{error}; for this command it is kept in memory")
        return _connect(None, migrations)


def kept_tables(path: Path, migrations: Sequence[str], on_notice: OnNotice) -> sqlite3.Connection:
    """The same tables, but for where no file can hold them: that is a StorageError."""
    try:
        make_folder(path.parent)
        try:
            return _connect(path, migrations)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError as error:
            return begin_anew(path, migrations, error, on_notice)
    except (sqlite3.Error, OSError, StorageError) as error:
        raise StorageError(f"the index {path} cannot be used ({error})") from error


def begin_anew(path: Path, migrations: Sequence[str], damage: sqlite3.Error, on_notice: OnNotice) -> sqlite3.Connection:
    """Empty tables in place of a damaged file, which is moved aside; sqlite3.Error and OSError where that fails.

    Of several processes that find it at once one does so, and the others get what that one has made.
    """
    with _alone(path):
        made = _whole(path, migrations)
        if made is not None:
            return made
        aside = _move_aside(path)
        on_notice(f"the index {path} was damaged ({damage}); it is now {aside.name} and a new one is made")
        return _connect(path, migrations)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """No other process mends this file meanwhile: SQLite's own lock, on an empty file beside it."""
    lock = sqlite3.connect(path.with_name(f"{path.stem}.mending"), timeout=_MENDING_S, isolation_level=None)
    try:
        lock.execute("BEGIN EXCLUSIVE")
        yield
    finally:
        lock.close()


def _whole(path: Path, migrations: Sequence[str]) -> sqlite3.Connection | None:
    """The tables, read through, where somebody else has mended them; OperationalError where they cannot be used now."""
    try:
        connection = _connect(path, migrations)
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:
        return None
    try:
        _check(connection)
    except sqlite3.DatabaseError:
        connection.close()
        return None
    return connection


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file itself is broken, and not only busy, full or read-only."""
    return isinstance(error, sqlite3.DatabaseError) and error.sqlite_errorcode in {
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
    }


@contextmanager
def writing(connection: sqlite3.Connection) -> Iterator[None]:
    """One change, whole or not at all; another process that writes is waited for, for some seconds."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _connect(path: Path | None, migrations: Sequence[str]) -> sqlite3.Connection:
    """An open, current, checked file; in memory when there is no path. Raises sqlite3.Error and OSError.

    SQLite waits for other processes by itself, except where two of them switch a new file to its log at once.
    """
    if path is not None:
        _make(path)
    last_s = time.monotonic() + _BUSY_S
    while True:
        try:
            return _open(path, migrations)
        except sqlite3.OperationalError as error:
            if not _is_busy(error) or time.monotonic() >= last_s:
                raise
        _pause.wait(_PAUSE_S)


def _make(path: Path) -> None:
    """An empty file of its owner's where there is none.

    One that is there is not touched: where locks are POSIX's, closing it would drop those that connections of this
    process hold, and another process would take the log away below them. So no other thread may open it meanwhile.
    """
    with _making, suppress(FileExistsError):
        os.close(os.open(path, _NEW, 0o600))
    if not os.access(path, os.R_OK | os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))


def _is_busy(error: sqlite3.OperationalError) -> bool:
    """Whether another process is in the way, for now; an error that is our own has no code."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_PROTOCOL}


def _open(path: Path | None, migrations: Sequence[str]) -> sqlite3.Connection:
    """One try to connect."""
    connection = sqlite3.connect(path or ":memory:", timeout=_BUSY_S, check_same_thread=False, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        _migrate(connection, migrations)
        if path is not None and path.stat().st_size <= _CHECKED_BYTES:
            _check(connection)
    except (sqlite3.Error, OSError):
        connection.close()
        raise
    return connection


def _check(connection: sqlite3.Connection) -> None:
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise sqlite3.DatabaseError(verdict)


def _migrate(connection: sqlite3.Connection, migrations: Sequence[str]) -> None:
    """Bring the tables to the newest version; two processes that try at once do it once."""
    if _version(connection) == len(migrations):
        return
    with writing(connection):
        version = _version(connection)
        if version > len(migrations):
            raise sqlite3.OperationalError(f"its version {version} is newer than the {len(migrations)} of this llmos")
        for statement in (each for step in migrations[version:] for each in step.split(";")):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(migrations)}")


def _version(connection: sqlite3.Connection) -> int:
    """The number of migrations that these tables have seen."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def _move_aside(path: Path) -> Path:
    """Keep a damaged file for whoever wants to look; the last one only."""
    aside = path.with_name(f"{path.stem}.damaged{path.suffix}")
    path.replace(aside)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    return aside
