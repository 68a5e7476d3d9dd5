"""Files that are whole or not there, folders that are still there after a power cut, and what a disk refuses in words.

Knows neither what stands in a file nor who writes it; what it makes is its owner's alone unless a mode says otherwise.
"""

import errno
import os
import re
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

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

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)

_NUMBER = re.compile(r"\[Errno (\d+)\]")

_NO_FOLDER_FLUSH = (errno.EACCES, errno.EINVAL, errno.ENOTSUP)
"""What a folder that may be entered but not listed, and file systems that cannot flush a folder, answer to it."""


def disk_said(doing: str, path: Path, error: OSError) -> StorageError:
    """The sentence for what the disk refused: what was tried, where, why, and what to do."""
    number = error.errno or _told(error)
    strerror = error.strerror or (os.strerror(number) if number else error)
    reason = _ADVICE.get(number) or f"{strerror}; check the disk or set LLMOS_HOME to another folder"
    return StorageError(f"cannot {doing} {path}: {reason}")


def _told(error: OSError) -> int:
    """The number that an error tells of that has none, as those of whole trees do: each file's stands in its text."""
    found = _NUMBER.search(str(error))
    return int(found[1]) if found else 0


def make_folder(folder: Path) -> None:
    """Make the folder and what is missing above it, so that it is still there after a power cut; StorageError."""
    try:
        _make(folder)
    except OSError as error:
        raise disk_said("make the folder", folder, error) from error


def lost_link(path: Path) -> Path | None:
    """The file, or its folder, where that is a link to what is not there: its disk may just not be mounted."""
    return next((each for each in (path, path.parent) if each.is_symlink() and not each.exists()), None)


def open_file(path: Path) -> BinaryIO:
    """A regular file, to be read; OSError for anything else, such as a pipe on which reading would wait for ever."""
    descriptor = os.open(path, _READ)
    kind = os.fstat(descriptor).st_mode
    if stat.S_ISREG(kind):
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    number = errno.EISDIR if stat.S_ISDIR(kind) else errno.EINVAL
    raise OSError(number, os.strerror(number) if stat.S_ISDIR(kind) else "it is a pipe, a socket or a device")


def read_file(path: Path, most_bytes: int) -> bytes:
    """The content of a regular file; OSError for anything else, and for more than so many bytes."""
    with open_file(path) as file:
        content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise OSError(errno.EFBIG, f"it has more than {most_bytes} bytes")
    return content


def write_whole(path: Path, content: bytes, *, mode: int = 0o600, doing: str = "write") -> None:
    """Make or replace the file in one step, on disk when this returns: a reader sees old bytes or new, never half.

    Raises StorageError, whose sentence begins with what we were `doing`.
    """
    try:
        _make(path.parent)
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            _fill(descriptor, content)
            Path(name).chmod(mode)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
    except OSError as error:
        raise disk_said(doing, path, error) from error


def write_new(path: Path, content: bytes, *, doing: str = "write") -> None:
    """Make a file that is not there yet, whole or not at all, in a folder that is there.

    Raises FileExistsError, and StorageError, whose sentence begins with what we were `doing`.
    """
    try:
        descriptor = os.open(path, _NEW, 0o600)
        try:
            _fill(descriptor, content)
        except BaseException:
            with suppress(OSError):
                path.unlink()
            raise
    except FileExistsError:
        raise
    except OSError as error:
        raise disk_said(doing, path, error) from error


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


def _make(folder: Path) -> None:
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(mode=0o700, exist_ok=True)
        sync_folder(one.parent)
    if not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "not a folder")


def _fill(descriptor: int, content: bytes) -> None:
    """Write all of the content, wait until the disk has it, and close."""
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
