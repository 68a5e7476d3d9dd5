"""Finds the documents in files and folders and tells their kind by their place, as Claude Code's layout has it.

Knows names and folders only; no file is opened. What a run finds in a volume is decided by the same names.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

Kind: TypeAlias = Literal["agent", "skill", "command", "kernel", "robot", "scene", "scenario"]

MAX_DEPTH = 4
"""How deep folders may nest below `agents/` and the like; a folder of skills holds skills, not folders of them."""

SKILL_PAGES = ("SKILL.md", "skill.md")
"""What the page of a skill may be called."""

LED_OUT = "the link leaves its volume, so it is not followed"
"""What is wrong with a document that really lies elsewhere."""

_SKILLS = "skills"
_FOLDERS: dict[str, Kind] = {
    "agents": "agent",
    "commands": "command",
    "kernel": "kernel",
    "robots": "robot",
    "scenes": "scene",
    "scenarios": "scenario",
}
_PLACES = {kind: folder for folder, kind in _FOLDERS.items()}
_MARKS: dict[Kind, str] = {"agent": ".agent", "command": ".prompt"}
_OPEN = frozenset({".claude", ".agents", ".github"})
_CLOSED = frozenset({"node_modules", "__pycache__"})


class Found(NamedTuple):
    """A document; `passed_over` says why no run ever finds it, and is empty where one does."""

    kind: Kind
    path: Path
    passed_over: str = ""


def is_page(name: str) -> bool:
    """Whether a run reads a file of this name in `agents/`, `commands/` and the like."""
    return name.endswith(".md") and not name.startswith(".") and name.casefold() != "readme.md"


def name_at(kind: Kind, path: Path) -> str:
    """The name that its place gives to a document: that of a skill's folder, of any other its file's."""
    if kind == "skill":
        return path.parent.name
    return path.stem.removesuffix(_MARKS.get(kind, ""))


def documents_in(path: Path, on_unreadable: Callable[[OSError], None]) -> Iterator[Found]:
    """The documents below a folder; a file is taken as it is, as an agent where nothing says otherwise.

    `on_unreadable` hears of each folder that cannot be opened.
    """
    if not path.is_dir():
        named = _kind(path.name, path.absolute().parent.parts[-3:]) or "agent"
        yield Found(named, path, _misnamed(named, path.name))
        return
    for folder, folders, names in os.walk(path, onerror=on_unreadable):
        here = Path(folder)
        parts = (path.absolute().name, *here.relative_to(path).parts)
        skill = next((name for name in names if name.lower() == "skill.md"), None)
        if skill is not None:
            folders.clear()
            yield Found("skill", here / skill, _misnamed("skill", skill) or _too_deep("skill", parts))
            continue
        folders[:] = sorted(name for name in folders if name in _OPEN or not (name.startswith(".") or name in _CLOSED))
        for name in sorted(names):
            kind = _kind(name, parts)
            if kind is not None:
                yield Found(kind, here / name, _misnamed(kind, name) or _too_deep(kind, parts))


def volume_of(path: Path) -> Path | None:
    """The folder that holds the `agents/`, `skills/` and the like in which a document lies; None where none does."""
    above = path.absolute().parents
    return next((each.parent for each in above if each.name in _FOLDERS or each.name == _SKILLS), None)


def leads_out(path: Path) -> bool:
    """Whether a document is a link, or behind one, to a place outside of its volume."""
    root = volume_of(path)
    if root is None:
        return False
    limits = root.parent if root.name in _OPEN else root
    return not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(limits))


def _kind(name: str, folders: tuple[str, ...]) -> Kind | None:
    """The kind of a file by the nearest folder that tells it, in whatever letters its name is written."""
    lower = name.lower()
    if not is_page(lower):
        return None
    if lower == "skill.md":
        return "skill"
    if lower.endswith(".agent.md"):
        return "agent"
    kinds = (_FOLDERS[folder] for folder in reversed(folders) if folder in _FOLDERS)
    return next(kinds, None)


def _misnamed(kind: Kind, name: str) -> str:
    """What is wrong with the name of a file; a run goes by its very letters, on every file system."""
    if kind == "skill":
        return "" if name in SKILL_PAGES else f"no run finds it: a skill's page is called {SKILL_PAGES[0]}"
    return "" if is_page(name) else "no run finds it: the name must end with '.md' and not be README.md"


def _too_deep(kind: Kind, parts: tuple[str, ...]) -> str:
    """What is wrong with the folders in which a file lies, the nearest last."""
    place, most = (_SKILLS, 1) if kind == "skill" else (_PLACES[kind], MAX_DEPTH)
    below = parts[::-1].index(place) if place in parts else 0
    deep = f"no run finds it: it lies {below} folders deep in {place}/, and runs look {most} deep"
    return deep if below > most else ""
