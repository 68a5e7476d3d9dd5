"""Volumes that come from somewhere else: adding one, pulling what is new, and what waits for a person's word.

Does not ask the person: what widened is given back as sentences, and the next call says what was seen and approved.
"""

import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from llmos.clock import Clock, RealClock
from llmos.disk import disk_said
from llmos.documents.naming import is_plain
from llmos.errors import LLMosError, nearest
from llmos.settings import expanded
from llmos.volumes.capabilities import Capability, of_file, wider
from llmos.volumes.files import new_folder
from llmos.volumes.history import History
from llmos.volumes.remotes import Change, Remote, clone
from llmos.volumes.volume import Volume, open_volume

_TAKEN = frozenset({"user", "team", "overlay", "system", "workspace"})


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull did. While `waiting` names capabilities, nothing was merged: call again with `approved=commit`."""

    commit: str | None
    merged: bool
    waiting: tuple[str, ...] = ()


def add_volume(home: Path, source: str, name: str = "", clock: Clock | None = None) -> Volume:
    """Take a volume into the home: a git address or path is cloned, a plain folder copied. It is not trusted yet.

    Raises LLMosError for a source that is empty, or a name that is taken or impossible; StorageError where git or the
    disk refuses.
    """
    if not source:
        raise LLMosError("The address is empty; give a folder, where a dot is this one, or that of a git repository.")
    place = expanded(Path(source))
    chosen = name or _name_of(source)
    root = home / "volumes" / chosen
    if not is_plain(chosen):
        raise LLMosError(f"'{chosen}' cannot name a volume: small letters, digits and hyphens can; say --name NAME.")
    if chosen in _TAKEN or root.exists():
        raise LLMosError(f"There is a volume '{chosen}' already; choose another with --name NAME.")
    history = History(root, clock or RealClock())
    try:
        if place.is_dir() and not _is_repository(place):
            _copy(place, history)
        elif place.is_file():
            raise LLMosError(f"{source} is a file; give the folder that holds agents/, skills/ and the like.")
        elif not place.exists() and ":" not in source:
            there = [each.name for each in place.parent.iterdir() if each.is_dir()] if place.parent.is_dir() else []
            close = nearest(place.name, there)
            advice = close if close.endswith("?") else "give a folder, or the address of a git repository."
            raise LLMosError(f"There is no folder {source}; {advice}")
        else:
            clone(str(place.absolute()) if place.exists() else source, history)
    except FileExistsError:
        raise LLMosError(f"There is a volume '{chosen}' already; choose another with --name NAME.") from None
    return open_volume(root, "added", name=chosen, trusted=False)


def pull(volume: Volume, approved: str | None = None, clock: Clock | None = None) -> Pulled:
    """Fetch what the volume's origin has, and merge it if it changes prose only, or if a person approved that commit.

    An untrusted volume is inert whatever it holds, so nothing waits there.
    """
    remote = Remote(History(volume.root, clock or RealClock()))
    commit = remote.fetch()
    if commit is None:
        return Pulled(None, merged=False)
    waiting = widening(remote.incoming(commit)) if volume.trusted and commit != approved else ()
    if waiting:
        return Pulled(commit, merged=False, waiting=waiting)
    return Pulled(commit, merged=remote.merge(commit))


def push(volume: Volume, clock: Clock | None = None) -> None:
    """Send the volume's commits to its origin."""
    Remote(History(volume.root, clock or RealClock())).push()


def widening(changes: Iterable[Change]) -> tuple[str, ...]:
    """The capabilities that a volume would gain by these changes, one sentence each."""
    gained: set[str] = set()
    for change in changes:
        before = _can(change.path, change.before, executable=change.was_executable)
        after = _can(change.path, change.after, executable=change.is_executable)
        gained |= {f"{each}." for each in wider(after, before)}
    return tuple(sorted(gained))


def _can(path: str, content: bytes | None, *, executable: bool) -> frozenset[Capability]:
    return frozenset() if content is None else of_file(path, content, executable=executable)


def _name_of(source: str) -> str:
    last = re.split(r"[/\\:]", source.rstrip("/\\"))[-1].removesuffix(".git")
    return re.sub(r"[^a-z0-9]+", "-", last.lower()).strip("-")


def _is_repository(place: Path) -> bool:
    return (place / ".git").exists() or ((place / "HEAD").is_file() and (place / "objects").is_dir())


def _copy(place: Path, history: History) -> None:
    """A folder that is no repository becomes one in the home; links are left out, as in a clone."""
    with new_folder(history.root) as staging:
        try:
            shutil.copytree(place, staging, ignore=_links_and_git, dirs_exist_ok=True)
        except OSError as error:
            raise disk_said("copy", place, error) from error
        copy = History(staging, history.clock)
        copy.init()
        copy.commit([Path()], f"Take up {place}")


def _links_and_git(folder: str, names: list[str]) -> set[str]:
    return {name for name in names if name == ".git" or Path(folder, name).is_symlink()}
