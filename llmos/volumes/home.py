"""Makes a home: its folders, its volumes as git repositories, and a page of settings.

Does not know what is kept there. What exists is never overwritten, so that it may run at any time, and twice at once.
"""

import shutil
from pathlib import Path

from llmos.clock import Clock, RealClock
from llmos.disk import disk_said, make_folder, write_new
from llmos.volumes.files import new_folder
from llmos.volumes.history import History
from llmos.volumes.locks import only_writer
from llmos.volumes.mounting import OVERLAY

_VOLUMES = (("user", "user"), ("team", "team"), ("overlay", OVERLAY))
"""The seeds below `volumes/` and the folders of the home that they become."""

_FOLDERS = ("cache", "journals", "kernel", "models", "robots", "recordings", "run", "secrets", "volumes")


def init_home(home: Path, system_root: Path, clock: Clock | None = None) -> list[str]:
    """Make what is missing of a home; one line for each thing that was made.

    Raises StorageError where the disk or git refuses; what was made until then is whole, and the next call goes on.
    """
    done: list[str] = []
    try:
        _make_folder(home, done)
        for name in _FOLDERS:
            _make_folder(home / name, done)
        if _is_complete(home):
            return done
        with only_writer(home / "run" / "init.lock"):
            for seed, name in _VOLUMES:
                _make_volume(system_root / "volumes" / seed, History(home / name, clock or RealClock()), done)
            _copy_settings(system_root / "volumes" / "home" / "settings.md", home / "settings.md", done)
    except OSError as error:
        raise disk_said("make the home", home, error) from error
    return done


def _is_complete(home: Path) -> bool:
    return (home / "settings.md").exists() and all((home / name / ".git").exists() for _, name in _VOLUMES)


def _make_folder(folder: Path, done: list[str]) -> None:
    """A folder that only its owner may enter."""
    if not folder.is_dir():
        make_folder(folder)
        done.append(f"made {folder}")
    elif folder.stat().st_mode & 0o077:
        folder.chmod(0o700)
        done.append(f"closed {folder} to others")


def _make_volume(seed: Path, history: History, done: list[str]) -> None:
    root = history.root
    if history.exists:
        return
    if root.is_dir():
        history.init()
        history.commit([Path()], "Take up what was here\nThe folder had no history yet.")
        done.append(f"gave {root} a history")
        return
    with new_folder(root) as staging:
        shutil.copytree(seed, staging, dirs_exist_ok=True)
        fresh = History(staging, history.clock)
        fresh.init()
        fresh.commit([Path()], f"Begin the {seed.name} volume\nCopied from the seed that LLMos ships.")
    done.append(f"made {root}, a volume with a history of its own")


def _copy_settings(seed: Path, page: Path, done: list[str]) -> None:
    try:
        write_new(page, seed.read_bytes())
    except FileExistsError:
        return
    done.append(f"made {page}")
