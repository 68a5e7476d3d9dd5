"""The stop latch lasts, is written whole, and counts as set whenever it cannot be read."""

import json
import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from llmos.errors import StorageError
from llmos.robots.latch import Rearm, Stop, StopLatch

STOP = Stop("2026-01-01T00:00:00+00:00", "an agent", "stopped on request")
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
    path.unlink()
    path.parent.rmdir()
    path.parent.write_text("")
    with pytest.raises(StorageError):
        Rearm(latch, lambda: LATER)("Ada")
    path.parent.unlink()
    assert latch.stop is not None


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


def test_latch_is_private_and_leaves_nothing_beside_it(path: Path) -> None:
    """The file is its owner's alone, and the temporary file is gone."""
    latch = StopLatch(path)
    latch.trip(STOP)
    latch.save()
    assert [each.name for each in path.parent.iterdir()] == ["arm.json"]
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_stop_during_a_rearm_stands(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever presses stop while another person's rearm is being written is not overruled by it."""
    latch = StopLatch(path)
    latch.trip(STOP)
    latch.save()
    replace = os.replace
    monkeypatch.setattr(os, "replace", lambda *paths: (latch.trip(Stop("now", "Bob", "no")), replace(*paths)))
    Rearm(latch, lambda: LATER)("Ada")
    assert latch.stop is not None
    assert StopLatch(path).stop == latch.stop
