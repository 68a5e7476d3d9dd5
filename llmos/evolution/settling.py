"""Brings volumes in line: a skill that one has received leaves the other, and comes back when that is undone.

Knows commits and folders, no evidence. The histories are all that it goes by, so it may run at any time and twice.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from llmos.clock import Clock
from llmos.disk import make_folder
from llmos.errors import LLMosError
from llmos.evolution.carrying import holds_skill, taken_out
from llmos.evolution.standing import FOLDERS
from llmos.evolution.transitions import (
    COMPLETES,
    PATH,
    SKILL,
    SOURCE,
    Story,
    Transition,
    taken_back_by,
    trailers_of,
)
from llmos.traces.usage import ATTRIBUTES, FILE, ensure_union
from llmos.volumes.history import History
from llmos.volumes.locks import only_writer

_MOST_COMMITS: Final = 100_000
_PATH = re.compile(r"skills/[^/.][^/]*")
_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Settling:
    """What was finished, and what could not be: a sentence each."""

    done: tuple[str, ...] = ()
    left: tuple[str, ...] = ()

    @property
    def told(self) -> tuple[str, ...]:
        """All of it."""
        return (*self.done, *self.left)


def histories(home: Path, clock: Clock) -> dict[str, History]:
    """The histories of the volumes that skills climb through, by rung."""
    return {rung: History(home / folder, clock) for rung, folder in FOLDERS.items()}


def story_of(volumes: Mapping[str, History]) -> Story:
    """What the histories say about skills."""
    skills = Path("skills")
    known = {rung: each.log(skills, _MOST_COMMITS) if each.exists else () for rung, each in volumes.items()}
    return Story.of(known)


def keep_counts(history: History) -> str | None:
    """Commit the sidecar of a volume as it is now; the commit's id, None when nothing new stood there."""
    if not history.exists or not (history.root / FILE).is_file():
        return None
    ensure_union(history.root)
    paths = [Path(FILE), *([Path(ATTRIBUTES)] if (history.root / ATTRIBUTES).is_file() else [])]
    return history.commit(paths, "Count uses")


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """No other process moves skills of this home meanwhile; raises StorageError where no lock can be made."""
    make_folder(home / "run")
    with only_writer(home / "run" / "ladder.lock"):
        yield


def settle_alone(home: Path, volumes: Mapping[str, History]) -> Settling:
    """Like `settle`, while no other process moves skills of this home."""
    with alone(home):
        return settle(volumes)


def settle(volumes: Mapping[str, History]) -> Settling:
    """Finish what a crash or a `git revert` by hand left half done; what cannot be finished stops no other."""
    story = story_of(volumes)
    done: list[str] = []
    left: list[str] = []
    for volume in volumes:
        for transition in _newest_of_each_skill(story, volume):
            giver = volumes.get(transition.came_from)
            try:
                if giver is not None and giver.exists:
                    done += _settle(transition, story, giver, volumes[volume])
            except LLMosError as error:
                left.append(f"The skill '{transition.skill}' is still in two volumes, or in none: {error}")
    return Settling(tuple(done), tuple(left))


def _newest_of_each_skill(story: Story, volume: str) -> Iterator[Transition]:
    """The last transition of each skill into this volume."""
    seen: set[str] = set()
    for each in story.transitions(volume=volume):
        moves = each.to == volume and each.came_from != volume and SOURCE in each.trailers
        if moves and each.skill not in seen and _PATH.fullmatch(each.trailers.get(PATH, "")):
            seen.add(each.skill)
            yield each


def _settle(transition: Transition, story: Story, giver: History, receiver: History) -> Iterator[str]:
    path, name = Path(transition.trailers[PATH]), transition.skill
    done = story.completing(transition, transition.came_from)
    if not story.stands(transition.commit.id):
        if done is not None and not _has(giver, path):
            giver.revert(done.id, f"The {transition.to} volume no longer has the skill {name}.")
            yield f"The skill '{name}' is back in the {transition.came_from} volume."
    elif done is None and _still_as_given(transition, story, giver, receiver, path):
        _take_out(giver, path, transition)
        yield f"The skill '{name}' has left the {transition.came_from} volume for the {transition.to} volume."


def _still_as_given(transition: Transition, story: Story, giver: History, receiver: History, path: Path) -> bool:
    """Whether the giver holds exactly what was received, and nobody touched it there since but to settle this."""
    given, source = _tree(giver, "HEAD", path), transition.trailers[SOURCE]
    if given is None or given != _tree(receiver, transition.commit.id, path):
        return False
    status = giver.git.run("status", "--porcelain", "--untracked-files=all", "--", path.as_posix())
    if (giver.root / path).exists() and status.text.strip():
        return False
    last = giver.log(path, limit=1)[0]
    settled = {
        commit.id
        for commit in story.commits.get(transition.came_from, ())
        if trailers_of(commit).get(COMPLETES) == transition.commit.id
    }
    if settled.intersection(taken_back_by(last)):
        return True
    return bool(_ID.fullmatch(source)) and giver.git.run("merge-base", "--is-ancestor", last.id, source).status == 0


def _has(giver: History, path: Path) -> bool:
    """Whether the giver has a skill of its own there again, which nothing that comes back may stand in the way of."""
    return _tree(giver, "HEAD", path) is not None or holds_skill(giver.root / path)


def _tree(history: History, revision: str, path: Path) -> str | None:
    """The name that git gives to the content of a folder at a revision."""
    answer = history.git.run("rev-parse", "--verify", "--quiet", f"{revision}:{path.as_posix()}")
    return answer.text.strip() or None


def _take_out(giver: History, path: Path, transition: Transition) -> None:
    giver.require_unstaged([path])
    taken_out(giver.root / path, giver.files(path))
    name, to = transition.skill, transition.to
    giver.commit([path], f"Give the skill {name} to {to}\nIt stands in the {to} volume now.", {
        SKILL: name, COMPLETES: transition.commit.id,
    })  # fmt: skip
