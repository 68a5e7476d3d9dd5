"""Who writes down what happens: the Protocol of a journal, for whoever does something and for whoever only watches.

Knows no file; `journal.py` keeps one.
"""

from pathlib import Path
from typing import Protocol

from llmos.traces.events import Event


class Witness(Protocol):
    """What writes the journal of a run; both raise StorageError when they cannot."""

    def write(self, event: Event, *, durable: bool = False) -> None:
        """Append one event; with `durable`, wait until the disk has it."""
        ...

    async def write_durably(self, event: Event) -> None:
        """Append one event and return when the disk has it; other tasks go on meanwhile."""
        ...


class RunJournal(Witness, Protocol):
    """The journal of one run, for whoever begins and ends it."""

    @property
    def path(self) -> Path:
        """Where it stands."""
        ...

    def close(self) -> None:
        """Write no more."""
        ...
