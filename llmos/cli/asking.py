"""Asks the person at the terminal: a permission while a run goes on, or whether a command should go ahead.

Knows no rule. Anything but a clear yes is a no.
"""

import os
import sys
from typing import TYPE_CHECKING

import click

from llmos.cli.render import printable
from llmos.errors import LLMosError

if TYPE_CHECKING:
    from llmos.cli.progress import Progress

_YES = {"y", "yes"}
_LONGEST_ANSWER = 1000


class TerminalApprover:
    """Asks what a run may do, while the rest of it goes on."""

    def __init__(self, progress: "Progress") -> None:
        self._progress = progress

    async def approve(self, question: str) -> bool:
        """Whether the answer is yes; a closed terminal is a no."""
        with self._progress.paused():
            _forget_what_was_typed()
            click.echo(f"{printable(question)}\nAllow this once? [y/N] ", err=True, nl=False)
            return (await _answer()).strip().casefold() in _YES


def _forget_what_was_typed() -> None:
    """A yes counts only when it was typed after the question."""
    if os.name == "nt":
        return
    import termios

    termios.tcflush(sys.stdin, termios.TCIFLUSH)


async def _answer() -> str:
    """The next line of the terminal, which gives out whole lines; a cancelled question takes none away."""
    import anyio
    from anyio import to_thread

    if os.name == "nt":
        return await to_thread.run_sync(sys.stdin.readline, abandon_on_cancel=True)
    await anyio.wait_readable(sys.stdin.fileno())
    return os.read(sys.stdin.fileno(), _LONGEST_ANSWER).decode("utf-8", "replace")


def confirm(question: str, *, yes: bool) -> bool:
    """Whether a person says yes: beforehand with --yes, or now; LLMosError when nobody is there to ask."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise LLMosError(f"{question} Nobody can be asked here; say --yes.")
    click.echo(f"{printable(question)} [y/N] ", err=True, nl=False)
    return sys.stdin.readline().strip().casefold() in _YES
