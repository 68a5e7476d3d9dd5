"""Hearing of changes: each kind of save, bursts, folders that come and go, and what happens at the system's limits."""

import queue
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from llmos.volumes.registry import Registry
from llmos.volumes.watch import Watcher
from tests.support.volumes import volume, write_skill

ROOT = Path(__file__).parents[2]
PATIENCE_S = 20


def test_saved_file_reaches_the_registry(tmp_path: Path) -> None:
    """In place, by a new name, new, renamed, deleted: each is heard of, and the registry knows without being asked."""
    skill = write_skill(tmp_path, "paint", "One.")
    with _watched(tmp_path) as (registry, until):
        skill.write_text(skill.read_text().replace("One.", "Two."))
        until(lambda: registry.names() == {"paint": "Two."})
        other = skill.with_name(".SKILL.md.new")
        other.write_text(skill.read_text().replace("Two.", "Three."))
        other.replace(skill)
        until(lambda: registry.names() == {"paint": "Three."})
        write_skill(tmp_path, "draw", "New.")
        until(lambda: registry.names() == {"paint": "Three.", "draw": "New."})
        skill.parent.rename(tmp_path / "skills/sketch")
        until(lambda: (tmp_path / "skills/sketch/SKILL.md") in registry.files())
        shutil.rmtree(tmp_path / "skills/draw")
        until(lambda: registry.names() == {"paint": "Three."})
        assert registry.files() == {tmp_path / "skills/sketch/SKILL.md"}


def test_folder_that_is_made_or_made_anew_is_watched(tmp_path: Path) -> None:
    """The first skill of a volume makes its folder; a checkout may take it away and bring it back."""
    with _watched(tmp_path) as (registry, until):
        for text in ("One.", "Two."):
            path = write_skill(tmp_path, "paint", "Soon.")
            until(lambda: "paint" in registry.names())
            path.write_text(path.read_text().replace("Soon.", text))
            until(lambda text=text: registry.names() == {"paint": text})
            shutil.rmtree(tmp_path / "skills")
            until(lambda: registry.names() == {})
            assert registry.names() == {}


def test_folder_that_comes_and_goes_faster_than_events_ends_nothing(tmp_path: Path) -> None:
    """A folder that is gone again when its making is heard of is no reason to stop listening."""
    with _watched(tmp_path) as (registry, until):
        for _ in range(200):
            (tmp_path / "skills").mkdir()
            (tmp_path / "skills").rmdir()
        write_skill(tmp_path, "paint", "One.")
        until(lambda: registry.names() == {"paint": "One."})
        assert registry.names() == {"paint": "One."}


def test_reading_is_not_heard_of(tmp_path: Path) -> None:
    """Opening every file of a tree makes no event, so that it cannot fill the queue of the system."""
    paths = [write_skill(tmp_path, f"s{number}") for number in range(200)]
    heard: list[Path] = []
    changed: queue.Queue[None] = queue.Queue()

    def on_change(found: list[Path]) -> None:
        heard.extend(found)
        changed.put(None)

    with Watcher(volume(tmp_path).folders["skills"], on_change):
        for path in paths:
            path.read_text()
            list(path.parent.iterdir())
        paths[0].write_text("x")
        changed.get(timeout=PATIENCE_S)
    assert set(heard) == {paths[0]}


@pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")
def test_limit_of_watches_is_a_sentence(tmp_path: Path) -> None:
    """Where the kernel gives out no more watches, the watcher says so, and edits are found by looking."""
    for number in range(30):
        write_skill(tmp_path, f"s{number}")
    script = f"""
        import sys; from pathlib import Path
        sys.path.insert(0, {str(ROOT)!r})
        from llmos.volumes.registry import Registry
        from llmos.volumes.watch import Watcher
        from llmos.volumes.volume import open_volume
        volume = open_volume(Path({str(tmp_path)!r}), "user")
        registry = Registry([volume])
        with Watcher(volume.folders["skills"], registry.refresh) as watcher:
            print(watcher.problem)
            page = Path({str(tmp_path)!r}) / "skills/s29/SKILL.md"
            page.write_text(page.read_text().replace("Shows how.", "Shows more."))
            print(registry.entry("skill", "s29").description)
    """
    limited = 'echo 8 > /proc/sys/user/max_inotify_watches && exec "$0" -c "$1"'
    command = ["unshare", "--user", "--map-root-user", "sh", "-c", limited, sys.executable, textwrap.dedent(script)]
    done = subprocess.run(command, capture_output=True, text=True)
    if "unshare" in done.stderr or "Permission denied" in done.stderr or "nonexistent" in done.stderr:
        pytest.skip(f"no user namespace of our own: {done.stderr.strip()}")
    problem, found = done.stdout.splitlines()
    assert problem == (
        "The system cannot tell of changed files (inotify watch limit reached); "
        "edits are found by looking, a few seconds later in large volumes."
    )
    assert found == "Shows more."


class _Names(Registry):
    """What is known right now, without the look that a question starts."""

    def names(self) -> dict[str, str]:
        return {entry.name: entry.description for entry in self._state.entries("skill")}

    def files(self) -> set[Path]:
        return {entry.path for entry in self._state.entries("skill")}


@contextmanager
def _watched(root: Path) -> Iterator[tuple[_Names, "_Until"]]:
    mounted = volume(root)
    registry = _Names([mounted])
    registry.refresh()
    until = _Until()

    def on_change(paths: list[Path]) -> None:
        registry.refresh(paths)
        until.changed.put(None)

    with Watcher([folder for folders in mounted.folders.values() for folder in folders], on_change) as watcher:
        assert watcher.problem is None
        yield registry, until


class _Until:
    """Waits for events until something holds."""

    def __init__(self) -> None:
        self.changed: queue.Queue[None] = queue.Queue()

    def __call__(self, holds: Callable[[], bool]) -> None:
        while not holds():
            self.changed.get(timeout=PATIENCE_S)
