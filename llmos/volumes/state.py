"""All documents of all volumes at one moment: which name stands for which file, and what it shadows.

Does not look at files; a new moment is a new value.
"""

import itertools
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from llmos.documents.document import Problem
from llmos.volumes.row import Row
from llmos.volumes.volume import Kind, Volume

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
            names = self.names.get(kind, {})
            self._entries[kind] = tuple(self._entry(names[name]) for name in sorted(names))
        return self._entries[kind]

    def entry(self, kind: Kind, name: str) -> Entry | None:
        """What counts under a name; `VOLUME:NAME` asks for that volume's own."""
        placed = self.placed(kind, name)
        return self._entry(placed) if placed else None

    def placed(self, kind: Kind, name: str) -> tuple[Placed, ...]:
        """The rows under a name, the one that counts first."""
        known = self.names.get(kind, {})
        if name in known or ":" not in name:
            return known.get(unicodedata.normalize("NFC", name), ())
        volume, _, name = name.partition(":")
        return tuple(one for one in known.get(name, ()) if self.volumes[one[0]].name == volume)

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
            for placed in names.values():
                for (number, first), (other, second) in itertools.pairwise(placed):
                    if number == other:
                        sentence = f"the {kind} '{second.name}' is already in {first.path}, which counts"
                        yield Problem(second.path, 1, "warning", sentence)
            folded = sorted((name.casefold(), name) for name in names)
            for (same, one), (too, another) in itertools.pairwise(folded):
                if same == too:
                    sentence = f"the {kind} '{another}' differs from '{one}' only in small and capital letters"
                    yield Problem(names[another][0][1].path, 1, "warning", sentence)


def _rename(names: dict[Kind, dict[str, tuple[Placed, ...]]], number: int, old: Row | None, new: Row | None) -> None:
    """Take one row out of the names and put another in."""
    if old is not None and old.usable:
        known = names[old.kind]
        left = tuple(one for one in known[old.name] if one[1] is not old)
        if left:
            known[old.name] = left
        else:
            del known[old.name]
    if new is not None and new.usable:
        known = names.setdefault(new.kind, {})
        there = known.get(new.name, ())
        known[new.name] = tuple(sorted((*there, (number, new)), key=_order)) if there else ((number, new),)


def _order(placed: Placed) -> tuple[int, str]:
    return placed[0], placed[1].path
