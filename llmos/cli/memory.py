"""`llmos memory`: list, search, show, forget and restore what agents remember."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from llmos.cli.groups import Group
from llmos.cli.options import as_json, print_json
from llmos.cli.render import printable
from llmos.cli.system import environment, library, rules
from llmos.cli.table import show_rows
from llmos.errors import LLMosError, counted

if TYPE_CHECKING:
    from llmos.memory.notes import Note, Notes

_archived = click.option("--archived", is_flag=True, help="Notes that were put aside, instead of those in use.")


@click.group(cls=Group)
def memory() -> None:
    """List, search, show, forget and restore notes."""


@contextmanager
def _notes() -> "Iterator[Notes]":
    from llmos.boot.kit import notes_of
    from llmos.clock import RealClock

    with library() as opened:
        yield notes_of(environment(), RealClock(), opened.commit, rules().memory)


@memory.command("list")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="At most so many notes.")
@_archived
@as_json
def list_notes(limit: int, archived: bool, as_json: bool) -> None:  # noqa: FBT001 - click's flags
    """List the newest notes."""
    with _notes() as notes:
        used, aside = notes.all(), notes.archived()
    found = aside if archived else used
    found.sort(key=lambda note: (note.archived or note.created, note.id), reverse=True)
    _show_list(found[:limit], archived=archived, as_json=as_json, nothing=_none_of(len(used), len(aside)))


@memory.command("search")
@click.argument("words", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(1, 100), default=10, show_default=True, help="At most so many notes.")
@_archived
@as_json
def search(words: tuple[str, ...], limit: int, archived: bool, as_json: bool) -> None:  # noqa: FBT001 - click's flags
    """Find notes by WORDS, best match first."""
    from llmos.boot.embeddings import meaning_of
    from llmos.boot.kit import recency_of
    from llmos.clock import RealClock
    from llmos.memory.recall import recall

    with _notes() as notes:
        every = notes.archived() if archived else notes.all()
        meaning = None if archived else meaning_of(environment(), rules(), notes)
        found = recall(every, " ".join(words), limit, recency_of(rules().memory, RealClock()), meaning)
    nothing = f"No note{' that was put aside' if archived else ''} shares a word with this."
    _show_list([each.note for each in found], archived=archived, as_json=as_json, nothing=nothing)


@memory.command("show")
@click.argument("note_id", metavar="ID")
@as_json
def show(note_id: str, as_json: bool) -> None:  # noqa: FBT001 - click's flag
    """Show one note, also one that was put aside."""
    with _notes() as notes:
        note = _find(notes, note_id)
    told = {"id": note.id, "created": note.created, "tags": list(note.tags), "source": note.source, "text": note.text}
    more = {"digests": list(note.digests), "archived": note.archived, "because": note.because, "path": str(note.path)}
    if as_json:
        print_json(told | more)
        return
    click.echo(printable(note.text))
    click.echo(printable(f"\n{note.created}  {', '.join(note.tags)}  {note.source}  {note.path}".rstrip()))
    if note.archived:
        click.echo(printable(f"put aside {note.archived}: {note.because}"))
    problem = notes.never_kept(note.text, note.tags)
    if problem:
        click.echo(printable(f"Look at this note: {problem}; no model is given it to sum up."), err=True)


@memory.command("forget")
@click.argument("note_id", metavar="ID")
def forget(note_id: str) -> None:
    """Delete one note; the volume's history keeps it."""
    from llmos.volumes.history import History

    with _notes() as notes:
        note = notes.forget(note_id)
    root = note.path.parent.parent
    kept = f"git in {root} still has it" if History(root).exists else f"{root} has no history, so it is gone"
    click.echo(f"Forgot {note.id}; {kept}.")


@memory.command("restore")
@click.argument("note_id", metavar="ID")
def restore(note_id: str) -> None:
    """Bring one note back that was put aside."""
    with _notes() as notes:
        note = notes.restore(note_id)
    click.echo(f"Restored {note.id}.")


def _find(notes: "Notes", note_id: str) -> "Note":
    """The note in use, or else in the archive; LLMosError names the nearest in use."""
    try:
        return notes.show(note_id)
    except LLMosError:
        aside = next((note for note in notes.archived() if note.id == note_id), None)
        if aside is None:
            raise
        return aside


def _none_of(used: int, aside: int) -> str:
    """What to say where one of the two lists is empty."""
    if aside:
        return f"No note is in use; {counted(aside, 'note')} put aside can be seen with --archived."
    return "No note was put aside yet." if used else "There is no note yet."


def _show_list(notes: "list[Note]", *, archived: bool, as_json: bool, nothing: str) -> None:
    """The notes as a table: of archived ones why they were put aside."""
    columns = ("id", "archived", "because", "text") if archived else ("id", "created", "text")
    rows = [[getattr(note, column) for column in columns] for note in notes]
    show_rows("notes", columns, rows, as_json=as_json, nothing=nothing)
