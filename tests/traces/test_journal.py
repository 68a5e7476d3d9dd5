"""A journal holds what was given to it, in order, whole, and private; or says in one sentence why it cannot."""

import os
import random
import re
import signal
import stat
import subprocess
import sys
from pathlib import Path

import anyio
import msgspec
import pytest

from llmos.clock import SimulatedClock
from llmos.errors import LLMosError, StorageError
from llmos.messages import Effect, Image, Message, Text, ToolResult
from llmos.traces.bus import Bus
from llmos.traces.events import Event, FileKept, MessageAdded, RunStarted, TextStreamed, ToolCalled, ToolReturned
from llmos.traces.journal import LARGEST_INLINE_IMAGE, Journal, journal_path, new_run_id
from llmos.traces.reading import read_journal
from tests.support.disks import remount_read_only, tmpfs, unprivileged
from tests.support.journals import finished, small_run, started

RUN = "20261120-095132-k3f9qz"
NOTE = MessageAdded.of(Message("user", (Text("x" * 900),)))


def open_journal(home: Path, bus: Bus | None = None, secrets: tuple[str, ...] = ()) -> Journal:
    """A journal at a fixed place and time."""
    return Journal.create(home, RUN, SimulatedClock(), bus, secrets)


def write_many(journal: Journal) -> None:
    """More than a tiny disk can hold."""
    for _ in range(100):
        journal.write(NOTE)


def test_a_run_id_sorts_by_time_and_tells_runs_of_one_second_apart() -> None:
    """Two processes need not agree on anything."""
    clock = SimulatedClock()
    first = [new_run_id(clock) for _ in range(100)]
    clock.advance(1)
    assert len(set(first)) == 100
    assert max(first) < new_run_id(clock)
    assert new_run_id(clock, random.Random(1)) == new_run_id(clock, random.Random(1))


def test_the_place_of_a_journal_follows_from_its_run_id(tmp_path: Path) -> None:
    """A run is found without an index."""
    assert journal_path(tmp_path, RUN) == tmp_path / "journals" / "2026" / "11" / f"{RUN}.jsonl"


@pytest.mark.parametrize("wrong", ["", "../../etc/passwd", "20261320-095132-k3f9qz", f"{RUN}\n"])
def test_what_cannot_be_a_run_id_names_no_file(tmp_path: Path, wrong: str) -> None:
    """An id that a person types must not lead out of the home."""
    with pytest.raises(LLMosError) as caught:
        journal_path(tmp_path, wrong)
    assert str(caught.value) == (
        f"{wrong!r} is not a run id; they look like 20261120-095132-k3f9qz, and `llmos trace list` shows them"
    )


def test_a_line_is_the_envelope_and_the_event_in_one_object(tmp_path: Path) -> None:
    """Other programs read journals; the form of a line is a contract."""
    with open_journal(tmp_path) as journal:
        journal.write(started(RUN))
    assert journal.path.read_text() == (
        f'{{"v":1,"seq":1,"at":"2026-01-01T00:00:00.000Z","run":"{RUN}","type":"run_started","run_id":"{RUN}",'
        '"agent":"operator","goal":"Pick up the cube","model":"local:pocket.gguf","mode":"LEARNER"}\n'
    )


def test_events_come_back_as_they_were_written(tmp_path: Path) -> None:
    """Nothing is added, lost or reordered."""
    events = small_run(RUN)
    with open_journal(tmp_path) as journal:
        for event in events:
            journal.write(event)
    entries = read_journal(journal.path)
    assert [entry.event for entry in entries] == events
    assert [entry.seq for entry in entries] == list(range(1, len(events) + 1))


def test_a_result_is_stored_once(tmp_path: Path) -> None:
    """The message that carries a tool's answer refers to it; a long file is not written twice."""
    result = ToolResult("c1", (Text("y" * 10_000),))
    with open_journal(tmp_path) as journal:
        journal.write(ToolReturned.of(result, "Read", 0.1))
        journal.write(MessageAdded.of(Message("user", (result,))))
    assert journal.path.stat().st_size < 11_000


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_only_the_owner_can_read_a_journal(tmp_path: Path) -> None:
    """Goals and answers are private, whatever the umask says."""
    picture = Image(b"p" * (LARGEST_INLINE_IMAGE + 1))
    with open_journal(tmp_path / "home") as journal:
        journal.write(MessageAdded.of(Message("user", (picture,))))
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "home").rglob("*")}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}


def test_small_pictures_stand_in_the_line_and_large_ones_beside_it(tmp_path: Path) -> None:
    """A journal stays readable, and the same picture is kept once."""
    small, large = Image(b"s" * 100), Image(b"l" * (LARGEST_INLINE_IMAGE + 1), "image/jpeg")
    events = [
        MessageAdded.of(Message("user", (small, large))),
        ToolReturned.of(ToolResult("c1", (large, Text("a view"))), "get_camera_feed", 0.1),
        MessageAdded.of(Message("user", (ToolResult("c9", (large,)),))),
    ]
    with open_journal(tmp_path) as journal:
        for event in events:
            journal.write(event)
    assert [entry.event for entry in read_journal(journal.path)] == events
    assert [path.suffix for path in journal.path.with_suffix(".d").iterdir()] == [".jpeg"]
    assert journal.path.stat().st_size < 2_000


def test_secrets_do_not_reach_the_disk(tmp_path: Path) -> None:
    """What looks like a key is removed, and so are the keys in use, in values and in names."""
    with open_journal(tmp_path, secrets=("correct horse",)) as journal:
        journal.write(started(RUN, goal=f"use sk-ant-{'a1' * 20} and correct horse"))
        journal.write(ToolCalled(call_id="c1", tool="t", args={"correct horse": 1}, effect=Effect.PURE))
    assert 'goal":"use [secret removed] and [secret removed]"' in journal.path.read_text()
    assert "correct horse" not in journal.path.read_text()


def test_a_kept_file_loses_its_secrets_and_says_so(tmp_path: Path) -> None:
    """A key must not hide in base64, and a file without its key must not be put back."""
    before = f"A=1\nKEY=sk-ant-{'a1' * 20}\n".encode()
    untouched = [FileKept(path="notes.md", before=b"plain"), FileKept(path="new.md", before=None)]
    with open_journal(tmp_path, secrets=('quo"te-key',)) as journal:
        for event in (FileKept(path=".env", before=before + b'B=quo"te-key'), *untouched):
            journal.write(event)
    scrubbed = FileKept(path=".env", before=b"A=1\nKEY=[secret removed]\nB=[secret removed]", scrubbed=True)
    assert [entry.event for entry in read_journal(journal.path)] == [scrubbed, *untouched]


def test_half_a_surrogate_pair_does_not_stop_a_run(tmp_path: Path) -> None:
    r"""A model may write \ud83d in JSON; UTF-8 cannot hold it alone, so U+FFFD takes its place."""
    with open_journal(tmp_path) as journal:
        journal.write(ToolCalled(call_id="c\ud83d", tool="t", args={"a\udc00": ["\ud83d\ude00"]}, effect=Effect.PURE))
    (entry,) = read_journal(journal.path)
    assert entry.event == ToolCalled(call_id="c\ufffd", tool="t", args={"a\ufffd": ["\U0001f600"]}, effect=Effect.PURE)


def test_arguments_that_are_nested_too_deeply_are_a_sentence(tmp_path: Path) -> None:
    """A hostile model gets no traceback out of us."""
    args: dict[str, object] = {}
    for _ in range(5000):
        args = {"a": args}
    with open_journal(tmp_path) as journal, pytest.raises(StorageError) as caught:
        journal.write(ToolCalled(call_id="c", tool="t", args=args, effect=Effect.PURE))
    assert str(caught.value) == f"the journal {journal.path} cannot hold this ToolCalled: it is nested too deeply"


def test_events_are_published_after_they_were_written(tmp_path: Path) -> None:
    """Whoever hears of an event finds it in the journal."""
    bus, heard = Bus(), []
    journal = open_journal(tmp_path, bus)
    bus.subscribe(lambda event, run: heard.append((event, run, len(read_journal(journal.path)))))
    journal.write(started(RUN), durable=True)
    journal.write(finished())
    assert heard == [(started(RUN), RUN, 1), (finished(), RUN, 2)]


def test_a_bug_in_a_subscriber_leaves_the_journal_whole(tmp_path: Path) -> None:
    """The event stands; the bug is not hidden; the journal goes on."""
    bus = Bus()
    journal = open_journal(tmp_path, bus)
    end = bus.subscribe(lambda event, run: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        journal.write(started(RUN))
    end()
    journal.write(finished())
    assert [entry.event for entry in read_journal(journal.path)] == [started(RUN), finished()]


@pytest.mark.anyio
async def test_other_tasks_go_on_while_a_durable_write_waits_for_the_disk(tmp_path: Path) -> None:
    """The event loop belongs to everybody; the event is published only when it is safe."""
    bus, order = Bus(), []
    journal = open_journal(tmp_path, bus)
    bus.subscribe(lambda event, run: order.append("published"))

    async def other() -> None:
        order.append("other")

    async with anyio.create_task_group() as group:
        group.start_soon(other)
        await journal.write_durably(started(RUN))
    assert order == ["other", "published"]
    assert len(read_journal(journal.path)) == 1


def test_transient_events_are_not_journaled(tmp_path: Path) -> None:
    """Streamed pieces stand in the reply; a second copy would be a second truth."""
    with pytest.raises(TypeError, match="TextStreamed passes over the bus and is never journaled"):
        open_journal(tmp_path).write(TextStreamed("a"))


def test_a_closed_journal_takes_no_event(tmp_path: Path) -> None:
    """Closing twice is harmless, writing afterwards is not silently lost."""
    journal = open_journal(tmp_path)
    journal.write(started(RUN))
    journal.close()
    journal.close()
    with pytest.raises(StorageError) as caught:
        journal.write(finished())
    assert str(caught.value) == f"the journal {journal.path} ended after event 1: it was closed"


def test_a_run_id_is_used_once(tmp_path: Path) -> None:
    """Two runs never share a journal."""
    journal = open_journal(tmp_path)
    with pytest.raises(StorageError) as caught:
        open_journal(tmp_path)
    assert str(caught.value) == f"there is already a journal {journal.path}; a run id is used once"


def test_a_journal_that_is_deleted_under_a_run_stops_it(tmp_path: Path) -> None:
    """It could still be written to, but nobody would find it: without a witness nothing irreversible may happen."""
    journal = open_journal(tmp_path)
    journal.path.unlink()
    with pytest.raises(StorageError) as caught:
        journal.write(started(RUN), durable=True)
    assert str(caught.value) == (
        f"cannot write the journal {journal.path}: it was deleted while the run was writing it; "
        "check the disk or set LLMOS_HOME to another folder"
    )


def test_a_full_disk_leaves_a_whole_journal_and_ends_it(tmp_path: Path) -> None:
    """What was written before stands, the torn line is taken back, nothing later pretends to be written."""
    heard: list[Event] = []
    bus = Bus()
    bus.subscribe(lambda event, run: heard.append(event))
    with tmpfs(tmp_path / "disk", "size=64k") as disk, open_journal(disk, bus) as journal:
        with pytest.raises(StorageError) as caught:
            write_many(journal)
        sentence = (
            f"cannot write the journal {journal.path}: the disk is full; "
            "free some space or set LLMOS_HOME to a folder on another disk"
        )
        assert str(caught.value) == sentence
        torn: list[str] = []
        assert [entry.event for entry in read_journal(journal.path, torn.append)] == heard
        assert (torn, len(heard) > 10) == ([], True)
        with pytest.raises(StorageError, match="ended after event") as again:
            journal.write(finished())
        assert str(again.value) == f"the journal {journal.path} ended after event {len(heard)}: {sentence}"


def test_a_picture_that_does_not_fit_ends_no_journal_but_is_refused(tmp_path: Path) -> None:
    """The picture is a file of its own: half of it is removed, and the run gets a sentence."""
    picture = MessageAdded.of(Message("user", (Image(b"p" * (LARGEST_INLINE_IMAGE + 1)),)))
    with tmpfs(tmp_path / "disk", "size=64k") as disk, open_journal(disk) as journal:
        with pytest.raises(StorageError, match=r"^cannot write the picture .*the disk is full"):
            journal.write(picture)
        assert list(journal.path.with_suffix(".d").iterdir()) == []


def test_a_read_only_home_starts_no_run(tmp_path: Path) -> None:
    """The run stops before any token is spent."""
    with tmpfs(tmp_path / "disk", "size=64k") as disk:
        remount_read_only(disk)
        with pytest.raises(StorageError) as caught:
            open_journal(disk)
        assert str(caught.value) == (
            f"cannot make the folder {disk}/journals/2026/11: the file system is read-only; "
            "set LLMOS_HOME to a folder that can be written"
        )


def test_a_home_that_may_not_be_written_starts_no_run(tmp_path: Path) -> None:
    """Neither one in which nothing may be made, nor one that may not even be entered."""
    for mode in (0o555, 0o000):
        home = tmp_path / f"{mode}"
        home.mkdir()
        home.chmod(mode)
        with unprivileged(), pytest.raises(StorageError) as caught:
            open_journal(home)
        assert str(caught.value) == (
            f"cannot make the folder {home}/journals/2026/11: permission denied; "
            "set LLMOS_HOME to a folder that you may use"
        )


def test_a_home_that_is_a_file_starts_no_run(tmp_path: Path) -> None:
    """A path that leads through a file is the user's mistake and gets a sentence."""
    (tmp_path / "home").write_text("")
    with pytest.raises(StorageError) as caught:
        open_journal(tmp_path / "home")
    assert str(caught.value) == (
        f"cannot make the folder {tmp_path}/home/journals/2026/11: "
        "a part of this path is a file where a folder must be; move it away or set LLMOS_HOME elsewhere"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="RLIMIT_FSIZE is POSIX")
def test_a_limit_on_file_size_is_a_sentence(tmp_path: Path) -> None:
    """The short write before the limit is taken back."""
    script = f"""
import resource
from pathlib import Path
from llmos.clock import SimulatedClock
from llmos.errors import StorageError
from llmos.traces.journal import Journal
from tests.support.journals import small_run
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
journal = Journal.create(Path({str(tmp_path)!r}), {RUN!r}, SimulatedClock())
try:
    for event in small_run({RUN!r}):
        journal.write(event)
except StorageError as error:
    print(error)
"""
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    path = journal_path(tmp_path, RUN)
    assert said == (
        f"cannot write the journal {path}: the file has reached the size limit of this process or file system; "
        "raise it (ulimit -f)\n"
    )
    torn: list[str] = []
    assert 0 < len(read_journal(path, torn.append)) < len(small_run(RUN))
    assert torn == []


WRITER = """
import sys
from pathlib import Path
from llmos.clock import RealClock
from llmos.traces.journal import Journal, new_run_id
from tests.support.journals import small_run, started
journal = Journal.create(Path(sys.argv[1]), new_run_id(RealClock()), RealClock())
journal.write(started(journal.run_id), durable=True)
while True:
    for event in small_run(journal.run_id):
        journal.write(event)
    print(journal.path, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")
def test_processes_that_are_killed_leave_journals_that_can_be_read(tmp_path: Path) -> None:
    """Two runs on one home, both killed without warning: each journal holds all events said to be written, in order."""
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    writers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    rounds = 20
    said = [[writer.stdout.readline() for _ in range(rounds)] for writer in writers if writer.stdout]
    for writer in writers:
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
    for lines in said:
        path = Path(lines[-1].strip())
        entries = read_journal(path)
        assert len(entries) >= rounds * len(small_run("")) + 1
        assert isinstance(entries[0].event, RunStarted)
        assert {entry.run for entry in entries} == {path.stem}
    assert len(list(tmp_path.glob("journals/*/*/*.jsonl"))) == 2


def test_every_line_is_plain_json(tmp_path: Path) -> None:
    """A person reads a journal with any tool for JSON Lines."""
    with open_journal(tmp_path) as journal:
        for event in small_run(RUN):
            journal.write(event)
    for line in journal.path.read_bytes().splitlines():
        assert re.match(rb'\{"v":1,"seq":\d+,"at":"[^"]+Z","run":"[^"]+","type":"[a-z_]+"', line)
        assert isinstance(msgspec.json.decode(line), dict)


def test_a_journal_in_which_no_run_started_leaves_no_file(tmp_path: Path) -> None:
    """What was given up before its first line is no run, and nothing that a listing could stumble over."""
    clock = SimulatedClock()
    journal = Journal.create(tmp_path, new_run_id(clock), clock)
    assert journal.path.exists()
    journal.close()
    assert not journal.path.exists()
    journal.close()
