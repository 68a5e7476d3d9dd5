"""The emergency stop of one robot as it stands on disk: set by anyone, kept through restarts, cleared by a person.

Knows no robot and stops nothing itself; the gate asks it before and during every motion. What cannot be read counts as
stopped. Reset permits motion and starts none (ISO 13850).

A stop is written at once and holds the lock file only afterwards, to see that no rearm under way has replaced it; a
rearm holds it from before its look at the stop until its file stands.
"""

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Final, TypeAlias

from llmos.disk import lost_link, make_folder, open_file, write_whole
from llmos.errors import RefusedError, StorageError
from llmos.messages import valid_unicode
from llmos.volumes.locks import LOOKS_PER_S, sole_owner, wait_a_little

UNSURE: Final = "the stop is in force, but a rearm under way elsewhere may undo it: look whether it still holds"
"""What a person must know of a stop that `save` has left unsaved."""

Mark: TypeAlias = tuple[int, tuple[int, ...]]
"""How often this process has tripped the latch, and which file stood on disk."""

_MOST_LETTERS: Final = 200
_LOOKS: Final = LOOKS_PER_S // 2


@dataclass(frozen=True, slots=True)
class Stop:
    """Why the robot may not move: since when, who stopped it, and the reason in a few words."""

    since: str
    by: str
    reason: str

    @property
    def since_second(self) -> str:
        """`since` without what is below a second, for people."""
        return re.sub(r"\.\d+", "", self.since)


class StopLatch:
    """The file `robots/NAME.json` of a home. Another process's stop or rearm is seen the next time `stop` is read.

    Any thread and process may trip it; a stop that comes while another is being cleared stands. `pause` lets a moment
    pass between two looks at a lock that somebody else holds; after so many looks nobody waits any longer.
    """

    def __init__(self, path: Path, pause: Callable[[], object] = wait_a_little) -> None:
        self.path = path
        self._lock = path.with_suffix(".lock")
        self._pause = pause
        self._trips = 0
        self._tripping = Lock()
        self._unsaved: Stop | None = None
        self._stop: Stop | None = None
        self._seen: tuple[int, ...] | None = None
        self._rearms = 0
        self._counting = Lock()

    @property
    def stop(self) -> Stop | None:
        """The stop that holds now, or None when motion is permitted."""
        return self._unsaved or self._on_disk()

    @property
    def rearms(self) -> int:
        """How often a rearm was seen from here: it grows also with one whose stop came and went between two looks."""
        self._on_disk()
        return self._rearms

    @property
    def is_unsaved(self) -> bool:
        """Whether a restart would not know of the stop."""
        return self._unsaved is not None

    @property
    def mark(self) -> Mark:
        """What is different after every stop and every rearm, from here or elsewhere, also where the reason stays."""
        return self._trips, _identity(self.path)

    def check(self, mark: Mark) -> None:
        """Raise RefusedError if the robot is stopped, and was stopped since the latch had this mark."""
        if self.stop is not None and self.mark != mark:
            raise self._stopped_again()

    def trip(self, stop: Stop) -> None:
        """Stop from this moment on, in this process; `save` makes it last. The first stop's reason is kept."""
        with self._tripping:
            self._trips += 1
            self._unsaved = self.stop or _in_a_few_words(stop)

    def save(self) -> bool:
        """Put the stop on disk, blocking until it is there; raises StorageError, and the stop holds all the same.

        False, and unsaved still, where a rearm may undo it because somebody else keeps the lock file.
        """
        stop = self._unsaved
        if stop is None:
            return True
        self._write_stop(stop)  # first, so that a stop waits for nobody
        with suppress(StorageError), self._alone() as alone:
            if alone:
                self._keep(stop)
                return True
        return False

    def clear(self, at: datetime, by: str, mark: Mark) -> None:
        """Permit motion again; raises StorageError or RefusedError, and then the stop holds. Only `Rearm` calls this.

        RefusedError is for a robot that was stopped since the latch had this mark.
        """
        with self._alone() as alone:
            if not alone:
                raise StorageError(f"cannot rearm: another process holds {self._lock}; end it or try again")
            with self._tripping:
                self.check(mark)
                trips, stop = self._trips, self.stop
                self._unsaved = stop
            if stop is None:
                return
            try:
                self._write({"stopped": False, "rearmed_at": at.isoformat(), "by": by})
            except StorageError:
                with suppress(StorageError):
                    self._keep(stop)  # the new file may stand already, and not last
                raise
            with self._tripping:
                if self._trips == trips:
                    self._unsaved = None
                    return
            self._keep(stop)
        raise self._stopped_again()

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        """Hold the lock file and say True, or False where somebody else does for long; raises StorageError."""
        make_folder(self._lock.parent)
        with sole_owner(self._lock, _LOOKS, self._pause) as alone:
            yield alone

    def _keep(self, stop: Stop) -> None:
        """While nobody else can rearm: see to it that the stop is what stands on disk."""
        if _read(self.path) != stop:
            self._write_stop(stop)
        self._on_disk()  # so that a file that goes from here on has vanished
        self._unsaved = None

    def _write_stop(self, stop: Stop) -> None:
        self._write({"stopped": True, "since": stop.since, "by": stop.by, "reason": stop.reason})

    def _stopped_again(self) -> RefusedError:
        return RefusedError(
            f"The robot {self.path.stem} was stopped again after this rearm was asked for, so it stays stopped; "
            "look at it, then rearm it once more."
        )

    def _on_disk(self) -> Stop | None:
        try:
            status = self.path.stat()
        except FileNotFoundError:
            if lost := lost_link(self.path):
                return Stop("", "", f"{lost} is a link that leads nowhere")
            if self._seen is None:
                return None
            return Stop("", "", f"{self.path} has vanished")
        except OSError as error:
            return Stop("", "", f"{self.path} cannot be read: {error.strerror}")
        seen = _identified(status)
        if seen != self._seen:
            stop = _read(self.path)
            with self._counting:
                self._rearms += seen != self._seen and stop is None  # once, whichever threads look
                self._stop, self._seen = stop, seen
        return self._stop

    def _write(self, content: dict[str, object]) -> None:
        write_whole(self.path, json.dumps(content).encode() + b"\n", doing="write the emergency stop to")


class Rearm:
    """A person's permission to move again. Whoever holds this object can give it: no tool and no agent ever does."""

    def __init__(self, latch: StopLatch, now: Callable[[], datetime]) -> None:
        self._latch = latch
        self._now = now

    def __call__(self, person: str, mark: Mark | None = None) -> Stop | None:
        """Clear the stop and return it, or None when there was none; the robot stays where it is.

        `mark` is the latch's when the person asked, by default now: RefusedError for a stop that came after it.
        """
        mark = self._latch.mark if mark is None else mark
        stop = self._latch.stop
        if stop is not None:
            self._latch.clear(self._now(), person, mark)
        return stop


def _identity(path: Path) -> tuple[int, ...]:
    """What is another number for another file in this place; empty where there is none to be seen."""
    try:
        return _identified(path.stat())
    except OSError:
        return ()


def _identified(status: os.stat_result) -> tuple[int, ...]:
    return status.st_mtime_ns, status.st_size, status.st_ino


def _read(path: Path) -> Stop | None:
    try:
        with open_file(path) as file:
            content = json.loads(file.read())
        if content["stopped"] is False:
            return None
        if content["stopped"] is True:
            return _in_a_few_words(Stop(str(content["since"]), str(content["by"]), str(content["reason"])))
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        pass
    return Stop("", "", f"{path} cannot be understood")


def _in_a_few_words(stop: Stop) -> Stop:
    """As much of it as every line, page and message between processes has room for, and none that they cannot hold."""
    since, by, reason = (valid_unicode(each[:_MOST_LETTERS]) for each in (stop.since, stop.by, stop.reason))
    return Stop(since, by, reason)
