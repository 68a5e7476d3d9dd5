"""A bundle: traces in one file, compressed, to be handed to somebody, and taken up as what a stranger says.

Knows no volume's trust. The file is a zstd stream (RFC 8878) of JSON lines: first a manifest with size and hash of each
text, then the texts. It holds no paths, and no more of it is unpacked than the manifest announces and the limits allow.
The package `zstandard` is imported when a bundle is written or read.
"""

import io
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import IO, Annotated, Final, TypeAlias

import msgspec

from llmos.disk import disk_said, open_file
from llmos.documents.document import hash_of
from llmos.documents.frontmatter import MAX_DOCUMENT_BYTES
from llmos.errors import LLMosError, StorageError
from llmos.traces import trace_file
from llmos.traces.encryption import Passphrase
from llmos.traces.library import TraceLibrary
from llmos.traces.trace import Trace

FORMAT: Final = "llmos-traces"
VERSION: Final = 1

MOST_TRACES: Final = 20_000
MOST_BYTES: Final = 200_000_000
"""Of all texts together, unpacked."""

_LIMITS: Final = f"{MOST_TRACES} traces of {MOST_BYTES // 1_000_000} MB together"
_LONGEST_MANIFEST = 4_000_000
_LARGEST_WINDOW = 2**23  # what level 19 of zstd uses; more memory than this nobody may ask of us
_LEVEL = 12
_MOST_SALTS = 8

Objection: TypeAlias = Callable[[Trace], str]
"""What speaks against a trace from elsewhere, as a sentence; empty where nothing does."""


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """One text of a bundle."""

    hash: str
    size: Annotated[int, msgspec.Meta(ge=0, le=MAX_DOCUMENT_BYTES)]


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a bundle says of itself in its first line."""

    format: str
    version: int
    created: str
    llmos: str
    traces: tuple[Entry, ...]

    @property
    def hash(self) -> str:
        """`sha256:HEX` of all texts: two bundles of one hash hold the same, whoever packed them."""
        return hash_of("\n".join(entry.hash for entry in self.traces).encode())


class _Line(msgspec.Struct, frozen=True):
    text: str


@dataclass(frozen=True, slots=True)
class Content:
    """What stands in a bundle: traces, and a sentence for each text that cannot be taken up."""

    manifest: Manifest
    traces: tuple[Trace, ...]
    left_out: tuple[str, ...]

    @property
    def agents(self) -> Counter[str]:
        """How many traces of each agent."""
        return Counter(trace.agent for trace in self.traces)

    @property
    def tools(self) -> Counter[str]:
        """Which tools would be called when they are done again, and how often."""
        return Counter(step.tool for trace in self.traces for step in trace.steps)


@dataclass(slots=True)
class Packer:
    """Collects texts, compressed on disk, until it is known what the manifest has to say."""

    spool: IO[bytes]
    entries: list[Entry] = field(default_factory=list)
    size: int = 0

    def add(self, stream: IO[bytes], text: str) -> None:
        """One text more."""
        content = text.encode("utf-8", "surrogatepass")
        self.entries.append(Entry(hash_of(content), len(content)))
        self.size += len(content)
        if len(self.entries) > MOST_TRACES or self.size > MOST_BYTES:
            raise LLMosError(f"this is more than a bundle may hold, {_LIMITS}; export them in parts")
        stream.write(msgspec.json.encode(_Line(text)) + b"\n")


def pack(target: Path, texts: Iterable[str], created: str, version: str) -> Manifest:
    """Write a bundle of these texts of traces, whole or not at all.

    Raises LLMosError where there is such a file already or the extra is missing, StorageError where the disk refuses.
    """
    zstd = _zstandard()
    if target.exists():
        raise LLMosError(f"there is already a {target}; give another name, or remove it first")
    if not target.parent.is_dir():
        raise LLMosError(f"there is no folder {target.parent} to write {target.name} into; make it first")
    try:
        with ExitStack() as opened:
            spool = opened.enter_context(tempfile.TemporaryFile(dir=target.parent))
            packer = Packer(spool)
            with zstd.ZstdCompressor(level=_LEVEL).stream_writer(spool, closefd=False) as stream:
                for text in texts:
                    packer.add(stream, text)
            if not packer.entries:
                raise LLMosError("Nothing was written; all of these traces were left out.")
            manifest = Manifest(
                format=FORMAT, version=VERSION, created=created, llmos=version, traces=tuple(packer.entries)
            )
            first = zstd.ZstdCompressor(level=_LEVEL).compress(msgspec.json.encode(manifest) + b"\n")
            spool.seek(0)
            _write(target, first, spool)
    except OSError as error:
        raise disk_said("write the bundle", target, error) from error
    return manifest


def texts(
    library: TraceLibrary, traces: Iterable[Trace], on_left_out: Callable[[str], None], *, sensitive: bool
) -> Iterator[str]:
    """The texts of these traces for a bundle, without secrets; sensitive ones encrypted, where they are to be told."""
    for trace in traces:
        if trace.sensitive and not sensitive:
            on_left_out(f"trace {trace.id} is sensitive and was left out; --sensitive takes it along, encrypted")
            continue
        try:
            yield library.text_of(trace)
        except LLMosError as error:
            on_left_out(str(error))


def unpack(source: Path, passphrase: Passphrase | None = None, objection: Objection = lambda _: "") -> Content:
    """Everything in a bundle, after all of it was checked; LLMosError where it is none, or is damaged.

    Texts that are no traces, that something is objected to, or that are encrypted under other words are left out.
    """
    with _opened(source) as stream:
        manifest = _manifest(stream, source)
        traces, left_out, salts = [], [], set[str]()
        for number, text in enumerate(_texts(stream, manifest, source), 1):
            place = Path(f"{source}, trace {number}")
            reading = trace_file.read_text(text.encode("utf-8", "surrogatepass"), place)
            if reading.page is not None and passphrase is not None and len(salts | {reading.page.salt}) <= _MOST_SALTS:
                salts.add(reading.page.salt)
                reading = trace_file.decrypted(reading.page, passphrase, place) or reading
            problem = reading.problem
            if reading.trace is not None:
                problem = _objected(place, objection(reading.trace))
            elif reading.page is not None:
                problem = (
                    f"{place}: it is encrypted; set LLMOS_TRACE_PASSPHRASE to the words that it was encrypted with"
                )
            if problem or reading.trace is None:
                left_out.append(problem)
            else:
                traces.append(reading.trace)
    return Content(manifest, tuple(traces), tuple(left_out))


def take_up(library: TraceLibrary, root: Path, content: Content, mark: str) -> tuple[list[Path], list[str]]:
    """Keep the traces of a bundle in a volume: marked as imported, and as never used. Their files, and what stayed out.

    One that is there already stays as it is. Raises StorageError where the disk refuses.
    """
    kept, left_out = [], []
    for trace in content.traces:
        try:
            kept.append(library.add(root, replace(trace, imported=mark, uses=0, rating=1.0, last_used="")))
        except StorageError:
            raise
        except LLMosError as error:
            left_out.append(str(error))
    return kept, left_out


def _objected(place: Path, objection: str) -> str:
    return f"{place}: {objection}" if objection else ""


def _write(target: Path, first: bytes, rest: IO[bytes]) -> None:
    """The file, in one step."""
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(first)
            shutil.copyfileobj(rest, file)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextmanager
def _opened(source: Path) -> Iterator[io.BufferedReader]:
    """The unpacked bytes of a bundle, as they are asked for."""
    zstd = _zstandard()
    try:
        with open_file(source) as file:
            reader = zstd.ZstdDecompressor(max_window_size=_LARGEST_WINDOW).stream_reader(file, read_across_frames=True)
            yield io.BufferedReader(reader)
    except zstd.ZstdError as error:
        raise LLMosError(f"{source} is no bundle of traces, or is damaged: {error}") from error
    except OSError as error:
        raise disk_said("read the bundle", source, error) from error


def _manifest(stream: io.BufferedReader, source: Path) -> Manifest:
    line = stream.readline(_LONGEST_MANIFEST + 1)
    try:
        manifest = msgspec.json.decode(line, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise LLMosError(f"{source} is no bundle of traces: it does not begin with a manifest") from None
    if (manifest.format, manifest.version) != (FORMAT, VERSION):
        known = f"this llmos reads {FORMAT} {VERSION}"
        raise LLMosError(f"{source} is a bundle of {manifest.format[:40]!r}, version {manifest.version}; {known}")
    if len(manifest.traces) > MOST_TRACES or sum(entry.size for entry in manifest.traces) > MOST_BYTES:
        raise LLMosError(f"{source} announces more than a bundle may hold, {_LIMITS}")
    return manifest


def _texts(stream: io.BufferedReader, manifest: Manifest, source: Path) -> Iterator[str]:
    """The texts that the manifest announces, each as it does; what follows is nothing."""
    for number, entry in enumerate(manifest.traces, 1):
        longest = 6 * entry.size + 100  # a control character is six in JSON
        line = stream.readline(longest + 1)
        try:
            text = msgspec.json.decode(line, type=_Line).text if line.endswith(b"\n") else ""
        except (msgspec.DecodeError, UnicodeDecodeError):
            text = ""
        content = text.encode("utf-8", "surrogatepass")
        if (hash_of(content), len(content)) != (entry.hash, entry.size):
            raise LLMosError(f"{source} is damaged: its trace {number} is not the one that its manifest announces")
        yield text
    if stream.read(1):
        raise LLMosError(f"{source} is damaged: more follows than its manifest announces")


def _zstandard() -> ModuleType:
    try:
        import zstandard
    except ImportError as error:
        raise LLMosError(
            "a bundle of traces needs the package zstandard; get it with pip install 'llmos[exchange]'"
        ) from error
    return zstandard
