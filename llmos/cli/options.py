"""Options that several commands share, and how a command reaches the event loop.

Knows no command.
"""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")


def run_options(command: F) -> F:
    """The options of everything that starts a run."""
    for option in reversed(
        (
            click.option("--model", metavar="M", help="An alias, provider:ID, local:FILE or cassette:FILE."),
            click.option("--robot", metavar="R", help="Robot profile to attach, such as arm."),
            click.option("--scene", metavar="S", help="Objects and places around the robot, such as pick-and-place."),
            click.option("--realtime", is_flag=True, help="Move the simulated robot at the speed of a real one."),
            click.option(
                "--mode", type=click.Choice(["auto", "learner"]), default="auto", help="How to reach the goal."
            ),
            click.option(
                "--workspace", metavar="DIR", type=click.Path(path_type=Path), help="Where tools may read and write."
            ),
            click.option("--budget-usd", type=click.FloatRange(min=0), metavar="X", help="The most that may be spent."),
            click.option("--max-steps", type=click.IntRange(min=1), metavar="N", help="The most replies asked for."),
            click.option(
                "--approve",
                multiple=True,
                metavar="ask|never|PATTERN",
                help="What needs no question, such as 'Bash(git status)'; may be repeated.",
            ),
        )
    ):
        command = option(command)
    return command


def run_async(work: Callable[[], Awaitable[T]]) -> T:
    """Run one async function to its end; Ctrl-C cancels it and passes as KeyboardInterrupt."""
    import anyio

    async def main() -> T:
        return await work()

    return anyio.run(main)


def print_json(value: object) -> None:
    """One JSON object on one line of stdout."""
    click.echo(json.dumps(value, ensure_ascii=False))
