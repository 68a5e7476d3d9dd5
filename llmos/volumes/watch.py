"""Hears from the system which files below some folders change, and passes their paths on.

Does not know what the files are. Where the system cannot tell, `problem` says so; the registry looks for itself anyway.

On Linux only what finishes a change is asked for (a file closed after writing, moved, made, deleted): events for every
file that is merely opened would overflow the queue as soon as something reads a large tree. macOS and Windows tell of
each change of a file, so a save may be heard of before it is finished there.
"""

import logging
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver, ObservedWatch

_SAVED = FileClosedEvent if sys.platform == "linux" else FileModifiedEvent
_EVENTS: list[type[FileSystemEvent]] = [
    _SAVED,
    FileCreatedEvent,
    FileMovedEvent,
    FileDeletedEvent,
    DirCreatedEvent,
    DirMovedEvent,
    DirDeletedEvent,
]


class Watcher(FileSystemEventHandler):
    """Watches folders, and all below them, while it is entered; `on_change` is called in a thread of the watcher.

    A folder that does not exist yet is watched from the moment it is made, if its parent is there.
    """

    def __init__(self, folders: Iterable[Path], on_change: Callable[[list[Path]], None]) -> None:
        self.problem: str | None = None
        self._folders = {str(folder) for folder in folders}
        self._on_change = on_change
        self._observer: BaseObserver | None = None
        self._watches: dict[str, ObservedWatch] = {}
        self._heard: list[Path] = []

    def __enter__(self) -> Self:
        # What is lost, the registry finds by looking; that a folder is registered twice while it is made is no harm.
        logging.getLogger("watchdog").addHandler(logging.NullHandler())
        warnings.filterwarnings("ignore", message="Callback with id", category=RuntimeWarning)
        try:
            observer = self._observer = Observer()
            observer.start()
            for parent in {str(Path(folder).parent) for folder in self._folders}:
                if Path(parent).is_dir():
                    observer.schedule(self, parent, event_filter=_EVENTS)
            for folder in sorted(self._folders):
                self._watch(folder)
            self._probe(observer)
        except OSError as error:
            self._complain(error)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._observer is not None and self._observer.is_alive():
            self._observer.stop()
            self._observer.join()

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Gather the paths of a burst of events, and pass them on when no more wait in the queue."""
        for path in (str(event.src_path), str(event.dest_path)):
            if path in self._folders and isinstance(event, DirCreatedEvent | DirMovedEvent):
                self._watch_anew(path)
            if path and not Path(path).name.startswith("."):
                self._heard.append(Path(path))
        observer = self._observer
        if self._heard and observer is not None and observer.event_queue.empty():
            heard, self._heard = self._heard, []
            self._on_change(list(dict.fromkeys(heard)))

    def _watch_anew(self, folder: str) -> None:
        try:
            self._watch(folder)
        except OSError as error:
            if Path(folder).is_dir():
                self._complain(error)

    def _watch(self, folder: str) -> None:
        observer = self._observer
        if observer is None or not Path(folder).is_dir():
            return
        former = self._watches.pop(folder, None)
        if former is not None:
            observer.unschedule(former)
        self._watches[folder] = observer.schedule(self, folder, recursive=True, event_filter=_EVENTS)

    def _complain(self, error: OSError) -> None:
        self.problem = (
            f"The system cannot tell of changed files ({error.strerror or error}); "
            "edits are found by looking, a few seconds later in large volumes."
        )

    def _probe(self, observer: BaseObserver) -> None:
        """Raise OSError when the limit of watches is used up: below a recursive watch that goes unsaid."""
        with tempfile.TemporaryDirectory(prefix="llmos-") as folder:
            observer.unschedule(observer.schedule(self, folder, event_filter=_EVENTS))
