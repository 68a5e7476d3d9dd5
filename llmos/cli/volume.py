"""`llmos volume`: where documents live; adding, trusting and exchanging volumes is in `exchange`."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from llmos.cli import exchange
from llmos.cli.groups import Group
from llmos.cli.options import Place, as_json, print_json
from llmos.cli.problems import show_problems
from llmos.cli.render import printable
from llmos.cli.system import library, notice
from llmos.cli.table import show_rows
from llmos.errors import LLMosError

if TYPE_CHECKING:
    from llmos.volumes.lookups import Lookups
    from llmos.volumes.state import Entry


@click.group(cls=Group)
def volume() -> None:
    """Add, trust, update and search volumes."""


for each in (exchange.add, exchange.trust, exchange.pull, exchange.push):
    volume.add_command(each)


@volume.command("list")
@as_json
def list_volumes(as_json: bool) -> None:  # noqa: FBT001 - click's flag
    """List the volumes, the strongest first: what stands in one shadows the same name further down."""
    with library() as opened:
        documents = opened.registry.snapshot()
        held = [entry.volume.name for entry in _entries(documents)]
    columns = ("name", "tier", "trusted", "documents", "path")
    rows = [(v.name, v.tier, v.trusted, held.count(v.name), str(v.root)) for v in documents.volumes]
    show_rows("volumes", columns, rows, as_json=as_json, nothing="There is no volume.")
    for each in documents.volumes:
        if not each.trusted and not as_json:
            name = exchange.HERE if each.tier == "workspace" else each.name
            notice(f"{each.name} is not trusted, so nothing in it is used; `llmos volume trust {name}` changes that.")


@volume.command("search")
@click.argument("words", nargs=-1, required=True)
@as_json
def search(words: tuple[str, ...], as_json: bool) -> None:  # noqa: FBT001 - click's flag
    """Find agents, skills, commands, robots and scenes whose name or description holds all WORDS."""
    with library() as opened:
        rows = [
            (entry.kind, entry.name, entry.volume.name, entry.description)
            for entry in _entries(opened.registry.snapshot())
            if all(word.casefold() in f"{entry.name} {entry.description}".casefold() for word in words)
        ]
    columns = ("kind", "name", "volume", "description")
    show_rows("documents", columns, rows, as_json=as_json, nothing=f"No document speaks of {' and '.join(words)}.")


def _entries(documents: "Lookups") -> "Iterator[Entry]":
    """Every document that counts, and those of untrusted volumes."""
    for ask in (documents.agents, documents.skills, documents.commands, documents.robots, documents.scenes):
        yield from ask()
    yield from documents.inert()


@volume.command("check")
@click.argument("path", type=Place())
@as_json
def check(path: Path, as_json: bool) -> int:  # noqa: FBT001 - click's flag
    """Check a folder as a volume: its documents, its mounts, its links, names that collide."""
    from llmos.boot.known import known_to
    from llmos.programs.checking import check_documents
    from llmos.volumes.registry import Registry
    from llmos.volumes.volume import open_volume

    if not path.is_dir():
        raise LLMosError(f"{path} is no folder; a volume is a folder that holds agents/, skills/ and the like.")
    root = path.resolve()  # as the registry names it, so that what both find is told once
    of_volume = Registry([open_volume(root, "added")])
    of_volume.refresh()
    with library() as opened:
        problems = {*check_documents([root], known_to([root], opened.registry)), *of_volume.problems()}
    return show_problems(sorted(problems, key=lambda each: (each.path, each.line, each.sentence)), as_json=as_json)


@volume.command("diff")
@click.argument("name")
@as_json
def diff(name: str, as_json: bool) -> None:  # noqa: FBT001 - click's flag
    """Show what of the volume NAME no commit holds yet."""
    with library() as opened:
        history = opened.history(opened.volume(name))
    if not history.exists:
        raise LLMosError(f"{history.root} has no history; `llmos init` gives your volumes one.")
    changed, text = history.changes(), history.diff()
    if as_json:
        print_json({"volume": name, "changed": list(changed), "diff": text})
        return
    colors = {"+": "green", "-": "red", "@": "cyan"}
    for line in printable(text).splitlines():
        click.secho(line, fg=colors.get(line[:1]))
    for path in history.new_files():
        click.secho(f"new file: {printable(path)}", fg="green")
    if not changed:
        notice(f"Everything in {history.root} is committed.")
