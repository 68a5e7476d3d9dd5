"""The index agrees with the journals, whatever happens to it, and says what it had to do for that."""

import shutil
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from llmos.clock import SimulatedClock
from llmos.errors import StorageError
from llmos.messages import Message, Reply, Text, Usage
from llmos.traces.events import Event, MessageAdded, ModelFailed, ModelReplied
from llmos.traces.index import LONGEST_GOAL, RunIndex, RunRow, UsageRow, record_run
from llmos.traces.journal import Journal, new_run_id
from llmos.traces.schema import MIGRATIONS
from tests.support.disks import remount_read_only, tmpfs
from tests.support.journals import finished, started, write_run


def spending(agent: str, model: str, cost_usd: float, clock: SimulatedClock, home: Path, outcome: str = "done") -> Path:
    """The journal of a run whose two calls, one of them broken off, cost this; the next run starts a day later."""
    reply = Reply((Text("yes"),), "end", Usage(10, 1, 2, 3), model)
    broken = ModelFailed(model=model, reason="connection lost", usage=Usage(5), cost_usd=cost_usd / 2)
    events: list[Event] = [
        started("r", agent=agent, model=model),
        broken,
        ModelReplied.of(1, reply, cost_usd / 2, 0.1),
    ]
    path = write_run(home, [*events, finished(outcome)], clock)
    clock.advance(24 * 3600)
    return path


def test_a_row_holds_what_the_journal_says(tmp_path: Path) -> None:
    """Tokens and dollars are summed from the replies, so that they are right for runs that were cut off too."""
    path = write_run(tmp_path)
    with RunIndex.open(tmp_path) as index:
        index.update(path)
        index.update(path)
        assert index.list() == (
            RunRow(
                run_id=path.stem,
                started="2026-01-01T00:00:00.000Z",
                agent="operator",
                goal="Pick up the cube",
                model="local:pocket.gguf",
                mode="LEARNER",
                outcome="done",
                cost_usd=0.25,
                input_tokens=120,
                output_tokens=30,
                cache_read_tokens=0,
                cache_write_tokens=0,
                steps=2,
                tool_calls=2,
                duration_s=1.5,
                parent="",
                journal=f"journals/2026/01/{path.name}",
            ),
        )


def test_the_latest_runs_come_first(tmp_path: Path) -> None:
    """A list is cut at its old end, and can be one agent's."""
    clock = SimulatedClock()
    paths = [spending(agent, "m", 0.0, clock, tmp_path) for agent in ("coder", "operator", "coder")]
    with RunIndex.open(tmp_path) as index:
        index.refresh()
        assert [row.run_id for row in index.list(limit=2)] == [paths[2].stem, paths[1].stem]
        assert [row.run_id for row in index.list(agent="coder")] == [paths[2].stem, paths[0].stem]


def test_usage_is_summed_by_day_agent_and_model(tmp_path: Path) -> None:
    """Days newest first, agents and models dearest first."""
    clock = SimulatedClock()
    spending("coder", "claude", 1.0, clock, tmp_path)
    spending("operator", "pocket", 0.0, clock, tmp_path, "failed")
    spending("coder", "pocket", 0.5, clock, tmp_path)
    one, two = Usage(15, 1, 2, 3), Usage(30, 2, 4, 6)
    with RunIndex.open(tmp_path) as index:
        index.refresh()
        assert index.usage() == (
            UsageRow("2026-01-03", 1, 1, one, 0.5),
            UsageRow("2026-01-02", 1, 0, one, 0.0),
            UsageRow("2026-01-01", 1, 1, one, 1.0),
        )
        assert index.usage("agent") == (UsageRow("coder", 2, 2, two, 1.5), UsageRow("operator", 1, 0, one, 0.0))
        assert index.usage("model", since="2026-01-02") == (UsageRow("pocket", 2, 1, two, 0.5),)


def test_refresh_finds_new_unfinished_and_deleted_runs(tmp_path: Path) -> None:
    """A run that was killed never reported itself; one that was deleted is forgotten."""
    clock = SimulatedClock()
    gone = spending("coder", "m", 0.0, clock, tmp_path)
    run_id = new_run_id(clock)
    with RunIndex.open(tmp_path) as index, Journal.create(tmp_path, run_id, clock) as journal:
        journal.write(started(run_id, goal="g" * (LONGEST_GOAL + 1)))
        index.refresh()
        assert [(row.run_id, row.outcome, len(row.goal)) for row in index.list()] == [
            (run_id, "", LONGEST_GOAL),
            (gone.stem, "done", len("Pick up the cube")),
        ]
        journal.write(finished("interrupted"))
        gone.unlink()
        index.refresh()
        assert [(row.run_id, row.outcome) for row in index.list()] == [(run_id, "interrupted")]


def test_a_bad_journal_does_not_hide_the_others(tmp_path: Path) -> None:
    """It is named; what can be read is listed; one in which nothing started is no run."""
    clock = SimulatedClock()
    good, bad = spending("coder", "m", 0.0, clock, tmp_path), spending("coder", "m", 0.0, clock, tmp_path)
    bad.write_bytes(b"nonsense\n" + bad.read_bytes())
    write_run(tmp_path, [MessageAdded.of(Message("user", (Text("hello"),)))], clock)
    said: list[str] = []
    with RunIndex.open(tmp_path) as index:
        index.rebuild(said.append)
        assert [row.run_id for row in index.list()] == [good.stem]
    assert [sentence.partition(": ")[0] for sentence in said] == [f"{bad}:1"]


def test_rebuilding_gives_the_same_table(tmp_path: Path) -> None:
    """The table holds nothing that the journals do not say."""
    clock = SimulatedClock()
    for _ in range(3):
        spending("coder", "m", 0.25, clock, tmp_path)
    with RunIndex.open(tmp_path) as index:
        index.refresh()
        before = index.list()
        index.rebuild()
        assert index.list() == before


@pytest.mark.parametrize(
    "damage", [b"this is no database, but long enough to be read as one" * 4, b"SQLite format 3\0" * 9]
)
def test_a_damaged_index_is_moved_aside_and_made_anew(tmp_path: Path, damage: bytes) -> None:
    """Nobody has to repair what can be rebuilt."""
    path = write_run(tmp_path)
    (tmp_path / "index.sqlite").write_bytes(damage)
    said: list[str] = []
    with RunIndex.open(tmp_path, said.append) as index:
        index.refresh()
        assert [row.run_id for row in index.list()] == [path.stem]
    (sentence,) = said
    assert sentence == (
        f"the index {tmp_path}/index.sqlite was damaged (file is not a database); "
        "it is now index.damaged.sqlite and a new one is made"
    )
    assert (tmp_path / "index.damaged.sqlite").read_bytes() == damage


def test_a_page_that_rots_inside_is_noticed(tmp_path: Path) -> None:
    """The head of the file is whole, a page behind it is not."""
    clock = SimulatedClock()
    for _ in range(40):
        spending("coder", "m", 0.0, clock, tmp_path)
    with RunIndex.open(tmp_path) as index:
        index.refresh()
    file = tmp_path / "index.sqlite"
    content = bytearray(file.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    file.write_bytes(content)
    said: list[str] = []
    with RunIndex.open(tmp_path, said.append) as index:
        index.refresh()
        assert len(index.list(limit=100)) == 40
    assert [" was damaged (" in sentence for sentence in said] == [True]


def test_an_index_of_a_newer_llmos_is_left_alone(tmp_path: Path) -> None:
    """It is neither misread nor destroyed."""
    path = write_run(tmp_path)
    file = tmp_path / "index.sqlite"
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = file.read_bytes()
    said: list[str] = []
    with RunIndex.open(tmp_path, said.append) as index:
        index.refresh()
        assert [row.run_id for row in index.list()] == [path.stem]
    (sentence,) = said
    assert sentence == (
        f"the index {file} cannot be used (its version 99 is newer than the 3 of this llmos); "
        "for this command it is kept in memory"
    )
    with sqlite3.connect(file) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (99,)
    connection.close()
    assert len(before) == len(file.read_bytes())


def test_a_read_only_home_is_indexed_in_memory(tmp_path: Path) -> None:
    """Looking at runs needs no permission to write."""
    with tmpfs(tmp_path / "disk", "size=1m") as disk:
        path = write_run(disk)
        remount_read_only(disk)
        said: list[str] = []
        with RunIndex.open(disk, said.append) as index:
            index.refresh()
            assert [row.run_id for row in index.list()] == [path.stem]
        (sentence,) = said
        assert sentence == (
            f"the index {disk}/index.sqlite cannot be used "
            f"([Errno 30] Read-only file system: '{disk}/index.sqlite'); for this command it is kept in memory"
        )


def test_a_full_disk_is_a_notice_and_loses_no_run(tmp_path: Path) -> None:
    """The run has ended well; its row comes with the next refresh."""
    with tmpfs(tmp_path / "disk", "size=192k") as disk:
        path = write_run(disk)
        (disk / "ballast").write_bytes(b"b" * (164 * 1024))
        said: list[str] = []
        record_run(disk, path, said.append)
        assert [sentence.partition("/disk/index.sqlite ")[2][:8] for sentence in said] == ["cannot b"]
        (disk / "ballast").unlink()
        record_run(disk, path, said.append)
        with RunIndex.open(disk) as index:
            assert [row.run_id for row in index.list()] == [path.stem]


def test_recording_a_run_that_cannot_be_read_is_a_notice(tmp_path: Path) -> None:
    """The end of a run is no place for a traceback."""
    said: list[str] = []
    record_run(tmp_path, tmp_path / "journals" / "no.jsonl", said.append)
    assert said == [f"there is no journal {tmp_path}/journals/no.jsonl; `llmos trace list` shows the runs there are"]


def test_what_sqlite_refuses_is_a_sentence(tmp_path: Path) -> None:
    """Another program took the table away under us."""
    with RunIndex.open(tmp_path) as index:
        other = sqlite3.connect(tmp_path / "index.sqlite")
        other.execute("DROP TABLE runs")
        other.close()
        with pytest.raises(StorageError) as caught:
            index.list()
    assert str(caught.value) == (
        f"the index {tmp_path}/index.sqlite refused: no such table: runs; "
        "the journals are whole, `llmos trace reindex` makes it anew"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_only_the_owner_can_read_the_index(tmp_path: Path) -> None:
    """Goals are private."""
    with RunIndex.open(tmp_path / "home") as index:
        index.refresh()
        files = list((tmp_path / "home").glob("index.sqlite*"))
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
        assert len(files) == 3


RECORDER = """
import sys
from pathlib import Path
from llmos.clock import RealClock
from llmos.traces.index import record_run
from llmos.traces.journal import Journal, new_run_id
from llmos.traces.schema import MIGRATIONS
from tests.support.journals import small_run
home = Path(sys.argv[1])
for _ in range(15):
    with Journal.create(home, new_run_id(RealClock()), RealClock()) as journal:
        for event in small_run(journal.run_id):
            journal.write(event)
    record_run(home, journal.path, print)
"""


def test_two_processes_make_and_fill_one_index(tmp_path: Path) -> None:
    """Both start on an empty home; no row is lost and nobody complains."""
    command = [sys.executable, "-c", RECORDER, str(tmp_path)]
    writers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [(writer.communicate()[0], writer.returncode) for writer in writers] == [("", 0), ("", 0)]
    with RunIndex.open(tmp_path) as index:
        assert len(index.list(limit=100)) == 30


def test_an_index_of_the_first_version_keeps_its_runs(tmp_path: Path) -> None:
    """A stored file, as LLMos wrote it when it knew no traces."""
    shutil.copy(Path(__file__).parent / "indexes" / "v1.sqlite", tmp_path / "index.sqlite")
    with RunIndex.open(tmp_path) as index:
        assert [row.started for row in index.list()] == [f"2026-01-0{day}T00:00:00.000Z" for day in (3, 2, 1)]
    connection = sqlite3.connect(tmp_path / "index.sqlite")
    assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    assert connection.execute("SELECT count(*) FROM traces").fetchone() == (0,)
    connection.close()
