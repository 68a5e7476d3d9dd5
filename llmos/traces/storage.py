"""What journal and index need of a disk: folders that only their owner reads, flushes, and refusals as sentences.

Knows no format.
"""

import errno
import os
from pathlib import Path

from llmos.errors import StorageError

_ADVICE = {
    errno.ENOSPC: "the disk is full; free some space or set LLMOS_HOME to a folder on another disk",
    errno.EDQUOT: "your quota on this disk is used up; free some space or set LLMOS_HOME to a folder on another disk",
    errno.EFBIG: "the file has reached the size limit of this process or file system; raise it (ulimit -f)",
    errno.EROFS: "the file system is read-only; set LLMOS_HOME to a folder that can be written",
    errno.EACCES: "permission denied; make it writable for you or set LLMOS_HOME to a folder that is",
    errno.EPERM: "permission denied; make it writable for you or set LLMOS_HOME to a folder that is",
    errno.ENOTDIR: "a part of this path is a file where a folder must be; move it away or set LLMOS_HOME elsewhere",
}


def storage_error(what: str, path: Path, error: OSError) -> StorageError:
    """The sentence for what the disk refused: what was tried, where, why, and what to do."""
    number = error.errno or 0
    reason = _ADVICE.get(number) or f"{error.strerror or error}; check the disk or set LLMOS_HOME to another folder"
    return StorageError(f"cannot {what} {path}: {reason}")


def make_folder(folder: Path) -> None:
    """Make the folder and what is missing above it (mode 0700), so that it is still there after a power cut.

    Raises StorageError.
    """
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    try:
        for one in reversed(missing):
            one.mkdir(mode=0o700, exist_ok=True)
            sync_folder(one.parent)
        if not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "not a folder")
    except OSError as error:
        raise storage_error("make the folder", folder, error) from error


def sync_folder(folder: Path) -> None:
    """Flush the names in a folder to disk; Windows offers no way to, and flushes them with the file."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_all(descriptor: int, content: bytes) -> None:
    """Write every byte; a disk may take only some of them at a time. Raises OSError."""
    written = os.write(descriptor, content)
    while written < len(content):
        written += os.write(descriptor, content[written:])
