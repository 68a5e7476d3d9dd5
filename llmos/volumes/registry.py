"""The documents of all volumes, kept as they are on disk now: user shadows team shadows system.

Does not know what they are used for. A run takes a `Snapshot`; what changes later serves the next run.
"""

import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

from llmos.clock import Clock, RealClock
from llmos.errors import DocumentError
from llmos.volumes.look import Look
from llmos.volumes.lookups import Lookups
from llmos.volumes.row import Row
from llmos.volumes.scan import signature_of
from llmos.volumes.state import State
from llmos.volumes.store import Store
from llmos.volumes.volume import Kind, Volume

_SHARE = 50
"""Looking through all folders may take one fiftieth of the time: changes show even where no event tells of them."""

_CHEAP_S = 0.002
"""A look that costs no more than this is made every time."""


class Snapshot(Lookups):
    """The documents as they were at one moment; later saves do not show in it."""

    def __init__(self, state: State, store: Store | None) -> None:
        super().__init__(store)
        self._state = state

    def _now(self) -> State:
        return self._state


class Registry(Lookups):
    """The documents as they are now; may be asked and told of changes from several threads.

    A save that is broken while the last good version stays in use is among the `problems`. Without a store, contents
    are kept in memory.
    """

    def __init__(self, volumes: Sequence[Volume], store: Store | None = None, clock: Clock | None = None) -> None:
        super().__init__(store)
        self._clock = clock or RealClock()
        self._lock = threading.RLock()
        self._state = State(sorted(volumes, key=lambda volume: volume.rank))
        self._looked_s: float | None = None
        self._cost_s = 0.0

    def snapshot(self, agent: str | None = None) -> Snapshot:
        """What a run works with; the agent it is about to use, and that agent's skills, are as just saved."""
        if agent is not None and not self._now().placed("agent", agent):
            self.refresh()
        if agent is not None and self._now().placed("agent", agent):
            for skill in self.agent(agent).skills:
                if self._now().placed("skill", skill):
                    self._row("skill", skill)
        return Snapshot(self._now(), self._store)

    def refresh(self, paths: Iterable[Path] | None = None) -> None:
        """Take up what changed at these files or folders; without any, wherever something did."""
        with self._lock:
            before = self._state if self._looked_s is not None else self._remembered()
            started_s = self._clock.monotonic_s()
            complete = paths is None or self._looked_s is None
            look = Look(before, self._store, int(self._clock.now().timestamp() * 1e9))
            self._state = look.everywhere() if complete else look.near([str(path) for path in paths or ()])
            look.keep(self._state)
            if complete:
                self._looked_s = self._clock.monotonic_s()
                self._cost_s = self._looked_s - started_s

    def _remembered(self) -> State:
        """What the last run knew."""
        if self._store is None:
            return self._state
        return self._state.changed([self._store.rows(volume.root) for volume in self._state.volumes], ())

    def _now(self) -> State:
        last_s = self._looked_s
        if last_s is None or self._cost_s <= _CHEAP_S or self._clock.monotonic_s() >= last_s + _SHARE * self._cost_s:
            self.refresh()
        return self._state

    def _row(self, kind: Kind, name: str) -> Row:
        """As the file reads now, whether or not anybody has told of a change."""
        try:
            row = super()._row(kind, name)
        except DocumentError:
            self.refresh()
            return super()._row(kind, name)
        if signature_of(row.path) != row.signature:
            self.refresh([Path(row.path)])
            return super()._row(kind, name)
        return row
