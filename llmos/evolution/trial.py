"""A trial: candidate and version in force on the same cases, and whether the candidate is better beyond chance.

Knows no model and no robot: a Bench runs the cases. In this order, each of which can end it: practice (not worse than
the version in force), safety (no pinned case lost), held-out cases (the paired test), cost (not dearer where both
succeed).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from llmos.documents.agent_trials import AgentTrials
from llmos.documents.document import hash_of
from llmos.documents.scenario import Case, Scenario
from llmos.errors import LowBatteryError, ModelError, counted
from llmos.evolution.paired import Pair, Paired, compare, fewest_wins
from llmos.evolution.scenarios import Ended, Marked, Split, cases_for, mark, spread, unseen
from llmos.evolution.steps import Tell


class Bench(Protocol):
    """Runs an agent on a case, in a home and a workspace of its own."""

    async def run(self, agent: str, text: str, case: Case, keep: Path) -> Ended:
        """Run the agent with this document; its journals go to the folder `keep`. LowBatteryError when it cannot pay.

        The workspace of the case stays until the next run.
        """
        ...


@dataclass(frozen=True, slots=True)
class Cases:
    """What an agent is examined on."""

    practice: tuple[Case, ...]
    pinned: tuple[Case, ...]
    held_out: tuple[Case, ...]

    def __len__(self) -> int:
        return len(self.practice) + len(self.pinned) + len(self.held_out)

    def lack(self, alpha: float) -> str:
        """Why no trial at this level could decide anything; empty when one can."""
        needed, there = fewest_wins(alpha), len({case.scenario.name for case in self.held_out})
        if there >= needed:
            return ""
        few = f"{counted(there, 'held-out scenario is', 'held-out scenarios are')} too few"
        return f"{few}: at least {needed} must be won, for this try may spend {alpha:.2g}"


def choose_cases(agent: str, scenarios: Sequence[Scenario], shown: Sequence[str], rules: AgentTrials) -> Cases:
    """The cases for an agent; `shown` are the goals that its proposer hears of, and they are held out no more."""

    def those(split: Split) -> tuple[Case, ...]:
        return cases_for(agent, scenarios, split, rules.agent_practice_share)

    return Cases(
        practice=spread(those("practice"), rules.agent_cases),
        pinned=those("pinned"),
        held_out=spread(unseen(those("held-out"), shown), rules.agent_cases),
    )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a trial came to: `reason` is one sentence; `paired` is what the held-out cases said, if it came to them."""

    kept: bool
    reason: str
    paired: Paired | None = None
    cost_usd: float = 0.0
    details: tuple[str, ...] = ()
    """A sentence for each held-out case in which the versions differ."""
    cut_short: bool = False
    """Whether the trial could not be carried out, and another one could not either."""


@dataclass(slots=True)
class Trial:
    """One candidate against the version in force; `remembered` holds what that version did, for further candidates.

    Its key names the kind of case besides the case and the version, so that no result of practice ever stands in for a
    held-out one.
    """

    bench: Bench
    agent: str
    cases: Cases
    rules: AgentTrials
    keep: Path
    tell: Tell
    remembered: dict[tuple[Split, str, str], Marked] = field(default_factory=dict)
    spent_usd: float = 0.0
    name: str = ""

    async def judge(self, current: str, candidate: str, alpha: float, name: str = "") -> Verdict:
        """Run what has to be run, and decide; journals go to the folder of this name."""
        self.name, self.spent_usd = name, 0.0
        try:
            verdict = await self._judge(current, candidate, alpha)
        except LowBatteryError as error:
            verdict = Verdict(kept=False, reason=f"The budget ended before the trial did: {error}", cut_short=True)
        except ModelError as error:
            verdict = Verdict(kept=False, reason=str(error), cut_short=True)
        return replace(verdict, cost_usd=self.spent_usd)

    async def _judge(self, current: str, candidate: str, alpha: float) -> Verdict:
        practised = await self._both("practice", self.cases.practice, current, candidate)
        before, after = (sum(each.passed for each in side) for side in practised)
        if after < before:
            return Verdict(kept=False, reason=f"In practice it passed {after} cases, the version in force {before}.")
        pinned = await self._both("pinned", self.cases.pinned, current, candidate, until=_is_lost)
        if lost := next((new for old, new in zip(*pinned, strict=True) if _is_lost(old, new)), None):
            return Verdict(kept=False, reason=f"It lost the safety case {lost.case.name}: {lost.missing}")
        every = await self._both("held-out", self.cases.held_out, current, candidate, until=self._hopeless(alpha))
        pairs = [_pair(old, new) for old, new in zip(*every, strict=True)]
        paired = compare(pairs, alpha)
        details = tuple(_details(every))
        if len(pairs) < len(self.cases.held_out):
            left = len(self.cases.held_out) - len(pairs)
            reason = f"It cannot be shown to be better any more, with {left} cases left: {paired}."
            return Verdict(kept=False, reason=reason, paired=paired, details=details)
        unproven = "" if paired.significant else f"It was not shown to be better: {paired}."
        lack = unproven or self._dearer(every)
        return Verdict(not lack, lack or f"It is better on held-out scenarios: {paired}.", paired, details=details)

    def _dearer(self, every: "Sides") -> str:
        """Why the candidate costs too much where both succeed; empty when it does not, or no case can tell."""
        both = [(old.ended, new.ended) for old, new in zip(*every, strict=True) if old.passed and new.passed]
        ratio = self.rules.agent_cost_ratio
        figures: tuple[tuple[str, Callable[[Ended], float]], ...] = (
            ("steps", lambda ended: ended.steps),
            ("tokens", lambda ended: ended.usage.total),
            ("dollars", lambda ended: ended.cost_usd),
        )
        for what, of in figures:
            old, new = sum(of(one) for one, _ in both), sum(of(one) for _, one in both)
            if new > old * ratio:
                return (
                    f"Where both succeed it needs {new:g} {what} for {old:g}, and {ratio:g} times as many is too much."
                )
        return ""

    def _hopeless(self, alpha: float) -> "Until":
        """Ends the held-out cases where not even winning all that are left could decide for the candidate."""
        best = [Pair(case.scenario.name, current=False, candidate=True) for case in self.cases.held_out]
        seen = 0

        def hopeless(old: Marked, new: Marked) -> bool:
            nonlocal seen
            best[seen] = _pair(old, new)
            seen += 1
            return not compare(best, alpha).significant

        return hopeless

    async def _both(
        self, split: Split, cases: Sequence[Case], current: str, candidate: str, until: "Until | None" = None
    ) -> "Sides":
        """Both versions on each case, the version in force first, until the last or until it is enough."""
        old: list[Marked] = []
        new: list[Marked] = []
        for number, case in enumerate(cases, start=1):
            self.tell(f"{split} case {number} of {len(cases)}")
            old.append(await self._once(split, case, current))
            new.append(await self._run(split, case, candidate, "candidate"))
            if until is not None and until(old[-1], new[-1]):
                break
        return old, new

    async def _once(self, split: Split, case: Case, text: str) -> Marked:
        key = (split, case.key, hash_of(text.encode()))
        if key not in self.remembered:
            self.remembered[key] = await self._run(split, case, text, "current")
        return self.remembered[key]

    async def _run(self, split: Split, case: Case, text: str, side: str) -> Marked:
        ended = await self.bench.run(self.agent, text, case, self.keep / self.name / split / f"{case.name}-{side}")
        self.spent_usd += ended.cost_usd
        return mark(case, ended)


Sides = tuple[list[Marked], list[Marked]]
Until = Callable[[Marked, Marked], bool]


def _pair(old: Marked, new: Marked) -> Pair:
    return Pair(old.case.scenario.name, old.passed, new.passed)


def _is_lost(old: Marked, new: Marked) -> bool:
    return old.passed and not new.passed


def _details(every: Sides) -> Iterator[str]:
    for old, new in zip(*every, strict=True):
        if new.passed and not old.passed:
            yield f"won {old.case.name}: before, {old.missing}"
        elif old.passed and not new.passed:
            yield f"lost {new.case.name}: {new.missing}"
