"""Carries a skill's folder from one volume to another: whole or not at all, and nothing that a link leads to.

Knows no evidence and no history.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from llmos.disk import disk_said
from llmos.errors import RefusedError
from llmos.volumes.files import new_folder

_LEFT_OUT = shutil.ignore_patterns("__pycache__", ".DS_Store", "*.tmp", ".git")


@contextmanager
def carried(source: Path, target: Path) -> Iterator[None]:
    """The folder copied to `target`, in place of what is there; when the block fails, all is as it was before.

    Raises RefusedError for a folder that holds links, StorageError where the disk refuses.
    """
    link = next((path for path in _everything(source) if path.is_symlink()), None)
    if link is not None:
        raise RefusedError(f"{link} is a link; a skill that moves to another volume must hold what it needs itself.")
    aside = target.with_name(f".was-{target.name}")
    try:
        _put_back(aside, target)  # what a crash may have left
        if target.exists():
            target.rename(aside)
        try:
            with new_folder(target, mode=0o755) as staging:
                shutil.copytree(source, staging, ignore=_LEFT_OUT, dirs_exist_ok=True)
            yield
        except BaseException:
            shutil.rmtree(target, ignore_errors=True)
            _put_back(aside, target)
            raise
        shutil.rmtree(aside, ignore_errors=True)
    except OSError as error:
        raise disk_said("carry the skill to", target, error) from error


def _put_back(aside: Path, target: Path) -> None:
    if aside.exists() and not target.exists():
        aside.rename(target)
    shutil.rmtree(aside, ignore_errors=True)


def _everything(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        for name in (*folders, *names):
            yield Path(place, name)
