"""How often each note was recalled, and when last: from the journals of this home, the only witness.

Knows no note. Journals of other homes that share the volume are not seen.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from llmos.errors import StorageError
from llmos.memory.tidying import Use
from llmos.traces.events import Entry, ToolReturned
from llmos.traces.journal import journals
from llmos.traces.reading import read_journal

_RECALL: Final = "Recall"
_MARK: Final = b'"tool":"Recall"'
_NAMED: Final = re.compile(r"^\[([a-z0-9][a-z0-9-]{0,79})\] ", re.MULTILINE)
"""How the tool names what it found, at the beginning of each note."""


def note_uses(home: Path, since: datetime) -> dict[str, Use]:
    """The uses of each note by id, in all runs that began at `since` or later; a damaged journal says nothing."""
    found: dict[str, Use] = {}
    for path in journals(home):
        if path.stem[:8] < f"{since:%Y%m%d}" or not _recalls(path):
            continue
        try:
            entries = read_journal(path)
        except StorageError:
            continue
        for note_id, at in _recalled(entries):
            before = found.get(note_id)
            found[note_id] = Use(before.count + 1, max(before.last, at)) if before else Use(1, at)
    return found


def _recalls(path: Path) -> bool:
    """Whether the tool was called at all, which reading the bytes tells faster than understanding them."""
    try:
        return _MARK in path.read_bytes()
    except OSError:
        return False


def _recalled(entries: list[Entry]) -> Iterator[tuple[str, datetime]]:
    for entry in entries:
        event = entry.event
        if isinstance(event, ToolReturned) and event.tool == _RECALL and event.ok:
            yield from ((note_id, datetime.fromisoformat(entry.at)) for note_id in set(_NAMED.findall(event.text)))
