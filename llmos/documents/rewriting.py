"""Writes frontmatter: single keys of a document, or a new document; strict where reading is tolerant.

Knows no format. Whatever it writes is read back before it is returned, so that no change does more than it says.
"""

from collections.abc import Mapping
from pathlib import Path

from llmos.documents.document import BrokenDocumentError
from llmos.documents.editing import edit, merged
from llmos.documents.source import Source
from llmos.documents.spelling import canonical
from llmos.documents.trees import read_tree
from llmos.documents.yaml_tree import Tree
from llmos.messages import JSON

_NOWHERE = Path("document.md")


def rewrite(text: str, changes: Mapping[str, JSON], path: Path = _NOWHERE) -> str:
    """The text with some keys of its frontmatter changed and every other byte as it was.

    None removes a key; a mapping changes single keys of a mapping. A key is found in any spelling and keeps its own; a
    new one is written as given, after the others. Raises DocumentError when the result would not read back as asked.
    """
    source, tree = read_tree(text, path, [])
    if not source.has_frontmatter and all(value is None for value in changes.values()):
        return text
    if tree.flow:
        raise BrokenDocumentError(path, 1, "the frontmatter stands in braces; write one key a line to change it")
    indent = tree.entries[0].column if tree.entries else 0
    try:
        keys = edit(source.keys, tree.entries, changes, source.newline, indent)
    except ValueError as error:
        raise BrokenDocumentError(path, 1, str(error)) from None
    written = _fenced(source, keys)
    _check(source, tree, written, changes, path)
    return written


def compose(keys: Mapping[str, JSON], body: str) -> str:
    """The text of a new document: the keys in their order, an empty line, the body."""
    return rewrite("\n" + body.strip("\n") + "\n", keys)


def _fenced(source: Source, keys: str) -> str:
    """The whole text around new keys, with the fences that it lacks."""
    if source.has_frontmatter and source.closed:
        return source.text[: source.keys_start] + keys + source.text[source.keys_end :]
    fence = f"---{source.newline}"
    opening = "" if source.has_frontmatter else fence
    closing = fence if keys.endswith("\n") else source.newline + fence
    return source.text[: source.keys_start] + opening + keys + closing + source.body


def _check(source: Source, tree: Tree, written: str, changes: Mapping[str, JSON], path: Path) -> None:
    """Raise DocumentError unless the changed keys read back as asked, and all else as before."""
    expected = _values(tree)
    for key, change in changes.items():
        value = merged(expected.pop(canonical(key), None), change)
        if value is not None:
            expected[canonical(key)] = list(value) if isinstance(value, tuple) else value
    new_source, new_tree = read_tree(written, path, [])
    if _values(new_tree) != expected or new_source.body != source.body:
        raise BrokenDocumentError(path, 1, "the frontmatter cannot be changed without changing more than was asked")


def _values(tree: Tree) -> dict[str, JSON]:
    values: dict[str, JSON] = {}
    for entry in tree.entries:
        values.setdefault(canonical(entry.key), entry.value)
    return values
