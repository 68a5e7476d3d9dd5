"""The step `memory` of `llmos evolve`: notes are tidied by rule, and where a model is there, summed up by it.

Knows no model and no tool; what is to be tidied is planned by `llmos.memory.tidying`, this module carries it out, each
time as one commit, and takes it back where that commit cannot be made.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

import anyio.to_thread

from llmos.clock import Clock
from llmos.disk import write_whole
from llmos.documents.memory_rules import MemoryRules
from llmos.errors import LLMosError, counted
from llmos.evolution.digest import Answer, Digester, Line, Subject, compose_digest, read_digest, subjects
from llmos.evolution.note_uses import note_uses
from llmos.evolution.steps import Change, Tell
from llmos.memory.notes import Note, Notes
from llmos.memory.tidying import Tidying, plan
from llmos.volumes.history import History
from llmos.volumes.locks import only_writer

NAME: Final = "memory"
RULES: Final = "kernel/memory.md"
_LIVES: Final = 20
"""So many half-lives back journals are read for uses; what was recalled before then has no strength left."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """The notes of a volume with its history, the rules for them, and the home whose journals tell of their use."""

    notes: Notes
    history: History
    rules: MemoryRules
    home: Path
    clock: Clock

    def plan(self) -> Tidying:
        """What would be done; notes that differ from the last commit are a person's work and stay as they are."""
        now, rules = self.clock.now(), self.rules
        uses = note_uses(self.home, now - timedelta(days=_LIVES * rules.note_half_life_days))
        return plan(self.settled(), self.notes.archived(), uses, rules, now)

    def settled(self) -> list[Note]:
        """The notes as the last commit has them."""
        changed = {self.history.root / name for name in self.history.changes()}
        return [note for note in self.notes.all() if note.path not in changed]


class MemoryStep:
    """Tidies notes, and has those on one subject summed up; `digester` is None where nobody can, for the `reason`.

    One that is not `wanted` does nothing.
    """

    name: Final = NAME

    def __init__(
        self, shelf: Shelf, digester: Digester | None = None, reason: str = "", *, wanted: bool = True
    ) -> None:
        self._shelf = shelf
        self._idle = not (wanted and shelf.history.exists)
        self._digester = digester
        self._reason = reason

    async def foretell(self) -> Sequence[str]:
        """What would be done now."""
        return await anyio.to_thread.run_sync(lambda: list(self._foretell()))

    async def carry_out(self, tell: Tell) -> Sequence[Change]:
        """Do it: one commit for what rules decide, one for each digest."""
        if self._idle:
            return ()
        changes = await anyio.to_thread.run_sync(lambda: list(tidy(self._shelf)))
        for subject in await anyio.to_thread.run_sync(self._subjects) if self._digester else ():
            tell(f"summing up {counted(len(subject.notes), 'note')} on '{subject.tag}'")
            changes.append(await self._digest(subject))
        return changes

    def _foretell(self) -> Iterator[str]:
        if self._idle:
            return
        yield from _sentences(self._shelf.plan())
        without = "" if self._digester else f"; not without a model ({self._reason})" if self._reason else "; not now"
        for subject in self._subjects():
            yield f"sum up {counted(len(subject.notes), 'note')} on '{subject.tag}'{without}"

    def _subjects(self) -> tuple[Subject, ...]:
        notes = self._shelf.notes
        return subjects(self._shelf.settled(), self._shelf.rules.digest_notes, notes.never_kept)

    async def _digest(self, subject: Subject) -> Change:
        assert self._digester is not None
        answer = await self._digester.digest(subject)
        lines = read_digest(answer.text, subject)
        why = lines if isinstance(lines, str) else self._shelf.notes.never_kept("\n".join(each.text for each in lines))
        if isinstance(lines, str) or why:
            return Change(NAME, subject.tag, "discarded", f"The digest of {answer.by} was not believed: {why}.")
        return await anyio.to_thread.run_sync(partial(_shelve, self._shelf, subject.tag, lines, answer))


def _shelve(shelf: Shelf, tag: str, lines: Sequence[Line], answer: Answer) -> Change:
    """Put the notes of a digest aside and write it, as one commit."""
    notes, covered = shelf.notes, {note.id: note for line in lines for note in line.notes}
    with _one_change(shelf.history, notes.folder) as touched:
        names = {}
        for note in covered.values():
            old, new = notes.put_aside(note, f"summed up in a digest on {tag}")
            touched.extend((old, new))
            names[note.id] = new.stem
        digested = ", ".join(sorted(names.values()))
        more = {"source": answer.run_id or answer.by, "digests": digested}
        digest = notes.write(compose_digest(lines, names), [tag], more)
        touched.append(digest.path)
        sentence = f"sums up {counted(len(covered), 'note')} on '{tag}'"
        trailers = {"Digest": digest.id, "Notes": digested, "By": answer.by}
        trailers |= {"Run": answer.run_id} if answer.run_id else {}
        commit = shelf.history.commit(touched, f"Note {digest.id} {sentence}", trailers)
    return Change(NAME, digest.id, "kept", f"{sentence}, by {answer.by}", commit)


def tidy(shelf: Shelf) -> Iterator[Change]:
    """Carry out what the rules decide, as one commit; nothing where there is nothing to do."""
    with _one_change(shelf.history, shelf.notes.folder) as touched:
        todo = shelf.plan()
        if not todo:
            return
        notes = shelf.notes
        for merged in todo.merged:
            keys = {"tags": ", ".join(merged.tags), "source": merged.source}
            old = {"tags": ", ".join(merged.note.tags), "source": merged.note.source}
            if changed := {key: value for key, value in keys.items() if value != old[key]}:
                touched.append(merged.note.path)
                notes.change(merged.note, changed)
        for aside in todo.aside:
            touched.extend(notes.put_aside(aside.note, aside.because))
        for note in todo.removed:
            touched.append(note.path)
            note.path.unlink()
        told = list(_sentences(todo))
        message = "\n".join((f"Tidy the notes: {_summary(todo)}", "", *(f"- {line}" for line in told)))
        commit = shelf.history.commit(touched, message, _trailers(todo))
    yield Change(NAME, "notes", "kept", _summary(todo), commit)


@contextmanager
def _one_change(history: History, folder: Path) -> Iterator[list[Path]]:
    """What is touched within becomes one commit or is as it was; only one process at a time changes notes so."""
    with only_writer(history.git.folder / "llmos-notes.lock"):
        if folder.exists():
            history.require_unstaged([folder])
        before = {path: path.read_bytes() for path in folder.rglob("*.md")}
        touched: list[Path] = []
        try:
            yield touched
        except (LLMosError, OSError):
            _take_back(before, touched)
            raise


def _take_back(before: Mapping[Path, bytes], touched: Iterable[Path]) -> None:
    """Undo what this change did; what others wrote in the meantime is theirs, and git may not have it yet."""
    for path in touched:
        if path not in before:
            path.unlink(missing_ok=True)
        elif not path.exists() or path.read_bytes() != before[path]:
            write_whole(path, before[path], mode=0o644, doing="take back")


def _sentences(todo: Tidying) -> Iterator[str]:
    """What is done, a sentence each."""
    for merged in todo.merged:
        yield f"{merged.note.id} stands for {', '.join(other.id for other in merged.others)}"
    doubles = {other.id for merged in todo.merged for other in merged.others}
    for aside in todo.aside:
        if aside.note.id not in doubles:
            yield f"{aside.note.id} is put aside: {aside.because}"
    for note in todo.removed:
        yield f"{note.id} is removed from the archive, which is full"


def _summary(todo: Tidying) -> str:
    doubles = sum(len(merged.others) for merged in todo.merged)
    parts = (
        (doubles, f"{counted(doubles, 'double')} merged"),
        (len(todo.aside) - doubles, f"{len(todo.aside) - doubles} put aside"),
        (len(todo.removed), f"{len(todo.removed)} removed from the archive"),
    )
    return ", ".join(text for count, text in parts if count)


def _trailers(todo: Tidying) -> Mapping[str, str]:
    named: Sequence[tuple[str, Callable[[], Iterator[str]]]] = (
        ("Merged", lambda: (f"{each.note.id} <- {', '.join(o.id for o in each.others)}" for each in todo.merged)),
        ("Aside", lambda: (each.note.id for each in todo.aside)),
        ("Removed", lambda: (note.id for note in todo.removed)),
    )
    found = {key: "; ".join(values()) for key, values in named}
    return {key: value for key, value in found.items() if value} | {"Rules": RULES}
