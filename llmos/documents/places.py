"""Finds the documents in files and folders and tells their kind by their place, as Claude Code's layout has it.

Knows names and folders only; no file is opened.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["agent", "skill", "command", "kernel", "robot", "scene", "scenario"]

_FOLDERS: dict[str, Kind] = {
    "agents": "agent",
    "commands": "command",
    "kernel": "kernel",
    "robots": "robot",
    "scenes": "scene",
    "scenarios": "scenario",
}
_OPEN = frozenset({".claude", ".agents", ".github"})
_CLOSED = frozenset({"node_modules", "__pycache__"})
_ABOUT = frozenset({"readme", "claude", "agents", "license", "changelog", "contributing"})


def documents_in(path: Path, on_unreadable: Callable[[OSError], None]) -> Iterator[tuple[Kind, Path]]:
    """The documents below a folder; a file is taken as it is, as an agent where nothing says otherwise.

    `on_unreadable` hears of each folder that cannot be opened.
    """
    if not path.is_dir():
        yield _kind(path, path.absolute().parent.parts[-3:]) or "agent", path
        return
    for folder, folders, names in os.walk(path, onerror=on_unreadable):
        here = Path(folder)
        skill = next((name for name in names if name.lower() == "skill.md"), None)
        if skill is not None:
            folders.clear()
            yield "skill", here / skill
            continue
        folders[:] = sorted(name for name in folders if name in _OPEN or not (name.startswith(".") or name in _CLOSED))
        parts = (path.absolute().name, *here.relative_to(path).parts)
        for name in sorted(names):
            kind = _kind(here / name, parts)
            if kind is not None:
                yield kind, here / name


def _kind(path: Path, folders: tuple[str, ...]) -> Kind | None:
    """The kind of a file by the nearest folder that tells it."""
    name = path.name.lower()
    if name == "skill.md":
        return "skill"
    if name.endswith(".agent.md"):
        return "agent"
    if not name.endswith(".md") or path.stem.lower() in _ABOUT:
        return None
    kinds = (_FOLDERS[folder] for folder in reversed(folders) if folder in _FOLDERS)
    return next(kinds, None)
