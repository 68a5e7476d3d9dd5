"""Changes single keys in the text of a frontmatter and leaves every other byte alone.

Knows offsets and block style, no format. Comments, order, line ends and the spelling of keys stay.
"""

import re
from collections.abc import Mapping, Sequence

from llmos.documents.emit import lines_of
from llmos.documents.spelling import canonical
from llmos.documents.yaml_tree import Entry
from llmos.messages import JSON

_TRAILING = re.compile(r"(?:^[ \t]*(?:#[^\n]*)?(?:\r?\n|\Z))+\Z", re.MULTILINE)
_COMMENT = re.compile(r"[ \t]+#[^\r\n]*")


def edit(block: str, entries: Sequence[Entry], changes: Mapping[str, JSON], newline: str, indent: int = 0) -> str:
    """The text of a mapping in which the changed keys have their new values; None removes a key, a mapping is merged.

    `entries` are the keys of `block`, their offsets counted from its beginning; `indent` is where new keys begin.
    """
    left = {canonical(key): (key, value) for key, value in changes.items()}
    done: set[str] = set()
    parts = [block[: _begin(entries[0])] if entries else block]
    ends = [*(_begin(entry) for entry in entries[1:]), len(block)]
    for entry, end in zip(entries, ends, strict=False):
        piece = block[_begin(entry) : end]
        key = canonical(entry.key)
        if key in left:
            parts.append(_replaced(piece, entry, left.pop(key)[1], newline))
            done.add(key)
        else:
            parts.append(_leftover(piece) if key in done else piece)
    if left and parts[-1] and not parts[-1].endswith("\n"):
        parts.append(newline)
    for key, change in left.values():
        if (value := merged(None, change)) is not None:
            parts.append(_written(key, value, newline, indent))
    return "".join(parts)


def merged(old: JSON, change: JSON) -> JSON:
    """The value of a key after its change; None when nothing is left of it."""
    if not isinstance(change, Mapping):
        return change
    both = {**old, **change} if isinstance(old, Mapping) else change
    return {key: item for key, item in both.items() if item is not None} or None


def _begin(entry: Entry) -> int:
    return entry.start - entry.column


def _replaced(piece: str, entry: Entry, value: JSON, newline: str) -> str:
    """The piece of text of one key with its new value, and after it the comments that followed it."""
    if isinstance(value, Mapping) and entry.children and not entry.flow:
        return _merged(piece, entry, value, newline)
    value = merged(entry.value, value)
    rest = _leftover(piece)
    if value is None:
        return rest
    if repr(value) == repr(entry.value):
        return piece
    written = _written(entry.key, value, newline, entry.column)
    comment = _comment(piece, entry)
    if comment and not isinstance(value, Mapping | list | tuple):
        written = f"{written.removesuffix(newline)}{comment}{newline}"
    return written + rest


def _merged(piece: str, entry: Entry, changes: Mapping[str, JSON], newline: str) -> str:
    first = entry.children[0]
    if {child.key for child in entry.children} <= {key for key, value in changes.items() if value is None}:
        return _replaced(piece, entry._replace(children=()), None, newline)
    rest = _leftover(piece)
    kept = piece[: len(piece) - len(rest)]
    cut = _begin(first) - _begin(entry)
    by = _begin(first)
    children = [child._replace(start=child.start - by) for child in entry.children]
    return kept[:cut] + edit(kept[cut:], children, changes, newline, first.column) + rest


def _written(key: str, value: JSON, newline: str, indent: int) -> str:
    return "".join(line + newline for line in lines_of(key, value, indent))


def _leftover(piece: str) -> str:
    """Empty lines and comments at the end of a key's text; they belong to no key."""
    found = _TRAILING.search(piece)
    return found[0] if found else ""


def _comment(piece: str, entry: Entry) -> str:
    """The comment behind a value that stands on the line of its key."""
    if entry.end is None:
        return ""
    found = _COMMENT.match(piece, entry.end - _begin(entry))
    return found[0] if found and "\n" not in piece[: found.start()] else ""
