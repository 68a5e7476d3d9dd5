"""`llmos skill stats --savings`: what replays did not spend, with how it was measured."""

import shutil
import sys
from collections import Counter
from typing import TYPE_CHECKING

import click

from llmos.cli.options import print_json
from llmos.cli.render import dollars
from llmos.cli.system import environment, notice, rules
from llmos.cli.table import show_rows
from llmos.errors import counted

if TYPE_CHECKING:
    from llmos.evolution.savings import Spent


def show_savings(*, as_json: bool) -> None:
    """Print what was saved, by goal and in all."""
    from llmos.evolution.savings import METHOD, Savings, savings_of, told

    found = savings_of(environment().home, notice)
    prices = f"{rules().models.prices_date:%Y-%m-%d}"
    if as_json:
        print_json({"savings": told(found, prices)})
        return
    columns = ("agent", "replays", "tokens", "dollars", "seconds", "baseline", "goal")
    rows = []
    for (agent, skeleton), group in found.by_goal().items():
        runs = len({name for each in group for name in each.baseline})
        amounts = _amounts(Savings(group).total)
        rows.append((agent, len(group), *amounts, counted(runs, "run") if runs else "none", skeleton))
    show_rows("savings", columns, rows, as_json=False, nothing="No run has been replayed in this home yet.")
    if not found.replays:
        return
    modes = Counter(each.mode for each in found.replays)
    tokens, usd, seconds = _amounts(found.total)
    named = ", ".join(f"{count} {mode}" for mode, count in sorted(modes.items()))
    click.echo()
    click.secho(
        f"{counted(len(found.replays), 'replay')} ({named}) saved {tokens} tokens, {usd} and {seconds} s.", bold=True
    )
    if found.without_baseline:
        click.echo(f"{counted(len(found.without_baseline), 'replay')} had nothing to be held against.")
    method = f"{METHOD} The prices of kernel/models.md are of {prices}."
    click.echo(click.wrap_text(method, shutil.get_terminal_size().columns) if sys.stdout.isatty() else method)


def _amounts(saved: "Spent") -> tuple[str, str, str]:
    """Tokens, dollars and seconds; a loss has a minus sign."""
    usd = dollars(saved.cost_usd) if saved.cost_usd >= 0 else f"-{dollars(-saved.cost_usd)}"
    return f"{saved.tokens:,.0f}", usd, f"{saved.seconds:,.1f}"
