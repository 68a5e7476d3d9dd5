"""One document as the registry knows it: what it is called, what it says of itself, and how to read it again.

Does not know other documents, nor which of them shadows which.
"""

import os
import unicodedata
from pathlib import Path

import msgspec

from llmos.documents.agent import agent_from
from llmos.documents.command import command_from
from llmos.documents.document import BrokenDocumentError, Document, Problem
from llmos.documents.fields import Fields
from llmos.documents.frontmatter import MAX_DOCUMENT_BYTES, parse, read_document
from llmos.documents.naming import named
from llmos.documents.places import name_at
from llmos.documents.skill import skill_from
from llmos.documents.source import split
from llmos.errors import DocumentError
from llmos.volumes.scan import Found, Signature
from llmos.volumes.volume import Kind

_UNSETTLED: Signature = (0, 0, 0, 0)
_READING = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
_TICK_NS = 50_000_000  # coarser than the clock of any file system in use but FAT's


class Row(msgspec.Struct, array_like=True, gc=False, kw_only=True):
    """A file that was read.

    A row that is not `usable` is a file that could never be read; `name` is the one in it or, where even that cannot be
    read, the one that its place gives. A `stale` one is a file whose latest save is broken:
    name, hash and content are those of the last good version. `content` stays None while the file or the store can give
    it; `place` (save, offset, bytes) is where the store has it.
    """

    kind: Kind
    path: str
    signature: Signature
    name: str = ""
    description: str = ""
    content_hash: str = ""
    offered: bool = False
    usable: bool = False
    stale: bool = False
    problems: tuple[Problem, ...] = ()
    place: tuple[int, int, int] | None = None
    content: bytes | None = None


def read_row(found: Found, looked_ns: int) -> tuple[Row, bytes]:
    """The row and the bytes of a file; raises DocumentError when it holds no document of its kind."""
    path = Path(found.path)
    content, text = _read(path, found.signature[2])
    name, description, offered, document = _essence(found.kind, parse(text, path))
    row = Row(
        kind=found.kind,
        path=found.path,
        signature=settled(found.signature, looked_ns),
        name=unicodedata.normalize("NFC", name),
        description=description,
        content_hash=document.content_hash,
        offered=offered,
        usable=True,
        problems=document.problems,
    )
    return row, content


def broken_row(found: Found, signature: Signature, problem: Problem) -> Row:
    """The row of a file that was never good: it has its name, so that nothing weaker stands in for it."""
    name = unicodedata.normalize("NFC", _name(found))
    return Row(kind=found.kind, path=found.path, signature=signature, name=name, problems=(problem,))


def settled(signature: Signature, looked_ns: int) -> Signature:
    """The signature to compare with later.

    A file that changed so shortly before the look that one more change might leave the same signature gets one that
    never matches, so that it is looked at again. A modification time in the future, as an archive or a camera gives it,
    was set on purpose; then the time of change alone tells.
    """
    modified_ns, changed_ns = signature[:2]
    newest_ns = changed_ns if modified_ns > looked_ns else max(modified_ns, changed_ns)
    return signature if newest_ns < looked_ns - _TICK_NS else _UNSETTLED


def kept(previous: Row, signature: Signature, problem: Problem) -> Row:
    """The last good version of a file that is broken now."""
    sentence = f"{problem.sentence}; the last good version stays in use"
    said = Problem(problem.path, problem.line, "error", sentence)
    return msgspec.structs.replace(previous, signature=signature, stale=True, problems=(said,))


def is_whole(content: bytes) -> bool:
    """False when a frontmatter begins and never ends, as in a file that is still being written."""
    return split(content.decode()).closed


def problem_of(error: DocumentError, path: str) -> Problem:
    """What an error says, as a problem at its place."""
    return error.problem if isinstance(error, BrokenDocumentError) else Problem(path, 1, "error", str(error))


def _name(found: Found) -> str:
    path = Path(found.path)
    placed = name_at(found.kind, path)
    if found.kind not in {"agent", "skill"}:
        return placed
    try:
        return named(Fields(read_document(path)), placed)
    except DocumentError:
        return placed


def _read(path: Path, size: int) -> tuple[bytes, str]:
    if size <= MAX_DOCUMENT_BYTES:
        try:
            content = _bytes_of(path, size)
            return content, content.decode()
        except (OSError, UnicodeDecodeError):
            pass
    read_document(path)  # has the sentence for what is wrong
    raise BrokenDocumentError(path, 1, "the file changed while it was read; save it once more")


def _bytes_of(path: Path, size: int) -> bytes:
    """The file's bytes, with half the system calls of Path.read_bytes: the expected size is known."""
    descriptor = os.open(path, _READING)
    try:
        content = os.read(descriptor, size + 1)
        while len(content) > size and (more := os.read(descriptor, MAX_DOCUMENT_BYTES)):
            content += more
        return content
    finally:
        os.close(descriptor)


def _essence(kind: Kind, document: Document) -> tuple[str, str, bool, Document]:
    """Name, description, whether a model may be told of it, and the document with all its problems."""
    if kind == "skill":
        skill = skill_from(document)
        return skill.name, skill.description, skill.offered, skill.document
    if kind == "agent":
        agent = agent_from(document)
        return agent.name, agent.description, True, agent.document
    if kind == "command":
        command = command_from(document)
        return command.name, command.description, True, command.document
    return document.path.stem, str(document.keys.get("description") or ""), True, document
