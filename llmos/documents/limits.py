"""Refuses a document in which a limit was meant and not read: misspelt, indented, without `: `, in the wrong place.

Knows how near a word must be to a limit to mean it; which keys are limits, the reader of each kind says.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache

from llmos.documents.document import NEVER_CLOSED, BrokenDocumentError, Document
from llmos.documents.line_keys import KNOWN_KEYS
from llmos.documents.spelling import canonical

_ALIKE = 0.8
"""`tool`, `toosl` and `max_turn` mean a limit; `hooks` (0.6 of `tools`) and `max_tokens` (0.74) are other keys."""

_SHORT = 6
"""Letters up to which words that are near may be two words, as `todos` is another than `tools`."""

_GROUPS = frozenset({"hooks", "mcp_servers"})
_OF_OURS = re.compile(r"llmos[\w-]*", re.IGNORECASE)
_LONGEST = 100
_NO_KEY = "is no key as it is written here"


@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """The limits of a kind of document: `keys` at the margin, `metadata` below that key, each as it is written.

    `instead` are words in snake_case that people take for one of them.
    """

    keys: frozenset[str] = frozenset()
    metadata: frozenset[str] = frozenset()
    instead: Mapping[str, str] = field(default_factory=dict)

    def meant_by(self, name: str) -> str | None:
        """The limit that a word means; None when it is something else, such as another key of the formats."""
        return _meant(self, name)

    def check(self, document: Document) -> None:
        """Raise BrokenDocumentError for the first word that means a limit which is not in force, or may be cut off."""
        if document.cut_off:
            raise document.wrong("", NEVER_CLOSED)
        for name, line, written in (*_strays(document), *self._keys(document)):
            limit = self.meant_by(name)
            if limit is not None and not self._is_read(limit, document):
                sentence = f"'{name}' {written}, and a limit must not be lost; {self._remedy(name, limit, written)}"
                raise BrokenDocumentError(document.path, line, sentence)

    def _is_read(self, limit: str, document: Document) -> bool:
        if limit in self.keys:
            return document.keys.get(limit) is not None
        metadata = document.keys.get("metadata")
        return isinstance(metadata, Mapping) and limit in metadata

    def _remedy(self, name: str, limit: str, written: str) -> str:
        if canonical(name) != canonical(limit):
            return f"did you mean '{limit}'" + (" below 'metadata:'?" if limit in self.metadata else "?")
        place = "indented below 'metadata:'" if limit in self.metadata else "at the margin"
        return f"write '{limit}: ...' {place}" + (", or quote the text around it" if written is _NO_KEY else "")

    def _keys(self, document: Document) -> Iterator[tuple[str, int, str]]:
        """Each key that no code reads, its line, and what is wrong with it."""
        for key, value in document.keys.items():
            if key not in self.keys:
                yield key, document.line(key), "is not read"
            for name in value if isinstance(value, Mapping) else ():
                if self._has_no_place(name, key):
                    yield name, document.line(f"{key}.{name}"), f"is not read below '{key}'"

    def _has_no_place(self, name: str, group: str) -> bool:
        """Whether a word below a key cannot be that key's own; groups of other programs have words of their own."""
        ours = group == "metadata" or (group in KNOWN_KEYS and group not in _GROUPS)
        return ours or self.meant_by(name) in self.metadata


@lru_cache(maxsize=1024)  # documents have few different keys, and to compare words takes longer than to read a file
def _meant(limits: Limits, name: str) -> str | None:
    word = canonical(name)
    if word in KNOWN_KEYS and word not in limits.keys:
        return None
    spelled = {canonical(limit): limit for limit in (*limits.keys, *limits.metadata)} | dict(limits.instead)
    close = get_close_matches(word[:_LONGEST], spelled, n=1, cutoff=_ALIKE)
    return spelled[close[0]] if close and _is_slip(word[:_LONGEST], close[0]) else None


def _is_slip(word: str, limit: str) -> bool:
    """Whether a word that is near to a limit means it: a short one differs in one place, or in the order of letters."""
    one_place = any(word.startswith(limit[:at]) and word.endswith(limit[at + 1 :]) for at in range(len(limit)))
    return len(limit) > _SHORT or one_place or sorted(word) == sorted(limit)


def _strays(document: Document) -> Iterator[tuple[str, int, str]]:
    """Each word that stands like a key and is none, its line, and what is wrong with it."""
    for name, line in document.strays:
        yield name, line, _NO_KEY
    metadata = document.keys.get("metadata")
    for name in _OF_OURS.findall(metadata) if isinstance(metadata, str) else ():
        yield name, document.line("metadata"), _NO_KEY
