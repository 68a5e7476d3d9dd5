"""Counts the uses of one text of a skill or trace: duplicates once, equal cases once, scenarios and real uses apart.

Does not know which counts are enough for what.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import takewhile

from llmos.traces.usage import UsageLine, What

_TO_THE_SECOND = len("2026-11-20T09:51:32")


@dataclass(frozen=True, slots=True)
class Count:
    """So many successes in so many cases."""

    successes: int = 0
    cases: int = 0

    @property
    def failures(self) -> int:
        """The cases that are none."""
        return self.cases - self.successes

    @property
    def rate(self) -> float:
        """The share of successes; 0 where nothing was tried."""
        return self.successes / self.cases if self.cases else 0.0

    def __add__(self, other: "Count") -> "Count":
        return Count(self.successes + other.successes, self.cases + other.cases)


@dataclass(frozen=True, slots=True)
class Tally:
    """What is known of one text.

    `real` and `scenarios` count cases: a pair of slots and scenario seed counts once, as failed if it ever failed.
    `uses` are all runs in the order in which they ended, each once.
    """

    real: Count = Count()
    scenarios: Count = Count()
    cases: tuple[bool, ...] = ()
    """Whether each case succeeded, in the order in which they first came up."""
    uses: tuple[UsageLine, ...] = ()

    @property
    def total(self) -> Count:
        """Real uses and scenarios together."""
        return self.real + self.scenarios

    def streak(self, since: str = "") -> int:
        """How many of the newest uses after the second `since` failed one after the other."""
        return sum(1 for _ in takewhile(lambda use: not use.ok, reversed(self.after(since))))

    def after(self, since: str) -> tuple[UsageLine, ...]:
        """The uses that ended after this second, `YYYY-MM-DDTHH:MM:SS` in UTC; all of them where it is empty."""
        return tuple(use for use in self.uses if use.at[:_TO_THE_SECOND] > since)


def tally(lines: Iterable[UsageLine], what: What, name: str, content_hash: str) -> Tally:
    """Count the uses of the text with this hash under this name, out of the sidecars of one or more volumes."""
    runs: dict[str, UsageLine] = {}
    for line in lines:
        if (line.what, line.name, line.content_hash) == (what, name, content_hash):
            runs[line.run_id] = min(line, runs.get(line.run_id, line), key=_worst_first)
    uses = tuple(sorted(runs.values(), key=lambda use: (use.at, use.run_id)))
    cases: dict[tuple[str, str], bool] = {}
    for use in uses:
        case = (use.slots_hash, use.scenario)
        cases[case] = cases.get(case, True) and use.ok
    return Tally(_count(cases, real=True), _count(cases, real=False), tuple(cases.values()), uses)


def _worst_first(use: UsageLine) -> tuple[bool, str, str, str]:
    """Of lines that disagree about a run the same one counts, whatever order a merge left them in."""
    return use.ok, use.slots_hash, use.scenario, use.at


def _count(cases: Mapping[tuple[str, str], bool], *, real: bool) -> Count:
    outcomes = [ok for (_, scenario), ok in cases.items() if (not scenario) is real]
    return Count(sum(outcomes), len(outcomes))
