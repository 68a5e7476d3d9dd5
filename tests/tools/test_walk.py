"""The laws of walking through folders."""

import os
from pathlib import Path

import pytest

from llmos.tools.walk import Walk, ignore


def walked(root: Path, protected: tuple[str, ...] = (".git",)) -> list[str]:
    """The paths of a walk."""
    return list(Walk(root, ignore(frozenset(protected))).paths())


def put(root: Path, *names: str) -> None:
    """Empty files."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("")


def test_files_come_in_a_fixed_order(tmp_path: Path) -> None:
    """Those of a folder by name, then its folders by name, whatever the disk's own order is."""
    put(tmp_path, "z", "a/y", "a/b/c", "B/x", "m", "a/a")
    assert walked(tmp_path) == ["m", "z", "B/x", "a/a", "a/y", "a/b/c"]


def test_protected_folders_and_noise_are_not_entered(tmp_path: Path) -> None:
    """However they are spelled; a protected name that is a file is only a name."""
    put(tmp_path, ".git/config", ".GIT/x", "sub/.git", "node_modules/x", "a/__pycache__/x", ".github/x", ".venv/x")
    assert walked(tmp_path) == [".github/x", "sub/.git"]


def test_closed_folders_are_not_entered(tmp_path: Path) -> None:
    """Only that one folder is closed, not others of its name."""
    put(tmp_path, "home/secrets/key", "home/user/note", "work/secrets/x")
    walk = Walk(tmp_path, ignore(frozenset()), (tmp_path / "home" / "secrets",))
    assert list(walk.paths()) == ["home/user/note", "work/secrets/x"]


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_links_are_not_followed(tmp_path: Path) -> None:
    """Neither to files nor to folders, and a ring of them does not matter."""
    put(tmp_path, "work/a", "outside/secret")
    (tmp_path / "work/link").symlink_to(tmp_path / "outside")
    (tmp_path / "work/file").symlink_to(tmp_path / "outside/secret")
    (tmp_path / "work/ring").symlink_to(tmp_path / "work")
    (tmp_path / "alias").symlink_to(tmp_path / "outside")
    os.mkfifo(tmp_path / "work/pipe")
    assert walked(tmp_path / "work") == ["a"]
    assert walked(tmp_path / "alias") == []


def test_a_walk_ends_after_so_many_entries(tmp_path: Path) -> None:
    """A folder without end does not take time without end."""
    put(tmp_path, *(f"{folder}/{name}" for folder in "abcdef" for name in "123"))
    walk = Walk(tmp_path, ignore(frozenset()), most=10)
    assert list(walk.paths()) == ["a/1", "a/2", "a/3", "b/1", "b/2", "b/3"]
    assert walk.stopped


def test_what_is_not_there_holds_nothing(tmp_path: Path) -> None:
    """A folder that vanishes meanwhile is no error."""
    assert walked(tmp_path / "no") == []
