"""Writes the journal of one run: one event, one line of JSON, appended and never changed.

Does not know what events mean; `reading.py` reads what is written here. A crash tears at most the last line. A write
that fails leaves the journal whole up to the event before, raises StorageError, and ends the journal: nothing that
happens later could be witnessed in order.
"""

import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import msgspec

from llmos.clock import Clock
from llmos.disk import disk_said, make_folder, sync_folder, write_new
from llmos.errors import LLMosError, StorageError
from llmos.messages import valid_unicode
from llmos.traces.bus import Bus
from llmos.traces.events import (
    SCHEMA_VERSION,
    TRANSIENT,
    Event,
    FileKept,
    MessageAdded,
    ModelReplied,
    ToolReturned,
)
from llmos.traces.parts import AnyPart, ImagePart, ResultPart, ResultRefPart, TextPart, plain
from llmos.traces.scrub import Scrubber

LARGEST_INLINE_IMAGE = 256 * 1024
"""Bytes; a larger picture becomes a file in the folder beside the journal, named after its SHA-256."""

_RUN_ID = re.compile(r"\d{4}(0[1-9]|1[0-2])\d{2}-\d{6}-[a-z0-9]{6}")
_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u to misread
_APPEND = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_flush = getattr(os, "fdatasync", os.fsync)


class Chance(Protocol):
    """Where the random letters of a run id come from."""

    def choice(self, letters: str, /) -> str:
        """One of these letters."""
        ...


def new_run_id(clock: Clock, chance: Chance = secrets) -> str:
    """An id that sorts by time and needs no agreement between processes, e.g. `20261120-095132-k3f9qz`."""
    return f"{clock.now():%Y%m%d-%H%M%S}-{''.join(chance.choice(_LETTERS) for _ in range(6))}"


def journal_path(home: Path, run_id: str) -> Path:
    """Where the journal of a run stands; raises LLMosError for what cannot be a run id."""
    if not _RUN_ID.fullmatch(run_id):
        raise LLMosError(
            f"{run_id!r} is not a run id; they look like 20261120-095132-k3f9qz, and `llmos trace list` shows them"
        )
    return home / "journals" / run_id[:4] / run_id[4:6] / f"{run_id}.jsonl"


def journals(home: Path) -> Iterator[Path]:
    """The journals of all runs of a home, in no order."""
    return home.glob("journals/*/*/*.jsonl")


class Journal:
    """The open journal of one run; used from one thread, and by one process only.

    Made by `create`. `secrets` are values, such as the API keys in use, that are kept out of it in addition to all that
    looks like a key (see `scrub.py`).
    """

    def __init__(self, path: Path, descriptor: int, clock: Clock, bus: Bus | None, scrubber: Scrubber) -> None:
        self.path = path
        self.run_id = path.stem
        self._descriptor: int | None = descriptor
        self._clock = clock
        self._bus = bus or Bus()
        self._scrubber = scrubber
        self._encoder = msgspec.json.Encoder(enc_hook=plain)
        self._seq = 0
        self._size = 0
        self._ended = ""
        self._returned: dict[str, ToolReturned] = {}

    @classmethod
    def create(
        cls, home: Path, run_id: str, clock: Clock, bus: Bus | None = None, secrets: Iterable[str] = ()
    ) -> "Journal":
        """Start the journal of a new run below `home`; raises StorageError when the disk does not let it.

        The file is readable by its owner only, and its name is on disk when this returns.
        """
        path = journal_path(home, run_id)
        make_folder(path.parent)
        try:
            with ExitStack() as on_failure:
                descriptor = os.open(path, _APPEND, 0o600)
                on_failure.callback(os.close, descriptor)
                sync_folder(path.parent)
                on_failure.pop_all()
        except FileExistsError as error:
            raise StorageError(f"there is already a journal {path}; a run id is used once") from error
        except OSError as error:
            raise disk_said("create the journal", path, error) from error
        return cls(path, descriptor, clock, bus, Scrubber(secrets))

    def write(self, event: Event, *, durable: bool = False) -> None:
        """Append the event, flush it to the disk when `durable`, then publish it.

        Blocks while it flushes. Raises StorageError.
        """
        self._append(event)
        if durable:
            self._sync()
        self._bus.publish(event, self.run_id)

    async def write_durably(self, event: Event) -> None:
        """As `write` with `durable`, but other tasks go on while the disk flushes."""
        from anyio import to_thread

        self._append(event)
        await to_thread.run_sync(self._sync)
        self._bus.publish(event, self.run_id)

    def close(self) -> None:
        """End the journal; safe to call twice. One in which no run ever started leaves no file behind."""
        if self._descriptor is None:
            return
        os.close(self._descriptor)
        self._descriptor = None
        self._ended = self._ended or "it was closed"
        if self._seq == 0:
            with suppress(OSError):
                self.path.unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _append(self, event: Event) -> None:
        """Write one line, whole or not at all."""
        if isinstance(event, TRANSIENT):
            raise TypeError(f"{type(event).__name__} passes over the bus and is never journaled")
        if self._descriptor is None or self._ended:
            raise StorageError(f"the journal {self.path} ended after event {self._seq}: {self._ended}")
        line = self._line(self._compact(event), self._seq + 1)
        try:
            _write_all(self._descriptor, line)
        except OSError as error:
            refused = disk_said("write the journal", self.path, error)
            self._ended = str(refused)
            with suppress(OSError):  # then the last line stays torn, which a reader notices
                os.ftruncate(self._descriptor, self._size)
            raise refused from error
        self._seq += 1
        self._size += len(line)

    def _sync(self) -> None:
        """Wait until the disk has what was written."""
        assert self._descriptor is not None
        try:
            _flush(self._descriptor)
            if os.fstat(self._descriptor).st_nlink == 0:
                raise FileNotFoundError(None, "it was deleted while the run was writing it")
        except OSError as error:
            refused = disk_said("write the journal", self.path, error)
            self._ended = str(refused)
            raise refused from error

    def _line(self, event: Event, seq: int) -> bytes:
        """Envelope and event as one line; the envelope's fields come first."""
        at = self._clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        envelope = f'{{"v":{SCHEMA_VERSION},"seq":{seq},"at":"{at}","run":"{self.run_id}",'.encode()
        try:
            body = self._encoder.encode(event)
        except UnicodeEncodeError:  # half a surrogate pair: JSON can smuggle it in, UTF-8 cannot hold it
            body = self._encoder.encode(valid_unicode(msgspec.to_builtins(event, enc_hook=plain)))
        except RecursionError as error:
            kind = type(event).__name__
            raise StorageError(f"the journal {self.path} cannot hold this {kind}: it is nested too deeply") from error
        return envelope + self._scrubber.scrub(body)[1:] + b"\n"

    def _compact(self, event: Event) -> Event:
        """The event as it stands on disk: large pictures beside it, results that stand above it by reference."""
        match event:
            case ModelReplied():
                self._returned.clear()
            case FileKept(before=bytes(before)):  # base64 would hide a secret from the scrubbing of the line
                kept = self._scrubber.scrub(before)
                return msgspec.structs.replace(event, before=kept, scrubbed=kept != before)
            case ToolReturned():
                self._returned[event.call_id] = event
                return msgspec.structs.replace(event, content=tuple(self._stow(part) for part in event.content))
            case MessageAdded():
                return msgspec.structs.replace(event, parts=tuple(self._refer(part) for part in event.parts))
        return event

    def _refer(self, part: AnyPart) -> AnyPart:
        """A reference where the result already stands in this journal, else the part itself."""
        if isinstance(part, ImagePart):
            return self._stow(part)
        if not isinstance(part, ResultPart):
            return part
        returned = self._returned.get(part.call_id)
        if returned is not None and returned.content == part.content and returned.ok is not part.is_error:
            return ResultRefPart(part.call_id)
        return msgspec.structs.replace(part, content=tuple(self._stow(one) for one in part.content))

    def _stow(self, part: TextPart | ImagePart) -> TextPart | ImagePart:
        """A large picture becomes a file beside the journal, on disk before the line that names it."""
        if isinstance(part, TextPart) or len(part.content) <= LARGEST_INLINE_IMAGE:
            return part
        folder = self.path.with_suffix(".d")
        name = f"{sha256(part.content).hexdigest()}.{part.media_type.removeprefix('image/')}"
        make_folder(folder)
        with suppress(FileExistsError):
            write_new(folder / name, part.content, doing="write the picture")
        return ImagePart(part.media_type, file=name)


def _write_all(descriptor: int, content: bytes) -> None:
    """Write every byte; a disk may take only some of them at a time."""
    written = os.write(descriptor, content)
    while written < len(content):
        written += os.write(descriptor, content[written:])
