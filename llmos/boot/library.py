"""The volumes of a home, mounted: documents by name, and the git repositories behind them.

Knows no agent's work.
"""

from collections.abc import Sequence
from pathlib import Path

from llmos.clock import Clock
from llmos.settings import Environment, system_root
from llmos.volumes.history import History
from llmos.volumes.registry import Registry
from llmos.volumes.volume import Tier, Volume, open_volume


class Library:
    """Registry and histories of one home; close it when done."""

    def __init__(self, environment: Environment, clock: Clock) -> None:
        self._home = environment.home
        self._clock = clock
        self.volumes = self._mount()
        self.registry = Registry(self.volumes, clock=clock)

    def _mount(self) -> list[Volume]:
        root = system_root()
        mounted = [open_volume(root / "volumes" / "system", "system", boundary=root)]
        places: tuple[tuple[Tier, str], ...] = (("user", "user"), ("team", "team"), ("overlay", "system"))
        for tier, folder in places:
            if (self._home / folder).is_dir():
                mounted.append(open_volume(self._home / folder, tier, name=tier))
        return mounted

    def commit_of(self, path: Path) -> str | None:
        """The commit at which a document reads as it does now; None where no git repository holds it."""
        for volume in self.volumes:
            if path.is_relative_to(volume.boundary):
                history = History(volume.boundary, self._clock)
                return history.head(path) if history.exists else None
        return None

    def commit(self, paths: Sequence[Path], reason: str) -> object:
        """Put what LLMos wrote into the user volume's history, as one commit."""
        history = History(self._home / "user", self._clock)
        return history.commit(paths, reason) if history.exists else None

    def close(self) -> None:
        """Stop watching."""
