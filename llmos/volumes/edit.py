"""Writing documents: one whole file, one commit; and copying a document to the user volume before it is edited.

Does not know who edits, and leaves what the texts say to others.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path

from llmos.clock import Clock, RealClock
from llmos.disk import disk_said, write_whole
from llmos.errors import LLMosError, RefusedError
from llmos.volumes.files import inside, new_folder
from llmos.volumes.history import History
from llmos.volumes.state import Entry
from llmos.volumes.volume import FOLDERS, Volume


def write_document(
    volume: Volume,
    path: Path,
    text: str,
    reason: str,
    trailers: Mapping[str, str] | None = None,
    clock: Clock | None = None,
) -> str | None:
    """Write a file of a volume, named relative to its root, as one commit; the commit's id, None when nothing changed.

    Raises RefusedError where a person has staged changes in that file or the volume is not LLMos's to write, and
    StorageError where git or the disk refuses; then the file is as it was.
    """
    if not volume.writable:
        raise RefusedError(
            f"LLMos does not write to the volume '{volume.name}'; edit a copy in the user volume instead."
        )
    history = History(volume.root, clock or RealClock())
    target = volume.root / inside(volume.root, path)
    history.require_unstaged([path])
    before = target.read_bytes() if target.is_file() else None
    mode = target.stat().st_mode & 0o777 if before is not None else 0o644
    write_whole(target, text.encode(), mode=mode)
    try:
        return history.commit([path], reason, trailers)
    except LLMosError:
        if before is None:
            target.unlink(missing_ok=True)
        else:
            write_whole(target, before, mode=mode)
        raise


def copy_for_edit(entry: Entry, user: Volume) -> Path:
    """The file to edit: the document itself if it lies in the user volume, else a copy of it there, with its folder.

    The copy shadows the original from now on. Nothing is committed yet.
    """
    if entry.path.is_relative_to(user.root):
        return entry.path
    source = entry.path.parent if entry.kind == "skill" else entry.path
    target = user.root / FOLDERS[entry.kind] / source.name
    if target.exists():
        raise LLMosError(
            f"{target} is there already and is not the {entry.kind} '{entry.name}'; rename one of the two."
        )
    if entry.kind != "skill":
        write_whole(target, source.read_bytes(), mode=0o644)
        return target
    try:
        with new_folder(target, mode=0o755) as staging:
            shutil.copytree(source, staging, symlinks=True, dirs_exist_ok=True)
    except OSError as error:
        raise disk_said("copy", source, error) from error
    return target / entry.path.name
