"""A conversation at a terminal: one goal a line, edited documents count from the next line on.

Knows no agent. Ctrl-C ends the run that is under way, or clears the line; Ctrl-D, `exit`, `quit` and `bye` leave.
"""

import contextlib
import signal
import sys
from typing import TYPE_CHECKING, Any

import click

from llmos.cli.interruption import nothing, on_interrupt
from llmos.cli.running import answer, with_system
from llmos.errors import LLMosError, counted

if TYPE_CHECKING:
    from llmos.boot import LLMOS
    from llmos.boot.ground import Conversation
    from llmos.cli.progress import Progress

_LEAVE = {"exit", "quit", "bye"}


def converse(agent: str, *, as_json: bool = False, **options: Any) -> int:  # noqa: ANN401 - a run's options are click's
    """Talk with one agent, then say what was spent; 0 for a person, the worst exit code of its runs for a pipe."""
    if as_json:
        raise LLMosError("A conversation has no JSON; give a GOAL, or leave --json out.")

    async def work(system: "LLMOS", progress: "Progress") -> int:
        system.require(agent)
        if sys.stdin.isatty():
            click.echo("One goal a line. Ctrl-C ends a run, Ctrl-D leaves.", err=True)
        with on_interrupt(nothing):
            code = await _talk(system, progress, system.conversation(agent))
        _say_goodbye(system)
        return 0 if sys.stdin.isatty() else code

    return with_system(work, ask=True, **options)


async def _talk(system: "LLMOS", progress: "Progress", talk: "Conversation") -> int:
    """Answer line after line; the worst exit code."""
    from llmos.cli.render import printable

    worst = 0
    while (line := _read_line(f"{printable(talk.agent)}> ")) is not None and line.casefold() not in _LEAVE:
        if line:
            worst = max(worst, await _answer(system, progress, talk, line))
    return worst


async def _answer(system: "LLMOS", progress: "Progress", talk: "Conversation", line: str) -> int:
    """Show what a line came to; what is wrong with it ends nothing but this line."""
    from llmos.cli.render import closing_line, printable

    try:
        outcome = await answer(system, progress, talk, line)
    except LLMosError as error:
        click.echo(f"llmos: {printable(str(error))}", err=True)
        return error.exit_code
    if outcome.answer:
        click.echo(printable(outcome.answer))
    click.secho(closing_line(outcome), err=True, dim=True)
    if sys.stdin.isatty():
        click.echo("", err=True)
    return outcome.exit_code


def _read_line(prompt: str) -> str | None:
    """The next line, without blanks around it; empty after Ctrl-C, None at the end of input."""
    if not sys.stdin.isatty():
        line = sys.stdin.readline()
        return line.strip() if line else None
    try:
        with on_interrupt(signal.default_int_handler):
            return _edited_line(prompt).strip()
    except KeyboardInterrupt:
        click.echo("", err=True)
        return ""
    except EOFError:
        click.echo("", err=True)
        return None


def _edited_line(prompt: str) -> str:
    """A line that can be edited, with those before it at hand, where this Python can."""
    with contextlib.suppress(ImportError):
        import readline  # noqa: F401 - `input` uses it once it is imported
    if sys.stdout.isatty():
        return input(prompt)
    click.echo(prompt, err=True, nl=False)
    return input()


def _say_goodbye(system: "LLMOS") -> None:
    from llmos.cli.render import dollars, tokens

    report = system.report
    spent = f"{dollars(report.cost_usd)} spent, {tokens(report.usage)}"
    click.echo(f"Shut down after {counted(report.runs, 'run')}: {spent}.", err=True)
