"""Options that several commands share, and how a command reaches the event loop.

Knows no command.
"""

import errno
import json
import os
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")


class Place(click.Path):
    """A path that a person gives; an empty one, as of a variable that is not set, is not taken for this folder."""

    def __init__(self, **options: bool) -> None:
        super().__init__(path_type=Path, **options)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401 - click's own
        """As click does, but for the empty path."""
        if not os.fspath(value):
            self.fail("The path is empty; a dot is this folder.", param, ctx)
        return super().convert(value, param, ctx)


class Reason(click.types.StringParamType):
    """Words that a page or a history keeps: bytes that are not text are a mistake of whoever gives them."""

    name = "reason"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401 - click's own
        """The words as they are."""
        try:
            value.encode()
        except UnicodeEncodeError as error:
            self.fail(f"It holds bytes that are not text at character {error.start}; use UTF-8.", param, ctx)
        return value


as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
yes = click.option("--yes", is_flag=True, help="Do not ask; the answer is yes.")
robot = click.option("--robot", metavar="R", help="Robot profile to attach, such as arm.")
scene = click.option("--scene", metavar="S", help="Objects and places around the robot, such as pick-and-place.")
record = click.option("--record", is_flag=True, help="Record the robot, for Foxglove or Rerun.")
_REALTIME = click.option("--realtime", is_flag=True, help="Move the simulated robot at the speed of a real one.")
_WORKSPACE = click.option("--workspace", metavar="DIR", type=Place(), help="Where tools may read and write.")
_APPROVE = click.option(
    "--approve",
    multiple=True,
    metavar="ask|never|PATTERN",
    help="What needs no question, such as 'Bash(git status)'; may be repeated.",
)
_NO_STREAM = click.option("--no-stream", is_flag=True, help="Plain lines instead of a live view.")

_RUN_OPTIONS = (
    click.option("--model", metavar="M", help="A name of `llmos model list`, provider:ID, local:FILE, cassette:FILE."),
    robot,
    scene,
    _REALTIME,
    record,
    click.option(
        "--mode",
        type=click.Choice(["auto", "crystallized", "follower", "mixed", "learner", "orchestrator"]),
        default="auto",
        help="How to reach the goal: by a skill's program, a trace, a model with an example, a model; or overseen.",
    ),
    _WORKSPACE,
    click.option("--budget-usd", type=click.FloatRange(min=0), metavar="X", help="The most that may be spent."),
    click.option("--max-steps", type=click.IntRange(min=1), metavar="N", help="The most replies asked for."),
    _APPROVE,
    _NO_STREAM,
)
_LED_OPTIONS = (robot, scene, _REALTIME, record, _WORKSPACE, _APPROVE, _NO_STREAM)

READER_LEFT = (errno.EPIPE, errno.EIO)
"""What the system says when nobody reads our output any more: a pipe or a terminal that was closed."""


def run_options(command: F) -> F:
    """The options of everything that starts a run."""
    return _with(_RUN_OPTIONS, command)


def led_options(command: F) -> F:
    """The options of everything that starts a run in which no model is asked."""
    return _with(_LED_OPTIONS, command)


def _with(options: Sequence[Callable[[F], F]], command: F) -> F:
    for option in reversed(options):
        command = option(command)
    return command


def run_async(work: Callable[[], Awaitable[T]]) -> T:
    """Run one async function to its end; Ctrl-C cancels it and passes as KeyboardInterrupt."""
    import anyio

    async def main() -> T:
        return await work()

    return anyio.run(main)


def print_json(value: object) -> None:
    """One JSON object on one line of stdout; letters that its encoding does not know are escaped."""
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(value)
    click.echo(text)


@contextmanager
def unread() -> Iterator[None]:
    """Print results here whose exit code counts also when nobody reads them."""
    try:
        yield
    except OSError as error:
        if error.errno not in READER_LEFT:
            raise
        leave_reader()


def leave_reader() -> None:
    """Whoever read our output has gone, as in `llmos trace list | head`; nothing more is said to them."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and not stream.isatty():
            os.dup2(nowhere, stream.fileno())
