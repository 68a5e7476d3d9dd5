"""The step of `llmos evolve` that tidies traces: what their uses came to is written into them, and some are pruned.

Asks no model. The counts are those of the sidecar; a trace's file tells them as they were when this was last done.
"""

from collections.abc import Sequence
from typing import Protocol

import anyio.to_thread

from llmos.errors import counted
from llmos.evolution.steps import Change, Tell


class Traces(Protocol):
    """The traces of the person's own volume."""

    def stale(self) -> int:
        """How many tell other uses than were counted."""
        ...

    def retell(self) -> str | None:
        """Write the counts into them, as one commit; its id, None when nothing changed."""
        ...

    def prune(self, *, dry_run: bool) -> Sequence[str]:
        """Remove those that the rules of memory do not keep; the reason of each."""
        ...


class TraceTidying:
    """Tidies the traces of one volume."""

    name = "traces"

    def __init__(self, traces: Traces) -> None:
        self._traces = traces

    async def foretell(self) -> Sequence[str]:
        """What would be written and pruned, a sentence each."""
        stale = await anyio.to_thread.run_sync(self._traces.stale)
        going = await anyio.to_thread.run_sync(lambda: self._traces.prune(dry_run=True))
        told = [f"write the uses of {counted(stale, 'trace')} into them"] if stale else []
        return [*told, *(f"prune a trace: {reason}" for reason in going)]

    async def carry_out(self, tell: Tell) -> Sequence[Change]:
        """Write and prune; the counts first, for git keeps what is pruned as it was at last."""
        stale = await anyio.to_thread.run_sync(self._traces.stale)
        changes = []
        if stale:
            commit = await anyio.to_thread.run_sync(self._traces.retell)
            sentence = f"The uses of {counted(stale, 'trace')} were written into them."
            changes.append(Change(self.name, "traces", "kept", sentence, commit))
        gone = await anyio.to_thread.run_sync(lambda: self._traces.prune(dry_run=False))
        changes += [Change(self.name, "traces", "discarded", f"A trace was pruned: {reason}.") for reason in gone]
        for each in changes:
            tell(each.sentence)
        return changes
