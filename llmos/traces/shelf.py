"""The rows of traces in the index: made to agree with the files of some volumes, and asked for them.

Knows the tables and no policy. A row is believed only as long as its file has the stamp that the row has.
"""

import os
import sqlite3
import stat
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from llmos.tables import OnNotice, writing
from llmos.traces.meaning import Fit, Meanings, forget
from llmos.traces.nominating import features, nominate
from llmos.traces.stamps import UNSETTLED, Now, look, settled, stamp_of
from llmos.traces.trace import Trace
from llmos.traces.trace_file import FOLDER, SUFFIX, Reading, read

_AT_ONCE = 200  # files for which others are kept from writing
_COMPARED_ANYWAY = 2_000  # files of a folder that changed: git may give a new file the number of the one it replaces
_MOST_SALTS = 8  # each costs 0.2 s, on purpose
_NO_FOLDER = "none"
_DECODER = msgspec.json.Decoder(Trace)


@dataclass(frozen=True, slots=True)
class Row:
    """A trace as the index has it; `packed` is empty for one that is encrypted."""

    number: int
    path: Path
    stamp: str
    content_hash: str
    id: str
    signature: str
    agent: str
    packed: bytes


class Shelf:
    """The rows of the traces of some volumes, whose `roots` are given."""

    def __init__(self, connection: sqlite3.Connection, roots: Sequence[Path], on_notice: OnNotice, now_ns: Now) -> None:
        self._connection = connection
        self._roots = tuple(roots)
        self._on_notice = on_notice
        self._now_ns = now_ns
        self._listed: dict[Path, str] = {}
        self._numbers: dict[int, Path] = {}

    def settle(self, *, every: bool = False) -> None:
        """Read what is new and forget what is gone in folders that changed; with `every`, compare each file.

        A file that is no trace gives a notice and stays out. Raises sqlite3.Error; what was read until then is kept.
        """
        for root in self._roots:
            status, looked_ns = look(root / FOLDER, self._now_ns)
            is_folder = status is not None and stat.S_ISDIR(status.st_mode)
            stamp = stamp_of(status) if status is not None and is_folder else _NO_FOLDER
            if not every and self._listed.get(root) == stamp:
                self._look_at_broken(root)
                continue
            number, known = self._row_of(root)
            if every or known != stamp:
                stamp = settled(status, looked_ns) if status is not None and is_folder else _NO_FOLDER
                self._compare(number, root / FOLDER, every=every, there=stamp != _NO_FOLDER)
                with writing(self._connection):
                    self._connection.execute("UPDATE trace_roots SET stamp = ? WHERE number = ?", (stamp, number))
            self._listed[root] = stamp
            self._look_at_broken(root)
        if every:
            self._forget_skeletons()

    def find(self, signature: str, agent: str) -> Iterator[Row]:
        """The rows of one skeleton and agent."""
        yield from self._rows("signature = ? AND agent = ?", (signature, agent))

    def with_id(self, trace_id: str) -> Iterator[Row]:
        """The rows of a trace: one in each volume that has it."""
        yield from self._rows("id = ?", (trace_id,))

    def clear(self) -> None:
        """Forget every row of these volumes."""
        with writing(self._connection):
            for table in ("traces", "trace_roots"):
                key = "root" if table == "traces" else "number"
                delete = f"DELETE FROM {table} WHERE {key} = ?"  # noqa: S608 - only our own words are put in
                self._connection.executemany(delete, [(number,) for number in self._numbers])
        self._listed.clear()
        self._numbers.clear()

    def encrypted(self) -> Iterator[Row]:
        """The rows of encrypted traces."""
        yield from self._rows("salt != ''", ())

    def row(self, number: int) -> Row | None:
        """One row by its number."""
        return next(self._rows("number = ?", (str(number),)), None)

    def numbers(self) -> list[int]:
        """The numbers of all rows that hold a trace, by path."""
        sql = f"SELECT number FROM traces WHERE problem = '' AND root IN ({self._marks}) ORDER BY root, name"  # noqa: S608
        return [number for (number,) in self._connection.execute(sql, tuple(self._numbers))]

    def ids(self) -> list[str]:
        """The ids of all traces that are not encrypted."""
        sql = f"SELECT id FROM traces WHERE id != '' AND root IN ({self._marks})"  # noqa: S608
        return [one for (one,) in self._connection.execute(sql, tuple(self._numbers))]

    def groups(self) -> list[tuple[str, str, int]]:
        """Signature, agent and number of traces, the most frequent first."""
        sql = f"""
            SELECT signature, agent, count(*) FROM traces
            WHERE root IN ({self._marks}) AND problem = '' AND salt = '' GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2
        """  # noqa: S608 - question marks are put in
        return list(self._connection.execute(sql, tuple(self._numbers)))

    def problems(self) -> Iterator[str]:
        """What is wrong with files that stay out."""
        sql = f"SELECT problem FROM traces WHERE problem != '' AND root IN ({self._marks}) ORDER BY root, name"  # noqa: S608
        yield from (problem for (problem,) in self._connection.execute(sql, tuple(self._numbers)))

    def salts(self) -> list[str]:
        """With which salts the encrypted traces are encrypted, the most frequent first; for each, keys must be made."""
        sql = f"""
            SELECT salt FROM traces WHERE salt != '' AND root IN ({self._marks})
            GROUP BY salt ORDER BY count(*) DESC, salt LIMIT {_MOST_SALTS}
        """  # noqa: S608 - question marks are put in
        return [salt for (salt,) in self._connection.execute(sql, tuple(self._numbers))]

    def nominate(self, skeleton: str, agent: str, meanings: Meanings | None, fit: Fit) -> list[tuple[str, float]]:
        """Signatures of skeletons that are worded alike or mean about the same, with their likeness."""
        roots = tuple(self._numbers)
        meant = meanings.nominate(self._connection, skeleton, agent, roots, fit) if meanings is not None else ()
        return nominate(self._connection, skeleton, agent, roots, meant)

    def reading(self, row: Row) -> Reading | None:
        """What the file of a row holds now, None where it is gone, broken or about something else."""
        status, looked_ns = look(row.path, self._now_ns)
        if status is None or not stat.S_ISREG(status.st_mode):
            return None
        same = row.stamp == stamp_of(status)
        if same and row.packed:
            try:
                trace = _DECODER.decode(zlib.decompress(row.packed))
                return Reading(row.content_hash, trace, known_id=row.id)
            except (zlib.error, msgspec.MsgspecError):
                same = False  # a page of the index has rotted; the file has it whole
        found = read(row.path)
        if not same:
            number, _ = self._row_of(row.path.parent.parent)
            with suppress(sqlite3.OperationalError), writing(self._connection):  # busy or full: then it is read again
                self._put(number, row.path, found, settled(status, looked_ns), status.st_ino)
        return found if (found.signature, found.agent) == (row.signature, row.agent) else None

    @property
    def _marks(self) -> str:
        return ", ".join("?" * len(self._numbers))

    def _rows(self, condition: str, values: tuple[str, ...]) -> Iterator[Row]:
        sql = f"""
            SELECT number, root, name, stamp, content_hash, id, signature, agent, trace FROM traces
            WHERE {condition} AND root IN ({self._marks})
        """  # noqa: S608 - only our own words are put in
        folders = {number: root / FOLDER for number, root in self._numbers.items()}
        for number, root, name, *others in self._connection.execute(sql, (*values, *self._numbers)).fetchall():
            yield Row(number, folders[root] / name, *others)

    def _row_of(self, root: Path) -> tuple[int, str]:
        """The number of a root and the stamp of its folder when it was last listed."""
        sql = "SELECT number, stamp FROM trace_roots WHERE root = ?"
        found = self._connection.execute(sql, (str(root),)).fetchone()
        if found is None:
            with writing(self._connection):
                add = "INSERT OR IGNORE INTO trace_roots (root, stamp) VALUES (?, ?)"
                self._connection.execute(add, (str(root), UNSETTLED))
            found = self._connection.execute(sql, (str(root),)).fetchone()
        number, stamp = found
        self._numbers[number] = root
        return number, stamp

    def _compare(self, root: int, folder: Path, *, every: bool, there: bool) -> None:
        """Make the rows of one folder agree with its files."""
        sql = "SELECT name, inode, stamp FROM traces WHERE root = ?"
        known = {name: (inode, stamp) for name, inode, stamp in self._connection.execute(sql, (root,))}
        present = dict(_files(folder)) if there else {}
        every = every or len(present) <= _COMPARED_ANYWAY
        gone = known.keys() - present.keys()
        changed = [
            name
            for name, entry in present.items()
            if name not in known or known[name][0] != entry.inode() or (every and not _reads_as(entry, known[name][1]))
        ]
        if gone:
            with writing(self._connection):
                delete = "DELETE FROM traces WHERE root = ? AND name = ?"
                self._connection.executemany(delete, [(root, name) for name in gone])
        for start in range(0, len(changed), _AT_ONCE):
            self._take_up(root, [folder / name for name in sorted(changed)[start : start + _AT_ONCE]])

    def _look_at_broken(self, root: Path) -> None:
        """Read again the files that were no traces and changed since: they are few, and somebody may be at them."""
        sql = "SELECT name, stamp FROM traces WHERE root = ? AND problem != ''"
        number = next(number for number, known in self._numbers.items() if known == root)
        broken = [(root / FOLDER / name, stamp) for name, stamp in self._connection.execute(sql, (number,))]
        seen = ((path, stamp, look(path, self._now_ns)[0]) for path, stamp in broken)
        changed = [path for path, stamp, status in seen if status is not None and stamp_of(status) != stamp]
        if changed:
            self._take_up(number, changed)

    def _take_up(self, root: int, paths: Iterable[Path]) -> None:
        """Read these files and put them in their rows."""
        found = []
        for path in paths:
            status, looked_ns = look(path, self._now_ns)
            if status is not None:
                found.append((path, read(path), settled(status, looked_ns), status.st_ino))
        with writing(self._connection):
            for path, reading, stamp, inode in found:
                self._put(root, path, reading, stamp, inode)
        for _, reading, _, _ in found:
            if reading.problem:
                self._on_notice(reading.problem)

    def _put(self, root: int, path: Path, reading: Reading, stamp: str, inode: int) -> None:
        """The row of one file, whatever stood there before."""
        trace, salt = reading.trace, reading.page.salt if reading.page is not None else ""
        packed = zlib.compress(msgspec.json.encode(trace), 1) if trace is not None else b""
        fields = (inode, stamp, reading.content_hash, trace.id if trace is not None else "", reading.signature)
        self._connection.execute(
            """
            INSERT INTO traces (root, name, inode, stamp, content_hash, id, signature, agent, salt, problem, trace)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (root, name) DO UPDATE SET inode = excluded.inode, stamp = excluded.stamp,
                content_hash = excluded.content_hash, id = excluded.id, signature = excluded.signature,
                agent = excluded.agent, salt = excluded.salt, problem = excluded.problem, trace = excluded.trace
            """,
            (root, path.name, *fields, reading.agent, salt, reading.problem, packed),
        )
        if trace is not None:
            add = "INSERT OR IGNORE INTO skeletons (signature) VALUES (?)"
            added = self._connection.execute(add, (trace.signature,))
            if added.rowcount:
                words = "INSERT INTO skeleton_words (rowid, skeleton, pairs) VALUES (?, ?, ?)"
                pairs = " ".join(features(trace.skeleton)[1])
                self._connection.execute(words, (added.lastrowid, trace.skeleton, pairs))

    def _forget_skeletons(self) -> None:
        """Drop the words of skeletons that no trace has any more."""
        with writing(self._connection):
            sql = "SELECT number FROM skeletons WHERE signature NOT IN (SELECT signature FROM traces)"
            gone = self._connection.execute(sql).fetchall()
            self._connection.executemany("DELETE FROM skeleton_words WHERE rowid = ?", gone)
            self._connection.executemany("DELETE FROM skeletons WHERE number = ?", gone)
            forget(self._connection, gone)


def _files(folder: Path) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """The files in which a trace may stand; no link is followed, for it might lead out of the volume."""
    with os.scandir(folder) as entries:
        for entry in entries:
            name = entry.name
            if name.endswith(SUFFIX) and not name.startswith(".") and entry.is_file(follow_symlinks=False):
                yield name, entry


def _reads_as(entry: os.DirEntry[str], stamp: str) -> bool:
    try:
        return stamp_of(entry.stat(follow_symlinks=False)) == stamp
    except OSError:
        return False
