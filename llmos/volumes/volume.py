"""What a volume is, where its folders lie, and in which order volumes shadow each other.

Does not know what stands in the documents, only where they may stand.

The order, strongest first: user, team, overlay, system, added, workspace. A person's own documents win over the team's,
these over promoted and shipped ones. A volume that somebody else wrote only adds names: if it could shadow, adding a
collection of skills might replace the shipped `operator` or `safety-officer` without anybody having asked for it.
Whoever prefers the added version takes it over with `agent edit`, which copies it to the user volume.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

from llmos.documents.document import NEVER_CLOSED, BrokenDocumentError, Problem
from llmos.documents.frontmatter import read_document
from llmos.documents.naming import not_empty
from llmos.messages import JSON

Tier = Literal["user", "team", "overlay", "system", "added", "workspace"]
Kind = Literal["agent", "skill", "command", "robot", "scene", "scenario"]

TIERS: tuple[Tier, ...] = get_args(Tier)
FOLDERS: Mapping[Kind, str] = {
    "agent": "agents",
    "skill": "skills",
    "command": "commands",
    "robot": "robots",
    "scene": "scenes",
    "scenario": "scenarios",
}
DESCRIPTION = "VOLUME.md"
"""The page of a volume that names and describes it and says what it mounts."""
CODE_FOLDERS = ("tools", "drivers")
_WORKSPACE_FOLDERS = (".claude/agents", ".claude/skills", ".claude/commands", ".agents/skills")


@dataclass(frozen=True, slots=True)
class Volume:
    """A tree of documents. None of them may resolve to a place outside `boundary`.

    `folders` says where each folder of a kind (`agents`, `tools`, ...) lies; one that is not there holds nothing.
    """

    name: str
    root: Path
    tier: Tier
    trusted: bool
    writable: bool
    boundary: Path
    folders: Mapping[str, tuple[Path, ...]]
    description: str = ""
    problems: tuple[Problem, ...] = ()
    unread: Problem | None = None
    """What is wrong with its VOLUME.md, where that cannot be read, so that nobody knows what it mounts."""

    @property
    def keeps_traces(self) -> bool:
        """Whether runs are replayed from its traces."""
        return self.trusted and self.tier != "workspace"

    @property
    def rank(self) -> tuple[int, str]:
        """What shadows sorts before what is shadowed."""
        return TIERS.index(self.tier), self.name


def open_volume(
    root: Path, tier: Tier, *, name: str = "", trusted: bool = True, boundary: Path | None = None
) -> Volume:
    """The volume at `root`, as its VOLUME.md describes it; a broken VOLUME.md is a problem, not a missing volume.

    Its `mounts` are folders that stand in for the folder of the same name; they must lie inside `boundary`.
    """
    root = root.resolve()
    limits = (boundary or root).resolve()
    keys, problems, unread = _description(root)
    folders = {kind: [root / kind] for kind in (*FOLDERS.values(), *CODE_FOLDERS)}
    for mount in _mounts(keys, root, problems):
        place = (root / mount).resolve()
        if place.name not in folders or not place.is_relative_to(limits):
            sentence = f"'{mount}' is no folder that this volume may mount; {_may_mount(folders, limits)}"
            problems.append(Problem(str(root / DESCRIPTION), 1, "error", sentence))
            continue
        folders[place.name].append(place)
    return Volume(
        name=name or str(keys.get("name") or root.name),
        root=root,
        tier=tier,
        trusted=trusted,
        writable=tier in {"user", "team", "overlay", "added"},
        boundary=limits,
        folders={kind: tuple(places) for kind, places in folders.items()},
        description=str(keys.get("description") or ""),
        problems=tuple(problems),
        unread=unread,
    )


def open_workspace(root: Path, *, trusted: bool) -> Volume:
    """The documents that other programs keep in a working directory; LLMos reads them there and never writes."""
    root = root.resolve()
    folders: dict[str, tuple[Path, ...]] = {}
    for place in _WORKSPACE_FOLDERS:
        kind = place.rpartition("/")[2]
        folders[kind] = (*folders.get(kind, ()), root / place)
    return Volume("workspace", root, "workspace", trusted, writable=False, boundary=root, folders=folders)


def _description(root: Path) -> tuple[Mapping[str, JSON], list[Problem], Problem | None]:
    """The keys of the VOLUME.md, what is odd about it, and what keeps it from being read."""
    page = root / DESCRIPTION
    if not os.path.lexists(page):
        return {}, [], None
    try:
        document = read_document(page)
        not_empty(document)
        if document.cut_off:
            raise document.wrong("", NEVER_CLOSED)
    except BrokenDocumentError as error:
        unread = replace(error.problem, sentence=f"{error.problem.sentence}, so what it mounts is not known")
        return {}, [unread], unread
    return document.keys, list(document.problems), None


def _mounts(keys: Mapping[str, JSON], root: Path, problems: list[Problem]) -> list[str]:
    mounts = keys.get("mounts") or []
    if isinstance(mounts, list) and all(isinstance(mount, str) for mount in mounts):
        return mounts
    problems.append(Problem(str(root / DESCRIPTION), 1, "error", "'mounts' must be a list of folders"))
    return []


def _may_mount(folders: Mapping[str, object], limits: Path) -> str:
    return f"it may mount folders named {', '.join(folders)} inside {limits}"
