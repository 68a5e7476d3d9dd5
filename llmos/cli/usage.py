"""`llmos usage`: what was spent, by day, agent or model, from the journals."""

from datetime import datetime
from typing import Literal

import click

from llmos.cli.options import as_json
from llmos.cli.render import dollars
from llmos.cli.system import environment, notice
from llmos.cli.table import show_rows


@click.command()
@click.option("--by", type=click.Choice(["day", "agent", "model"]), default="day", show_default=True)
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD", help="From this day (UTC) on.")
@as_json
def usage(by: Literal["day", "agent", "model"], since: datetime | None, as_json: bool) -> None:  # noqa: FBT001 - click's flag
    """Show what runs cost."""
    from llmos.traces.index import RunIndex

    with RunIndex.open(environment().home, notice) as index:
        index.refresh(notice)
        day = "" if since is None else since.date().isoformat()
        rows = index.usage(by, day)
    columns = (by, "runs", "done", "input_tokens", "output_tokens", "cache_read_tokens", "cost_usd")
    show_rows(
        "usage",
        columns,
        [
            (
                row.key,
                row.runs,
                row.done,
                row.usage.input_tokens,
                row.usage.output_tokens,
                row.usage.cache_read_tokens,
                row.cost_usd if as_json else dollars(row.cost_usd),
            )
            for row in rows
        ],
        as_json=as_json,
        nothing=f"No run was journaled from {day} on." if day else "No run has been journaled in this home yet.",
    )
