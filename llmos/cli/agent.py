"""`llmos agent`: list, show, check and run agents; writing them is in `authoring`."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import click

from llmos.cli import authoring
from llmos.cli.completion import names
from llmos.cli.groups import Group
from llmos.cli.options import Place, as_json, print_json, run_options
from llmos.cli.problems import show_problems
from llmos.cli.render import printable
from llmos.cli.system import library, notice, notice_refused
from llmos.cli.table import show_rows

_TURN_S = 1.0


@click.group(cls=Group)
def agent() -> None:
    """List, show, check, write, edit and run agents."""


agent.add_command(authoring.new_agent)
agent.add_command(authoring.edit_agent)


@agent.command("list")
@as_json
def list_agents(as_json: bool) -> None:  # noqa: FBT001 - click's flag
    """List the agents that count, and where they come from."""
    with library() as opened:
        documents = opened.registry.snapshot()
        entries = documents.agents()
        inert = [entry for entry in documents.inert() if entry.kind == "agent"]
        notice_refused(documents, "agent")
    rows = [(entry.name, entry.volume.name, entry.description) for entry in entries]
    show_rows("agents", ("name", "volume", "description"), rows, as_json=as_json, nothing="There is no agent.")
    if inert and not as_json:
        found = ", ".join(f"{printable(entry.name)} ({entry.volume.name})" for entry in inert)
        notice(f"Not trusted and so not used: {found}; see `llmos volume list`.")


@agent.command("show")
@click.argument("name", shell_complete=names("agents"))
@as_json
def show(name: str, as_json: bool) -> None:  # noqa: FBT001 - click's flag
    """Show one agent, and what it shadows."""
    with library() as opened:
        documents = opened.registry.snapshot(name)
        found, entry = documents.agent(name), documents.entry("agent", name)
    shadows = [str(path) for path in entry.shadowed]
    problems = [str(problem) for problem in found.document.problems]
    about: dict[str, Any] = {
        "name": found.name,
        "description": found.description,
        "path": str(entry.path),
        "volume": entry.volume.name,
        "shadows": shadows,
        "model": found.model,
        "tools": None if found.tools is None else list(found.tools),
        "skills": list(found.skills),
        "max_turns": found.max_turns,
        "budget_usd": found.budget_usd,
        "content_hash": entry.content_hash,
        "problems": problems,
        "body": found.body,
    }
    if as_json:
        print_json(about)
        return
    click.echo(f"{click.style(printable(found.name), bold=True)}  {printable(str(entry.path))} ({entry.volume.name})")
    for line in (*(f"shadows {path}" for path in shadows), *problems):
        click.echo(printable(line))
    tools = "all" if found.tools is None else ", ".join(found.tools) or "none"
    click.echo(printable(f"model {found.model}\ntools {tools}"))
    click.echo(printable(f"\n{found.description}\n\n{found.body}"))


@agent.command("check")
@click.argument("paths", nargs=-1, type=Place())
@click.option("--watch", is_flag=True, help="Check again whenever a file is saved; Ctrl-C ends it.")
@as_json
def check(paths: Sequence[Path], watch: bool, as_json: bool) -> int:  # noqa: FBT001 - click's flags
    """Check agents, skills, commands and rules in PATHS (default: this folder); warnings do not fail."""
    chosen = list(paths) or [Path()]
    if not watch:
        return _check(chosen, as_json=as_json)
    with _saves(chosen) as wait:
        while True:
            _check(chosen, as_json=as_json)
            wait()
            notice("-- saved, checking again")


@contextmanager
def _saves(paths: list[Path]) -> Iterator[Callable[[], None]]:
    """What waits for the next save below these paths; none is lost that comes while nobody waits.

    It waits in turns, for Python sees a Ctrl-C that comes in the instant before a wait only when that wait is over.
    """
    from queue import Empty, SimpleQueue

    from llmos.volumes.watch import Watcher

    heard: SimpleQueue[object] = SimpleQueue()

    def wait() -> None:
        while True:
            with suppress(Empty):
                heard.get(timeout=_TURN_S)
                return

    with Watcher([path if path.is_dir() else path.parent for path in paths], heard.put) as watcher:
        if watcher.problem:
            notice(watcher.problem)
        yield wait


def _check(paths: list[Path], *, as_json: bool) -> int:
    """Print what is wrong; 2 when something cannot be loaded."""
    from llmos.boot.known import known_to
    from llmos.programs.checking import check_documents

    with library() as opened:
        problems = check_documents(paths, known_to(paths, opened.registry))
    return show_problems(problems, as_json=as_json)


_EACH = click.option(
    "--each",
    metavar="FILE.csv",
    type=Place(dir_okay=False),
    help="Run once per row; {column} in GOAL stands for the row's cell.",
)
_RESUME = click.option("--resume", metavar="RUN_ID", help="Go on where this run ended; GOAL may be left out.")


@agent.command("run")
@click.argument("name", shell_complete=names("agents"))
@click.argument("goal", required=False)
@run_options
@_EACH
@_RESUME
@as_json
def run(name: str, goal: str | None, **options: Any) -> int:  # noqa: ANN401 - click's own
    """Run the agent NAME on GOAL.

    A GOAL of `-`, or input that is piped in, is read from stdin. Without a GOAL on a terminal this is a conversation.
    """
    return _run(name, goal, **options)


@click.command("run")
@click.argument("goal", required=False)
@run_options
@_EACH
@_RESUME
@as_json
def run_system(goal: str | None, **options: Any) -> int:  # noqa: ANN401 - click's own
    """Run GOAL with the agent `system`, which does it or picks who does.

    A GOAL of `-`, or input that is piped in, is read from stdin. Without a GOAL on a terminal this is a conversation.
    """
    return _run("system", goal, **options)


def _run(name: str, goal: str | None, *, each: Path | None, resume: str | None, **options: Any) -> int:  # noqa: ANN401
    """What the options ask for: one run, one per row, the rest of an earlier one, or a conversation."""
    from llmos.cli.conversation import converse
    from llmos.cli.goals import read_goal
    from llmos.cli.running import run_each, run_once

    text = read_goal(goal)
    if each is not None:
        if text is None or resume is not None:
            raise click.UsageError("--each needs a GOAL and goes with no --resume.")
        return run_each(name, text, each, **options)
    if resume is not None:
        return run_once(name, text if text and text.strip() else None, resume=resume, **options)
    if text is None:
        return converse(name, **options)
    return run_once(name, text, resume=None, **options)


@click.command()
@run_options
def shell(**options: Any) -> int:  # noqa: ANN401 - click's own
    """Talk with the agent `system`; leaving says what was spent."""
    from llmos.cli.conversation import converse

    if not sys.stdin.isatty():
        notice("There is no terminal, so each line of the input is one goal.")
    return converse("system", **options)
