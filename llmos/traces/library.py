"""The traces of some volumes: found by the goal they reached, kept as text files, forgotten when they are of no use.

Knows no goal parser and decides nothing: which trace is done again, and whether, is the dispatcher's. The index saves
time only; whatever is said here is checked against the files. Calls block; async callers use a worker thread, one at a
time.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from time import monotonic, thread_time, time_ns
from types import TracebackType
from typing import Final, Self, TypeVar

from llmos.disk import disk_said, write_whole
from llmos.documents.memory_rules import MemoryRules
from llmos.errors import LLMosError, StorageError, counted, nearest
from llmos.tables import begin_anew, is_damage
from llmos.traces import trace_file
from llmos.traces.encryption import Passphrase, new_salt
from llmos.traces.meaning import Meanings
from llmos.traces.pruning import Commit, Pruned, choose
from llmos.traces.reading import Notice, nobody
from llmos.traces.schema import INDEX, MIGRATIONS, open_index
from llmos.traces.scrub import Scrubber
from llmos.traces.shelf import Row, Shelf
from llmos.traces.stamps import Now
from llmos.traces.trace import Trace
from llmos.traces.trace_file import ENCRYPTED, FOLDER, Reading, name_of
from llmos.traces.usage import read_usage

T = TypeVar("T")

_COMMITTED_AT_ONCE: Final = 200  # as many paths as a command line holds everywhere
_CHEAP_S: Final = 0.02
_REST: Final = 10.0
"""Comparing every file may be cheap; after one that was not, so many times as long none is compared."""


class TraceLibrary:
    """The open library of one home; made by `open`, over the volumes given and no others."""

    def __init__(
        self,
        home: Path,
        roots: Mapping[str, Path],
        connection: sqlite3.Connection,
        on_notice: Notice,
        scrubber: Scrubber,
        passphrase: Passphrase | None,
        now_ns: Now,
        meanings: Meanings | None,
    ) -> None:
        self._meanings = meanings
        self._home = home
        self._roots = roots
        self._connection = connection
        self._on_notice = on_notice
        self._scrubber = scrubber
        self._passphrase = passphrase
        self._now_ns = now_ns
        self._shelf = Shelf(connection, tuple(roots.values()), on_notice, now_ns)
        self._rests_until_s = 0.0

    @classmethod
    def open(
        cls,
        home: Path,
        roots: Sequence[tuple[str, Path]],
        on_notice: Notice = nobody,
        *,
        secrets: Iterable[str] = (),
        passphrase: str = "",
        now_ns: Now = time_ns,
        meanings: Meanings | None = None,
    ) -> "TraceLibrary":
        """The library of these volumes (name, root), which must all be trusted: others are never seen.

        `secrets` are values that are never written down. Sensitive traces are written and found only with a
        `passphrase`. `on_notice` gets sentences about files that are no traces, and about a damaged index. `now_ns` is
        the clock that stamps files. With `meanings`, goals are similar also where they share no word.
        """
        placed = {name: root.resolve() for name, root in roots}
        words = Passphrase(passphrase) if passphrase else None
        return cls(home, placed, open_index(home, on_notice), on_notice, Scrubber(secrets), words, now_ns, meanings)

    def exact(self, signature: str, agent: str) -> tuple[Trace, ...]:
        """The agent's traces of goals with this signature, the oldest first. Raises StorageError.

        An empty answer is given only after every file was compared with the index; in a large library, of questions
        soon after, only after the folders were.
        """
        found = self._ask(lambda: self._exact(signature, agent))
        if not found and self._look_again():
            found = self._ask(lambda: self._exact(signature, agent))
        return found

    def similar(self, skeleton: str, limit: int, agent: str) -> tuple[tuple[Trace, float], ...]:
        """Traces of goals that are alike, the newest of each skeleton, with a score from 0 to 1, best first.

        Encrypted traces are never among them. Raises StorageError.
        """
        return self._ask(lambda: tuple(self._similar(skeleton, limit, agent)))

    def groups(self) -> tuple[tuple[str, str, int], ...]:
        """Signature, agent and number of traces of every skeleton, the most frequent first; without encrypted ones."""
        return self._ask(lambda: tuple(self._shelf.groups()))

    def all(self) -> Iterator[tuple[Path, Trace]]:
        """Every trace that can be read, with its file, by path."""
        for number in self._ask(self._shelf.numbers):
            found = self._ask(partial(self._at, number))
            if found is not None:
                yield found

    def path_of(self, trace_id: str) -> Path:
        """The file of a trace; LLMosError names the nearest one where there is none of this id."""
        path = self._ask(lambda: self._path_of(trace_id))
        if path is None:
            raise LLMosError(f"there is no trace '{trace_id}'; {nearest(trace_id, self._ask(self._shelf.ids))}")
        return path

    def add(self, root: Path, trace: Trace) -> Path:
        """Keep a trace in a volume; its file, whole on disk. One that is there already counts its uses.

        Raises LLMosError for what must not be kept, StorageError where the disk refuses.
        """
        given, root = root, root.resolve()
        if root not in self._roots.values():
            raise LLMosError(f"{given} is no volume of this library; known are: {', '.join(self._roots)}")
        if trace.sensitive and self._passphrase is None:
            raise LLMosError(trace_file.UNPROTECTED)
        salts = self._ask(self._shelf.salts)
        salt = next(iter(salts), "") or new_salt()
        path = root / FOLDER / trace_file.file_name(trace, self._passphrase, salt)
        with self._alone():
            known = self._known(root, path, trace)
            path = self._raise(*known, trace) if known else self._write(path, trace, salt)
        self._ask(lambda: None)
        return given / FOLDER / path.name

    def closed(self) -> int:
        """How many encrypted traces our passphrase does not open."""
        rows = self._ask(lambda: list(self._shelf.encrypted()))
        return sum(self._trace(row) is None for row in rows)

    def text_of(self, trace: Trace) -> str:
        """What would stand in the file of a trace; LLMosError for what must not be kept."""
        salt = next(iter(self._ask(self._shelf.salts)), "") or new_salt()
        return trace_file.written(trace, self._scrubber, self._passphrase, salt)

    def remove(self, paths: Iterable[Path]) -> None:
        """Delete the files of traces; what git has of them, it keeps. Raises LLMosError, StorageError."""
        folders = {root / FOLDER for root in self._roots.values()}
        for path in paths:
            if path.parent.resolve() not in folders:
                raise LLMosError(f"{path} is no trace of this library; known are: {', '.join(self._roots)}")
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise disk_said("remove the trace", path, error) from error
        self._ask(lambda: None)

    def prune(
        self, root: Path, rules: MemoryRules, now: datetime, commit: Commit, *, dry_run: bool = False
    ) -> tuple[Pruned, ...]:
        """Remove the traces of a volume that the rules do not keep; each with the reason.

        `commit` is called with their files before they are deleted and after, so that git has them; what it raises for
        is not deleted.
        """
        folder = root.resolve() / FOLDER
        traces = [(root / FOLDER / path.name, trace) for path, trace in self.all() if path.parent == folder]
        pruned = tuple(choose(traces, read_usage(root), rules, now))
        for start in range(0, 0 if dry_run else len(pruned), _COMMITTED_AT_ONCE):
            some = pruned[start : start + _COMMITTED_AT_ONCE]
            paths = [each.path for each in some]
            commit(paths, "Keep traces that are about to be pruned")
            self.remove(paths)
            commit(paths, "\n".join((f"Prune {counted(len(some), 'trace')}", *map(str, some))))
        return pruned

    def refresh(self) -> None:
        """Compare every file with the index, and say again which are no traces. Raises StorageError."""
        self._ask(lambda: self._shelf.settle(every=True))
        for problem in self._ask(lambda: list(self._shelf.problems())):
            self._on_notice(problem)

    def rebuild(self) -> int:
        """Empty the index of these volumes and read every file again; how many traces there are."""
        self._ask(self._shelf.clear)
        self._ask(lambda: self._shelf.settle(every=True))
        if self._meanings is not None:
            self._meanings.catch_up(self._connection, self._may_be_read)
        return len(self._ask(self._shelf.numbers))

    def close(self) -> None:
        """Give the index back; safe to call twice."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _exact(self, signature: str, agent: str) -> tuple[Trace, ...]:
        rows = [*self._shelf.find(signature, agent), *self._encrypted(signature, agent)]
        readings = (reading for row in rows if (reading := self._reading(row)) is not None)
        found = {reading.id: reading.trace for reading in readings if reading.trace is not None}
        return tuple(found[one] for one in sorted(found, key=lambda one: (found[one].created, one)))

    def _encrypted(self, signature: str, agent: str) -> Iterator[Row]:
        """The rows of encrypted traces that our passphrase finds."""
        if self._passphrase is not None:
            for salt in self._shelf.salts():
                yield from self._shelf.find(ENCRYPTED + self._passphrase.tag(name_of(signature, agent), salt), "")

    def _similar(self, skeleton: str, limit: int, agent: str) -> Iterator[tuple[Trace, float]]:
        for signature, score in self._shelf.nominate(skeleton, agent, self._meanings, self._may_be_read):
            if limit <= 0:
                return
            traces = self._exact(signature, agent)
            if traces:
                limit -= 1
                yield traces[-1], score

    def _may_be_read(self, text: str) -> bool:
        """Whether a text holds no secret, so that a vector may be kept of it."""
        return self._scrubber.scrub(raw := text.encode("utf-8", "replace")) == raw

    def _path_of(self, trace_id: str) -> Path | None:
        known = next((row.path for row in self._shelf.with_id(trace_id)), None)
        if known is not None or self._passphrase is None:
            return known
        hidden = ((row.path, self._trace(row)) for row in self._shelf.encrypted())
        return next((path for path, trace in hidden if trace is not None and trace.id == trace_id), None)

    def _at(self, number: int) -> tuple[Path, Trace] | None:
        row = self._shelf.row(number)
        trace = self._trace(row) if row is not None else None
        return None if row is None or trace is None else (row.path, trace)

    def _trace(self, row: Row) -> Trace | None:
        reading = self._reading(row)
        return None if reading is None else reading.trace

    def _reading(self, row: Row) -> Reading | None:
        """What a row's file holds now, decrypted where that can be done."""
        reading = self._shelf.reading(row)
        return None if reading is None else self._opened(reading, row.path)

    def _opened(self, reading: Reading, path: Path) -> Reading | None:
        if reading.page is None or self._passphrase is None:
            return reading
        return trace_file.decrypted(reading.page, self._passphrase, path)

    def _look_again(self) -> bool:
        """Compare every file; whether it was done. In large libraries that takes up to a tenth of our time, no more."""
        if monotonic() < self._rests_until_s:
            return False
        began_s = thread_time()
        self._ask(lambda: self._shelf.settle(every=True))
        took_s = thread_time() - began_s
        if took_s > _CHEAP_S:
            self._rests_until_s = monotonic() + _REST * took_s
        return True

    def _known(self, root: Path, path: Path, trace: Trace) -> tuple[Path, Trace] | None:
        """The file that holds the same trace already, whatever it is called by now."""
        rows = self._encrypted(trace.signature, trace.agent) if trace.sensitive else self._shelf.with_id(trace.id)
        for each in (path, *(row.path for row in rows if row.path.parent == root / FOLDER)):
            known = self._opened(trace_file.read(each), each)
            if known is not None and known.trace is not None and known.id == trace.id:
                return each, known.trace
        return None

    def _raise(self, path: Path, known: Trace, trace: Trace) -> Path:
        """Count the uses of a trace that is there; what it rests on by now takes the place of what it rested on.

        One that comes without uses, as imported ones do, changes nothing.
        """
        if trace.uses == 0:
            return path
        used = replace(
            known, uses=known.uses + trace.uses, last_used=max(known.last_used, trace.last_used or trace.created)
        )
        renewed = not trace.imported and trace.created > known.created and trace.basis != known.basis
        if renewed:
            used = replace(trace, uses=used.uses, last_used=used.last_used, sensitive=known.sensitive)
        if not used.sensitive and renewed:
            return self._write(path, used, "")
        if not used.sensitive:
            write_whole(path, trace_file.raised(path.read_text("utf-8"), used, path).encode(), mode=0o644)
            return path
        page = trace_file.read(path).page
        return self._write(path, used, page.salt if page is not None else new_salt())

    def _write(self, path: Path, trace: Trace, salt: str) -> Path:
        text = trace_file.written(trace, self._scrubber, self._passphrase, salt)
        write_whole(path, text.encode("utf-8", "surrogatepass"), mode=0o644, doing="keep the trace")
        return path

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """No other process adds a trace meanwhile, unless the index cannot be locked: then uses may be counted once."""
        with suppress(sqlite3.Error):
            self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def _ask(self, question: Callable[[], T]) -> T:
        """The answer of an index that agrees with the folders; one that turns out to be damaged is made anew."""
        try:
            return self._settled(question)
        except sqlite3.Error as error:
            if not is_damage(error):
                raise self._refused(error) from error
            damage = error
        self._connection.close()
        try:
            self._connection = begin_anew(self._home / INDEX, MIGRATIONS, damage, self._on_notice)
            self._shelf = Shelf(self._connection, tuple(self._roots.values()), self._on_notice, self._now_ns)
            return self._settled(question)
        except (sqlite3.Error, OSError) as error:
            raise self._refused(error) from error

    def _settled(self, question: Callable[[], T]) -> T:
        try:
            self._shelf.settle()
        except sqlite3.OperationalError as error:  # busy, full, read-only: what it knows is true all the same
            self._on_notice(f"the index {self._home / INDEX} cannot take up what is new ({error})")
        return question()

    def _refused(self, error: Exception) -> StorageError:
        path = self._home / INDEX
        return StorageError(
            f"the index {path} refused: {error}; the traces are whole, `llmos trace reindex` reads them"
        )
