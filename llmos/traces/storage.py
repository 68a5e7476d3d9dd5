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
    errno.EACCES: "permission denied; set LLMOS_HOME to a folder that you may use",
    errno.EPERM: "permission denied; set LLMOS_HOME to a folder that you may use",
    errno.ENOTDIR: "a part of this path is a file where a folder must be; move it away or set LLMOS_HOME elsewhere",
}

_NO_FOLDER_FLUSH = (errno.EACCES, errno.EINVAL, errno.ENOTSUP)
"""What a folder that may be entered but not listed, and file systems that cannot flush a folder, answer to it."""


def storage_error(what: str, path: Path, error: OSError) -> StorageError:
    """The sentence for what the disk refused: what was tried, where, why, and what to do."""
    number = error.errno or 0
    reason = _ADVICE.get(number) or f"{error.strerror or error}; check the disk or set LLMOS_HOME to another folder"
    return StorageError(f"cannot {what} {path}: {reason}")


def make_folder(folder: Path) -> None:
    """Make the folder and what is missing above it (mode 0700), so that it is still there after a power cut.

    Raises StorageError.
    """
    try:
        missing = [one for one in (folder, *folder.parents) if not one.exists()]
        for one in reversed(missing):
            one.mkdir(mode=0o700, exist_ok=True)
            sync_folder(one.parent)
        if not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "not a folder")
    except OSError as error:
        raise storage_error("make the folder", folder, error) from error


def sync_folder(folder: Path) -> None:
    """Flush the names in a folder to disk, where it can be done; Windows does so with the file. Raises OSError."""
    if os.name == "nt":
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in _NO_FOLDER_FLUSH:
            raise


def write_all(descriptor: int, content: bytes) -> None:
    """Write every byte; a disk may take only some of them at a time. Raises OSError."""
    written = os.write(descriptor, content)
    while written < len(content):
        written += os.write(descriptor, content[written:])
