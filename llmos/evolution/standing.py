"""Where a skill stands, what is known of its present text, and what it lacks for the next tier, in words.

Reads sidecars and the skill's folder; changes nothing.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

from llmos.documents.kernel_rules import Bar, EvolutionRules
from llmos.documents.skill import read_skill
from llmos.errors import counted
from llmos.evolution.evidence import log_e_value, wilson
from llmos.traces.tally import Count, Tally, tally
from llmos.traces.usage import UsageLine, read_usage
from llmos.volumes.mounting import OVERLAY
from llmos.volumes.skill_hash import skill_hash
from llmos.volumes.state import Entry

Rung: TypeAlias = Literal["user", "team", "system"]

LADDER: Final[tuple[Rung, ...]] = ("user", "team", "system")
FOLDERS: Final = {"user": "user", "team": "team", "system": OVERLAY}
"""Where each rung's volume lies in a home; the System rung is an overlay on what ships."""

_MOST_LOG = 700.0


@dataclass(frozen=True, slots=True)
class Standing:
    """A skill, its SKILL.md, and its tier: a rung, or `shipped`, `added`, `workspace`, from where none climbs.

    `shadowed` are the pages of the same name that it hides, in whatever folders they lie.
    """

    name: str
    tier: str
    page: Path
    shadowed: tuple[Path, ...] = ()

    @property
    def above(self) -> Rung | None:
        """The rung that it could climb to."""
        return {"user": "team", "team": "system"}.get(self.tier)  # type: ignore[return-value]

    @property
    def below(self) -> Rung | None:
        """The rung that it could fall to."""
        return {"team": "user", "system": "team"}.get(self.tier)  # type: ignore[return-value]


def standing_of(entry: Entry) -> Standing:
    """Where the document of a listing stands; the overlay is the System rung, what ships is `shipped`."""
    tier = {"overlay": "system", "system": "shipped"}.get(entry.volume.tier, entry.volume.tier)
    return Standing(entry.name, tier, entry.path, entry.shadowed)


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of the present text of a skill, measured by the bar of the tier above it, or of its own."""

    standing: Standing
    content_hash: str
    quarantine: str
    """Why it is in quarantine; empty when it is not."""
    tally: Tally
    interval: tuple[float, float]
    bar: Bar
    log_e: float

    @property
    def e_value(self) -> float:
        """The evidence against the bar's unacceptable rate, cut off where numbers end."""
        return math.exp(min(self.log_e, _MOST_LOG))

    @property
    def floor(self) -> tuple[str, ...]:
        """What it lacks that not even a person can do without, a clause each."""
        count, bar = self.tally.total, self.bar
        lacks = []
        if count.cases < bar.min_uses:
            lacks.append(f"{counted(bar.min_uses - count.cases, 'more case')} ({count.cases} of {bar.min_uses})")
        if count.cases and count.rate < bar.min_rate:
            lacks.append(f"a rate of {percent(bar.min_rate)} (it is {percent(count.rate)})")
        return tuple(lacks)

    @property
    def proof(self) -> str:
        """What its evidence lacks, as a clause; empty when it lacks nothing."""
        if self.log_e >= math.log(self.bar.e_value):
            return ""
        against = f"against {percent(self.bar.unacceptable_rate)}"
        more = counted(self._flawless(), "success", "successes")
        return f"an E-value of {self.bar.e_value:g} {against} (it is {shown_e(self.log_e)}; {more} more would do)"

    @property
    def ready(self) -> bool:
        """Whether evidence alone carries it."""
        return not self.floor and not self.proof and not self.quarantine

    def _flawless(self) -> int:
        """How many new cases that all succeed would make the evidence strong enough."""
        count, more = self.tally.total, 1
        while log_e_value(count.successes + more, count.failures, self.bar.unacceptable_rate) < math.log(
            self.bar.e_value
        ):
            more += 1
        return more


def record_of(standing: Standing, lines: Iterable[UsageLine], rules: EvolutionRules) -> Record:
    """What these lines say of a skill as its folder reads now."""
    text = skill_hash(standing.page)
    found = tally(lines, "skill", standing.name, text)
    bar = rules.tiers[standing.above or "system"]
    count = found.total
    return Record(
        standing,
        text,
        read_skill(standing.page).quarantine,
        found,
        wilson(count.successes, count.cases, rules.confidence),
        bar,
        log_e_value(count.successes, count.failures, bar.unacceptable_rate),
    )


def usage_of(home: Path) -> tuple[UsageLine, ...]:
    """The lines of all three sidecars of a home; what stands in two of them is counted once."""
    return tuple(line for folder in FOLDERS.values() for line in read_usage(home / folder))


def usage_root(home: Path, tier: str) -> Path:
    """The volume in whose sidecar a use of a skill of this tier belongs: its own, else the overlay.

    `tier` as `Standing` or a mounted `Volume` has it.
    """
    return home / FOLDERS.get(tier, OVERLAY)


def percent(share: float) -> str:
    """A share as people read it.

    >>> percent(0.8), percent(0.875), percent(1.0)
    ('80 %', '87.5 %', '100 %')
    """
    return f"{100 * share:.1f}".removesuffix(".0") + " %"


def shown_e(log_e: float) -> str:
    """An e-value as people read it, however large.

    >>> shown_e(3.4618), shown_e(0.0), shown_e(2302.585)
    ('31.9', '1', '1e1000')
    """
    if log_e > _MOST_LOG:
        return f"1e{log_e / math.log(10):.0f}"
    return f"{math.exp(log_e):.3g}"


def of_all(count: Count) -> str:
    """A count as people read it.

    >>> of_all(Count(6, 7))
    '6 of 7'
    """
    return f"{count.successes} of {count.cases}"
