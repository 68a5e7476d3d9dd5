"""`llmos evolve`: learn from what went wrong and what went well; each thing that was learned is one commit."""

from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from llmos.cli.completion import names
from llmos.cli.groups import Group
from llmos.cli.options import Reason, as_json, print_json
from llmos.cli.render import dollars, printable
from llmos.cli.system import environment, library, make_home, notice
from llmos.cli.table import show_rows
from llmos.errors import LLMosError

if TYPE_CHECKING:
    from llmos.boot import LLMOS
    from llmos.boot.evolving import Asked
    from llmos.cli.progress import Progress
    from llmos.evolution.steps import Change
    from llmos.evolution.tries import Try


@click.group("evolve", cls=Group, invoke_without_command=True)
@click.option("--agent", metavar="NAME", help="Look at this agent only.", shell_complete=names("agents"))
@click.option("--model", metavar="M", help="What proposes edits and runs the trials; the usual one by default.")
@click.option("--lens", metavar="NAME", help="Look through this lens, such as circuits; by default in turn.")
@click.option("--budget-usd", type=click.FloatRange(min=0), metavar="X", help="The most that may be spent.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--no-stream", is_flag=True, help="Plain lines instead of a live view.")
@as_json
@click.pass_context
def evolve(ctx: click.Context, /, dry_run: bool, as_json: bool, no_stream: bool, **asked: Any) -> int | None:  # noqa: ANN401, FBT001 - click's own
    """Learn from the runs of this home; what was learned and tested is committed to your volume."""
    if ctx.invoked_subcommand is not None:
        return None
    from llmos.boot.evolving import Asked
    from llmos.volumes.locks import sole_owner

    wishes = Asked(**asked)
    if dry_run:
        return _foretell(wishes, as_json=as_json)
    make_home()
    with sole_owner(environment().home / "run" / "evolve.lock") as alone:
        if not alone:
            raise LLMosError("Another `llmos evolve` is at work in this home; let it end first.")
        return _carry_out(wishes, as_json=as_json, no_stream=no_stream)


def _foretell(asked: "Asked", *, as_json: bool) -> int:
    """What would be done, as lines or as JSON."""
    from llmos.boot.evolving import steps

    async def work(system: "LLMOS", _: "Progress") -> list[tuple[str, str]]:
        with steps(system, asked) as every:
            return [(step.name, sentence) for step in every for sentence in await step.foretell()]

    found = _with_system(work, asked, no_stream=True)
    show_rows("plan", ("step", "would"), found, as_json=as_json, nothing="There is nothing to learn from yet.")
    return 0


def _carry_out(asked: "Asked", *, as_json: bool, no_stream: bool) -> int:
    """Carry out the steps; one that cannot go on says why, and the next begins."""
    from llmos.boot.evolving import steps

    changes: list[Change] = []

    async def work(system: "LLMOS", progress: "Progress") -> tuple[int, float]:
        def tell(sentence: str) -> None:
            with progress.paused(), suppress(OSError):
                click.echo(printable(sentence), err=True)

        worst = 0
        with steps(system, asked) as every:
            for step in every:
                try:
                    changes.extend(await step.carry_out(tell))
                except LLMosError as error:
                    worst = max(worst, error.exit_code)
                    tell(f"llmos: {step.name}: {error}")
        return worst, system.report.cost_usd

    code: int
    code, cost_usd = _with_system(work, asked, no_stream=no_stream)
    if as_json:
        print_json({"changes": [asdict(each) for each in changes], "proposals_usd": cost_usd})
    else:
        _show(changes)
    return code


def _with_system(work: Any, asked: "Asked", *, no_stream: bool) -> Any:  # noqa: ANN401 - what the work gives back
    from llmos.cli.running import some_workspace, with_system

    options = {"model": asked.model, "budget_usd": asked.budget_usd, "mode": "learner", "approve": ("never",)}
    with some_workspace() as folder:
        return with_system(work, ask=False, no_stream=no_stream, workspace=folder, **options)


def _show(changes: "list[Change]") -> None:
    for each in changes:
        verdict = click.style(f"{each.verdict:<10}", bold=each.commit is not None)
        commit = f"  [{each.commit[:12]}]" if each.commit else ""
        click.echo(f"{verdict} {printable(f'{each.step} {each.subject}: {each.sentence}{commit}')}")
    if not changes:
        notice("There is nothing to learn from yet.")


@evolve.command("log")
@click.option("--agent", metavar="NAME", help="Edits of this agent only.")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="At most so many edits.")
@as_json
def log(agent: str | None, limit: int, as_json: bool) -> None:  # noqa: FBT001 - click's flag
    """List the edits of agents that were proposed: kept, discarded, refused, taken back, and why."""
    from llmos.evolution.tries import Tries

    tries = [each for each in Tries(environment().home).all() if agent in (None, each.begun.agent)][-limit:][::-1]
    columns = ("id", "agent", "component", "verdict", "won", "lost", "p", "cost", "commit", "reason")
    if as_json:
        every = ("at", "proposer", "lens", "evidence", "text", "why")
        rows = [(*_row(each), *(getattr(each.begun, one) for one in every)) for each in tries]
        show_rows("tries", (*columns, *every), rows, as_json=True, nothing="")
        return
    show_rows("tries", columns, [_row(each) for each in tries], as_json=False, nothing="No edit was proposed yet.")


def _row(each: "Try") -> tuple[Any, ...]:
    begun, ended = each.begun, each.ended
    if ended is None:
        return begun.id, begun.agent, begun.component, "cut off", None, None, None, None, None, "The try did not end."
    figures = (ended.wins, ended.losses, f"{ended.p:.2g}") if begun.number else (None, None, None)
    cost, commit = dollars(ended.cost_usd), ended.commit[:12] or None
    return begun.id, begun.agent, begun.component, ended.verdict, *figures, cost, commit, ended.reason


@evolve.command("revert")
@click.argument("commit")
@click.option(
    "--reason", "-m", default="", type=Reason(), metavar="WHY", help="Why; it stands in the volume's history."
)
def revert(commit: str, reason: str) -> None:
    """Take back COMMIT, an edit of an agent that `llmos evolve` made, by a new commit."""
    from llmos.evolution.lineage import revert_by_hand

    with library() as opened:
        new = revert_by_hand(opened.user, environment().home, commit, reason)
    click.echo(f"Reverted by {new[:12]}.")
