"""`llmos agent`: run an agent."""

from typing import Any

import click

from llmos.cli.options import as_json, run_options


@click.group()
def agent() -> None:
    """List, show, check, write, edit and run agents."""


@agent.command("run")
@click.argument("name")
@click.argument("goal", required=False)
@run_options
@click.option("--resume", metavar="RUN_ID", help="Go on where this run ended.")
@as_json
@click.option("--no-stream", is_flag=True, help="Show finished lines only.")
def run(name: str, goal: str | None, **options: Any) -> int:  # noqa: ANN401 - click's own
    """Run the agent NAME on GOAL; a GOAL of `-` is read from stdin."""
    from llmos.cli.running import run_once

    return run_once(name, goal or "", **options)
