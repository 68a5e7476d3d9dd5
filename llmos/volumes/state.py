"""All documents of all volumes at one moment: which name stands for which file, and what it shadows.

Does not look at files; a new moment is a new value. A file that cannot be used stands for its name all the same: what
it would shadow may have more rights. A folder that cannot be looked into stands likewise for every name of the weaker
volumes.
"""

import itertools
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from llmos.documents.document import Problem
from llmos.documents.places import SKILL_PAGES, is_page, name_at
from llmos.volumes.row import Row
from llmos.volumes.scan import Closed
from llmos.volumes.volume import FOLDERS, Kind, Volume

Placed = tuple[int, Row]
"""The number of a volume, in the order in which volumes shadow each other, and a row in it."""

Changes = Mapping[str, Row | None]
"""New rows by path; None for a file that is gone."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A document as listings show it: the row that counts, its volume, and the rows of the same name that it hides."""

    row: Row
    volume: Volume
    hidden: tuple[Row, ...] = ()

    @property
    def kind(self) -> Kind:
        """What it is."""
        return self.row.kind

    @property
    def name(self) -> str:
        """The name under which it is asked for."""
        return self.row.name

    @property
    def description(self) -> str:
        """What it says of itself."""
        return self.row.description

    @property
    def path(self) -> Path:
        """Its file."""
        return Path(self.row.path)

    @property
    def content_hash(self) -> str:
        """`sha256:` and the digest of the version in use."""
        return self.row.content_hash

    @property
    def offered(self) -> bool:
        """Whether a model is told of it."""
        return self.row.offered

    @property
    def stale(self) -> bool:
        """Whether its latest save is broken, so that the last good version is in use."""
        return self.row.stale

    @property
    def shadowed(self) -> tuple[Path, ...]:
        """The files of the same name that it hides, the strongest first."""
        return tuple(Path(row.path) for row in self.hidden)


class State:
    """An immutable moment; the next one is made by `changed`."""

    def __init__(self, volumes: Sequence[Volume]) -> None:
        self.volumes = tuple(volumes)
        self.rows: tuple[Mapping[str, Row], ...] = tuple({} for _ in volumes)
        self.found: tuple[Problem, ...] = ()
        self.names: Mapping[Kind, Mapping[str, tuple[Placed, ...]]] = {}
        self._entries: dict[Kind, tuple[Entry, ...]] = {}
        self._barred: dict[Kind, dict[str, tuple[int, Problem]]] = {}
        self._closed: dict[Kind, tuple[int, Problem | None]] = {}

    def changed(self, changes: Sequence[Changes], found: Iterable[Problem]) -> "State":
        """The moment after these changes, one mapping per volume; `found` is what the look at the folders met with."""
        new = State(self.volumes)
        new.found = tuple(found)
        names = {kind: dict(known) for kind, known in self.names.items()}
        rows = []
        for number, (known, change) in enumerate(zip(self.rows, changes, strict=True)):
            patched = dict(known)
            for path, row in change.items():
                old = patched.pop(path, None)
                if row is not None:
                    patched[path] = row
                if self.volumes[number].trusted:
                    _rename(names, number, old, row)
            rows.append(patched)
        new.rows, new.names = tuple(rows), names
        return new

    def entries(self, kind: Kind) -> tuple[Entry, ...]:
        """What counts of a kind, by name."""
        if kind not in self._entries:
            placed = [self.placed(kind, name) for name in sorted(self.names.get(kind, {}))]
            self._entries[kind] = tuple(self._entry(each) for each in placed if each)
        return self._entries[kind]

    def entry(self, kind: Kind, name: str) -> Entry | None:
        """What counts under a name; `VOLUME:NAME` asks for that volume's own."""
        placed = self.placed(kind, name)
        return self._entry(placed) if placed else None

    def placed(self, kind: Kind, name: str) -> tuple[Placed, ...]:
        """The rows under a name that can be used, the one that counts first; none where a broken file comes before."""
        placed = self._under(kind, name)
        if not placed or not placed[0][1].usable or self.broken(kind, name) is not None:
            return ()
        return placed if len(placed) == 1 else tuple(one for one in placed if one[1].usable)

    def broken(self, kind: Kind, name: str) -> Problem | None:
        """What is wrong with the file that counts under a name; None where it can be used, or there is none."""
        placed = self._under(kind, name)
        barred = self._barring(kind).get(name)
        if barred is not None and (not placed or barred[0] < placed[0][0]):
            return barred[1]
        if placed and self._is_plain(kind, name) and (closed := self._closed_before(kind, placed[0][0])):
            weaker = f"'{self.volumes[placed[0][0]].name}:{name}' asks for the one that it would hide"
            sentence = f"{closed.sentence}; the {kind} '{name}' may lie in it, and {weaker}"
            return Problem(closed.path, closed.line, closed.severity, sentence)
        if not placed or placed[0][1].usable:
            return None
        return next((each for each in placed[0][1].problems if each.severity == "error"), None)

    def closed(self, kind: Kind) -> Problem | None:
        """What keeps us from looking into a folder where such documents would be; None where all are open."""
        return self._closed_before(kind, len(self.volumes))

    def stands(self, kind: Kind) -> tuple[str, ...]:
        """Every name that a file stands for, be it one that cannot be used."""
        return tuple(sorted({*self.names.get(kind, {}), *self._barring(kind)}))

    def asked(self, kind: Kind) -> frozenset[str]:
        """All by which a file can be asked for: every name, and `VOLUME:NAME` for each volume that has it."""
        placed = ((number, name) for name, rows in self.names.get(kind, {}).items() for number, _ in rows)
        return frozenset({*self.stands(kind), *(f"{self.volumes[number].name}:{name}" for number, name in placed)})

    def _under(self, kind: Kind, name: str) -> tuple[Placed, ...]:
        known = self.names.get(kind, {})
        if self._is_plain(kind, name):
            return known.get(unicodedata.normalize("NFC", name), ())
        volume, _, name = name.partition(":")
        return tuple(one for one in known.get(name, ()) if self.volumes[one[0]].name == volume)

    def _is_plain(self, kind: Kind, name: str) -> bool:
        """Whether a name says nothing of a volume."""
        return ":" not in name or name in self.names.get(kind, {})

    def _closed_before(self, kind: Kind, weaker: int) -> Problem | None:
        """What is wrong with a folder of a volume stronger than that of a number, if there is one that is closed."""
        if kind not in self._closed:
            self._closed[kind] = next(self._closures(kind), (len(self.volumes), None))
        number, problem = self._closed[kind]
        return problem if number < weaker else None

    def _closures(self, kind: Kind) -> Iterator[tuple[int, Problem]]:
        """What keeps us from looking into folders of a kind, with the number of each volume, the strongest first."""
        closed = [problem for problem in self.found if isinstance(problem, Closed)]
        for number, volume in enumerate(self.volumes):
            folders = volume.folders.get(FOLDERS[kind], ()) if volume.trusted else ()
            inside = (each for each in closed if any(Path(each.path).is_relative_to(folder) for folder in folders))
            if volume.trusted and (problem := volume.unread or next(inside, None)):
                yield number, problem

    def _barring(self, kind: Kind) -> Mapping[str, tuple[int, Problem]]:
        """The names of files that could not even be looked at, with the number of their volume and what is wrong."""
        if kind not in self._barred:
            barred: dict[str, tuple[int, Problem]] = {}
            for number, volume in enumerate(self.volumes):
                for problem in self.found if volume.trusted else ():
                    name = _name_at(kind, Path(problem.path), volume.folders.get(FOLDERS[kind], ()))
                    if name and problem.severity == "error":
                        barred.setdefault(name, (number, problem))
            self._barred[kind] = barred
        return self._barred[kind]

    def inert(self) -> tuple[Entry, ...]:
        """The documents of volumes that nobody has said to trust: listed, and nothing more."""
        untrusted = [(number, volume) for number, volume in enumerate(self.volumes) if not volume.trusted]
        rows = [(number, row) for number, _ in untrusted for row in self.rows[number].values() if row.usable]
        return tuple(self._entry((one,)) for one in sorted(rows, key=_order))

    def problems(self) -> tuple[Problem, ...]:
        """All that is wrong or odd: in the volumes, on the way through their folders, in files, between names."""
        of_volumes = [problem for volume in self.volumes for problem in volume.problems]
        of_files = [problem for rows in self.rows for row in rows.values() for problem in row.problems]
        return (*of_volumes, *self.found, *of_files, *self._collisions())

    def _entry(self, placed: tuple[Placed, ...]) -> Entry:
        number, row = placed[0]
        hidden = tuple([each for _, each in placed[1:]]) if len(placed) > 1 else ()
        return Entry(row, self.volumes[number], hidden)

    def _collisions(self) -> Iterator[Problem]:
        for kind, names in self.names.items():
            for named in names.values():
                placed = [one for one in named if one[1].usable]
                for (number, first), (other, second) in itertools.pairwise(placed):
                    if number == other:
                        sentence = f"the {kind} '{second.name}' is already in {first.path}, which counts"
                        yield Problem(second.path, 1, "warning", sentence)
            folded = sorted((name.casefold(), name) for name in names if self.placed(kind, name))
            for (same, one), (too, another) in itertools.pairwise(folded):
                if same == too:
                    sentence = f"the {kind} '{another}' differs from '{one}' only in small and capital letters"
                    yield Problem(names[another][0][1].path, 1, "warning", sentence)


def _name_at(kind: Kind, path: Path, folders: Iterable[Path]) -> str:
    """The name of what should stand at a path; empty where that is no place of a document of this kind."""
    if not any(path != folder and path.is_relative_to(folder) for folder in folders):
        return ""
    if kind == "skill" and path.name not in SKILL_PAGES:
        return path.name
    return name_at(kind, path) if kind == "skill" or is_page(path.name) else ""


def _rename(names: dict[Kind, dict[str, tuple[Placed, ...]]], number: int, old: Row | None, new: Row | None) -> None:
    """Take one row out of the names and put another in."""
    if old is not None:
        known = names[old.kind]
        left = tuple(one for one in known[old.name] if one[1] is not old)
        if left:
            known[old.name] = left
        else:
            del known[old.name]
    if new is not None:
        known = names.setdefault(new.kind, {})
        there = known.get(new.name, ())
        known[new.name] = tuple(sorted((*there, (number, new)), key=_order)) if there else ((number, new),)


def _order(placed: Placed) -> tuple[int, str]:
    return placed[0], placed[1].path
