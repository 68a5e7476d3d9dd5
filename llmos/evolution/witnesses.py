"""What journals say of the runs of one agent: which failed, which had to be corrected, and what was seen of it.

Knows no proposal. The journal is the only witness: what is not in it did not happen.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from llmos.errors import StorageError
from llmos.traces.events import (
    Entries,
    GateVerdict,
    MotionMeasured,
    Outcome,
    PermissionDecided,
    RunFinished,
    RunStarted,
    SafetyAssessed,
    ToolCalled,
    ToolReturned,
)
from llmos.traces.index import RunIndex
from llmos.traces.reading import Notice, nobody, read_journal
from llmos.traces.summary import arguments, one_line

Standing: TypeAlias = Literal["fine", "failed", "corrected", "unknown"]
"""`unknown`: interrupted, or cut off, and nobody went on with it: it says nothing of the agent."""

_MOST_LINES = 12
_LONGEST_GOAL = 600


@dataclass(frozen=True, slots=True)
class Witness:
    """One run: `lines` are what speaks against it, a sentence each; `version` is the hash of the agent's document."""

    run_id: str
    at: str
    goal: str
    version: str
    outcome: Outcome | None
    reason: str
    standing: Standing
    lines: tuple[str, ...]
    overruled: bool = False
    """Whether a person, or the agent that oversees, said no to something in it."""

    @property
    def is_fault(self) -> bool:
        """Whether there is something to learn from it."""
        return self.standing in ("failed", "corrected")

    @property
    def good(self) -> bool | None:
        """Whether the run speaks for its version; None where it speaks neither way, as one that safety refused."""
        if self.outcome == "done":
            return not self.overruled
        return False if self.outcome in ("failed", "budget") else None


def witnesses_of(home: Path, agent: str, most: int, on_notice: Notice = nobody) -> tuple[Witness, ...]:
    """The newest runs of an agent, oldest first; a journal that cannot be read gives a notice and is left out."""
    with RunIndex.open(home, on_notice) as index:
        index.refresh(on_notice)
        rows = index.list(most, agent)
    journals = [entries for row in reversed(rows) if (entries := _try_read(home / row.journal, on_notice))]
    resumed = {start.continues for entries in journals if (start := _start(entries)) and start.continues}
    return tuple(found for entries in journals if (found := witness(entries, resumed)))


def agents_seen(home: Path, on_notice: Notice = nobody) -> tuple[str, ...]:
    """The agents of which there are journals, by name."""
    with RunIndex.open(home, on_notice) as index:
        index.refresh(on_notice)
        return tuple(sorted(row.key for row in index.usage("agent")))


def witness(entries: Entries, resumed: Iterable[str | None] = ()) -> Witness | None:
    """What these entries say; `resumed` are runs that a person went on with. None where no run began."""
    start = _start(entries)
    if start is None:
        return None
    end = next((each.event for each in reversed(entries) if isinstance(each.event, RunFinished)), None)
    outcome = end.outcome if end else None
    went_on = start.run_id in set(resumed) and outcome != "done"
    lines = [*_trouble(entries), *(["A person had to go on with this run."] if went_on else [])]
    version = next((one.content_hash for one in start.documents if one.kind == "agent"), "")
    return Witness(
        run_id=start.run_id,
        at=entries[0].at,
        goal=start.goal[:_LONGEST_GOAL],
        version=version,
        outcome=outcome,
        reason=one_line(end.reason, 300) if end else "",
        standing=_standing(outcome, entries, went_on=went_on),
        lines=tuple(lines[:_MOST_LINES]),
        overruled=_was_told_no(entries),
    )


def _standing(outcome: Outcome | None, entries: Entries, *, went_on: bool) -> Standing:
    if outcome in ("failed", "budget"):
        return "failed"
    if went_on or _was_told_no(entries):
        return "corrected"
    if outcome == "refused":
        return "corrected"
    if outcome != "done":
        return "unknown"
    return "corrected" if _mended_itself(entries) else "fine"


def _was_told_no(entries: Entries) -> bool:
    """Whether a person, or the agent that oversees, refused something."""
    return any(
        (isinstance(event, PermissionDecided) and event.by == "person" and not event.allowed)
        or (isinstance(event, SafetyAssessed) and event.verdict == "veto")
        for event in (each.event for each in entries)
    )


def _mended_itself(entries: Entries) -> bool:
    """Whether a tool failed or was refused, and answered when it was called again."""
    failed: set[str] = set()
    for event in (each.event for each in entries):
        if isinstance(event, ToolReturned):
            if event.ok and event.tool in failed:
                return True
            if not event.ok:
                failed.add(event.tool)
    return False


def _trouble(entries: Entries) -> Iterator[str]:
    """What speaks against the run, in the order of the journal."""
    args: dict[str, str] = {}
    for event in (each.event for each in entries):
        match event:
            case ToolCalled():
                args[event.call_id] = arguments(event.args)
            case ToolReturned() if not event.ok:
                yield f"`{event.tool}` with `{args.get(event.call_id, '{}')}` failed: {one_line(event.text, 300)}"
            case GateVerdict() if not event.allowed:
                yield f"The gate refused `{arguments(event.command)}` by {event.rule}: {one_line(event.reason)}"
            case MotionMeasured() if not event.reached:
                yield f"A motion did not arrive: `{arguments(event.measured)}` of `{arguments(event.commanded)}`"
            case PermissionDecided() if event.by == "person" and not event.allowed:
                yield f"A person said no: {one_line(event.question)}"
            case SafetyAssessed() if event.verdict != "safe":
                yield f"{event.by} said {event.verdict}: {one_line(event.reason)}"
            case RunFinished():
                yield f"It ended as {event.outcome}: {one_line(event.reason, 300)}"
                yield f"It said: {one_line(event.answer, 300) or '(nothing)'}"
            case _:
                pass


def _start(entries: Entries) -> RunStarted | None:
    return next((each.event for each in entries if isinstance(each.event, RunStarted)), None)


def _try_read(path: Path, on_notice: Notice) -> Entries:
    try:
        return read_journal(path)
    except StorageError as error:
        on_notice(str(error))
        return []
