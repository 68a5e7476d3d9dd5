"""What every command that starts a run does: options to a system, progress on stderr, the result on stdout.

Knows no agent.
"""

import sys
from typing import TYPE_CHECKING, Any

import click

from llmos.cli.options import print_json, run_async
from llmos.errors import LLMosError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from llmos.boot import LLMOS
    from llmos.boot.options import Options
    from llmos.cli.progress import Progress
    from llmos.runtime.outcome import RunOutcome

_LEAVE = {"exit", "quit", "bye"}


def read_goal(goal: str | None) -> str | None:
    """The goal as it was typed or piped in; None when a person at a terminal gave none."""
    if goal is not None and goal != "-":
        return goal
    if goal is None and sys.stdin.isatty():
        return None
    return sys.stdin.buffer.read().decode("utf-8", "surrogateescape")


def run_once(  # a run's options are click's, named one by one in `run_options`
    agent: str,
    goal: str,
    *,
    as_json: bool,
    no_stream: bool,
    resume: str | None,
    **values: Any,  # noqa: ANN401
) -> int:
    """Run one goal, tell it, and return the exit code of its outcome."""
    from llmos.boot import LLMOS
    from llmos.cli.progress import show_progress
    from llmos.traces.bus import Bus

    bus = Bus()
    with show_progress(bus, sys.stderr, live=not no_stream) as progress:
        approver = TerminalApprover(progress) if sys.stdin.isatty() and not as_json else None

        async def work() -> "RunOutcome":
            async with LLMOS(options=_options(values), approver=approver, bus=bus) as system:
                return await system.execute(goal, agent, resume=resume)

        outcome = run_async(work)
    _show(outcome, as_json=as_json)
    return outcome.exit_code


def converse(
    agent: str,
    *,
    no_stream: bool,
    resume: str | None,
    as_json: bool = False,
    **values: Any,  # noqa: ANN401
) -> int:
    """Talk with one agent, one goal a line, until `exit` or the end of input; then say what was spent.

    Ctrl-C ends the run that is under way, not the conversation. An edited document counts from the next line on.
    """
    if as_json:
        raise LLMosError("A conversation has no JSON; give a GOAL, or leave --json out.")
    from llmos.boot import LLMOS
    from llmos.cli.progress import show_progress
    from llmos.traces.bus import Bus

    bus = Bus()
    with show_progress(bus, sys.stderr, live=not no_stream) as progress:
        approver = TerminalApprover(progress) if sys.stdin.isatty() else None

        async def work() -> int:
            async with LLMOS(options=_options(values), approver=approver, bus=bus) as system:
                code = await _talk(system, agent, resume)
                _say_goodbye(system)
                return code

        return run_async(work)


async def _talk(system: "LLMOS", agent: str, resume: str | None) -> int:
    from anyio import to_thread

    talk = system.conversation(agent, resume)
    code = 0
    while True:
        line = await to_thread.run_sync(_read_line, f"{agent}> ", abandon_on_cancel=True)
        if line is None or line.casefold() in _LEAVE:
            return code
        if not line:
            continue
        try:
            outcome = await _until_interrupted(lambda: system.say(talk, line))  # noqa: B023 - awaited at once
        except LLMosError as error:
            click.echo(f"llmos: {error}", err=True)
            code = error.exit_code
            continue
        if outcome is not None:
            _show(outcome, as_json=False)
        code = 130 if outcome is None else outcome.exit_code


async def _until_interrupted(work: "Callable[[], Awaitable[RunOutcome]]") -> "RunOutcome | None":
    """The outcome of the work; None when Ctrl-C ended it, which is journaled like any end."""
    import signal

    import anyio

    outcome: RunOutcome | None = None
    async with anyio.create_task_group() as group:

        async def listen() -> None:
            with anyio.open_signal_receiver(signal.SIGINT) as signals:
                async for _ in signals:
                    click.echo("Interrupted; the conversation goes on.", err=True)
                    group.cancel_scope.cancel()

        group.start_soon(listen)
        outcome = await work()
        group.cancel_scope.cancel()
    return outcome


def _read_line(prompt: str) -> str | None:
    """The next line; None at the end of input."""
    if sys.stdin.isatty():
        click.echo(prompt, err=True, nl=False)
    line = sys.stdin.readline()
    return line.strip() if line else None


def _say_goodbye(system: "LLMOS") -> None:
    from llmos.cli.render import dollars, tokens

    report = system.report
    runs = f"{report.runs} run{'' if report.runs == 1 else 's'}"
    click.echo(f"Shut down after {runs}: {dollars(report.cost_usd)} spent, {tokens(report.usage)}.", err=True)


def _options(values: dict[str, Any]) -> "Options":
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


def _show(outcome: "RunOutcome", *, as_json: bool) -> None:
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
        """Whether the answer is yes; a closed terminal is a no."""
        from anyio import to_thread

        with self._progress.paused():
            return await to_thread.run_sync(_ask, question, abandon_on_cancel=True)


def _ask(question: str) -> bool:
    click.echo(f"{question}\nAllow this once? [y/N] ", err=True, nl=False)
    return sys.stdin.readline().strip().casefold() in {"y", "yes"}
