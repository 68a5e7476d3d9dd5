"""A disk that is full at any moment of a run: one sentence, what was written is whole, no effect goes unwitnessed."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from llmos.errors import StorageError
from llmos.traces.events import PromptSet, RunFinished, RunStarted, ToolCalled
from llmos.traces.reading import read_journal
from tests.support.disks import remount_read_only, tmpfs
from tests.support.homes import Place, make_place
from tests.support.runs import events, fit_for_a_provider, hire, in_a_process, journals, play, sentence, whole
from tests.support.tapes import Line, asks, says, tape

resource = pytest.importorskip("resource", reason="only POSIX limits the size of files")
pytestmark = pytest.mark.anyio

LINES: list[Line] = [
    asks(("Glob", {"pattern": "*"}), ("Glob", {"pattern": "**"}), text="I look."),
    asks(("Write", {"file_path": "made.txt", "content": "x"})),
    says("Done."),
]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A home with an agent, and a workspace."""
    place = make_place(tmp_path)
    hire(place)
    return place


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file of this process may grow beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def middles(place: Place) -> list[int]:
    """Where in a journal of this run the middle of each line is, in bytes from its beginning."""
    outcome = await play(place, *LINES)
    (place.workspace / "made.txt").unlink()
    ends = [0]
    for line in outcome.journal.read_bytes().splitlines(keepends=True):
        ends.append(ends[-1] + len(line))
    return [(begin + end) // 2 for begin, end in pairwise(ends)]


async def test_a_journal_that_cannot_grow_ends_the_run_at_any_event(place: Place) -> None:
    """What stands in it is whole and readable, no effect goes unwitnessed, and a conversation can go on later."""
    model = tape(place, *LINES)
    for limit in await middles(place):
        known = set(journals(place))
        async with place.system(model=model, mode="learner") as system:
            talk = system.conversation("worker")
            with largest_file(limit), pytest.raises(StorageError) as refused:
                await system.say(talk, "go")
            assert "the file has reached the size limit of this process" in str(refused.value)
            assert "\n" not in str(refused.value)
            new = set(journals(place)) - known
            for path in new:
                torn: list[str] = []
                entries = read_journal(path, torn.append)
                assert torn == []
                assert isinstance(entries[0].event, RunStarted)
                assert list(events(entries, RunFinished)) == []
                written = any(event.tool == "Write" for event in events(entries, ToolCalled))
                assert (place.workspace / "made.txt").exists() is written
                tools = next((event.tools for event in events(entries, PromptSet)), ())
                if talk.history:
                    fit_for_a_provider(talk.history, tools)
            assert whole((await system.say(talk, "go on")).journal)
            (place.workspace / "made.txt").unlink(missing_ok=True)


async def test_a_full_disk_is_a_sentence_at_any_moment(tmp_path: Path) -> None:
    """On a real file system that has room for less and less."""
    sentences = set()
    with tmpfs(tmp_path / "disk", "size=256k") as disk:
        place = make_place(disk)
        outside = tmp_path / "work"
        outside.mkdir()
        hire(place)
        tape(place, *LINES)
        model = f"cassette:{disk / 'tape.jsonl'}"
        for filled in range(48, 65, 2):
            (disk / "filler").write_bytes(b"")
            _fill(disk / "filler", 4096 * filled)
            known = set(journals(place))
            try:
                async with place.system(model=model) as system:
                    await system.execute("go", "worker")
            except StorageError as error:
                sentences.add(str(error).rpartition(": ")[2])
            new = set(journals(place)) - known
            (disk / "filler").write_bytes(b"")
            for path in new:
                entries = read_journal(path)
                assert isinstance(entries[0].event, RunStarted)
            for path in place.workspace.iterdir():
                path.unlink()
    assert sentences == {"the disk is full; free some space or set LLMOS_HOME to a folder on another disk"}


def test_an_index_that_cannot_be_kept_is_not_said_to_be_made(tmp_path: Path) -> None:
    """On a read-only home `trace reindex` does nothing and says so; what only reads goes on without the index."""
    with tmpfs(tmp_path / "disk", "size=4m") as disk:
        place = make_place(disk)
        remount_read_only(disk)
        index = place.home / "index.sqlite"
        done = in_a_process(place, "trace", "reindex")
        assert (done.returncode, done.stdout) == (1, b"")
        assert sentence(done).startswith(f"the index {index} cannot be used ([Errno 30] Read-only file system")
        assert in_a_process(place, "trace", "list").returncode == 0


def _fill(path: Path, size: int) -> None:
    """Write up to so many bytes, or as many as there is room for."""
    with path.open("wb", buffering=0) as file:
        try:
            while size > 0:
                size -= file.write(b"x" * min(size, 4096)) or size
        except OSError:
            return


def test_a_home_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """Read-only: exit 1, one sentence, and nothing is done; but who only looks needs no disk that can be written."""
    with tmpfs(tmp_path / "disk", "size=4m") as disk:
        place = make_place(disk)
        hire(place)
        deed = tmp_path / "deed"
        model = tape(place, asks(("Write", {"file_path": str(deed), "content": "x"})), says())
        remount_read_only(disk)
        words = ("agent", "run", "worker", "go", "--model", model, "--approve", "Write")
        done = in_a_process(place, *words, cwd=tmp_path)
        assert (done.returncode, done.stdout, deed.exists()) == (1, b"", False)
        said = sentence(done)
        assert said.endswith("the file system is read-only; set LLMOS_HOME to a folder that can be written"), said
        for looking in ("agent list", "skill list", "kernel show", "trace list", "usage", "memory search x"):
            done = in_a_process(place, *looking.split(), cwd=tmp_path)
            assert done.returncode == 0, (looking, done.stderr)


def test_a_command_line_on_a_full_disk_ends_with_its_exit_code(place: Place) -> None:
    """The person reads why; the run is listed as cut off, and the next one is whole."""
    model = tape(place, *LINES)
    done = in_a_process(
        place,
        "agent",
        "run",
        "worker",
        "go",
        "--model",
        model,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (14_000, 14_000)),
    )
    assert done.returncode == 1, done.stderr
    assert "the file has reached the size limit of this process" in sentence(done)
    torn = journals(place)
    assert b"cut off" in in_a_process(place, "trace", "list").stdout
    again = in_a_process(place, "agent", "run", "worker", "go", "--model", model)
    assert again.returncode == 0, again.stderr
    (path,) = set(journals(place)) - set(torn)
    assert len(whole(path)) > 10
