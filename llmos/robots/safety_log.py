"""The safety log: every verdict, motion, stop, rearm and change of limits, one JSON line each, chained by hashes.

Knows no gate. Several processes append to one file, each line on disk before `append` returns. A line holds the hash of
the one before it, so whoever changes, removes or inserts one breaks the chain; whoever cuts off the end does not, which
is why `verify` gives the hash of the last line to be kept elsewhere.
"""

import errno
import hashlib
import json
import os
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

from llmos.clock import Clock
from llmos.disk import disk_said, make_folder, open_file, sync_folder
from llmos.errors import StorageError
from llmos.messages import JSON
from llmos.volumes.locks import LOOKS_PER_S, sole_owner, wait_a_little

FIRST: Final = "0" * 64
"""What the first line names as the hash before it."""

MOST_BYTES: Final = 64_000
"""No line is longer; what one has to say about an order is a few hundred."""

_DOING = "write the safety log to"
_LOOKS: Final = LOOKS_PER_S


@dataclass(frozen=True, slots=True)
class Verification:
    """What `verify` found: how many lines hold, how many a crash cut short, the last hash, and the first fault."""

    lines: int
    torn: int
    last_hash: str
    fault: str = ""


class SafetyLog:
    """The file `safety.jsonl` of a home; `lock` is a file beside it that holds writers apart.

    `pause` lets a moment pass between two looks at a lock that another process holds.
    """

    def __init__(
        self, path: Path, lock: Path, now: Callable[[], datetime], pause: Callable[[], object] = wait_a_little
    ) -> None:
        self.path = path
        self._lock = lock
        self._now = now
        self._pause = pause

    def append(self, kind: str, robot: str, detail: Mapping[str, JSON]) -> None:
        """Add a line, on disk when this returns; StorageError, and then the file is as it was.

        Another writer is waited for, but not one that hangs with the lock in its hand: that is a StorageError as well.
        """
        try:
            self._make()
            with sole_owner(self._lock, _LOOKS, self._pause) as alone:
                if not alone:
                    what = f"another process holds {self._lock}; end it or try again"
                    raise StorageError(f"cannot {_DOING} {self.path}: {what}")
                self._append(kind, robot, detail)
        except OSError as error:
            raise disk_said(_DOING, self.path, error) from error

    def _append(self, kind: str, robot: str, detail: Mapping[str, JSON]) -> None:
        with self._open() as file:
            before = file.seek(0, os.SEEK_END)
            try:
                self._write(file, kind, robot, detail)
            except OSError:
                file.truncate(before)
                raise

    def _make(self) -> None:
        if not (self.path.exists() and self._lock.parent.exists()):
            make_folder(self.path.parent)
            make_folder(self._lock.parent)

    def _open(self) -> BinaryIO:
        descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        return os.fdopen(descriptor, "r+b", buffering=0)

    def _write(self, file: BinaryIO, kind: str, robot: str, detail: Mapping[str, JSON]) -> None:
        end = _end_of(file)
        number, last, lines = end.number, end.last_hash, []
        if end.torn:
            about = {"bytes": len(end.torn), "sha256": _hash_of(end.torn)}
            lines.append(self._line(number + 1, last, "torn", robot, about))
            number, last = number + 1, _hash_of(lines[-1])
        lines.append(self._line(number + 1, last, kind, robot, detail))
        content = (b"" if end.is_closed else b"\n") + b"".join(line + b"\n" for line in lines)
        if file.write(content) != len(content):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(file.fileno())
        if number == 0:
            sync_folder(self.path.parent)

    def _line(self, number: int, last: str, kind: str, robot: str, detail: Mapping[str, JSON]) -> bytes:
        head = {"v": 1, "seq": number, "at": self._now().isoformat(), "robot": robot, "kind": kind}
        line = _packed({**head, "detail": detail, "prev": last})
        if len(line) > MOST_BYTES:
            line = _packed({**head, "detail": {"too_long_bytes": len(line)}, "prev": last})
        return line


def log_of(home: Path, clock: Clock) -> SafetyLog:
    """The safety log of a home, which everybody who judges or stops a robot there writes."""
    return SafetyLog(home / "safety.jsonl", home / "run" / "safety.lock", clock.now)


@dataclass(frozen=True, slots=True)
class _End:
    """The last whole line of a log, what a crash left after it, and whether the file ends with the end of a line."""

    number: int
    last_hash: str
    torn: bytes
    is_closed: bool


def verify(path: Path) -> Verification:
    """Read the whole log and check its chain; StorageError when it cannot be read. No file is an empty log."""
    number, last, torn = 0, FIRST, 0
    pending: list[bytes] = []
    try:
        with open_file(path) as file:
            for at, raw in enumerate(file, 1):
                line = raw.removesuffix(b"\n")
                values = _parsed(line)
                if values is None:
                    pending.append(line)
                    continue
                if pending and not _vouches(values, pending):
                    return Verification(number, torn, last, f"line {at - len(pending)} is no line of this log")
                torn += bool(pending)
                pending.clear()
                if values["seq"] != number + 1 or values["prev"] != last:
                    fault = f"line {at} does not follow the one before it: lines were changed, removed or inserted"
                    return Verification(number, torn, last, fault)
                number, last = number + 1, _hash_of(line)
    except FileNotFoundError:
        return Verification(0, 0, FIRST)
    except OSError as error:
        raise disk_said("read the safety log", path, error) from error
    return Verification(number, torn + bool(pending), last)


def newest(path: Path, count: int) -> list[dict[str, Any]]:
    """The last lines of the log, oldest first; none when there is no log. Raises StorageError."""
    try:
        with open_file(path) as file:
            return [values for line in deque(file, count) if (values := _parsed(line)) is not None]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise disk_said("read the safety log", path, error) from error


def _vouches(values: Mapping[str, Any], pending: list[bytes]) -> bool:
    """Whether a line says that what stands before it was left by a crash."""
    detail = values.get("detail")
    if values.get("kind") != "torn" or not isinstance(detail, dict):
        return False
    return bool(detail.get("sha256") == _hash_of(b"\n".join(pending)))


def _end_of(file: BinaryIO) -> _End:
    """How a log ends; raises OSError when there is more behind its last line than a crash leaves."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 3 * MOST_BYTES))
    tail = file.read(3 * MOST_BYTES)
    lines = tail.split(b"\n")
    is_closed = not lines[-1]
    whole = lines[:-1] if is_closed else lines
    for at in range(len(whole) - 1, -1, -1):
        values = _parsed(whole[at])
        if values is not None:
            return _End(values["seq"], _hash_of(whole[at]), b"\n".join(whole[at + 1 :]), is_closed)
    if len(tail) < size:
        raise OSError(errno.EILSEQ, "its end is no safety log")
    return _End(0, FIRST, b"\n".join(whole), is_closed)


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        values = json.loads(line)
    except (ValueError, RecursionError):
        return None
    ours = isinstance(values, dict) and isinstance(values.get("seq"), int) and isinstance(values.get("prev"), str)
    return values if ours else None


def _hash_of(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()


def _packed(values: Mapping[str, JSON]) -> bytes:
    return json.dumps(values, ensure_ascii=True, separators=(",", ":"), allow_nan=False, default=str).encode()
