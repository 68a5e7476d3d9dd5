"""`llmos memory`: search, show and forget what agents remember."""

from typing import TYPE_CHECKING

import click

from llmos.cli.groups import Group
from llmos.cli.options import as_json, print_json
from llmos.cli.render import printable
from llmos.cli.system import library
from llmos.cli.table import show_rows

if TYPE_CHECKING:
    from llmos.boot.library import Library
    from llmos.memory.notes import Notes


@click.group(cls=Group)
def memory() -> None:
    """Search, show and forget notes."""


def _notes(opened: "Library") -> "Notes":
    from llmos.boot.kit import notes_of
    from llmos.cli.system import environment
    from llmos.clock import RealClock

    return notes_of(environment(), RealClock(), opened.commit)


@memory.command("search")
@click.argument("words", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(1, 100), default=10, show_default=True, help="At most so many notes.")
@as_json
def search(words: tuple[str, ...], limit: int, as_json: bool) -> None:  # noqa: FBT001 - click's flag
    """Find notes by WORDS, best match first."""
    from llmos.memory.recall import recall

    with library() as opened:
        found = recall(_notes(opened).all(), " ".join(words), limit)
    rows = [(each.note.id, each.note.created, each.note.text) for each in found]
    show_rows("notes", ("id", "created", "text"), rows, as_json=as_json, nothing="No note shares a word with this.")


@memory.command("show")
@click.argument("note_id", metavar="ID")
@as_json
def show(note_id: str, as_json: bool) -> None:  # noqa: FBT001 - click's flag
    """Show one note."""
    with library() as opened:
        note = _notes(opened).show(note_id)
    if as_json:
        print_json(
            {"id": note.id, "created": note.created, "tags": list(note.tags), "source": note.source, "text": note.text}
        )
    else:
        click.echo(printable(note.text))
        click.echo(printable(f"\n{note.created}  {', '.join(note.tags)}  {note.source}  {note.path}".rstrip()))


@memory.command("forget")
@click.argument("note_id", metavar="ID")
def forget(note_id: str) -> None:
    """Delete one note; the volume's history keeps it."""
    with library() as opened:
        note = _notes(opened).forget(note_id)
    click.echo(f"Forgot {note.id}; git in {note.path.parent.parent} still has it.")
