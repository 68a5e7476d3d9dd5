"""The agent's run that has the robot: how it is ended, and by which ids it is known.

Knows no endpoint. There is one at a time, whoever began it, for it has the robot for as long as it goes on.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from anyio import CancelScope

from llmos.server.arbiter import Arbiter
from llmos.traces.bus import Bus
from llmos.traces.events import Event, RunStarted


class Running:
    """At most one run; what starts on the bus while it goes on, such as an agent that it asks, belongs to it."""

    def __init__(self, arbiter: Arbiter, bus: Bus) -> None:
        self._arbiter = arbiter
        self._scope: CancelScope | None = None
        self._ids: list[str] = []
        bus.subscribe(self._hear)

    @contextmanager
    def claim(self, who: str, what: str) -> Iterator[CancelScope]:
        """Have the robot within, for a run in this scope; BusyError when somebody has it."""
        with self._arbiter.claim(who, what):
            self._scope = CancelScope()
            try:
                yield self._scope
            finally:
                self._scope = None
                self._ids.clear()

    def interrupt(self, run_id: str = "") -> bool:
        """End the run, or only the one with this id; False when there is none such."""
        if self._scope is None or (run_id and run_id not in self._ids):
            return False
        self._scope.cancel()
        return True

    def goes_on(self, run_id: str) -> bool:
        """Whether the run with this id has the robot."""
        return run_id in self._ids

    def _hear(self, event: Event, _: str) -> None:
        if self._scope is not None and isinstance(event, RunStarted):
            self._ids.append(event.run_id)
