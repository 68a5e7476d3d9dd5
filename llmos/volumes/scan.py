"""Finds the files of a volume that hold documents, with what tells whether they changed since.

Does not read them; a link that leads out of the volume, a loop or a folder that cannot be read becomes a problem.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from llmos.documents.document import Problem
from llmos.documents.places import LED_OUT, MAX_DEPTH, SKILL_PAGES, is_page
from llmos.volumes.volume import FOLDERS, Kind, Volume

Signature = tuple[int, int, int, int]
"""Modification and change time in nanoseconds, size in bytes, inode: equal means that the file is the same."""


class Found(NamedTuple):
    """A file that should hold a document."""

    kind: Kind
    path: str
    signature: Signature


def signature_of(path: str) -> Signature | None:
    """The signature of a file as it is now; None when it cannot be looked at."""
    try:
        return _signature(Path(path).stat())
    except OSError:
        return None


def _signature(status: os.stat_result) -> Signature:
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino


class Closed(Problem):
    """A folder that cannot be looked into: nobody knows which documents lie in it."""

    __slots__ = ()


@dataclass(slots=True)
class Scan:
    """One look at a volume; what it stumbles over gathers in `problems`."""

    volume: Volume
    problems: list[Problem] = field(default_factory=list)

    def everything(self) -> Iterator[Found]:
        """All documents of the volume."""
        for kind, folder in self._folders():
            yield from self._folder(kind, folder)

    def near(self, path: str) -> Iterator[Found]:
        """The documents that a change at `path`, a file or a folder, can have touched."""
        for kind, folder in self._folders():
            below = Path(path[len(folder) + 1 :]).parts
            if path == folder or folder.startswith(path + os.sep):
                yield from self._folder(kind, folder)
            elif not path.startswith(folder + os.sep) or any(part.startswith(".") for part in below):
                continue
            elif kind == "skill":
                yield from self._skill(f"{folder}{os.sep}{below[0]}")
            elif path.endswith(".md"):
                yield from self._page(kind, path)
            else:
                yield from self._pages(kind, path, MAX_DEPTH - len(below))

    def _folders(self) -> Iterator[tuple[Kind, str]]:
        for kind, name in FOLDERS.items():
            for folder in self.volume.folders.get(name, ()):
                yield kind, str(folder)

    def _folder(self, kind: Kind, folder: str) -> Iterator[Found]:
        if os.path.realpath(folder) != folder and os.path.lexists(folder) and not self._stays_inside(folder, Closed):
            return
        if kind != "skill":
            yield from self._pages(kind, folder, MAX_DEPTH)
            return
        for entry in self._listing(folder):
            linked = entry.is_symlink()
            if linked or entry.is_dir():
                yield from self._skill(entry.path, linked=linked)

    def _skill(self, folder: str, *, linked: bool | None = None) -> Iterator[Found]:
        if linked is None:
            linked = Path(folder).is_symlink()
        if linked and not self._stays_inside(folder):
            return
        for page in SKILL_PAGES:
            found = self._look("skill", f"{folder}{os.sep}{page}")
            if found is not None:
                yield found
                return

    def _pages(self, kind: Kind, folder: str, depth: int) -> Iterator[Found]:
        for entry in self._listing(folder):
            if entry.name.endswith(".md"):
                yield from self._page(kind, entry.path)
            elif entry.is_dir(follow_symlinks=False) and depth > 0:
                yield from self._pages(kind, entry.path, depth - 1)
            elif entry.is_symlink() and self._stays_inside(entry.path) and Path(entry.path).is_dir():
                self._warn(entry.path, "a link to a folder is not followed here; link to each document instead")

    def _page(self, kind: Kind, path: str) -> Iterator[Found]:
        if not is_page(path.rpartition(os.sep)[2]):
            return
        found = self._look(kind, path)
        if found is not None:
            yield found

    def _look(self, kind: Kind, path: str) -> Found | None:
        try:
            status = os.lstat(path)
            if stat.S_ISLNK(status.st_mode):
                if not self._stays_inside(path):
                    return None
                status = Path(path).stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            self._wrong(path, f"the file cannot be read: {error.strerror}")
            return None
        if not stat.S_ISREG(status.st_mode):
            self._wrong(path, "is no file")
            return None
        return Found(kind, path, _signature(status))

    def _stays_inside(self, link: str, wrong: type[Problem] = Problem) -> bool:
        try:
            target = Path(link).resolve(strict=True)
        except (OSError, RuntimeError) as error:
            self._wrong(link, f"the link leads nowhere: {getattr(error, 'strerror', None) or 'it is a loop'}", wrong)
            return False
        if not target.is_relative_to(self.volume.boundary):
            self._wrong(link, LED_OUT, wrong)
            return False
        return True

    def _listing(self, folder: str) -> list["os.DirEntry[str]"]:
        try:
            with os.scandir(folder) as entries:
                return [entry for entry in entries if not entry.name.startswith(".") and self._is_readable(entry)]
        except FileNotFoundError:
            return []
        except OSError as error:
            self._wrong(folder, f"the folder cannot be read: {error.strerror}", Closed)
            return []

    def _is_readable(self, entry: "os.DirEntry[str]") -> bool:
        if entry.name.isascii() or entry.name.isprintable():
            return True
        self._warn(repr(entry.path), "the name of this file is no readable text, so it is left out")
        return False

    def _wrong(self, path: str, sentence: str, wrong: type[Problem] = Problem) -> None:
        self.problems.append(wrong(path, 1, "error", sentence))

    def _warn(self, path: str, sentence: str) -> None:
        self.problems.append(Problem(path, 1, "warning", sentence))
