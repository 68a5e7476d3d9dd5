"""How a transition tells its evidence: the sentences of a commit, and its trailers.

Knows no volume and decides nothing.
"""

from collections.abc import Mapping, Sequence

from llmos.documents.kernel_rules import Bar
from llmos.errors import counted
from llmos.evolution.standing import Record, of_all, percent, shown_e
from llmos.traces.usage import UsageLine


def climb_in_words(record: Record) -> str:
    """Why a skill climbs."""
    count, found = record.tally.total, record.tally
    low, high = (percent(each) for each in record.interval)
    against = percent(record.bar.unacceptable_rate)
    return (
        f"It succeeded in {of_all(count)} cases ({of_all(found.real)} real, {of_all(found.scenarios)} in scenarios): "
        f"{percent(count.rate)}, between {low} and {high}. The evidence that its true rate is above {against} has an "
        f"E-value of {shown_e(record.log_e)}."
    )


def fall_in_words(uses: Sequence[UsageLine], bar: Bar, log_e: float) -> str:
    """Why a skill falls."""
    succeeded = sum(use.ok for use in uses)
    return (
        f"Since it got there it succeeded in {succeeded} of {counted(len(uses), 'use')}; the evidence that its rate "
        f"is, or fell, below {percent(bar.min_rate)} has an E-value of {shown_e(log_e)}."
    )


def evidence_trailers(record: Record, most_runs: int) -> dict[str, str]:
    """Runs, score and e-value of a transition, as trailers of its commit."""
    uses, count = record.tally.uses, record.tally.total
    newest = ", ".join(use.run_id for use in uses[-most_runs:])
    named = f"{newest} ({counted(len(uses), 'run')} in all)" if uses else "none"
    against = percent(record.bar.unacceptable_rate)
    return {
        "Evidence": named,
        "Score": f"{count.successes}/{count.cases}",
        "E-value": f"{shown_e(record.log_e)} against {against}",
    }


def tools_of(versions: Mapping[str, str]) -> str:
    """Versions of tools on one line."""
    return ", ".join(f"{name}={version}" for name, version in sorted(versions.items()))
