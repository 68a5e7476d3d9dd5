"""Which traces of a volume the rules of memory do not keep, and why.

Knows no file's content and deletes nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeAlias

from llmos.documents.memory_rules import MemoryRules
from llmos.errors import counted
from llmos.traces.trace import Trace
from llmos.traces.trace_file import counted_as
from llmos.traces.usage import UsageLine

Commit: TypeAlias = Callable[[Sequence[Path], str], object]
"""Puts these paths, as they are on disk, into the volume's history, with a message; raises where it cannot."""


@dataclass(frozen=True, slots=True)
class Pruned:
    """A trace that is not kept, and the reason."""

    path: Path
    trace: Trace
    reason: str

    def __str__(self) -> str:
        return f"- {self.path.name}: {self.reason}"


@dataclass(frozen=True, slots=True)
class _Worth:
    """A trace with what its uses came to, those of the sidecar included."""

    path: Path
    trace: Trace
    uses: int
    rating: float
    last_used: str

    @property
    def order(self) -> tuple[float, int, str, str]:
        """What is worth more sorts later."""
        return self.rating, self.uses, self.last_used, self.trace.id


def choose(
    traces: Iterable[tuple[Path, Trace]], usage: Sequence[UsageLine], rules: MemoryRules, now: datetime
) -> Iterator[Pruned]:
    """The traces of one volume that go: of little success, long unused, too many of a skeleton, too many in all."""
    counts, successes, latest = _counted(usage)
    worths = []
    for path, trace in traces:
        name = counted_as(path, trace.id)
        more = counts[name]
        rating = successes[name] / more if more else trace.rating
        last = max(trace.created, trace.last_used, latest.get(name, ""))
        worths.append(_Worth(path, trace, max(trace.uses, more), rating, last))
    kept = []
    oldest = (now - timedelta(days=rules.max_unused_days)).isoformat(timespec="seconds")[:19]
    for worth in worths:
        if worth.uses >= rules.rated_after_uses and worth.rating < rules.min_rating:
            yield _gone(worth, f"{worth.rating:.0%} of its {worth.uses} uses succeeded; {rules.min_rating:.0%} must")
        elif worth.last_used[:19] < oldest:
            yield _gone(worth, f"it was not used since {worth.last_used[:10]}, for {rules.max_unused_days} days")
        else:
            kept.append(worth)
    yield from _too_many(kept, rules)


def _too_many(worths: Iterable[_Worth], rules: MemoryRules) -> Iterator[Pruned]:
    """Of each skeleton and of all, those of the least worth go first."""
    groups: dict[tuple[str, str], list[_Worth]] = defaultdict(list)
    for worth in sorted(worths, key=lambda each: each.order, reverse=True):
        groups[worth.trace.signature, worth.trace.agent].append(worth)
    kept = []
    for group in groups.values():
        kept += group[: rules.max_traces_per_skeleton]
        for worth in group[rules.max_traces_per_skeleton :]:
            yield _gone(worth, _better(rules.max_traces_per_skeleton, "of its skeleton"))
    kept.sort(key=lambda each: each.order, reverse=True)
    for worth in kept[rules.max_traces :]:
        yield _gone(worth, _better(rules.max_traces, "of this volume"))


def _better(number: int, whose: str) -> str:
    return f"{counted(number, 'trace')} {whose} {'is' if number == 1 else 'are'} worth more"


def _counted(usage: Iterable[UsageLine]) -> tuple[Counter[str], Counter[str], dict[str, str]]:
    """Uses, successes and the latest use of each trace, by its id; a run counts once."""
    runs = {(line.name, line.run_id): line for line in usage if line.what == "trace"}
    counts, successes, latest = Counter[str](), Counter[str](), dict[str, str]()
    for (name, _), line in runs.items():
        counts[name] += 1
        successes[name] += line.ok
        latest[name] = max(latest.get(name, ""), line.at)
    return counts, successes, latest


def _gone(worth: _Worth, reason: str) -> Pruned:
    return Pruned(worth.path, worth.trace, reason)
