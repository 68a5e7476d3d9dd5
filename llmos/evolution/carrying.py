"""Carries a skill's files from one volume to another: whole or not at all, and nothing that a link leads to.

Knows no evidence and no history; which files belong to a skill, it is told.
"""

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from llmos.disk import disk_said
from llmos.errors import RefusedError
from llmos.volumes.files import new_folder

_LEFT_OUT = shutil.ignore_patterns("__pycache__", ".DS_Store", "*.tmp", ".git")


@contextmanager
def carried(source: Path, target: Path, names: Sequence[str], stays: Sequence[str] = ()) -> Iterator[None]:
    """These files of a folder copied to `target`, in place of what is there; when the block fails, all is as before.

    Of what is there only the files that `stays` names are kept. Raises RefusedError where one to be carried is a link,
    StorageError where the disk refuses.
    """
    link = next((path for path in (source / name for name in names) if path.is_symlink()), None)
    if link is not None:
        raise RefusedError(f"{link} is a link; a skill that moves to another volume must hold what it needs itself.")
    aside = target.with_name(f".was-{target.name}")
    try:
        _put_back(aside, target)  # what a crash may have left
        if target.exists():
            target.rename(aside)
        try:
            with new_folder(target, mode=0o755) as staging:
                _copy(aside, staging, stays)
                _copy(source, staging, names)
            yield
        except BaseException:
            shutil.rmtree(target, ignore_errors=True)
            _put_back(aside, target)
            raise
        shutil.rmtree(aside, ignore_errors=True)
    except OSError as error:
        raise disk_said("carry the skill to", target, error) from error


def files_of(folder: Path) -> tuple[str, ...]:
    """The files and links below a folder, relative to it, without those that an editor or Python leaves there."""
    found = []
    for place, folders, names in os.walk(folder):
        left_out = _LEFT_OUT(place, [*folders, *names])
        folders[:] = sorted(set(folders) - left_out)
        links = [name for name in folders if Path(place, name).is_symlink()]
        found += [Path(place, name).relative_to(folder).as_posix() for name in {*names, *links} - left_out]
    return tuple(sorted(found))


def holds_copy(folder: Path, source: Path, names: Iterable[str]) -> bool:
    """Whether a folder holds exactly these files of another; raises StorageError for what cannot be read."""
    try:
        known = files_of(folder)
        return known == tuple(sorted(names)) and all(
            (folder / name).read_bytes() == (source / name).read_bytes() for name in known
        )
    except OSError as error:
        raise disk_said("compare the skill with", folder, error) from error


def holds_skill(folder: Path) -> bool:
    """Whether a page of a skill lies there, and not only what was left behind beside one."""
    return any(each.name.lower() == "skill.md" for each in folder.glob("*"))


def taken_out(folder: Path, names: Iterable[str]) -> None:
    """Remove these files of a folder, and the folders that hold nothing then; raises StorageError."""
    try:
        for name in names:
            (folder / name).unlink(missing_ok=True)
        for place, _, _ in [*os.walk(folder, topdown=False)]:
            if Path(place).name == "__pycache__":
                shutil.rmtree(place)
            with suppress(OSError):  # what git leaves out is still there
                Path(place).rmdir()
    except OSError as error:
        raise disk_said("take out the skill", folder, error) from error


def _copy(source: Path, target: Path, names: Iterable[str]) -> None:
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source / name, target / name, follow_symlinks=False)


def _put_back(aside: Path, target: Path) -> None:
    if aside.exists() and not target.exists():
        aside.rename(target)
    shutil.rmtree(aside, ignore_errors=True)
