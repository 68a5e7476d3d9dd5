"""The volumes of a home, mounted: documents by name, and the git repositories behind them.

Knows no agent's work. What it keeps below `cache/` of the home saves time only, and may be deleted when nothing runs.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

from llmos.clock import Clock
from llmos.errors import DocumentError, LLMosError, nearest
from llmos.settings import Environment, system_root
from llmos.volumes.history import History
from llmos.volumes.mounting import mount
from llmos.volumes.registry import Registry
from llmos.volumes.store import Store
from llmos.volumes.trust import TrustStore
from llmos.volumes.volume import Volume


class Library:
    """Registry and histories of one home; close it when done.

    `workspace` is the folder whose own documents (`.claude/`, `.agents/`) count once they are trusted.
    """

    def __init__(self, environment: Environment, clock: Clock, workspace: Path | None = None) -> None:
        self.home = environment.home
        self._clock = clock
        self._open = ExitStack()
        self.trust = TrustStore(self.home, clock)
        self.volumes = mount(self.home, system_root(), self.trust, workspace)
        self._store = self._open_store()
        self.registry = Registry(self.volumes, self._store, clock)
        self._heads = self._store.heads() if self._store else {}
        self._known_heads = len(self._heads)
        self._watched = False

    def volume(self, name: str) -> Volume:
        """A mounted volume by its name; DocumentError names the nearest."""
        found = {volume.name: volume for volume in self.volumes}
        if name not in found:
            raise DocumentError(f"There is no volume '{name}'; {nearest(name, found)}")
        return found[name]

    def history(self, volume: Volume) -> History:
        """The git repository behind a volume."""
        return History(volume.boundary, self._clock, self._heads)

    @property
    def user(self) -> History:
        """The history of the person's own volume."""
        return History(self.home / "user", self._clock, self._heads)

    def commits_of(self, documents: Mapping[Path, str]) -> dict[Path, str | None]:
        """The commit at which each document, given by path and content hash, reads so; None where git holds none.

        Each repository is asked once, for all of its documents.
        """
        held: dict[Path, dict[Path, str]] = {}
        for path, content_hash in documents.items():
            boundary = next((each.boundary for each in self.volumes if path.is_relative_to(each.boundary)), None)
            if boundary is not None:
                held.setdefault(boundary, {})[path] = content_hash
        commits: dict[Path, str | None] = dict.fromkeys(documents)
        for boundary, own in held.items():
            commits |= History(boundary, self._clock, self._heads).heads(own)
        return commits

    def text_at(self, path: Path, commit: str) -> bytes | None:
        """What a document of a volume held at a commit; None where no git here knows."""
        boundary = next((each.boundary for each in self.volumes if path.is_relative_to(each.boundary)), None)
        history = None if boundary is None else History(boundary, self._clock, self._heads)
        if history is None or not history.exists:
            return None
        with suppress(LLMosError):
            return history.show(commit, path)
        return None

    def commit(self, paths: Sequence[Path], reason: str, trailers: Mapping[str, str] | None = None) -> str | None:
        """Put what LLMos wrote into the user volume's history, as one commit; its id, None when nothing changed."""
        return self.user.commit(paths, reason, trailers) if self.user.exists else None

    def watch(self) -> str | None:
        """Hear of changed files from the system from now on; a sentence when the system cannot tell of them."""
        if self._watched:
            return None
        from llmos.volumes.watch import Watcher

        self._watched = True
        folders = [place for volume in self.volumes for places in volume.folders.values() for place in places]
        watcher = self._open.enter_context(Watcher(folders, self.registry.refresh))
        self.registry.refresh()
        return watcher.problem

    def close(self) -> None:
        """Stop watching, and keep what the next start can use; safe to call twice."""
        if self._store and len(self._heads) != self._known_heads:
            self._store.save_heads(self._heads)
            self._known_heads = len(self._heads)
        self._open.close()

    def _open_store(self) -> Store | None:
        """None in a home that does not exist yet, or cannot be written: then every start reads the documents anew."""
        if not self.home.is_dir():
            return None
        cache = self.home / "cache"
        with suppress(OSError):
            cache.mkdir(mode=0o700, exist_ok=True)
        store = Store(cache / "documents.sqlite", self._clock)
        self._open.callback(store.close)
        return store
