"""What every command that starts a run does: options to a system, progress on stderr, the result on stdout.

Knows no agent.
"""

import gc
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from llmos.cli.options import print_json, run_async, unread
from llmos.errors import LLMosError

if TYPE_CHECKING:
    from llmos.boot import LLMOS
    from llmos.boot.ground import Conversation
    from llmos.boot.options import Options
    from llmos.cli.progress import Progress
    from llmos.runtime.outcome import RunOutcome
    from llmos.traces.events import Event

T = TypeVar("T")


def run_once(agent: str, goal: str | None, *, as_json: bool, resume: str | None, **options: Any) -> int:  # noqa: ANN401
    """Run one goal, tell it, and return the exit code of its outcome; without a goal, the resumed run goes on."""

    def begin(system: "LLMOS") -> "tuple[Conversation, str]":
        talk = system.conversation(agent, resume)
        return talk, system.going_on(talk) if goal is None else goal

    return run_begun(begin, as_json=as_json, **options)


def run_begun(begin: "Callable[[LLMOS], tuple[Conversation, str]]", *, as_json: bool, **options: Any) -> int:  # noqa: ANN401
    """Run the next goal of the conversation that is begun, tell it, and return the exit code of its outcome."""

    async def work(system: "LLMOS", progress: "Progress") -> "RunOutcome":
        return await answer(system, progress, *begin(system))

    outcome = with_system(work, ask=not as_json, **options)
    with unread():
        show(outcome, as_json=as_json)
    return outcome.exit_code


def run_each(agent: str, goal: str, table: "Path", *, as_json: bool, **options: Any) -> int:  # noqa: ANN401
    """Run the goal once for each row of a table, one after the other on one budget; the worst exit code.

    It ends early when it is interrupted, or when the budget cannot pay for another first call.
    """
    from llmos.cli.goals import goals_of

    goals = goals_of(goal, table)

    async def work(system: "LLMOS", progress: "Progress") -> "list[RunOutcome]":
        outcomes: list[RunOutcome] = []
        for number, each in enumerate(goals, start=1):
            click.secho(f"{number}/{len(goals)}  {each}", err=True, bold=True)
            outcomes.append(await answer(system, progress, system.conversation(agent), each))
            if not as_json:
                show(outcomes[-1], as_json=False)
            if outcomes[-1].outcome == "interrupted" or _too_poor(outcomes[-1]):
                break
        return outcomes

    outcomes = with_system(work, ask=not as_json, **options)
    with unread():
        if as_json:
            print_json({"rows": len(goals), "runs": [outcome.as_json() for outcome in outcomes]})
        else:
            click.echo(_summary(outcomes, len(goals)))
    return max(outcome.exit_code for outcome in outcomes)


def with_system(work: "Callable[[LLMOS, Progress], Awaitable[T]]", *, ask: bool, no_stream: bool, **options: Any) -> T:  # noqa: ANN401
    """What the work gives back, done with a running system whose progress shows on stderr.

    `ask`: whether the person at the terminal, if there is one, may be asked for permissions.
    """
    from llmos.boot.system import LLMOS
    from llmos.cli.asking import TerminalApprover
    from llmos.cli.progress import show_progress
    from llmos.cli.system import make_home
    from llmos.traces.bus import Bus

    make_home()
    bus = Bus()
    bus.subscribe(_collect_garbage)
    with show_progress(bus, sys.stderr, live=not no_stream) as progress:
        approver = TerminalApprover(progress) if ask and sys.stdin.isatty() else None

        async def main() -> T:
            async with LLMOS(options=_options(**options), approver=approver, bus=bus) as system:
                return await work(system, progress)

        return run_async(main)


@contextmanager
def some_workspace() -> Iterator[Path]:
    """For what works on no files: this folder, whose own documents count, or an empty one where no agent may work."""
    from tempfile import TemporaryDirectory

    from llmos.cli.system import environment
    from llmos.settings import current_folder
    from llmos.tools.workspace import open_workspace

    here = current_folder()
    try:
        open_workspace(here, environment().home, environment().user_home)
    except LLMosError:
        with TemporaryDirectory() as empty:
            yield Path(empty)
    else:
        yield here


def _collect_garbage(event: "Event", _: str) -> None:
    """Look for garbage from the first reply on, but not among what was imported until then (see `__main__.main`)."""
    from llmos.traces.events import ModelReplied

    if isinstance(event, ModelReplied) and not gc.isenabled():
        gc.freeze()
        gc.enable()


async def answer(system: "LLMOS", progress: "Progress", talk: "Conversation", goal: str) -> "RunOutcome":
    """The outcome of one goal; Ctrl-C makes it `interrupted`."""
    from anyio import CancelScope

    from llmos.cli.interruption import interruptible

    def say(sentence: str) -> None:
        with progress.paused():
            click.echo(f"\n{sentence}" if sys.stderr.isatty() else sentence, err=True)  # behind the ^C it shows

    scope = CancelScope()
    with interruptible(scope, say):
        return await system.say(talk, goal, scope=scope)


def show(outcome: "RunOutcome", *, as_json: bool) -> None:
    """The outcome on stdout: one JSON object, or lines for a person."""
    from llmos.cli.render import result_lines

    if as_json:
        print_json(outcome.as_json())
    else:
        click.echo("\n".join(result_lines(outcome)))


def _too_poor(outcome: "RunOutcome") -> bool:
    return outcome.outcome == "budget" and outcome.steps == 0


def _summary(outcomes: "list[RunOutcome]", rows: int) -> str:
    """How many rows came to what, and what they cost together."""
    from llmos.cli.render import dollars

    found = [outcome.outcome for outcome in outcomes]
    counts = [f"{found.count(kind)} {kind}" for kind in dict.fromkeys(found)]
    left = [f"{rows - len(outcomes)} not begun"] if len(outcomes) < rows else []
    return f"rows     {rows}: {', '.join(counts + left)} · {dollars(sum(each.cost_usd for each in outcomes))}"


def _options(*, approve: Iterable[str] = (), **values: Any) -> "Options":  # noqa: ANN401
    """The options of `run_options` as the system takes them."""
    from llmos.boot.options import Options

    return Options(approve=tuple(approve), **values)
