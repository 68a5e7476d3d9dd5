"""What every command that starts a run does: options to a system, progress on stderr, the result on stdout.

Knows no agent.
"""

import sys
from typing import TYPE_CHECKING, Any

import click

from llmos.cli.options import print_json, run_async

if TYPE_CHECKING:
    from llmos.boot.options import Options
    from llmos.cli.progress import Progress
    from llmos.runtime.outcome import RunOutcome


def read_goal(goal: str | None) -> str | None:
    """The goal as it was typed or piped in; None when a person at a terminal gave none."""
    if goal is not None and goal != "-":
        return goal
    if goal is None and sys.stdin.isatty():
        return None
    return sys.stdin.buffer.read().decode("utf-8", "surrogateescape")


def read_options(values: dict[str, Any]) -> "Options":
    """The options of `run_options` as the system takes them."""
    from llmos.boot.options import Options

    return Options(
        model=values["model"],
        robot=values["robot"],
        scene=values["scene"],
        realtime=values["realtime"],
        workspace=values["workspace"],
        budget_usd=values["budget_usd"],
        max_steps=values["max_steps"],
        approve=tuple(values["approve"]),
    )


def run_once(agent: str, goal: str, *, as_json: bool, no_stream: bool, resume: str | None, **values: Any) -> int:  # noqa: ANN401
    """Run one goal, tell it, and return the exit code of its outcome."""
    from llmos.boot import LLMOS
    from llmos.cli.progress import show_progress
    from llmos.traces.bus import Bus

    bus = Bus()
    with show_progress(bus, sys.stderr, live=not no_stream) as progress:
        approver = TerminalApprover(progress) if sys.stdin.isatty() and not as_json else None

        async def work() -> "RunOutcome":
            async with LLMOS(options=read_options(values), approver=approver, bus=bus) as system:
                return await system.execute(goal, agent, resume=resume)

        outcome = run_async(work)
    show_outcome(outcome, as_json=as_json)
    return outcome.exit_code


def show_outcome(outcome: "RunOutcome", *, as_json: bool) -> None:
    """The outcome on stdout: one JSON object, or lines for a person."""
    from llmos.cli.render import result_lines

    if as_json:
        print_json(outcome.as_json())
    else:
        click.echo("\n".join(result_lines(outcome)))


class TerminalApprover:
    """Asks the person at the terminal; anything but a clear yes is a no."""

    def __init__(self, progress: "Progress") -> None:
        self._progress = progress

    async def approve(self, question: str) -> bool:
        """Whether the answer is yes; an interrupted or closed terminal is a no."""
        import anyio.to_thread

        with self._progress.paused():
            return await anyio.to_thread.run_sync(_ask, question, abandon_on_cancel=True)


def _ask(question: str) -> bool:
    click.echo(f"{question}\nAllow this once? [y/N] ", err=True, nl=False)
    return sys.stdin.readline().strip().casefold() in {"y", "yes"}
