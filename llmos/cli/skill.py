"""`llmos skill`: the skills of all volumes."""

import click

from llmos.cli import authoring, skill_ladder
from llmos.cli.completion import names
from llmos.cli.groups import Group
from llmos.cli.options import as_json, print_json
from llmos.cli.render import printable
from llmos.cli.skill_stats import stats
from llmos.cli.system import library, notice_refused
from llmos.cli.table import show_rows


@click.group(cls=Group)
def skill() -> None:
    """List, show and write skills; see how they fare, and let them climb and fall."""


for each in (authoring.new_skill, stats, *skill_ladder.COMMANDS):
    skill.add_command(each)


@skill.command("list")
@as_json
def list_skills(as_json: bool) -> None:  # noqa: FBT001 - click's flag
    """List the skills that count, and where they come from."""
    skill_ladder.catch_up()
    with library() as opened:
        documents = opened.registry.snapshot()
        entries = documents.skills()
        notice_refused(documents, "skill")
    rows = [(entry.name, entry.volume.name, entry.offered, entry.description) for entry in entries]
    columns = ("name", "volume", "offered", "description")
    show_rows("skills", columns, rows, as_json=as_json, nothing="There is no skill in any volume.")


@skill.command("show")
@click.argument("name", shell_complete=names("skills"))
@as_json
def show(name: str, as_json: bool) -> None:  # noqa: FBT001 - click's flag
    """Show one skill, and what it shadows."""
    skill_ladder.catch_up()
    with library() as opened:
        documents = opened.registry.snapshot()
        found, entry = documents.skill(name), documents.entry("skill", name)
    if as_json:
        print_json(
            {
                "name": found.name,
                "description": found.description,
                "path": str(entry.path),
                "volume": entry.volume.name,
                "shadows": [str(path) for path in entry.shadowed],
                "allowed_tools": found.allowed_tools,
                "metadata": dict(found.metadata),
                "content_hash": entry.content_hash,
                "body": found.body,
            }
        )
        return
    click.echo(f"{click.style(found.name, bold=True)}  {printable(str(entry.path))} ({entry.volume.name})")
    for path in entry.shadowed:
        click.echo(printable(f"shadows {path}"))
    click.echo(printable(f"\n{found.description}\n\n{found.body}"))
