"""Opens exactly the file that permission was given for: no link is followed, nothing but a regular file is read.

Knows no permission. Takes absolute paths without links; if one has appeared since, opening fails. Where the platform
cannot open relative to a folder (Windows), links are looked for right before the file is opened.
"""

import errno
import hashlib
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path

from llmos.errors import LLMosError

_RELATIVE = {os.open, os.stat, os.mkdir, os.rename, os.unlink} <= os.supports_dir_fd and hasattr(os, "O_NOFOLLOW")
_EXACT = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_READ = os.O_RDONLY | _EXACT | getattr(os, "O_NONBLOCK", 0)  # a pipe without a writer must not hold us
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _EXACT
# O_PATH needs the right to pass through a folder, not to list it; only Linux has it.
_FOLDER = getattr(os, "O_PATH", os.O_RDONLY) | _EXACT | getattr(os, "O_DIRECTORY", 0)

_REASONS = {
    errno.ENOENT: "there is no such file",
    errno.ENOTDIR: "a part of the path is not a folder",
    errno.ELOOP: "it is a symbolic link now, and was not when permission was given",
    errno.EISDIR: "it is a folder",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.ENOSPC: "the disk is full",
    errno.EROFS: "the file system is read-only",
    errno.ENAMETOOLONG: "the name is too long",
}


@contextmanager
def open_to_read(path: Path) -> Iterator[BufferedReader]:
    """The file, open; raises LLMosError for whatever is no regular file that can be read."""
    with _told(path, "read"), _folder(path.parent) as (folder, at):
        name = at(path.name)
        _must_be_regular(path, os.stat(name, dir_fd=folder, follow_symlinks=False))
        descriptor = os.open(name, _READ, dir_fd=folder)
        with os.fdopen(descriptor, "rb") as file:
            _must_be_regular(path, os.fstat(descriptor))
            yield file


def read_whole(path: Path, limit: int) -> bytes:
    """All bytes of the file; raises LLMosError when they are more than `limit`."""
    with open_to_read(path) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise LLMosError(f"{path} has more than {limit} bytes, the most that a tool changes or shows at once")
    return content


def hash_whole(path: Path) -> str:
    """`sha256:HEX` of all bytes of the file, however many they are, as `hash_of` has it; raises LLMosError."""
    with open_to_read(path) as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def replace(path: Path, content: bytes) -> None:
    """Put the content in place of the file at once, or not at all; missing folders are made, the mode stays.

    Other names of the file (hard links) keep what was there. Raises LLMosError for what cannot be written.
    """
    with _told(path, "write"), _folder(path.parent, make=True) as (folder, at):
        name, temporary = at(path.name), at(f".{secrets.token_hex(8)}.llmos-tmp")
        mode = _mode(path, name, folder)
        descriptor = os.open(temporary, _NEW, 0o666, dir_fd=folder)
        try:
            with os.fdopen(descriptor, "wb") as file:
                if mode is not None and hasattr(os, "fchmod"):
                    os.fchmod(file.fileno(), mode)
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary, dir_fd=folder)
            raise


def remove(path: Path) -> None:
    """Take the file away; raises LLMosError for whatever is no regular file that can be."""
    with _told(path, "remove"), _folder(path.parent) as (folder, at):
        name = at(path.name)
        _must_be_regular(path, os.stat(name, dir_fd=folder, follow_symlinks=False))
        os.unlink(name, dir_fd=folder)


class _At:
    """Names inside a folder: as they are beside an open folder, whole paths where none can be open."""

    def __init__(self, folder: Path, descriptor: int | None) -> None:
        self._folder = folder
        self._descriptor = descriptor

    def __call__(self, name: str) -> str:
        return name if self._descriptor is not None else str(self._folder / name)


@contextmanager
def _folder(folder: Path, *, make: bool = False) -> Iterator[tuple[int | None, _At]]:
    """The folder, reached name by name from the root without following any link."""
    if not _RELATIVE:
        if make:
            folder.mkdir(parents=True, exist_ok=True)
        if os.path.realpath(folder) != str(folder):
            raise OSError(errno.ELOOP, "a link appeared")
        yield None, _At(folder, None)
        return
    descriptor = os.open(folder.anchor, _FOLDER)
    try:
        for name in folder.parts[1:]:
            if make:
                with suppress(FileExistsError):
                    os.mkdir(name, dir_fd=descriptor)
            inner = os.open(name, _FOLDER, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
        yield descriptor, _At(folder, descriptor)
    finally:
        os.close(descriptor)


def _must_be_regular(path: Path, found: os.stat_result) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, "a folder", str(path))
    if stat.S_ISLNK(found.st_mode):
        raise OSError(errno.ELOOP, "a link", str(path))
    if not stat.S_ISREG(found.st_mode):
        raise LLMosError(f"cannot open {path}: it is a device, a pipe or a socket, not a file")


def _mode(path: Path, name: str, folder: int | None) -> int | None:
    """The permissions of the file that stands there; None when there is none."""
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None
    _must_be_regular(path, found)
    return stat.S_IMODE(found.st_mode)


@contextmanager
def _told(path: Path, verb: str) -> Iterator[None]:
    """What the system refuses, as a sentence."""
    try:
        yield
    except OSError as error:
        reason = _REASONS.get(error.errno or 0) or error.strerror or str(error)
        raise LLMosError(f"cannot {verb} {path}: {reason}") from error
