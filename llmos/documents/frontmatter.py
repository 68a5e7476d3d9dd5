"""Reads markdown documents with frontmatter; the door to this package together with `rewrite` and `compose`.

Knows no format and no key's meaning. What is odd becomes a Problem; DocumentError is left for what cannot be read at
all. Reading is tolerant, writing is strict.
"""

import stat
from collections.abc import Iterator
from pathlib import Path

from llmos.documents.document import BrokenDocumentError, Document, Problem, hash_of
from llmos.documents.rewriting import compose, rewrite
from llmos.documents.spelling import canonical
from llmos.documents.strays import strays
from llmos.documents.trees import read_tree
from llmos.documents.yaml_tree import Entry
from llmos.messages import JSON

__all__ = ["MAX_DOCUMENT_BYTES", "compose", "parse", "read_document", "rewrite"]

MAX_DOCUMENT_BYTES = 1_000_000


def read_document(path: Path) -> Document:
    """The document in a file; raises DocumentError when it is no readable UTF-8 text."""
    content = _read(path)
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise BrokenDocumentError(path, 1, "the file is UTF-16; save it as UTF-8") from None
        line = content.count(b"\n", 0, error.start) + 1
        raise BrokenDocumentError(path, line, "the file is not UTF-8; save it as UTF-8") from None
    return _document(text, path, content)


def parse(text: str, path: Path) -> Document:
    """The document in a text; `path` only names it."""
    return _document(text, path, text.encode(errors="surrogatepass"))


def _read(path: Path) -> bytes:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise BrokenDocumentError(path, 1, "this is not a file")
        if status.st_size > MAX_DOCUMENT_BYTES:
            sentence = f"the file has {status.st_size} bytes; a document may have {MAX_DOCUMENT_BYTES}"
            raise BrokenDocumentError(path, 1, sentence)
        return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BrokenDocumentError(path, 1, f"the file cannot be read: {reason}") from None


def _document(text: str, path: Path, content: bytes) -> Document:
    nul = text.find("\0")
    if nul >= 0:
        raise BrokenDocumentError(path, text.count("\n", 0, nul) + 1, "the file holds a NUL byte, so it is not text")
    problems: list[Problem] = []
    source, tree = read_tree(text, path, problems)
    keys: dict[str, JSON] = {}
    lines: dict[str, int] = {}
    spelled: dict[str, str] = {}
    for entry in tree.entries:
        key = canonical(entry.key)
        line = source.line_at(source.keys_start + entry.start)
        if key in keys:
            problems.append(_doubled(path, line, entry.key, lines[key]))
            continue
        keys[key] = entry.value
        lines[key] = line
        if entry.spelled is not None:
            spelled[key] = entry.spelled
        for name, start in _below(key, entry.children) if entry.children else ():
            below = source.line_at(source.keys_start + start)
            if lines.setdefault(name, below) != below:
                problems.append(_doubled(path, below, name, lines[name]))
    return Document(
        path=path,
        keys=keys,
        lines=lines,
        body=source.body,
        body_line=source.line_at(source.body_start),
        content_hash=hash_of(content),
        problems=tuple(problems),
        spelled=spelled,
        strays=tuple(strays(source, tree, frozenset(lines.values()))),
        cut_off=not source.closed and not source.body.strip(),
    )


def _doubled(path: Path, line: int, key: str, first: int) -> Problem:
    sentence = f"'{key}' stands here a second time; the first one, in line {first}, counts"
    return Problem(str(path), line, "warning", sentence)


def _below(prefix: str, children: tuple[Entry, ...]) -> Iterator[tuple[str, int]]:
    for child in children:
        name = f"{prefix}.{child.key}"
        yield name, child.start
        yield from _below(name, child.children)
