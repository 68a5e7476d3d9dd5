"""Which volumes there are: those of the home, the shipped one, added ones, and the working directory's documents.

Does not read documents, except to see whether a trusted working directory still is what was trusted.
"""

from dataclasses import replace
from pathlib import Path

from llmos.documents.document import Problem
from llmos.errors import counted
from llmos.volumes.capabilities import Capability, of_tree
from llmos.volumes.trust import TrustStore
from llmos.volumes.volume import Tier, Volume, open_volume, open_workspace

OVERLAY = "system"
"""The folder of a home that holds what was promoted to the System tier."""

_OWN: tuple[tuple[Tier, str], ...] = (("user", "user"), ("team", "team"), ("overlay", OVERLAY))
_WORKSPACE_PARTS = (".claude", ".agents")


def mount(home: Path, system_root: Path, trust: TrustStore, workspace: Path | None = None) -> tuple[Volume, ...]:
    """All volumes that are there, in the order in which they shadow each other."""
    volumes = [open_volume(home / folder, tier, name=tier) for tier, folder in _OWN if (home / folder).is_dir()]
    volumes.append(open_volume(system_root / "volumes" / "system", "system", boundary=system_root))
    volumes += [
        open_volume(root, "added", name=root.name, trusted=trust.is_trusted(root)) for root in added_roots(home)
    ]
    if workspace is not None and any((workspace / part).is_dir() for part in _WORKSPACE_PARTS):
        volumes.append(_workspace(workspace, trust))
    if trust.problem is not None:
        problem = Problem(str(home / "trust.json"), 1, "error", trust.problem)
        volumes[0] = replace(volumes[0], problems=(*volumes[0].problems, problem))
    return tuple(sorted(volumes, key=lambda volume: volume.rank))


def added_roots(home: Path) -> tuple[Path, ...]:
    """The folders of the volumes that were added to a home."""
    folder = home / "volumes"
    found = folder.iterdir() if folder.is_dir() else ()
    return tuple(sorted(root for root in found if root.is_dir() and not root.name.startswith(".")))


def workspace_capabilities(workspace: Path) -> frozenset[Capability]:
    """What the documents of a working directory can do."""
    return of_tree(workspace, _WORKSPACE_PARTS)


def _workspace(root: Path, trust: TrustStore) -> Volume:
    """Trusted only as long as it can do no more than when a person said so: others may have changed it since."""
    if not trust.is_trusted(root):
        return open_workspace(root, trusted=False)
    wider = trust.widened(root, workspace_capabilities(root))
    volume = open_workspace(root, trusted=not wider)
    if not wider:
        return volume
    found = counted(len(wider), "new capability", "new capabilities")
    sentence = f"{found} since this was trusted; 'llmos volume trust .' shows what"
    return replace(volume, problems=(Problem(str(root), 1, "warning", sentence),))
