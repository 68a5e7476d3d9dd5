"""Reads the frontmatter of a markdown document: valid YAML as YAML, anything else as well as a person would.

Knows no format and no key's meaning. What is odd becomes a Problem; DocumentError is left for what cannot be read at
all. Reading is tolerant, writing (`rewrite`, `compose`) is strict.
"""

import hashlib
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from llmos.documents.document import BrokenDocumentError, Document, Problem
from llmos.documents.line_keys import read_lines
from llmos.documents.rewriting import edit, merged
from llmos.documents.source import Source, split
from llmos.documents.spelling import canonical
from llmos.documents.yaml_tree import Entry, TooLargeError, Tree, read_yaml
from llmos.messages import JSON

MAX_DOCUMENT_BYTES = 1_000_000

_NOWHERE = Path("document.md")


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


def rewrite(text: str, changes: Mapping[str, JSON], path: Path = _NOWHERE) -> str:
    """The text with some keys of its frontmatter changed and every other byte as it was.

    None removes a key; a mapping changes single keys of a mapping. A key is found in any spelling and keeps its own; a
    new one is written as given, after the others. Raises DocumentError when the result would not read back as asked.
    """
    source = split(text)
    if source.keys_start == source.start and not any(value is not None for value in changes.values()):
        return text
    tree = _tree(source, path, [])
    if tree is None:
        source, tree = source.without_frontmatter(), Tree(())
    if tree.flow:
        raise BrokenDocumentError(path, 1, "the frontmatter stands in braces; write one key a line to change it")
    newline = source.newline
    indent = tree.entries[0].column if tree.entries else 0
    try:
        keys = edit(source.keys, tree.entries, changes, newline, indent)
    except ValueError as error:
        raise BrokenDocumentError(path, 1, str(error)) from None
    if source.has_frontmatter and source.closed:
        written = text[: source.keys_start] + keys + text[source.keys_end :]
    else:
        fence = f"---{newline}"
        opening = text[: source.keys_start] + ("" if source.has_frontmatter else fence)
        written = opening + keys + ("" if keys.endswith("\n") else newline) + fence + source.body
    _check(text, written, changes, path)
    return written


def compose(keys: Mapping[str, JSON], body: str) -> str:
    """The text of a new document: the keys in their order, an empty line, the body."""
    return rewrite("\n" + body.strip("\n") + "\n", keys)


def _check(before: str, after: str, changes: Mapping[str, JSON], path: Path) -> None:
    """Raise DocumentError unless the changed keys read back as asked, and all else as before."""
    old, new = parse(before, path), parse(after, path)
    expected = dict(old.keys)
    for key, change in changes.items():
        value = merged(expected.pop(canonical(key), None), change)
        if value is not None:
            expected[canonical(key)] = list(value) if isinstance(value, tuple) else value
    if dict(new.keys) != expected or new.body != old.body:
        raise BrokenDocumentError(path, 1, "the frontmatter cannot be changed without changing more than was asked")


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
    source = split(text)
    problems: list[Problem] = []
    tree = _tree(source, path, problems)
    if tree is None:
        source, tree = source.without_frontmatter(), Tree(())
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
        for name, start in _below(key, entry.children):
            below = source.line_at(source.keys_start + start)
            if lines.setdefault(name, below) != below:
                problems.append(_doubled(path, below, name, lines[name]))
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    return Document(path, keys, lines, source.body, source.line_at(source.body_start), digest, tuple(problems), spelled)


def _doubled(path: Path, line: int, key: str, first: int) -> Problem:
    sentence = f"'{key}' stands here a second time; the first one, in line {first}, counts"
    return Problem(str(path), line, "warning", sentence)


def _below(prefix: str, children: tuple[Entry, ...]) -> Iterator[tuple[str, int]]:
    for child in children:
        name = f"{prefix}.{child.key}"
        yield name, child.start
        yield from _below(name, child.children)


def _tree(source: Source, path: Path, problems: list[Problem]) -> Tree | None:
    """The keys of the frontmatter; None when what stands between the fences has none."""

    def warn(line: int, sentence: str) -> None:
        problems.append(Problem(str(path), line, "warning", sentence))

    first = source.line_at(source.keys_start)
    if first > 2:
        warn(first - 1, "the frontmatter begins below empty lines; other programs look for it in the first line")
    if not source.closed:
        last = source.line_at(source.keys_end) - 1
        warn(first - 1, f"the frontmatter is never closed with '---'; it was read up to line {last}")
    try:
        tree = read_yaml(source.keys)
    except TooLargeError as error:
        raise BrokenDocumentError(path, first, f"the frontmatter {error}") from None
    except yaml.YAMLError as error:
        tree = Tree(read_lines(source.keys))
        if tree.entries:
            line, reason = first + _line_of(error), getattr(error, "problem", None) or str(error)
            warn(line, f"the frontmatter is not valid YAML ({reason}); its keys were read line by line")
            return tree
        tree = None
    if tree is None:
        warn(first, "what stands between the first two '---' has no keys; the whole file was taken as its body")
    return tree


def _line_of(error: yaml.YAMLError) -> int:
    """The line of a YAML error, counted from 0."""
    mark = getattr(error, "problem_mark", None)
    return 0 if mark is None else int(mark.line)
