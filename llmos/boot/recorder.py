"""Where the recordings of a home lie, and how a robot's controls are recorded.

Knows no run. What a killed process left without an end is sealed before the next recording, or when a person asks.
"""

import logging
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path

from llmos.clock import Clock
from llmos.disk import make_folder
from llmos.errors import StorageError
from llmos.robots.controls import Controls, Snapshot
from llmos.robots.evidence.recorded import RecordedControls
from llmos.traces.recording import Recording, need_mcap
from llmos.traces.sealing import SUFFIX, seal, unsealed
from llmos.volumes.locks import only_writer, sole_owner

_log = logging.getLogger(__name__)


class Recorder:
    """Records robots to files of one folder, each named after its time and robot and held by this process alone."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._held = ExitStack()

    def record(
        self,
        controls: Controls,
        robot: str,
        wait: Callable[[float], Awaitable[None]],
        photograph: Callable[[Snapshot], bytes] | None,
    ) -> RecordedControls:
        """The controls, recorded to a new file until they are closed; StorageError, LLMosError without `mcap`."""
        make_folder(self._folder)
        with only_writer(self._folder / ".lock"):
            _seal_what_was_left(self._folder)
            path = self._free(f"{self._clock.now():%Y%m%d-%H%M%S}-{robot}")
            recording = Recording(path, robot)
            self._held.enter_context(sole_owner(path))
        _log.warning("Recording to %s.", path)
        return RecordedControls(controls, recording, self._clock.now, wait, photograph)

    def release(self) -> None:
        """Let others have the files."""
        self._held.close()

    def _free(self, stem: str) -> Path:
        names = (f"{stem}{f'-{number}' if number else ''}{SUFFIX}" for number in range(1000))
        return next(path for path in map(self._folder.joinpath, names) if not path.exists())


def recordings(folder: Path) -> list[tuple[Path, bool]]:
    """The recordings of a folder, each with whether it has its end; what a killed process left is given one first.

    One without an end is being recorded just now, or could not be sealed. StorageError; LLMosError without `mcap`.
    """
    if unsealed(folder):
        need_mcap()
        with only_writer(folder / ".lock"):
            _seal_what_was_left(folder)
    open_ones = set(unsealed(folder))
    return [(path, path not in open_ones) for path in sorted(folder.glob(f"*{SUFFIX}"))]


def _seal_what_was_left(folder: Path) -> None:
    for path in unsealed(folder):
        with sole_owner(path) as ours:
            if not ours:  # somebody is recording to it
                continue
            try:
                _log.warning("Sealed %s, which had no end: %d messages.", path, seal(path))
            except StorageError as error:
                _log.warning("%s", error)
