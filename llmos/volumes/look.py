"""One look at the folders: reads what changed since the moment before, and makes the next moment of it.

Does not decide when to look. A broken save never replaces a good version.
"""

import os
from collections.abc import Iterable, Mapping, Sequence

from llmos.documents.document import NEVER_CLOSED, BrokenDocumentError, Problem
from llmos.errors import DocumentError
from llmos.volumes.row import Row, broken_row, is_whole, kept, problem_of, read_row, settled
from llmos.volumes.scan import Found, Scan
from llmos.volumes.state import Changes, State
from llmos.volumes.store import Store


class Look:
    """Compares the files with `before`."""

    def __init__(self, before: State, store: Store | None, looked_ns: int) -> None:
        self._before = before
        self._store = store
        self._looked_ns = looked_ns
        self._new: list[tuple[Row, bytes]] = []
        self._changes: list[Changes] = []

    def everywhere(self) -> State:
        """The moment after a look at all folders."""
        problems: list[Problem] = []
        for volume, known in zip(self._before.volumes, self._before.rows, strict=True):
            scan = Scan(volume)
            self._changes.append(self._compare(known, scan.everything(), set(known)))
            problems += scan.problems
        return self._after(problems)

    def near(self, paths: Sequence[str]) -> State:
        """The moment after a look at these files and folders only."""
        problems = [problem for problem in self._before.found if not _lies_at(problem.path, paths)]
        for volume, known in zip(self._before.volumes, self._before.rows, strict=True):
            scan = Scan(volume)
            found = {one.path: one for path in paths for one in scan.near(path)}
            expected = {path for path in paths if path in known}
            if len(expected) < len(paths):
                expected = {path for path in known if _lies_at(path, paths)}
            self._changes.append(self._compare(known, found.values(), expected))
            problems += scan.problems
        return self._after(problems)

    def keep(self, after: State) -> None:
        """Store what is new for the next start; where that is not possible, hold the contents in memory."""
        placed = zip(after.volumes, after.rows, self._changes, strict=True)
        volumes = {str(volume.root): (list(rows.values()), changes) for volume, rows, changes in placed if changes}
        if not volumes:
            return
        if self._store is None or not self._store.save(volumes, self._new):
            for row, content in self._new:
                row.content = content

    def _compare(self, known: Mapping[str, Row], found: Iterable[Found], expected: set[str]) -> Changes:
        """What is new, what reads differently, and what was expected and is gone."""
        changes: dict[str, Row | None] = {}
        for one in found:
            expected.discard(one.path)
            old = known.get(one.path)
            if old is None or old.signature != one.signature:
                changes[one.path] = self._read(one, old)
        for path in expected:
            self._pin(known[path])
            changes[path] = None
        return changes

    def _read(self, found: Found, old: Row | None) -> Row:
        before = old if old is not None and old.usable else None
        try:
            row, content = read_row(found, self._looked_ns)
            if before is not None and not is_whole(content) and is_whole(self._pin(before) or b""):
                raise BrokenDocumentError(found.path, 1, NEVER_CLOSED)
        except DocumentError as error:
            return self._broken(found, before, problem_of(error, found.path))
        if before is not None and before.content_hash != row.content_hash:
            self._pin(before)
        self._new.append((row, content))
        return row

    def _broken(self, found: Found, before: Row | None, problem: Problem) -> Row:
        signature = settled(found.signature, self._looked_ns)
        if before is None or self._pin(before) is None:
            return broken_row(found, signature, problem)
        return kept(before, signature, problem)

    def _pin(self, row: Row) -> bytes | None:
        """Let a row that is about to be replaced hold its content itself: a run may have begun with it."""
        if row.content is None and row.usable and self._store is not None:
            row.content = self._store.content(row)
        return row.content

    def _after(self, problems: Sequence[Problem]) -> State:
        if not any(self._changes) and tuple(problems) == self._before.found:
            return self._before
        return self._before.changed(self._changes, problems)


def _lies_at(path: str, places: Iterable[str]) -> bool:
    return any(path == place or path.startswith(place + os.sep) for place in places)
