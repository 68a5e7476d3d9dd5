"""`llmos robot log`: the newest lines of the safety log, and whether anybody changed an older one.

Knows no gate; the log of a home is one for all its robots.
"""

import json
from typing import Any

import click

from llmos.cli.options import as_json, print_json
from llmos.cli.render import printable
from llmos.cli.system import environment

_MOST_LINES = 10_000


@click.command("log")
@click.option("--last", type=click.IntRange(0, _MOST_LINES), default=20, show_default=True, help="How many lines.")
@as_json
def log(last: int, as_json: bool) -> int:  # noqa: FBT001 - click's flag
    """Show the newest lines of the safety log, and check that none was changed.

    Exit code 1 says that the chain is broken. The hash at the end shows, kept elsewhere, whether lines were cut off.
    """
    from llmos.boot.gates import safety_log_of
    from llmos.robots.safety_log import newest, verify

    path = safety_log_of(environment().home).path
    found, lines = verify(path), newest(path, last)
    if as_json:
        checked = {"lines": found.lines, "torn": found.torn, "last_hash": found.last_hash, "fault": found.fault or None}
        print_json({"path": str(path), **checked, "newest": lines})
        return int(bool(found.fault))
    for line in lines:
        detail = line.get("detail")
        click.echo(printable(f"{line.get('at')}  {line.get('robot')}  {line.get('kind')}  {_told(detail)}"))
    torn = f", {found.torn} cut short by a crash" if found.torn else ""
    fault = f"; {found.fault}" if found.fault else "; the chain holds"
    click.echo(f"{path}: {found.lines} lines{torn}{fault}. Last hash {found.last_hash}.")
    return int(bool(found.fault))


def _told(detail: Any) -> str:  # noqa: ANN401 - whatever stands in a line
    """What a line says, shortly."""
    if not isinstance(detail, dict):
        return ""
    shown = {key: value for key, value in detail.items() if value not in ("", None, []) and key != "document"}
    return ", ".join(f"{key} {value if isinstance(value, str) else json.dumps(value)}" for key, value in shown.items())
