"""What replays did not spend: measured from the journals of a home, beside what its own model runs spent.

Knows no prices: dollars are those that journals have. A replay counts only beside runs that a model planned for the
same agent and goal skeleton before it; nothing is taken from elsewhere, and nothing is guessed.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from llmos.errors import LLMosError
from llmos.messages import JSON
from llmos.runtime.goals import parse_goal
from llmos.traces.events import RunStarted
from llmos.traces.index import LONGEST_GOAL, RunIndex, RunRow
from llmos.traces.reading import Notice, nobody, read_journal
from llmos.traces.trace import PLANNED
from llmos.traces.trace_text import read_trace

REPLAYS: Final = frozenset({"FOLLOWER", "CRYSTALLIZED"})
"""Modes in which no model is asked, unless the replay leads no further."""


METHOD: Final = (
    "Measured from the journals of this home; no estimate, and nothing of others. A replay is held against the mean of "
    "the runs before it that a model planned (LEARNER, or MIXED where there is none) and that reached the same goal "
    "skeleton with the same agent. What the replay spent itself is taken off, with what a model spent after it led no "
    "further. A replay that did not reach its goal saved nothing, one without such runs counts nothing. Tokens are "
    "counted however they were billed, dollars as they were charged then, seconds on the wall."
)
"""How it is measured, in words for a person."""


@dataclass(frozen=True, slots=True)
class Spent:
    """Tokens however they were billed, dollars as charged then, and seconds on the wall."""

    tokens: float = 0.0
    cost_usd: float = 0.0
    seconds: float = 0.0

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(self.tokens + other.tokens, self.cost_usd + other.cost_usd, self.seconds + other.seconds)

    def __sub__(self, other: "Spent") -> "Spent":
        return Spent(self.tokens - other.tokens, self.cost_usd - other.cost_usd, self.seconds - other.seconds)


@dataclass(frozen=True, slots=True)
class Saving:
    """One replay: what it spent, and what those that it is held against spent on average."""

    run_id: str
    agent: str
    skeleton: str
    mode: str
    outcome: str
    spent: Spent
    expected: Spent
    baseline: tuple[str, ...]
    """The runs that a model planned; empty where there were none, and then nothing was saved."""

    @property
    def saved(self) -> Spent:
        """The difference; of a replay that did not reach its goal what it cost, as a loss."""
        if not self.baseline:
            return Spent()
        return (self.expected if self.outcome == "done" else Spent()) - self.spent


@dataclass(frozen=True, slots=True)
class Savings:
    """All replays of a home."""

    replays: tuple[Saving, ...]

    @property
    def total(self) -> Spent:
        """What was saved in all."""
        return sum((each.saved for each in self.replays), Spent())

    @property
    def without_baseline(self) -> tuple[Saving, ...]:
        """The replays that count nothing, because nothing is known to hold them against."""
        return tuple(each for each in self.replays if not each.baseline)

    def by_goal(self) -> Mapping[tuple[str, str], tuple[Saving, ...]]:
        """The replays of each agent and skeleton, those that saved most first."""
        groups: dict[tuple[str, str], list[Saving]] = defaultdict(list)
        for each in self.replays:
            groups[each.agent, each.skeleton].append(each)
        tokens = {key: sum(each.saved.tokens for each in group) for key, group in groups.items()}
        return {key: tuple(groups[key]) for key in sorted(groups, key=lambda key: (-tokens[key], key))}


Planned = tuple[str, Spent]
"""A run that a model planned, by its id, and what it spent."""


def savings_of(home: Path, on_notice: Notice = nobody) -> Savings:
    """What the replays of a home did not spend; blocks. Traces stand in for model runs whose journals are gone."""
    with RunIndex.open(home, on_notice) as index:
        index.refresh(on_notice)
        rows = index.list(1_000_000_000)
    return measure(rows, lambda row: _goal(home, row), lambda row: _traced(home, row))


def measure(
    rows: Iterable[RunRow], goal_of: Callable[[RunRow], str], traced: Callable[[RunRow], Sequence[Planned]]
) -> Savings:
    """The savings of these runs; `traced` has the runs that the traces of a replay come from, with what they spent."""
    oldest_first = sorted(rows, key=lambda row: row.run_id)
    agents = {row.agent for row in oldest_first if row.mode in REPLAYS}
    planned: dict[tuple[str, str, str], list[Planned]] = defaultdict(list)
    found: list[Saving] = []
    for row in oldest_first:
        if row.agent not in agents or not row.outcome:
            continue
        if row.mode in PLANNED and row.outcome == "done":
            planned[row.agent, _skeleton(goal_of(row)), row.mode].append((row.run_id, _spent(row)))
        elif row.mode in REPLAYS:
            found.append(_saving(row, _skeleton(goal_of(row)), planned, traced))
    return Savings(tuple(found))


def told(found: Savings, prices_date: str) -> dict[str, JSON]:
    """All of it for a program: totals, method, and each replay with its baseline."""
    replays: list[JSON] = [
        {
            "run_id": each.run_id,
            "agent": each.agent,
            "goal": each.skeleton,
            "mode": each.mode,
            "outcome": each.outcome,
            "saved": _amounts(each.saved),
            "spent": _amounts(each.spent),
            "expected": _amounts(each.expected),
            "baseline": list(each.baseline),
        }
        for each in found.replays
    ]
    goals: list[JSON] = [
        {
            "agent": agent,
            "goal": skeleton,
            "replays": len(group),
            "runs": len({name for each in group for name in each.baseline}),
            "saved": _amounts(Savings(group).total),
        }
        for (agent, skeleton), group in found.by_goal().items()
    ]
    modes = dict(Counter(each.mode for each in found.replays))
    more: dict[str, JSON] = {"modes": {**modes}, "without_baseline": len(found.without_baseline)}
    more |= {"prices_date": prices_date, "goals": goals}
    return {**_amounts(found.total), "runs": len(found.replays), **more, "method": METHOD, "replays": replays}


def _amounts(spent: Spent) -> dict[str, JSON]:
    return {"tokens": spent.tokens, "cost_usd": spent.cost_usd, "seconds": spent.seconds}


def _saving(
    row: RunRow,
    skeleton: str,
    planned: Mapping[tuple[str, str, str], Sequence[Planned]],
    traced: Callable[[RunRow], Sequence[Planned]],
) -> Saving:
    known = (planned.get((row.agent, skeleton, mode), ()) for mode in PLANNED)
    baseline = next((each for each in known if each), None) or traced(row)
    total = sum((spent for _, spent in baseline), Spent())
    share = max(len(baseline), 1)
    mean = Spent(total.tokens / share, total.cost_usd / share, total.seconds / share)
    names = tuple(name for name, _ in baseline)
    return Saving(row.run_id, row.agent, skeleton, row.mode, row.outcome, _spent(row), mean, names)


def _spent(row: RunRow) -> Spent:
    tokens = row.input_tokens + row.output_tokens + row.cache_read_tokens + row.cache_write_tokens
    return Spent(tokens, row.cost_usd, row.duration_s)


@lru_cache(maxsize=10_000)
def _skeleton(goal: str) -> str:
    return parse_goal(goal).skeleton


def _goal(home: Path, row: RunRow) -> str:
    """The whole goal; the table keeps only the beginning of a long one."""
    start = _start(home, row) if len(row.goal) >= LONGEST_GOAL else None
    return start.goal if start else row.goal


def _traced(home: Path, row: RunRow) -> Sequence[Planned]:
    """What the traces that a replay names say of the runs that they come from."""
    start = _start(home, row)
    found: dict[str, Spent] = {}
    for path in (Path(ref.path) for ref in (start.documents if start else ()) if ref.kind == "trace"):
        try:
            trace = read_trace(path)
        except LLMosError:
            continue
        if trace.mode in PLANNED:
            found[trace.run_id] = Spent(trace.input_tokens + trace.output_tokens, trace.cost_usd, trace.duration_s)
    return tuple(found.items())


def _start(home: Path, row: RunRow) -> RunStarted | None:
    try:
        first = next((entry.event for entry in read_journal(home / row.journal)), None)
    except LLMosError:
        return None
    return first if isinstance(first, RunStarted) else None
