"""The step `traces` of `llmos evolve` on a running system: which traces, and how they are committed.

Knows how parts fit together; what is pruned, `llmos.traces` decides.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from llmos.boot.experience import library_of
from llmos.disk import write_whole
from llmos.evolution.trace_tidying import TraceTidying
from llmos.traces.library import TraceLibrary
from llmos.traces.tally import tally
from llmos.traces.trace import Trace
from llmos.traces.trace_file import retold
from llmos.traces.usage import UsageLine, read_usage

if TYPE_CHECKING:
    from llmos.boot.system import LLMOS


def traces_step(system: "LLMOS", _: object, __: ExitStack) -> TraceTidying:
    """Traces that are tidied."""
    return TraceTidying(OwnTraces(system))


@dataclass(frozen=True, slots=True)
class OwnTraces:
    """The traces of the user volume."""

    system: "LLMOS"

    def stale(self) -> int:
        """How many tell other uses than were counted."""
        with self._library() as library:
            return sum(1 for _ in self._stale(library))

    def retell(self) -> str | None:
        """Write the counts into them, as one commit."""
        paths = []
        with self._library() as library:
            for path, trace in self._stale(library):
                write_whole(path, retold(path.read_text("utf-8"), trace, path).encode(), mode=0o644)
                paths.append(path)
        return self.system.library.commit(paths, "Write into traces what their uses came to") if paths else None

    def prune(self, *, dry_run: bool) -> Sequence[str]:
        """Remove those that the rules of memory do not keep; the reason of each."""
        system = self.system
        if not self._root.is_dir():
            return []
        with self._library() as library:
            rules, now = system.rules.memory, system.clock.now()
            pruned = library.prune(self._root, rules, now, system.library.commit, dry_run=dry_run)
        return [f"{each.path.name}, {each.reason}" for each in pruned]

    @property
    def _root(self) -> Path:
        return self.system.environment.home / "user"

    def _library(self) -> TraceLibrary:
        return library_of(self.system.environment, self.system.library.registry.volumes)

    def _stale(self, library: TraceLibrary) -> Iterator[tuple[Path, Trace]]:
        """Those of the volume that tell other uses than were counted, with what they should tell."""
        lines: dict[str, list[UsageLine]] = {}
        for line in read_usage(self._root) if self._root.is_dir() else ():
            lines.setdefault(line.name, []).append(line)
        for path, trace in library.all():
            uses = tally(lines.get(trace.id, ()), "trace", trace.id, trace.id).uses
            if not uses or trace.sensitive or path.parent.parent != self._root.resolve():
                continue
            rating = sum(use.ok for use in uses) / len(uses)
            told = replace(trace, uses=len(uses), rating=round(rating, 4), last_used=_utc(max(use.at for use in uses)))
            if (told.uses, told.rating) != (trace.uses, trace.rating):
                yield path, told


def _utc(at: str) -> str:
    """A moment as traces tell it: UTC, with milliseconds and a Z."""
    moment = datetime.fromisoformat(at).astimezone(UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
