"""What the histories of volumes say about skills: which commits moved one, and which of them were taken back since.

Knows commits and their trailers, no file. A commit is taken back by one that says so, in git's own words or in ours,
and counts again when that one is taken back.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Final

from llmos.volumes.history import Commit

SKILL: Final = "Skill"
FROM: Final = "From"
TO: Final = "To"
TEXT: Final = "Text"
SOURCE: Final = "Source"
PATH: Final = "Path"
COMPLETES: Final = "Completes"
REVERTS: Final = "Reverts"
TOOLS: Final = "Tools"

QUARANTINED: Final = "quarantine"
"""Where a skill goes that nobody is offered for now."""

_TRAILER = re.compile(r"([A-Z][A-Za-z-]*): (.+)")
_REVERTS = re.compile(r"^(?:This reverts commit|Reverts:) ([0-9a-f]{40}|[0-9a-f]{64})\b", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Transition:
    """A commit that moved a skill from one place to another: `user`, `team`, `system`, `quarantine`."""

    skill: str
    came_from: str
    to: str
    volume: str
    """The tier in whose volume the commit stands."""
    commit: Commit
    trailers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Story:
    """The commits on skills of each volume, by tier and the newest first, and what they say of each other."""

    commits: Mapping[str, tuple[Commit, ...]]
    undone: Mapping[str, tuple[str, ...]]
    """By id: the commits that take this one back."""

    @classmethod
    def of(cls, commits: Mapping[str, tuple[Commit, ...]]) -> "Story":
        """The story that these commits tell."""
        undone: dict[str, tuple[str, ...]] = {}
        for commit in (each for volume in commits.values() for each in volume):
            for taken_back in _REVERTS.findall(commit.body):
                undone[taken_back] = (*undone.get(taken_back, ()), commit.id)
        return cls(commits, undone)

    def stands(self, commit_id: str) -> bool:
        """Whether what a commit did counts: nothing that counts took it back."""
        return not any(self.stands(each) for each in self.undone.get(commit_id, ()))

    def transitions(self, skill: str = "", volume: str = "") -> Iterable[Transition]:
        """The transitions of a skill, or of all, in one volume or in all: the newest first."""
        found = [
            _transition(commit, tier)
            for tier, commits in self.commits.items()
            if volume in {"", tier}
            for commit in commits
        ]
        chosen = [each for each in found if each is not None and skill in {"", each.skill}]
        return sorted(chosen, key=lambda each: each.commit.at, reverse=True)

    def completing(self, transition: Transition, volume: str) -> Commit | None:
        """The commit of the giving volume that completes a transition and was not taken back."""
        return next(
            (
                commit
                for commit in self.commits.get(volume, ())
                if trailers_of(commit).get(COMPLETES) == transition.commit.id and self.stands(commit.id)
            ),
            None,
        )


def trailers_of(commit: Commit) -> dict[str, str]:
    """The `Key: value` lines of a commit's last paragraph."""
    last = commit.body.strip().rpartition("\n\n")[2].splitlines()
    found = [_TRAILER.fullmatch(line.strip()) for line in last]
    return {match[1]: match[2] for match in found if match}


def second_of(commit: Commit) -> str:
    """When it was made, to the second and in UTC, as uses are compared with it."""
    return f"{commit.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"


def taken_back_by(commit: Commit) -> tuple[str, ...]:
    """The commits that this one takes back."""
    return tuple(_REVERTS.findall(commit.body))


def _transition(commit: Commit, volume: str) -> Transition | None:
    trailers = trailers_of(commit)
    if SKILL not in trailers or COMPLETES in trailers or REVERTS in trailers:
        return None
    return Transition(trailers[SKILL], trailers.get(FROM, ""), trailers.get(TO, volume), volume, commit, trailers)
