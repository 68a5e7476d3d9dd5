"""The plain form of a text: compatibility characters, digits and dashes of any script made one, as NFKC has it.

Knows no slot; it remembers where each plain character came from, so that what was written can be given back unchanged.
"""

import unicodedata
from dataclasses import dataclass

# Hyphens, figure dash, en dash and minus; an em dash separates thoughts and is no sign of a number.
_HYPHENS = frozenset("\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d")
_PLAIN = {"\u00b4": "'", "\u00ba": "\u00b0", "\u2044": "/"} | dict.fromkeys(_HYPHENS, "-")
# What NFKC would run into the characters beside it: 5² is not 52, and 1½ is not 11/2.
_MARKED = {"<super>": "^", "<sub>": "_", "<fraction>": " "}


@dataclass(frozen=True, slots=True)
class PlainText:
    """A text in plain form beside the text as it was written."""

    text: str
    _written: str
    _starts: tuple[int, ...] | None
    _ends: tuple[int, ...] | None

    def written(self, start: int, end: int) -> str:
        """What stood in the written text where the plain text has the characters from `start` to `end`."""
        if self._starts is None or self._ends is None:
            return self._written[start:end]
        return self._written[self._starts[start] : self._ends[end - 1]] if end > start else ""


def plain_text(text: str) -> PlainText:
    """The plain form of a text; its case and its blanks stay as they are."""
    if text.isascii():
        return PlainText(text, text, None, None)
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    while at < len(text):
        end = at + 1
        while end < len(text) and unicodedata.combining(text[end]):
            end += 1
        piece = _plain(text[at:end])
        pieces.append(piece)
        starts += [at] * len(piece)
        ends += [end] * len(piece)
        at = end
    return PlainText("".join(pieces), text, tuple(starts), tuple(ends))


def folded(text: str) -> str:
    """A text without the differences of case."""
    once = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFKC", once)


def _plain(cluster: str) -> str:
    if cluster.isascii():
        return cluster
    first = cluster[0]
    if first in _PLAIN:
        return _PLAIN[first] + cluster[1:]
    digit = unicodedata.decimal(first, None)
    if digit is not None:
        return str(digit) + cluster[1:]
    mark = _MARKED.get(unicodedata.decomposition(first).partition(" ")[0], "")
    return mark + unicodedata.normalize("NFKC", cluster).replace("\u2044", "/")
