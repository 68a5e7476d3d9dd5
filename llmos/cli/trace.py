"""`llmos trace`: the runs there were, what happened in one, and one of them again, by the trace that it left."""

from typing import Any

import click

from llmos.cli import trace_exchange
from llmos.cli.groups import Group
from llmos.cli.options import as_json, led_options, print_json
from llmos.cli.render import dollars, printable
from llmos.cli.system import environment, library, notice
from llmos.cli.table import show_rows
from llmos.errors import counted


@click.group(cls=Group)
def trace() -> None:
    """List, show and replay runs, and exchange what was learned."""


for each in (trace_exchange.export_traces, trace_exchange.import_traces, trace_exchange.prune):
    trace.add_command(each)


@trace.command("list")
@click.option("--limit", type=click.IntRange(1, 100_000), default=20, show_default=True, help="At most so many runs.")
@click.option("--agent", metavar="NAME", help="Runs of this agent only.")
@as_json
def list_runs(limit: int, agent: str | None, as_json: bool) -> None:  # noqa: FBT001 - click's flag
    """List the newest runs."""
    from llmos.traces.index import RunIndex
    from llmos.traces.summary import one_line

    with RunIndex.open(environment().home, notice) as index:
        index.refresh(notice)
        runs = index.list(limit, agent)
    if as_json:
        every = ("run_id", "started", "agent", "goal", "model", "mode", "outcome", "cost_usd", "steps", "journal")
        show_rows("runs", every, [[getattr(run, one) for one in every] for run in runs], as_json=True, nothing="")
        return
    few = ("run_id", "agent", "outcome", "cost", "goal")
    rows = [(r.run_id, r.agent, r.outcome or "cut off", dollars(r.cost_usd), one_line(r.goal)) for r in runs]
    whose = "" if agent is None else f" of the agent '{printable(agent)}'"
    show_rows("runs", few, rows, as_json=False, nothing=f"No run{whose} has been journaled in this home yet.")


@trace.command("show")
@click.argument("run_id")
@as_json
def show(run_id: str, as_json: bool) -> None:  # noqa: FBT001 - click's flag
    """Show what happened in a run; the beginning of its id is enough."""
    from llmos.traces.reading import find_run, read_journal
    from llmos.traces.summary import markdown_summary

    path = find_run(environment().home, run_id)
    entries = read_journal(path, notice)
    if as_json:
        import json

        print_json(
            {"journal": str(path), "entries": [json.loads(line) for line in _whole_lines(path.read_text("utf-8"))]}
        )
    else:
        click.echo(printable(markdown_summary(entries)))


def _whole_lines(text: str) -> list[str]:
    """The lines that were finished; a crash tears at most the last one."""
    return text.split("\n")[:-1]


@trace.command("replay")
@click.argument("run_id")
@led_options
@as_json
def replay(run_id: str, as_json: bool, **options: Any) -> int:  # noqa: FBT001, ANN401 - click's own
    """Replay the trace that a run left, without a model; the beginning of its id is enough.

    Robot and scene are those of the run where the options name no other. Where the replay stops before its end, what it
    did is taken back as far as that goes.
    """
    from llmos.cli.running import run_begun

    return run_begun(lambda system: system.replayed(run_id), as_json=as_json, **options)


@trace.command("reindex")
def reindex() -> None:
    """Make the index anew from the journals and the traces."""
    from llmos.traces.index import RunIndex

    with RunIndex.open(environment().home, notice, kept=True) as index:
        index.rebuild(notice)
        runs = len(index.list(1_000_000_000))
    with library() as opened, trace_exchange.traces_of(opened, trace_exchange.trusted(opened)) as known:
        traces = known.rebuild()
    click.echo(f"The index holds {counted(runs, 'run')} and {counted(traces, 'trace')}.")
