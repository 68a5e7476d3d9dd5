"""What a document may name, wherever it lies: the tools and skills of the house, of its own volume, of a trusted one.

Runs no plugin file: the tools of those are read from their text.
"""

from collections.abc import Iterable
from pathlib import Path

from llmos.boot.kit import tool_names
from llmos.documents.places import documents_in, volume_of
from llmos.documents.unread import Known
from llmos.volumes.lookups import Lookups
from llmos.volumes.registry import Registry
from llmos.volumes.volume import Volume, open_volume, open_workspace


def known_to(paths: Iterable[Path], documents: Lookups) -> Known:
    """What the documents at these files, and in these folders, may name in a home with these `documents`."""
    mounted = {volume.root for volume in documents.volumes if volume.trusted}
    roots = {volume_of(found.path) for path in paths for found in documents_in(path, _pass)}
    own = Registry([_open(root) for root in roots if root is not None and root.resolve() not in mounted])
    both = (documents, own)
    tools = tool_names(folder for each in both for folder in each.code_folders("tools"))
    return Known(
        tools, frozenset(name for each in both for name in each.asked("skill").difference(each.refused("skill")))
    )


def _open(root: Path) -> Volume:
    """The volume at a folder; `.claude` and its like are part of the folder that they lie in, and bring no tools."""
    return open_workspace(root.parent, trusted=True) if root.name.startswith(".") else open_volume(root, "added")


def _pass(_: OSError) -> None:
    """A folder that cannot be read is told by the check itself."""
