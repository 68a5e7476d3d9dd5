"""Finds what stands in a frontmatter like a key and was read as none: behind a tab or blanks, without `: `, twice.

Knows no key's meaning; `limits` decides which of them matter.
"""

import re
from collections.abc import Iterator

import yaml

from llmos.documents.line_keys import inside_example
from llmos.documents.source import Source
from llmos.documents.yaml_tree import Entry, TooLargeError, Tree, read_yaml

_NAME = r"[A-Za-z_][\w.-]*(?:[ \t][\w.-]+){0,2}"
_LIKE_A_KEY = re.compile(
    rf"""^[ \t]*(?:-[ \t]+)?["']?({_NAME})["']?[ \t]*[:=\uff1a]|^({_NAME})[ \t\r]*$""", re.MULTILINE
)
_BY_STYLE = ("|", ">", '"', "'")


def strays(source: Source, tree: Tree, lines: frozenset[int]) -> Iterator[tuple[str, int]]:
    """Each such name with its line; `lines` are those of the keys that were read.

    What is certainly text is passed over: block scalars, texts in quotes, examples in tags. So is what stands in the
    lists and mappings below a key, which have a form of their own.
    """
    head = source.head
    if source.has_frontmatter and source.closed and len(lines) == head.count("\n") - 1:
        return  # each line below the fence has its key, as in most documents
    for found in _LIKE_A_KEY.finditer(head):
        line = source.line_at(found.start())
        if line in lines:
            continue
        place = found.start() - source.keys_start
        around = next((each for each in tree.entries if each.start < place < each.end), None)
        if around is None or not _is_its_own(around, source.keys, place):
            yield found[1] or found[2], line


def _is_its_own(entry: Entry, text: str, place: int) -> bool:
    """Whether what stands at `place` is part of the key's value, as its writer meant it."""
    if isinstance(entry.value, list | dict) or inside_example(text, entry.start, place):
        return True
    piece = text[entry.start : entry.end]
    if not piece.partition(":")[2].lstrip().startswith(_BY_STYLE):
        return False
    try:
        tree = read_yaml(piece)
    except (yaml.YAMLError, TooLargeError):
        return False
    return tree is not None and len(tree.entries) == 1
