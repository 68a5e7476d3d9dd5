"""The safety log: what is in it stays in it, and whoever changes it is found out."""

import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.clock import SimulatedClock
from llmos.errors import StorageError
from llmos.robots.safety_log import FIRST, MOST_BYTES, SafetyLog, verify
from llmos.volumes.locks import LOOKS_PER_S, sole_owner

CLOCK = SimulatedClock()


@contextmanager
def room_up_to(size: int) -> Iterator[None]:
    """No file of this process may grow beyond so many bytes: a write ends in the middle, as on a full disk."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def log_in(folder: Path) -> SafetyLog:
    """A log in a home that is not there yet."""
    return SafetyLog(folder / "home" / "safety.jsonl", folder / "home" / "run" / "safety.lock", CLOCK.now)


def written(folder: Path, count: int) -> SafetyLog:
    """A log with so many lines."""
    log = log_in(folder)
    for number in range(count):
        log.append("verdict", "arm", {"number": number})
    return log


def test_each_line_holds_the_hash_of_the_one_before(tmp_path: Path) -> None:
    """Every line is one JSON object with its number, time, robot, kind and the hash before it."""
    log = written(tmp_path, 3)
    lines = [json.loads(line) for line in log.path.read_bytes().splitlines()]
    assert [line["seq"] for line in lines] == [1, 2, 3]
    assert lines[0]["prev"] == FIRST
    assert lines[1]["prev"] != lines[2]["prev"]
    assert (lines[2]["robot"], lines[2]["kind"], lines[2]["detail"]) == ("arm", "verdict", {"number": 2})
    assert lines[2]["at"] == "2026-01-01T00:00:00+00:00"
    found = verify(log.path)
    assert (found.lines, found.torn, found.fault) == (3, 0, "")
    assert log.path.stat().st_mode & 0o077 == 0


def test_no_log_is_an_empty_one(tmp_path: Path) -> None:
    """Before the first verdict there is nothing to find fault with."""
    found = verify(tmp_path / "safety.jsonl")
    assert (found.lines, found.last_hash, found.fault) == (0, FIRST, "")


def test_cutting_off_the_end_is_seen_by_the_last_hash_alone(tmp_path: Path) -> None:
    """The chain of what is left holds; the hash that was kept elsewhere does not."""
    log = written(tmp_path, 3)
    before = verify(log.path)
    lines = log.path.read_bytes().splitlines(keepends=True)
    log.path.write_bytes(b"".join(lines[:2]))
    after = verify(log.path)
    assert (after.lines, after.fault) == (2, "")
    assert after.last_hash != before.last_hash


@given(
    count=st.integers(2, 6), at=st.integers(0, 5), how=st.sampled_from(["drop", "swap", "edit", "garbage", "repeat"])
)
def test_whoever_changes_a_line_is_found_out(
    tmp_path_factory: pytest.TempPathFactory, count: int, at: int, how: str
) -> None:
    """A line that is left out, moved, edited, overwritten or doubled, anywhere but at the end, breaks the chain."""
    log = written(tmp_path_factory.mktemp("log"), count)
    lines = log.path.read_bytes().splitlines()
    at %= count - 1
    if how == "drop":
        del lines[at]
    elif how == "swap":
        lines[at], lines[at + 1] = lines[at + 1], lines[at]
    elif how == "edit":
        lines[at] = lines[at].replace(b'"arm"', b'"leg"')
    elif how == "garbage":
        lines[at] = b"\xff\x00 nothing"
    else:
        lines.insert(at, lines[at])
    log.path.write_bytes(b"\n".join(lines) + b"\n")
    assert verify(log.path).fault


@pytest.mark.parametrize("left", [b"{", b'{"v":1,"seq":3', b"\x00\x00\x00", b'{"a"\n{"b', b"half\n", b'"\n\n'])
def test_line_that_a_crash_cut_short_is_vouched_for_by_the_next(tmp_path: Path, left: bytes) -> None:
    """What was half written stays, is named by its hash, and the log goes on."""
    log = written(tmp_path, 2)
    with log.path.open("ab") as file:
        file.write(left)
    assert verify(log.path).torn == 1
    log.append("stop", "arm", {})
    log.append("rearm", "arm", {})
    found = verify(log.path)
    assert (found.lines, found.torn, found.fault) == (5, 1, "")
    assert left in log.path.read_bytes()


def test_whole_line_without_its_end_is_kept(tmp_path: Path) -> None:
    """A crash between the last letter and the line end loses nothing."""
    log = written(tmp_path, 2)
    log.path.write_bytes(log.path.read_bytes()[:-1])
    log.append("stop", "arm", {})
    found = verify(log.path)
    assert (found.lines, found.torn, found.fault) == (3, 0, "")


def test_crash_in_the_first_line_loses_no_later_one(tmp_path: Path) -> None:
    """A log may begin with half a line."""
    log = log_in(tmp_path)
    log.path.parent.mkdir()
    log.path.write_bytes(b'{"v":1')
    log.append("stop", "arm", {})
    found = verify(log.path)
    assert (found.lines, found.torn, found.fault) == (2, 1, "")


def test_garbage_that_nobody_vouches_for_is_a_fault(tmp_path: Path) -> None:
    """A torn line is believed only where the next line names its hash."""
    log = written(tmp_path, 2)
    lines = log.path.read_bytes().splitlines(keepends=True)
    log.path.write_bytes(lines[0] + b"half\n" + lines[1])
    assert verify(log.path).fault == "line 2 is no line of this log"


def test_file_that_is_no_log_is_not_written_to(tmp_path: Path) -> None:
    """More behind the last line than a crash leaves is somebody else's file."""
    log = log_in(tmp_path)
    log.path.parent.mkdir()
    log.path.write_bytes(b"x" * (4 * MOST_BYTES))
    with pytest.raises(StorageError, match=r"cannot write the safety log to .*: its end is no safety log"):
        log.append("stop", "arm", {})
    assert log.path.stat().st_size == 4 * MOST_BYTES


def test_what_is_too_long_is_told_by_its_length(tmp_path: Path) -> None:
    """No order can make a line that the next writer could not find the beginning of."""
    log = written(tmp_path, 1)
    log.append("verdict", "arm", {"reason": "x" * MOST_BYTES})
    log.append("verdict", "arm", {})
    lines = log.path.read_bytes().splitlines()
    assert max(map(len, lines)) < MOST_BYTES
    assert json.loads(lines[1])["detail"]["too_long_bytes"] > MOST_BYTES
    assert verify(log.path).fault == ""


def test_full_disk_leaves_the_log_as_it_was(tmp_path: Path) -> None:
    """Half a line that did not fit is taken back, and the writer hears of it."""
    log = written(tmp_path, 2)
    before = log.path.read_bytes()
    with room_up_to(len(before) + 20), pytest.raises(StorageError, match="cannot write the safety log to"):
        log.append("stop", "arm", {})
    assert log.path.read_bytes() == before
    log.append("stop", "arm", {})
    assert verify(log.path).lines == 3


def test_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """A home that is a file takes no log."""
    (tmp_path / "home").write_text("")
    with pytest.raises(StorageError):
        log_in(tmp_path).append("stop", "arm", {})


def test_a_writer_that_hangs_is_waited_for_so_long_and_named(tmp_path: Path) -> None:
    """Each look at its lock is followed by a pause, the last by a sentence; nothing is written."""
    pauses = list[int]()
    lock = tmp_path / "safety.lock"
    log = SafetyLog(tmp_path / "safety.jsonl", lock, CLOCK.now, lambda: pauses.append(1))
    with sole_owner(lock), pytest.raises(StorageError) as caught:
        log.append("stop", "arm", {})
    held = f"another process holds {lock}; end it or try again"
    assert str(caught.value) == f"cannot write the safety log to {log.path}: {held}"
    assert len(pauses) + 1 == LOOKS_PER_S
    assert verify(log.path).lines == 0


def test_a_writer_that_is_done_in_time_is_waited_for(tmp_path: Path) -> None:
    """The line comes after its own."""
    lock = tmp_path / "safety.lock"
    with ExitStack() as other:
        other.enter_context(sole_owner(lock))
        log = SafetyLog(tmp_path / "safety.jsonl", lock, CLOCK.now, other.close)
        log.append("stop", "arm", {})
    assert verify(log.path).lines == 1


def test_several_threads_append_to_one_chain(tmp_path: Path) -> None:
    """Writers wait for each other; no line is lost or mixed with another."""
    log = log_in(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: log.append("verdict", "arm", {"number": number}), range(40)))
    found = verify(log.path)
    assert (found.lines, found.fault) == (40, "")


WRITER = """
import sys
from pathlib import Path
from llmos.clock import RealClock
from llmos.robots.safety_log import SafetyLog
home = Path(sys.argv[1])
log = SafetyLog(home / "safety.jsonl", home / "run" / "safety.lock", RealClock().now)
for number in range(int(sys.argv[2])):
    log.append("verdict", "arm", {"number": number})
    print(number, flush=True)
"""


def test_several_processes_append_to_one_chain_and_may_be_killed(tmp_path: Path) -> None:
    """Two write to the end, one is killed in the middle; what it said it wrote is there."""
    home = tmp_path / "home"
    command = [sys.executable, "-c", WRITER, str(home)]
    others = [subprocess.Popen([*command, "10"], stdout=subprocess.DEVNULL, cwd=Path.cwd()) for _ in range(2)]
    with subprocess.Popen([*command, "100000"], stdout=subprocess.PIPE, cwd=Path.cwd()) as victim:
        assert victim.stdout is not None
        said = [int(victim.stdout.readline()) for _ in range(10)]
        victim.kill()
        said += [int(line) for line in victim.stdout.read().splitlines() if line.isdigit()]
    assert [each.wait() for each in others] == [0, 0]
    written(tmp_path, 1)
    found = verify(home / "safety.jsonl")
    assert found.fault == ""
    assert found.lines >= len(said) + 20 + 1


def test_log_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """A folder in its place is no log."""
    (tmp_path / "safety.jsonl").mkdir()
    with pytest.raises(StorageError, match=f"cannot read the safety log .*{os.strerror(errno.EISDIR)}"):
        verify(tmp_path / "safety.jsonl")
