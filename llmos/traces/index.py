"""A table of all runs, in SQLite, made from their journals and good for nothing but finding them fast.

Knows only what journals say: it may be deleted at any time and comes back whole with `refresh`. Calls block; async
callers use a worker thread. Several processes may use it at once.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from llmos.errors import StorageError
from llmos.messages import Usage, valid_unicode
from llmos.traces.events import Entries, ModelFailed, ModelReplied, RunFinished, RunStarted, ToolCalled
from llmos.traces.journal import journals
from llmos.traces.reading import Notice, nobody, read_journal
from llmos.traces.schema import INDEX, open_index

LONGEST_GOAL = 1000
"""Characters of a goal that the table keeps; the journal has it whole."""


@dataclass(frozen=True, slots=True)
class RunRow:
    """What the table knows of one run; tokens and dollars are its own, without those of runs it delegated."""

    run_id: str
    started: str
    agent: str
    goal: str
    model: str
    mode: str
    outcome: str
    """Empty while the run goes on, and for ever when it was cut off."""
    cost_usd: float
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    steps: int
    tool_calls: int
    duration_s: float
    parent: str
    journal: str
    """Relative to the home."""


@dataclass(frozen=True, slots=True)
class UsageRow:
    """What the runs of one day (UTC), agent or model came to."""

    key: str
    runs: int
    done: int
    usage: Usage
    cost_usd: float


_COLUMNS = tuple(field.name for field in fields(RunRow))
_INSERT = f"INSERT OR REPLACE INTO runs ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM runs"  # noqa: S608
_KEYS = {"day": "substr(started, 1, 10)", "agent": "agent", "model": "model"}


class RunIndex:
    """The open table of one home; made by `open`."""

    def __init__(self, home: Path, connection: sqlite3.Connection) -> None:
        self._home = home
        self._connection = connection

    @classmethod
    def open(cls, home: Path, on_notice: Notice = nobody, *, kept: bool = False) -> "RunIndex":
        """The table of this home; where none can be used, an empty one in memory, which `refresh` fills as well.

        A damaged file is moved aside. `on_notice` gets a sentence about either. Where the table must be `kept`, a file
        that cannot be used is a StorageError.
        """
        return cls(home, open_index(home, on_notice, kept=kept))

    def update(self, journal: Path) -> None:
        """Read one journal into the table. Raises StorageError when journal or table refuse."""
        entries = read_journal(journal)
        if entries and isinstance(entries[0].event, RunStarted):
            row = _row(journal.relative_to(self._home), entries)
            with self._speaking(), self._connection:
                self._connection.execute(_INSERT, astuple(row))

    def refresh(self, on_notice: Notice = nobody) -> None:
        """Make the table agree with the journals: read new and unfinished ones, forget those that are gone.

        A journal that cannot be read gives a notice and stays out.
        """
        with self._speaking():
            known = dict(self._connection.execute("SELECT run_id, outcome FROM runs").fetchall())
        present = {path.stem: path for path in journals(self._home)}
        for run_id, path in sorted(present.items()):
            if not known.get(run_id):
                self._try_update(path, on_notice)
        with self._speaking(), self._connection:
            gone = [(run_id,) for run_id in known if run_id not in present]
            self._connection.executemany("DELETE FROM runs WHERE run_id = ?", gone)

    def _try_update(self, journal: Path, on_notice: Notice) -> None:
        """Read one of many journals; a bad one does not stop the others."""
        try:
            self.update(journal)
        except StorageError as error:
            on_notice(str(error))

    def rebuild(self, on_notice: Notice = nobody) -> None:
        """Empty the table and read every journal again."""
        with self._speaking(), self._connection:
            self._connection.execute("DELETE FROM runs")
        self.refresh(on_notice)

    def list(self, limit: int = 20, agent: str | None = None) -> tuple[RunRow, ...]:
        """The latest runs, newest first, of one agent or of all."""
        sql = f"{_SELECT} WHERE ? IS NULL OR agent = ? ORDER BY started DESC, run_id DESC LIMIT ?"
        whose = valid_unicode(agent)
        with self._speaking():
            return tuple(RunRow(*row) for row in self._connection.execute(sql, (whose, whose, limit)))

    def usage(self, by: Literal["day", "agent", "model"] = "day", since: str = "") -> tuple[UsageRow, ...]:
        """What was spent, per day (newest first), agent or model (dearest first), from an ISO day or time on.

        A run counts for the model it was started with.
        """
        order = "1 DESC" if by == "day" else "8 DESC, 1"
        sql = f"""
            SELECT {_KEYS[by]}, count(*), sum(outcome = 'done'), sum(input_tokens), sum(output_tokens),
                sum(cache_read_tokens), sum(cache_write_tokens), sum(cost_usd)
            FROM runs WHERE started >= ? GROUP BY 1 ORDER BY {order}
        """  # noqa: S608 - only our own words are put in
        with self._speaking():
            rows = self._connection.execute(sql, (since,)).fetchall()
        return tuple(UsageRow(row[0], row[1], row[2], Usage(*row[3:7]), row[7]) for row in rows)

    def close(self) -> None:
        """Give the file back; safe to call twice."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        """What SQLite refuses becomes a sentence."""
        try:
            yield
        except sqlite3.Error as error:
            path = self._home / INDEX
            raise StorageError(
                f"the index {path} refused: {error}; the journals are whole, `llmos trace reindex` makes it anew"
            ) from error


def record_run(home: Path, journal: Path, on_notice: Notice = nobody) -> None:
    """Put a run that has ended into the table; what goes wrong is a notice, for the next `refresh` makes up for it."""
    try:
        with RunIndex.open(home, on_notice) as index:
            index.update(journal)
    except StorageError as error:
        on_notice(str(error))


def _row(journal: Path, entries: Entries) -> RunRow:
    """What the table keeps of these entries, the first of which starts the run."""
    events = [entry.event for entry in entries]
    start = events[0]
    assert isinstance(start, RunStarted)
    paid = [event for event in events if isinstance(event, ModelReplied | ModelFailed)]
    end = next((event for event in reversed(events) if isinstance(event, RunFinished)), None)
    usage = sum((event.usage for event in paid), Usage())
    return RunRow(
        run_id=journal.stem,
        started=entries[0].at,
        agent=start.agent,
        goal=start.goal[:LONGEST_GOAL],
        model=start.model,
        mode=start.mode,
        outcome=end.outcome if end else "",
        cost_usd=sum(event.cost_usd for event in paid),
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cache_read_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        steps=sum(isinstance(event, ModelReplied) for event in events),
        tool_calls=sum(isinstance(event, ToolCalled) for event in events),
        duration_s=end.duration_s if end else 0.0,
        parent=start.parent or "",
        journal=journal.as_posix(),
    )
