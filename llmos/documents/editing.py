"""Changes single keys in the text of a frontmatter and leaves every other byte alone.

Knows offsets and block style, no fences. Comments, order, line ends and the spelling of keys stay.
"""

import re
from collections.abc import Mapping, Sequence

from llmos.documents.emit import lines_of
from llmos.documents.spelling import canonical
from llmos.documents.yaml_tree import Entry
from llmos.messages import JSON

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
            parts.append(_content(piece, entry)[1] if key in done else piece)
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


def _replaced(piece: str, entry: Entry, change: JSON, newline: str) -> str:
    """The text of one key with its new value, and after it the comments and empty lines that followed it."""
    value = merged(entry.value, change)
    content, tail = _content(piece, entry)
    if value is None:
        return tail
    if repr(value) == repr(entry.value):
        return piece
    if isinstance(change, Mapping) and entry.children and not entry.flow:
        by = _begin(entry.children[0])
        children = [child.moved(-by) for child in entry.children]
        cut = by - _begin(entry)
        return content[:cut] + edit(content[cut:], children, change, newline, entry.children[0].column) + tail
    written = _written(entry.key, value, newline, entry.column)
    if "\n" not in content.rstrip() and (comment := _COMMENT.search(content, entry.end - _begin(entry))):
        written = _with_comment(written, comment[0], newline)
    return written + tail


def _content(piece: str, entry: Entry) -> tuple[str, str]:
    """The lines of a key and its value, and the lines after them, which belong to no key."""
    end = len(piece[: entry.end - _begin(entry)].rstrip())
    line_end = piece.find("\n", end) + 1
    return (piece[:line_end], piece[line_end:]) if line_end else (piece, "")


def _with_comment(written: str, comment: str, newline: str) -> str:
    first, end, rest = written.partition(newline)
    return f"{first}{comment}{end}{rest}"


def _written(key: str, value: JSON, newline: str, indent: int) -> str:
    return "".join(line + newline for line in lines_of(key, value, indent))
