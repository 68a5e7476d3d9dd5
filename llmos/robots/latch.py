"""The emergency stop of one robot as it stands on disk: set by anyone, kept through restarts, cleared by a person.

Knows no robot and stops nothing itself; the gate asks it before and during every motion. What cannot be read counts as
stopped. Reset permits motion and starts none (ISO 13850).
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock

from llmos.disk import write_whole


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

    Any thread may trip it; a stop that comes while another is being cleared stands.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
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

    def trip(self, stop: Stop) -> None:
        """Stop from this moment on, in this process; `save` makes it last. The first stop's reason is kept."""
        with self._tripping:
            self._trips += 1
            self._unsaved = self.stop or stop

    def save(self) -> None:
        """Put the stop on disk, blocking until it is there; raises StorageError, and the stop holds all the same."""
        stop = self._unsaved
        if stop is not None:
            self._write({"stopped": True, "since": stop.since, "by": stop.by, "reason": stop.reason})
            self._unsaved = None

    def clear(self, at: datetime, by: str) -> None:
        """Permit motion again; raises StorageError, and then the stop holds. Only `Rearm` calls this."""
        trips, self._unsaved = self._trips, self.stop
        self._write({"stopped": False, "rearmed_at": at.isoformat(), "by": by})
        with self._tripping:
            if self._trips == trips:
                self._unsaved = None
        self.save()

    def _on_disk(self) -> Stop | None:
        try:
            status = self.path.stat()
        except FileNotFoundError:
            if self._seen is None:
                return None
            return Stop("", "", f"{self.path} has vanished")
        except OSError as error:
            return Stop("", "", f"{self.path} cannot be read: {error.strerror}")
        seen = (status.st_mtime_ns, status.st_size, status.st_ino)
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

    def __call__(self, person: str) -> Stop | None:
        """Clear the stop and return it, or None when there was none; the robot stays where it is."""
        stop = self._latch.stop
        if stop is not None:
            self._latch.clear(self._now(), person)
        return stop


def _read(path: Path) -> Stop | None:
    try:
        content = json.loads(path.read_bytes())
        if content["stopped"] is False:
            return None
        if content["stopped"] is True:
            return Stop(str(content["since"]), str(content["by"]), str(content["reason"]))
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        pass
    return Stop("", "", f"{path} cannot be understood")
