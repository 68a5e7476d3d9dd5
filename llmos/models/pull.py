"""Fetches model files from a hub: sizes and checksums first, then each file from where an earlier attempt broke.

Knows no alias and no home; the caller says which files go where. API: https://huggingface.co/docs/hub/api
"""

import errno
import hashlib
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeAlias
from urllib.parse import quote

import msgspec
from anyio import to_thread

from llmos.disk import disk_said, make_folder
from llmos.errors import ModelError, RetryableError, StorageError, nearest

if TYPE_CHECKING:
    import httpx2

OnProgress: TypeAlias = Callable[[str, int, int], None]
"""Called with a file's name, the bytes that are there and the bytes there will be; must not block."""

_CHUNK_BYTES = 1 << 20
_TIMEOUT_S = 30.0
_SHA256_DIGITS, _GIT_DIGITS = 64, 40
_ATTEMPTS = 5
"""How often a broken download is taken up again at once; every attempt goes on where the last one ended."""


class _Lfs(msgspec.Struct):
    oid: str
    size: int


class _Entry(msgspec.Struct):
    path: str
    size: int = 0
    oid: str = ""
    lfs: _Lfs | None = None


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a repository, as the hub describes it.

    Its checksum is the SHA-256 of large-file storage, or for a small file in git itself the id of git's blob: the SHA-1
    of `blob SIZE`, a zero byte and the content (https://git-scm.com/book/en/v2/Git-Internals-Git-Objects).
    """

    name: str
    size: int
    checksum: str

    @property
    def kind(self) -> str:
        """What the checksum is, in words."""
        return "SHA-256" if len(self.checksum) == _SHA256_DIGITS else "git id"

    def checksum_of(self, path: Path) -> str:
        """The same checksum of a file that is there; blocks."""
        with path.open("rb") as content:
            if len(self.checksum) == _SHA256_DIGITS:
                return hashlib.file_digest(content, "sha256").hexdigest()
            digest = hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
            while chunk := content.read(_CHUNK_BYTES):
                digest.update(chunk)
            return digest.hexdigest()


async def pull(
    repository: str,
    names: Sequence[str],
    folder: Path,
    *,
    endpoint: str,
    on_progress: OnProgress,
    revision: str = "main",
) -> list[Path]:
    """The files in `folder`, each complete and of the hub's checksum; one that is there already is not fetched.

    Raises ModelError for what the hub has not, RetryableError when the connection broke (what has arrived is kept for
    the next time) and StorageError for a disk that cannot hold it; nothing is fetched unless all of it fits.
    """
    async with _client(endpoint) as client:
        wanted = await _described(client, endpoint, repository, revision, names)
        await to_thread.run_sync(_prepare, folder, wanted)
        for file in wanted:
            target = folder / Path(file.name).name
            if await to_thread.run_sync(_is_whole, target, file):
                on_progress(file.name, file.size, file.size)
                continue
            address = f"{endpoint.rstrip('/')}/{repository}/resolve/{quote(revision)}/{quote(file.name)}"
            await _fetch(client, address, file, target, on_progress)
    return [folder / Path(file.name).name for file in wanted]


@asynccontextmanager
async def _client(endpoint: str) -> "AsyncIterator[httpx2.AsyncClient]":
    import httpx2

    headers = {"accept-encoding": "identity"}  # lengths and ranges count the file's own bytes
    async with httpx2.AsyncClient(follow_redirects=True, timeout=_TIMEOUT_S, headers=headers) as client:
        try:
            yield client
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
            raise ModelError(f"{endpoint} is no address of a hub: {error}") from error
        except httpx2.HTTPError as error:
            raise RetryableError(f"{endpoint} cannot be reached: {_words(error)}") from error


async def _described(
    client: "httpx2.AsyncClient", endpoint: str, repository: str, revision: str, names: Sequence[str]
) -> list[HubFile]:
    address = f"{endpoint.rstrip('/')}/api/models/{quote(repository)}/tree/{quote(revision)}"
    answer = await client.get(address, params={"recursive": "true"})
    if answer.status_code in (401, 403, 404):
        raise ModelError(f"{endpoint} has no public repository '{repository}' at '{revision}' ({answer.status_code})")
    _check_status(answer, endpoint)
    try:
        entries = {entry.path: entry for entry in msgspec.json.decode(answer.content, type=list[_Entry])}
    except msgspec.DecodeError as error:
        raise ModelError(f"{endpoint} does not answer as a hub does: {error}") from error
    return [_hub_file(entries, name, repository) for name in names]


def _hub_file(entries: dict[str, _Entry], name: str, repository: str) -> HubFile:
    if name not in entries:
        raise ModelError(f"'{repository}' has no file '{name}'; {nearest(name, entries)}")
    entry = entries[name]
    if entry.lfs is not None and len(entry.lfs.oid) == _SHA256_DIGITS:
        return HubFile(name, entry.lfs.size, entry.lfs.oid)
    if entry.lfs is None and len(entry.oid) == _GIT_DIGITS:
        return HubFile(name, entry.size, entry.oid)
    raise ModelError(f"the hub gives no checksum for '{name}' of '{repository}', so it could not be trusted")


def _check_status(answer: "httpx2.Response", what: str) -> None:
    if answer.status_code == 429 or answer.status_code >= 500:
        raise RetryableError(f"{what} answers with status {answer.status_code}; try again later")
    if answer.status_code >= 400:
        raise ModelError(f"{what} answers with status {answer.status_code}")


def _prepare(folder: Path, wanted: Sequence[HubFile]) -> None:
    """Make the folder, if all that is missing fits on its disk."""
    make_folder(folder)
    with _disk_errors(folder):
        free = shutil.disk_usage(folder).free
    targets = [(folder / Path(file.name).name, file) for file in wanted]
    missing = sum(file.size - _size(_part(target, file)) for target, file in targets if _size(target) != file.size)
    if missing > free:
        raise StorageError(f"{folder} has room for {_gigabytes(free)}, and {_gigabytes(missing)} are to be fetched")


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _part(target: Path, file: HubFile) -> Path:
    """The file's name while it is incomplete; the checksum in it keeps two versions apart."""
    return target.with_name(f"{target.name}.{file.checksum[:12]}.part")


async def _fetch(
    client: "httpx2.AsyncClient", address: str, file: HubFile, target: Path, on_progress: OnProgress
) -> None:
    import httpx2

    part = _part(target, file)
    with _disk_errors(target.parent):
        if _size(part) > file.size:  # nothing can be added to it that would make it whole
            part.unlink()
        reason = ""
        for _ in range(_ATTEMPTS):
            if _size(part) == file.size:
                break
            try:
                await _append(client, address, file, part, on_progress)
            except httpx2.TransportError as error:
                reason = f": {_words(error)}"
        if _size(part) < file.size:
            raise RetryableError(
                f"the download of '{file.name}' broke off at {_size(part)} of {file.size} bytes{reason}; "
                "the next pull goes on from there"
            )
        checksum = await to_thread.run_sync(file.checksum_of, part)
        if checksum != file.checksum:
            part.unlink()
            raise ModelError(
                f"'{file.name}' arrived damaged and was removed: its {file.kind} is {checksum}, not {file.checksum}; "
                "pull it again"
            )
        part.replace(target)


async def _append(
    client: "httpx2.AsyncClient", address: str, file: HubFile, part: Path, on_progress: OnProgress
) -> None:
    """All that is missing, behind what has arrived; from the beginning where the server knows no ranges."""
    have = _size(part)
    headers = {"range": f"bytes={have}-"} if have else {}
    async with client.stream("GET", address, headers=headers) as answer:
        _check_status(answer, f"the hub, asked for '{file.name}',")
        goes_on = answer.status_code == 206 and answer.headers.get("content-range", "").startswith(f"bytes {have}-")
        with part.open("ab" if goes_on else "wb") as output:
            await _copy(answer, output, file, on_progress, have if goes_on else 0)


async def _copy(answer: "httpx2.Response", output: BinaryIO, file: HubFile, on_progress: OnProgress, done: int) -> None:
    on_progress(file.name, done, file.size)
    pending = bytearray()
    try:
        async for chunk in answer.aiter_raw():
            done += len(chunk)
            if done > file.size:
                raise ModelError(f"the hub sends more than the {file.size} bytes of '{file.name}' that it announced")
            pending += chunk
            if len(pending) >= _CHUNK_BYTES:
                await to_thread.run_sync(output.write, bytes(pending))
                pending.clear()
            on_progress(file.name, done, file.size)
    finally:
        output.write(pending)


def _is_whole(target: Path, file: HubFile) -> bool:
    return target.is_file() and target.stat().st_size == file.size and file.checksum_of(target) == file.checksum


@contextmanager
def _disk_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise StorageError(f"{folder} is full; what has arrived is kept for the next pull") from error
        raise disk_said("write", folder, error) from error


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB"


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
