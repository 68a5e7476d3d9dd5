"""The folder that an agent may work in: where it may be, what a path written by a model means, and what is guarded.

Decides no permission and opens no file. Paths that come out are absolute and free of symbolic links.
"""

import os
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from llmos.errors import LLMosError, RefusedError

_VOLUMES = ("user", "team", "volumes")  # what of the home may be worked in
_DEVICES = (Path("/dev"), Path("/proc"), Path("/sys"))  # there, reading hangs or shows the keys of a process
_FAR = 3  # from so many `..` on, an absolute path is easier to read


@dataclass(frozen=True, slots=True)
class Workspace:
    """`root` is where the agent works, `home` is LLMOS_HOME, `user_home` is the person's own folder."""

    root: Path
    home: Path
    user_home: Path | None = None

    def resolve(self, text: str) -> Path:
        """The absolute path that a model's text means, seen from the root; links are followed once, here.

        Raises LLMosError for text that no path can be.
        """
        if "\0" in text or not _can_be_named(text):
            raise LLMosError(f"{text!r} is no path; give one relative to {self.root} or an absolute one")
        if self.user_home is not None and (text == "~" or text.startswith("~/")):
            text = f"{self.user_home}{text[1:]}"
        return Path(os.path.realpath(self.root / text))

    def contains(self, path: Path) -> bool:
        """Say whether the path is the root or lies below it."""
        return path.is_relative_to(self.root)

    def shown(self, path: Path) -> str:
        """The path as a person reads it: relative where that is short, `/` between the names."""
        if self.contains(path):
            return path.relative_to(self.root).as_posix()
        beside = os.path.relpath(path, self.root) if path.anchor == self.root.anchor else str(path)
        return Path(beside).as_posix() if beside.count("..") < _FAR else path.as_posix()


def open_workspace(folder: Path, home: Path, user_home: Path | None = None) -> Workspace:
    """The workspace at this folder.

    Raises RefusedError where no agent may be let loose, LLMosError where there is no folder.
    """
    root, home = Path(os.path.realpath(folder)), Path(os.path.realpath(home))
    person = Path(os.path.realpath(user_home)) if user_home else None
    advice = "choose a folder of its own with --workspace"
    if not root.is_dir():
        raise LLMosError(f"the workspace {root} is not a folder; {advice}")
    if root == Path(root.anchor):
        raise RefusedError(f"the workspace cannot be {root}, the whole disk; {advice}")
    if person is not None and lies_in(person, root):
        raise RefusedError(f"the workspace cannot be {root}, which holds your home folder; {advice}")
    if lies_in(home, root):
        raise RefusedError(f"the workspace cannot be {root}, which holds LLMOS_HOME ({home}); {advice}")
    if lies_in(root, home) and not _in_volumes(root, home):
        raise RefusedError(f"the workspace cannot be {root} inside LLMOS_HOME ({home}); {advice}")
    return Workspace(root, home, person)


def guarded_paths(system_root: Path, folders: Iterable[Path]) -> tuple[Path, ...]:
    """What no agent may write, even if a person says yes: the rules, the interpreter itself, and these folders.

    The folders are those of volumes that hold robot profiles, programs and hooks.
    """
    ours = (system_root / "kernel", system_root / "llmos", Path(__file__).parent.parent)
    return tuple(dict.fromkeys(Path(os.path.realpath(each)) for each in (*ours, *folders)))


def closed_folders(home: Path) -> tuple[Path, ...]:
    """What no agent may read, even if a person says yes to a folder around it: secrets, and devices."""
    return (home / "secrets", *_DEVICES)


def never_read(path: Path, home: Path) -> bool:
    """Say whether no agent may read the path."""
    return lies_in(path, *closed_folders(home))


def never_written(path: Path, home: Path, guarded: Sequence[Path]) -> bool:
    """Say whether no agent may write the path: what is guarded, devices, and the home but for its volumes."""
    return lies_in(path, *guarded, *_DEVICES) or (lies_in(path, home) and not _in_volumes(path, home))


def lies_in(path: Path, *folders: Path) -> bool:
    """Say whether a path is one of the folders or below, also where a disk ignores case or a folder has two names."""
    names = _plain_parts(path)
    if any(names[: len(folder.parts)] == _plain_parts(folder) for folder in folders):
        return True
    marks = {_identity(folder) for folder in folders} - {None}
    return any(_identity(each) in marks for each in (path, *path.parents))


@lru_cache(maxsize=4096)
def plain_name(name: str) -> str:
    """The name as the most forgiving disk would read it, so that `.GIT`, `.git.` and `.g\u200cit` are `.git`.

    After git's own rules for HFS+ and NTFS (`is_hfs_dotgit`, `is_ntfs_dotgit`).
    """
    text = unicodedata.normalize("NFKC", name).casefold()
    text = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
    text = text.split(":", 1)[0].rstrip(". ") or text
    return ".git" if text == "git~1" else text


def is_folder(path: Path) -> bool:
    """Say whether there is a folder, as far as we may look."""
    try:
        return path.is_dir()
    except OSError:
        return False


def _can_be_named(text: str) -> bool:
    """Say whether a disk has bytes for the text: half a surrogate pair, which JSON can smuggle in, has none."""
    try:
        return bool(os.fsencode(text))
    except UnicodeEncodeError:
        return False


def _plain_parts(path: Path) -> tuple[str, ...]:
    return tuple(map(plain_name, path.parts))


def _in_volumes(path: Path, home: Path) -> bool:
    return lies_in(path, *(home / each for each in _VOLUMES))


def _identity(path: Path) -> tuple[int, int] | None:
    """What the disk knows the place by, whatever its names; None where there is nothing."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
