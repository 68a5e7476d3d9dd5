"""`llmos kernel`: every rule's value, and the file and line it comes from."""

from datetime import date

import click

from llmos.cli.groups import Group
from llmos.cli.options import as_json
from llmos.cli.system import rules
from llmos.cli.table import show_rows


@click.group(cls=Group)
def kernel() -> None:
    """Show the rules that every run obeys."""


@kernel.command("show")
@click.argument("key", required=False)
@as_json
def show(key: str | None, as_json: bool) -> None:  # noqa: FBT001 - click's flag
    """Show all rules, or KEY and what is below it, such as `budget` or `models.aliases.dev`."""
    from llmos.documents.kernel import show as shown

    plain = _json if as_json else _text
    rows = [(each.key, plain(each.value), each.where) for each in shown(rules(), key)]
    show_rows("rules", ("key", "value", "where"), rows, as_json=as_json, nothing="")


def _json(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
