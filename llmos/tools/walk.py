"""Lists the files below a folder in a fixed order, without following links and without entering guarded folders.

Knows no contents. Bounded: it stops after a number of entries and says that it did.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from llmos.tools.globs import bars
from llmos.tools.workspace import plain_name

_NOISE = frozenset({"node_modules", "__pycache__", ".venv"})


@dataclass(slots=True)
class Walk:
    """The files below `root`; `stopped` is true afterwards when there were more than `most` entries.

    Folders whose name is `skipped` are not entered, nor are those that are `closed`. What one of the `barred` globs
    bars, each written name by name from the root of the disk on, is passed over.
    """

    root: Path
    skipped: Callable[[str], bool]
    closed: Sequence[Path] = ()
    barred: Sequence[Sequence[str]] = ()
    most: int = 200_000
    stopped: bool = False
    _seen: int = 0

    def paths(self) -> Iterator[str]:
        """Every regular file as a path relative to the root with `/`: those of a folder by name, then its folders."""
        waiting = [""]
        while waiting:
            inside = waiting.pop()
            folders = []
            for entry in self._entries(inside):
                if self._is_barred(entry):
                    continue
                path = f"{inside}{entry.name}"
                if entry.is_file(follow_symlinks=False):
                    yield path
                elif entry.is_dir(follow_symlinks=False) and self._may_enter(entry):
                    folders.append(f"{path}/")
            waiting += reversed(folders)

    def _may_enter(self, folder: "os.DirEntry[str]") -> bool:
        return not self.skipped(folder.name) and Path(folder.path) not in self.closed

    def _is_barred(self, entry: "os.DirEntry[str]") -> bool:
        return bool(self.barred) and any(bars(each, Path(entry.path).parts) for each in self.barred)

    def _entries(self, inside: str) -> list["os.DirEntry[str]"]:
        """What stands in one folder; nothing where it cannot be listed, has become a link, or enough was seen."""
        folder = self.root / inside
        if self.stopped or folder.is_symlink():
            return []
        try:
            with os.scandir(folder) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError:
            return []
        self._seen += len(found)
        self.stopped = self._seen > self.most
        return found


def ignore(protected: frozenset[str]) -> Callable[[str], bool]:
    """What a walk skips: protected folders, given as `plain_name`s, and those that only machines fill."""
    return lambda name: name in _NOISE or plain_name(name) in protected
