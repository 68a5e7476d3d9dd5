"""`llmos skill stats`: what is known of skills by their uses, as figures, words and a small plot.

Knows no rule: bars and evidence come from the ladder. Where the terminal lacks the plot's letters, it shows others.
"""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from llmos.cli.completion import names
from llmos.cli.options import as_json, print_json
from llmos.cli.render import printable
from llmos.cli.skill_ladder import catch_up, ladder_of
from llmos.cli.skill_savings import show_savings
from llmos.cli.system import library
from llmos.cli.table import show_rows

if TYPE_CHECKING:
    from llmos.evolution.promotion import Ladder
    from llmos.evolution.standing import Record

_WIDTH = 40
_FINE = "▁▂▃▄▅▆▇█", "─", "━", "●", "│"
_PLAIN = ".,:-=+*#", "-", "=", "o", "|"


@click.command("stats")
@click.argument("name", required=False, shell_complete=names("skills"))
@click.option("--savings", is_flag=True, help="What replays did not spend, measured from the journals of this home.")
@as_json
def stats(name: str | None, savings: bool, as_json: bool) -> None:  # noqa: FBT001 - click's flags
    """Show how often skills worked, and what they lack for the next tier; with NAME, all of one skill."""
    from llmos.evolution.standing import standing_of

    if savings:
        if name is not None:
            raise click.UsageError("--savings counts all replays, of skills and of traces; leave NAME out.")
        show_savings(as_json=as_json)
        return
    catch_up()
    with library() as opened:
        ladder, documents = ladder_of(opened), opened.registry.snapshot()
        entries = documents.skills() if name is None else [documents.entry("skill", name)]
        records = ladder.records([standing_of(entry) for entry in entries])
    if name is not None:
        record = records[0]
        print_json(_as_json(ladder, record)) if as_json else _show(ladder, record)
        return
    used = [record for record in records if record.tally.uses or record.quarantine]
    if as_json:
        print_json({"skills": [_as_json(ladder, record) for record in used]})
    else:
        _list(used)


def _list(records: "Sequence[Record]") -> None:
    from llmos.evolution.standing import of_all, percent, shown_e

    columns = ("name", "tier", "real", "scenarios", "rate", "e_value", "lately", "next")
    rows = [
        (
            record.standing.name,
            record.standing.tier,
            of_all(record.tally.real),
            of_all(record.tally.scenarios),
            percent(record.tally.total.rate),
            shown_e(record.log_e),
            _lately(record, 12),
            _next(record),
        )
        for record in records
    ]
    show_rows("skills", columns, rows, as_json=False, nothing="No skill has been used yet.")


def _next(record: "Record", *, whole: bool = False) -> str:
    """What becomes of it, in a few words or in all."""
    if record.quarantine:
        return f"in quarantine: {record.quarantine}"
    above = record.standing.above
    if above is None:
        return "stands at the top" if record.standing.tier in ("system", "shipped") else "stands beside the ladder"
    proof = record.proof if whole else "more evidence"
    lacks = [*record.floor, *([proof] if record.proof else [])]
    if lacks:
        return f"{above}: lacks {', '.join(lacks)}"
    return f"{above}: ready" + (" once a person approves" if above == "system" else "")


def _show(ladder: "Ladder", record: "Record") -> None:
    from llmos.evolution.standing import of_all, percent, shown_e

    standing, found = record.standing, record.tally
    low, high = record.interval
    against = percent(record.bar.unacceptable_rate)
    click.echo(f"{click.style(standing.name, bold=True)}  {printable(str(standing.page))} ({standing.tier})")
    lines = [("real uses", of_all(found.real)), ("scenarios", of_all(found.scenarios))]
    if found.uses:
        confidence = percent(ladder.rules.confidence)
        share = f"{percent(found.total.rate)}, between {percent(low)} and {percent(high)} ({confidence}, Wilson)"
        lines += [
            ("rate", share),
            ("", _bar(record)),
            ("E-value", f"{shown_e(record.log_e)} against {against}; {record.bar.e_value:g} is asked for"),
            ("", _curve(record)),
            ("lately", _lately(record, _WIDTH)),
        ]
    for label, text in [*lines, ("next", _next(record, whole=True))]:
        click.echo(printable(f"  {label:<10} {text}"))
    for sentence in ladder.regressions(record):
        click.secho(printable(f"  {sentence}"), fg="yellow")


def _lately(record: "Record", most: int) -> str:
    """The newest uses, the last one to the right."""
    good, bad = ("✓", "✗") if _letters() is _FINE else ("+", "-")
    return "".join(good if use.ok else bad for use in record.tally.uses[-most:])


def _bar(record: "Record") -> str:
    """The interval of the rate on a line from 0 to 100 percent, with the rate and the bar that it must reach."""
    _, thin, thick, dot, mark = _letters()
    low, high = (round(share * (_WIDTH - 1)) for share in record.interval)
    line = [thick if low <= at <= high else thin for at in range(_WIDTH)]
    line[round(record.bar.min_rate * (_WIDTH - 1))] = mark
    line[round(record.tally.total.rate * (_WIDTH - 1))] = dot
    return f"0 % {''.join(line)} 100 %  ({mark} {100 * record.bar.min_rate:g} %)"


def _curve(record: "Record") -> str:
    """The evidence after each case, on a scale of its logarithm whose top is what is asked for."""
    import math

    from llmos.evolution.evidence import log_e_value

    steps, successes, logs = _letters()[0], 0, []
    for number, ok in enumerate(record.tally.cases, start=1):
        successes += ok
        logs.append(log_e_value(successes, number - successes, record.bar.unacceptable_rate))
    shown, top = logs[-_WIDTH:], math.log(record.bar.e_value)
    levels = [max(0, min(len(steps) - 1, int(log_e / top * (len(steps) - 1)))) for log_e in shown]
    return "".join(steps[level] for level in levels)


def _letters() -> tuple[str, str, str, str, str]:
    """What plots are drawn with: letters that the terminal knows."""
    try:
        "".join([*_FINE, "✓✗"]).encode(getattr(sys.stdout, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return _PLAIN
    return _FINE


def _as_json(ladder: "Ladder", record: "Record") -> dict[str, Any]:
    """All of it for a program."""
    standing, found = record.standing, record.tally
    return {
        "name": standing.name,
        "tier": standing.tier,
        "path": str(standing.page),
        "content_hash": record.content_hash,
        "quarantine": record.quarantine,
        "real": {"successes": found.real.successes, "cases": found.real.cases},
        "scenarios": {"successes": found.scenarios.successes, "cases": found.scenarios.cases},
        "rate": found.total.rate,
        "interval": list(record.interval),
        "confidence": ladder.rules.confidence,
        "e_value": record.e_value,
        "against": record.bar.unacceptable_rate,
        "next": {
            "tier": standing.above,
            "ready": standing.above is not None and record.ready,
            "by_hand": standing.above is not None and not record.floor and not record.quarantine,
            "lacks": [*record.floor, *([record.proof] if record.proof else [])],
            "needs_person": standing.above == "system",
        },
        "regressions": list(ladder.regressions(record)),
        "uses": [{"run_id": use.run_id, "ok": use.ok, "scenario": use.scenario, "at": use.at} for use in found.uses],
    }
