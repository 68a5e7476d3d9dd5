"""What may be asked of the documents: by name, by kind, what hides what, what is wrong.

Does not know how they are kept up to date; `Registry` and `Snapshot` answer the same questions.
"""

from pathlib import Path
from typing import Literal

from llmos.documents.agent import Agent, agent_from
from llmos.documents.command import Command, command_from
from llmos.documents.document import BrokenDocumentError, Document, Problem, hash_of
from llmos.documents.frontmatter import parse
from llmos.documents.skill import Skill, skill_from
from llmos.errors import DocumentError, nearest
from llmos.volumes.row import Row
from llmos.volumes.state import Entry, State
from llmos.volumes.store import Store
from llmos.volumes.volume import Kind, Volume


class Lookups:
    """The questions; a subclass says which moment they are about."""

    def __init__(self, store: Store | None) -> None:
        self._store = store

    def _now(self) -> State:
        raise NotImplementedError

    def _row(self, kind: Kind, name: str) -> Row:
        """The row that counts under a name; raises DocumentError with what is wrong with it, or the nearest names."""
        now = self._now()
        if broken := now.broken(kind, name):
            raise BrokenDocumentError(broken.path, broken.line, broken.sentence)
        placed = now.placed(kind, name)
        if not placed:
            raise DocumentError(self._not_found(kind, name))
        return placed[0][1]

    @property
    def volumes(self) -> tuple[Volume, ...]:
        """The volumes, in the order in which they shadow each other."""
        return self._now().volumes

    def agents(self) -> tuple[Entry, ...]:
        """All agents that count, by name."""
        return self._now().entries("agent")

    def skills(self) -> tuple[Entry, ...]:
        """All skills that count, by name."""
        return self._now().entries("skill")

    def commands(self) -> tuple[Entry, ...]:
        """All commands that count, by name."""
        return self._now().entries("command")

    def robots(self) -> tuple[Entry, ...]:
        """All robot profiles that count, by name."""
        return self._now().entries("robot")

    def scenes(self) -> tuple[Entry, ...]:
        """All scenes that count, by name."""
        return self._now().entries("scene")

    def scenarios(self) -> tuple[Entry, ...]:
        """All scenarios that count, by name."""
        return self._now().entries("scenario")

    def names(self, kind: Kind) -> tuple[str, ...]:
        """Every name of a kind, also of files that cannot be used."""
        return self._now().stands(kind)

    def asked(self, kind: Kind) -> frozenset[str]:
        """All by which a document can be asked for, `VOLUME:NAME` too, be it one that cannot be used."""
        return self._now().asked(kind)

    def refused(self, kind: Kind) -> tuple[str, ...]:
        """The names of a kind that are asked for in vain, since what counts under them cannot be used."""
        now = self._now()
        return tuple(name for name in now.stands(kind) if now.broken(kind, name))

    def closed(self, kind: Kind) -> Problem | None:
        """What keeps us from looking into a folder where such documents would be; None where all are open."""
        return self._now().closed(kind)

    def agent(self, name: str) -> Agent:
        """The agent; raises DocumentError when there is none."""
        return agent_from(self._document(self._row("agent", name)))

    def skill(self, name: str) -> Skill:
        """The skill; raises DocumentError when there is none."""
        return skill_from(self._document(self._row("skill", name)))

    def command(self, name: str) -> Command:
        """The command; raises DocumentError when there is none."""
        return command_from(self._document(self._row("command", name)))

    def robot(self, name: str) -> Path:
        """The file of a robot profile; raises DocumentError when there is none."""
        return Path(self._row("robot", name).path)

    def scene(self, name: str) -> Path:
        """The file of a scene; raises DocumentError when there is none."""
        return Path(self._row("scene", name).path)

    def entry(self, kind: Kind, name: str) -> Entry:
        """What a listing shows of one document; raises DocumentError when there is none."""
        self._row(kind, name)
        entry = self._now().entry(kind, name)
        if entry is None:
            raise DocumentError(self._not_found(kind, name))
        return entry

    def inert(self) -> tuple[Entry, ...]:
        """The documents of volumes that are not trusted."""
        return self._now().inert()

    def problems(self) -> tuple[Problem, ...]:
        """All that is wrong or odd."""
        return self._now().problems()

    def code_folders(self, kind: Literal["tools", "drivers"]) -> tuple[Path, ...]:
        """The folders of tools or drivers in trusted volumes, the strongest first."""
        trusted = [volume for volume in self.volumes if volume.trusted]
        places = [(place, volume.boundary) for volume in trusted for place in volume.folders.get(kind, ())]
        return tuple(place for place, limits in places if place.is_dir() and place.resolve().is_relative_to(limits))

    def _document(self, row: Row) -> Document:
        return parse(self._content(row).decode(), Path(row.path))

    def _content(self, row: Row) -> bytes:
        """The bytes that the row was made from, even if the file reads otherwise by now."""
        content = row.content or _as_recorded(row) or (self._store.content(row) if self._store else None)
        if content is None:
            raise DocumentError(f"{row.path}: the version that this run began with is gone; start the run anew.")
        return content

    def _not_found(self, kind: Kind, name: str) -> str:
        inert = [entry for entry in self._now().inert() if entry.kind == kind and entry.name == name]
        if inert:
            place = inert[0].volume
            ask = "." if place.tier == "workspace" else place.name
            return f"The {kind} '{name}' in {inert[0].path} is not trusted; 'llmos volume trust {ask}' changes that."
        if broken := self._broken(kind, name):
            return f"{broken.path}:{broken.line}: {broken.sentence}"
        clause = nearest(name, self._now().names.get(kind, {}))
        missing = f"There is no {kind} '{name}'; {clause}" + "." * (not clause.endswith("?"))
        if closed := self.closed(kind):
            missing += f" It may be in {closed.path}, but {closed.sentence}."
        return missing

    def _broken(self, kind: Kind, name: str) -> Problem | None:
        """What is wrong with the file that should hold this document, if there is one that cannot be used."""
        for row in (row for rows in self._now().rows for row in rows.values() if row.kind == kind and not row.usable):
            path = Path(row.path)
            if name == (path.parent.name if kind == "skill" else path.stem):
                return next((problem for problem in row.problems if problem.severity == "error"), None)
        return None


def _as_recorded(row: Row) -> bytes | None:
    try:
        content = Path(row.path).read_bytes()
    except OSError:
        return None
    return content if hash_of(content) == row.content_hash else None
