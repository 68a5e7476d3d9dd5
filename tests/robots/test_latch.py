"""The stop latch lasts, is written whole, and counts as set whenever it cannot be read."""

import errno
import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

import pytest

from llmos.errors import RefusedError, StorageError
from llmos.robots import latch as latch_module
from llmos.robots.latch import Mark, Rearm, Stop, StopLatch
from llmos.volumes.locks import sole_owner
from tests.support.hosts import PATIENCE_S

STOP = Stop("2026-01-01T00:00:00+00:00", "an agent", "stopped on request")
AGAIN = Stop("2026-01-01T12:00:00+00:00", "Bob", "no")
LATER = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the latch of the arm is."""
    return tmp_path / "robots" / "arm.json"


def test_new_robot_is_not_stopped(path: Path) -> None:
    """A home without a latch file permits motion, and asking writes nothing."""
    assert StopLatch(path).stop is None
    assert not path.exists()


def test_trip_holds_at_once_and_save_makes_it_last(path: Path) -> None:
    """The stop is in force before it is on disk, and a new process finds it there."""
    latch = StopLatch(path)
    latch.trip(STOP)
    assert (latch.stop, latch.is_unsaved, path.exists()) == (STOP, True, False)
    latch.save()
    assert (latch.stop, latch.is_unsaved) == (STOP, False)
    assert StopLatch(path).stop == STOP


def test_first_reason_is_kept(path: Path) -> None:
    """A second stop changes nothing: what happened first is what a person has to look at."""
    latch = StopLatch(path)
    latch.trip(STOP)
    latch.trip(Stop("later", "another", "too late"))
    latch.save()
    latch.trip(Stop("later", "another", "too late"))
    assert latch.stop == STOP


def test_save_without_a_stop_writes_nothing(path: Path) -> None:
    """There is nothing to make last."""
    StopLatch(path).save()
    assert not path.exists()


def test_stop_of_another_process_is_seen(path: Path) -> None:
    """Two processes on one home share the latch, in both directions."""
    here, there = StopLatch(path), StopLatch(path)
    assert here.stop is None
    there.trip(STOP)
    there.save()
    assert here.stop == STOP
    Rearm(there, lambda: LATER)("Ada")
    assert here.stop is None


def test_a_stop_and_its_rearm_that_nobody_saw_leave_a_count(path: Path) -> None:
    """One for each rearm between two looks at it, in this process or another, and none without one."""
    here, there = StopLatch(path), StopLatch(path)
    before = (here.rearms, there.rearms)
    for _ in range(2):
        there.trip(STOP)
        there.save()
    assert (here.rearms, there.rearms) == before
    Rearm(there, lambda: LATER)("Ada")
    assert (here.stop, here.rearms, there.rearms) == (None, before[0] + 1, before[1] + 1)
    assert (here.rearms, there.rearms) == (before[0] + 1, before[1] + 1)


@pytest.mark.parametrize("what", ["time", "size", "inode"])
def test_whatever_tells_two_files_apart_is_looked_at(path: Path, what: str) -> None:
    """A stop is seen on a disk with a coarse clock, of the same length, or written into the file that was there."""
    path.parent.mkdir()
    path.write_text('{"stopped": false}    ')
    latch, before = StopLatch(path), path.stat()
    assert latch.stop is None
    mark, target = latch.mark, path.with_suffix(".new") if what == "inode" else path
    target.write_text('{"stopped": "no"}' + (" " * 4 if what == "size" else " " * 5))
    os.utime(target, ns=(before.st_atime_ns, before.st_mtime_ns + (what == "time")))
    target.replace(path)
    assert latch.stop is not None
    assert latch.mark != mark


def test_rearm_clears_and_tells_what_it_cleared(path: Path) -> None:
    """A person's rearm lasts too, and says what had stopped the robot."""
    latch = StopLatch(path)
    latch.trip(STOP)
    latch.save()
    assert Rearm(latch, lambda: LATER)("Ada") == STOP
    assert latch.stop is None
    assert StopLatch(path).stop is None
    assert json.loads(path.read_text()) == {"stopped": False, "rearmed_at": LATER.isoformat(), "by": "Ada"}


def test_rearm_without_a_stop_changes_nothing(path: Path) -> None:
    """Rearming a robot that is not stopped is no event."""
    assert Rearm(StopLatch(path), lambda: LATER)("Ada") is None
    assert not path.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"null", b"[]", b"{}", b'"stopped"', b"\xff\xfe", b'{"stopped": "no"}', b'{"stopped": 0}',
        b'{"stopped": null}', b'{"stopped": true}', b"[" * 100_000, b"\x00" * 100,
    ],
)  # fmt: skip
def test_unreadable_latch_counts_as_stopped(path: Path, content: bytes) -> None:
    """Only a whole file that says `false` permits motion."""
    path.parent.mkdir()
    path.write_bytes(content)
    assert StopLatch(path).stop == Stop("", "", f"{path} cannot be understood")


def test_folder_in_place_of_the_latch_counts_as_stopped(path: Path) -> None:
    """What is no file cannot say that all is well."""
    path.mkdir(parents=True)
    assert StopLatch(path).stop == Stop("", "", f"{path} cannot be understood")


@pytest.mark.parametrize("link", ["robots", "robots/arm.json"])
def test_latch_on_a_disk_that_is_not_there_counts_as_stopped(tmp_path: Path, link: str) -> None:
    """A link that leads nowhere may lead to a stop; one to an empty folder is a robot that was never stopped."""
    path = tmp_path / "robots/arm.json"
    (tmp_path / link).parent.mkdir(exist_ok=True)
    (tmp_path / link).symlink_to(tmp_path / "disk")
    assert StopLatch(path).stop == Stop("", "", f"{tmp_path / link} is a link that leads nowhere")
    if link == "robots":
        (tmp_path / "disk").mkdir()
        assert StopLatch(path).stop is None


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")
def test_a_pipe_in_place_of_the_latch_counts_as_stopped(path: Path) -> None:
    """Nobody waits for what will never be written, a gate at its tick least of all."""
    path.parent.mkdir()
    os.mkfifo(path)
    assert StopLatch(path).stop == Stop("", "", f"{path} cannot be understood")


def test_latch_below_a_file_counts_as_stopped(tmp_path: Path) -> None:
    """A latch that cannot even be looked for is a stop."""
    (tmp_path / "robots").write_text("")
    path = tmp_path / "robots" / "arm.json"
    assert StopLatch(path).stop == Stop("", "", f"{path} cannot be read: Not a directory")


def test_vanished_latch_counts_as_stopped(path: Path) -> None:
    """Deleting the file under a running gate is no rearm."""
    latch = StopLatch(path)
    latch.trip(STOP)
    latch.save()
    assert latch.stop is not None
    path.unlink()
    assert latch.stop == Stop("", "", f"{path} has vanished")


def test_unreadable_latch_can_be_rearmed(path: Path) -> None:
    """A person's rearm replaces the broken file."""
    path.parent.mkdir()
    path.write_bytes(b"{")
    latch = StopLatch(path)
    assert Rearm(latch, lambda: LATER)("Ada") is not None
    assert latch.stop is None


def test_stop_that_cannot_be_saved_holds_all_the_same(tmp_path: Path) -> None:
    """A disk that refuses is a sentence, and this process stays stopped."""
    (tmp_path / "robots").write_text("")
    latch = StopLatch(tmp_path / "robots" / "arm.json")
    latch.trip(STOP)
    with pytest.raises(StorageError) as caught:
        latch.save()
    assert str(caught.value) == (
        f"cannot write the emergency stop to {latch.path}: a part of this path is a file where a folder must be; "
        "move it away or set LLMOS_HOME elsewhere"
    )
    assert latch.is_unsaved
    assert latch.stop is not None


def test_rearm_that_cannot_be_saved_stays_stopped(path: Path) -> None:
    """Motion is not permitted on the strength of a write that failed."""
    latch = StopLatch(path)
    latch.trip(STOP)
    latch.save()
    shutil.rmtree(path.parent)
    path.parent.write_text("")
    with pytest.raises(StorageError):
        Rearm(latch, lambda: LATER)("Ada")
    path.parent.unlink()
    assert latch.stop is not None


@pytest.mark.skipif(not hasattr(os, "O_DIRECTORY"), reason="this platform flushes no folder")
def test_rearm_that_may_not_last_is_undone_on_disk_too(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its file stands when flushing the folder fails: the stop comes back, for other processes and for a restart."""
    latch = stopped(path)
    really_sync = os.fsync

    def sync(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode) and StopLatch(path).stop is None:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        really_sync(handle)

    monkeypatch.setattr(os, "fsync", sync)
    with pytest.raises(StorageError):
        Rearm(latch, lambda: LATER)("Ada")
    assert latch.stop == StopLatch(path).stop == STOP
    assert not latch.is_unsaved


@pytest.mark.skipif(not hasattr(os, "O_DIRECTORY"), reason="this platform flushes no folder")
def test_the_stop_holds_until_its_rearm_lasts(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rearm's file stands and is not flushed yet: a gate that looks at that moment still finds the stop."""
    latch, found = stopped(path), list[Stop | None]()
    really_sync = os.fsync

    def sync(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode) and StopLatch(path).stop is None:
            found.append(latch.stop)
        really_sync(handle)

    monkeypatch.setattr(os, "fsync", sync)
    Rearm(latch, lambda: LATER)("Ada")
    assert (found, latch.stop) == ([STOP], None)


@pytest.mark.skipif(not hasattr(os, "O_DIRECTORY"), reason="this platform orders the rename by itself")
def test_stop_is_on_the_disk_before_it_replaces_the_old_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folder, file, then the file's name: a power cut leaves the old latch or the new one, never half of either."""
    synced: list[str] = []
    really_sync = os.fsync

    def sync(handle: int) -> None:
        folder = stat.S_ISDIR(os.fstat(handle).st_mode)
        synced.append(f"{'folder' if folder else 'file'}, {'new' if path.exists() else 'old'} latch")
        really_sync(handle)

    monkeypatch.setattr(os, "fsync", sync)
    latch = StopLatch(path)
    latch.trip(STOP)
    latch.save()
    assert synced == ["folder, old latch", "file, old latch", "folder, new latch"]


def test_latch_is_private_and_leaves_nothing_but_a_lock_beside_it(path: Path) -> None:
    """The file is its owner's alone, and the temporary file is gone; only its lock stays."""
    latch = StopLatch(path)
    latch.trip(STOP)
    latch.save()
    assert sorted(each.name for each in path.parent.iterdir()) == ["arm.json", "arm.lock"]
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_stop_during_a_rearm_stands(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever presses stop while another person's rearm is being written is not overruled by it."""
    latch = stopped(path)
    during_the_rename(monkeypatch, lambda: latch.trip(AGAIN))
    refuses(latch)
    assert latch.stop == StopLatch(path).stop == STOP
    assert not latch.is_unsaved


@pytest.mark.parametrize("shared", [True, False], ids=["one latch", "two latches"])
@pytest.mark.parametrize("saved", [True, False])
def test_a_rearm_lifts_only_what_its_mark_knows(path: Path, shared: bool, saved: bool) -> None:
    """A second stop keeps the first one's reason, and is another stop all the same; one that is lifted is none."""
    latch = stopped(path)
    pressed, mark = latch if shared else StopLatch(path), latch.mark
    pressed.trip(AGAIN)
    if saved or not shared:
        pressed.save()
    assert latch.stop == STOP
    refuses(latch, mark)
    assert latch.stop == StopLatch(path).stop == STOP
    assert Rearm(latch, lambda: LATER)("Ada", latch.mark) == STOP
    assert Rearm(latch, lambda: LATER)("Ada", mark) is None


def test_a_rearm_that_finds_another_rearm_done_writes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two persons rearm at once: whoever comes second has nothing to lift."""
    latch = stopped(path)
    make = latch_module.make_folder

    def interrupted(folder: Path) -> None:
        monkeypatch.setattr(latch_module, "make_folder", make)
        Rearm(StopLatch(path), lambda: LATER)("Bob")
        make(folder)

    monkeypatch.setattr(latch_module, "make_folder", interrupted)
    Rearm(latch, lambda: LATER)("Ada")
    assert latch.stop is None
    assert json.loads(path.read_text())["by"] == "Bob"


def test_a_stop_that_is_saved_during_a_rearm_stands(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread of the stop is done with the disk before the rearm is: what it was told it can rely on."""
    latch, said = stopped(path, pause=lambda: None), list[bool]()
    during_the_rename(monkeypatch, lambda: in_a_thread(lambda: press(latch, said)).join())
    refuses(latch)
    assert latch.stop == StopLatch(path).stop == STOP
    assert (said, latch.is_unsaved) == ([False], False)


@pytest.mark.parametrize("shared", [True, False], ids=["one latch", "two latches"])
def test_a_stop_that_outlasts_a_rearm_stands(path: Path, monkeypatch: pytest.MonkeyPatch, shared: bool) -> None:
    """It is on disk before the rearm's file replaces it, waits until that is there, and puts itself back."""
    waiting, rearmed, said, threads = Event(), Event(), list[bool](), list[Thread]()

    def pause() -> None:
        waiting.set()
        assert rearmed.wait(PATIENCE_S)

    latch = stopped(path, pause)
    pressed = latch if shared else StopLatch(path, pause)

    def begin() -> None:
        threads.append(in_a_thread(lambda: press(pressed, said)))
        assert waiting.wait(PATIENCE_S)

    during_the_rename(monkeypatch, begin)
    with pytest.raises(RefusedError) if shared else nullcontext():
        Rearm(latch, lambda: LATER)("Ada")
    rearmed.set()
    threads[0].join()
    assert (said, pressed.is_unsaved) == ([True], False)
    assert latch.stop == pressed.stop == StopLatch(path).stop == STOP


REARM = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from llmos.robots.latch import Rearm, StopLatch
replace = os.replace
def stalled(*paths):
    print("renaming", flush=True)
    sys.stdin.readline()
    replace(*paths)
os.replace = stalled
Rearm(StopLatch(Path(sys.argv[1])), lambda: datetime.now(UTC))("Ada")
"""


def test_a_stop_during_the_rearm_of_another_process_stands(path: Path) -> None:
    """A rearm there is about to rename its file; the stop here is on disk at once, and again when that has ended."""
    stopped(path)
    command, found = [sys.executable, "-c", REARM, str(path)], list[Stop | None]()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:

        def pause() -> None:
            found.append(StopLatch(path).stop)
            other.communicate("go on\n")
            found.append(StopLatch(path).stop)

        assert other.stdout is not None
        assert other.stdout.readline() == "renaming\n"
        latch = StopLatch(path, pause)
        latch.trip(AGAIN)
        assert latch.save()
    assert found == [STOP, None]
    assert (other.returncode, StopLatch(path).stop) == (0, STOP)


def test_a_stop_waits_for_nobody_and_says_when_it_is_not_sure(path: Path) -> None:
    """With the lock in another hand it is on disk before the first look, and in force here whatever becomes of that."""
    found = list[Stop | None]()
    latch = StopLatch(path, lambda: found.append(StopLatch(path).stop))
    latch.trip(STOP)
    path.parent.mkdir()
    with sole_owner(path.with_suffix(".lock")):
        assert not latch.save()
    assert found
    assert set(found) == {STOP}
    assert (latch.stop, latch.is_unsaved) == (STOP, True)
    assert latch.save()
    assert not latch.is_unsaved


def test_a_lock_that_cannot_be_opened_stops_no_stop(path: Path) -> None:
    """Nor does it let anybody rearm."""
    path.with_suffix(".lock").mkdir(parents=True)
    latch = StopLatch(path)
    latch.trip(STOP)
    assert not latch.save()
    assert latch.stop == StopLatch(path).stop == STOP
    with pytest.raises(StorageError, match="cannot lock"):
        Rearm(latch, lambda: LATER)("Ada")
    assert latch.stop == StopLatch(path).stop == STOP


def test_a_rearm_does_not_wait_without_end(path: Path) -> None:
    """While somebody else keeps the lock the robot stays stopped, and the person is told what to do."""
    latch = stopped(path, pause=lambda: None)
    with sole_owner(path.with_suffix(".lock")), pytest.raises(StorageError) as caught:
        Rearm(latch, lambda: LATER)("Ada")
    assert str(caught.value) == f"cannot rearm: another process holds {path.with_suffix('.lock')}; end it or try again"
    assert latch.stop == StopLatch(path).stop == STOP


def stopped(path: Path, pause: Callable[[], object] = lambda: None) -> StopLatch:
    """A latch with the stop on disk."""
    latch = StopLatch(path, pause)
    latch.trip(STOP)
    latch.save()
    return latch


def press(latch: StopLatch, said: list[bool]) -> None:
    """Stop once more, and keep what was said of it."""
    latch.trip(AGAIN)
    said.append(latch.save())


def in_a_thread(work: Callable[[], None]) -> Thread:
    """Begun already."""
    thread = Thread(target=work)
    thread.start()
    return thread


def during_the_rename(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    """Let something happen just before the next file is put in its place."""
    replace = os.replace

    def interrupted(source: str, target: str) -> None:
        monkeypatch.setattr(os, "replace", replace)
        happens()
        replace(source, target)

    monkeypatch.setattr(os, "replace", interrupted)


def refuses(latch: StopLatch, mark: Mark | None = None) -> None:
    """A rearm is told that the robot was stopped meanwhile."""
    with pytest.raises(RefusedError) as caught:
        Rearm(latch, lambda: LATER)("Ada", mark)
    assert str(caught.value) == (
        "The robot arm was stopped again after this rearm was asked for, so it stays stopped; "
        "look at it, then rearm it once more."
    )


@pytest.mark.parametrize("shared", [True, False], ids=["the process that stopped", "another process"])
def test_of_a_long_reason_a_few_words_are_kept(path: Path, shared: bool) -> None:
    """It goes into lines, pages and messages between processes; one that a reader cannot take must not end a host."""
    latch = StopLatch(path)
    latch.trip(Stop("now", "A" * 1000, "x" * 1_000_000))
    latch.save()
    if not shared:
        path.write_text(json.dumps({"stopped": True, "since": "now", "by": "A" * 1000, "reason": "x" * 1_000_000}))
        latch = StopLatch(path)
    assert latch.stop == Stop("now", "A" * 200, "x" * 200)
