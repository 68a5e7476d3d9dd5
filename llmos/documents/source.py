"""Cuts the text of a document into byte order mark, frontmatter and body, as offsets into the text.

Knows nothing of YAML and changes nothing; only `---` alone on a line, not indented, opens or closes a frontmatter.
"""

import re
from dataclasses import dataclass

BOM = "\ufeff"

_OPENING = re.compile(r"(?:[ \t]*\r?\n)*---[ \t]*(?:\r?\n|\Z)")
_CLOSING = re.compile(r"^---[ \t]*(?:\r?\n|\Z)", re.MULTILINE)
_KEY_LINE = re.compile(r"[A-Za-z_][\w .-]*:(?:\s|\Z)")
_BEFORE_TEXT = re.compile(r"(?:[ \t]*\r?\n|-{3}[ \t]*\r?\n)*")
_EMPTY_LINE = re.compile(r"^[ \t]*\r?\n", re.MULTILINE)
_END_OF_OPEN_KEYS = re.compile(r"^(?:[ \t]*\r?\n|#{1,6} )", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Source:
    """Where the parts of a text are: `text[keys_start:keys_end]` is the frontmatter, `text[body_start:]` the body.

    `start` is 1 behind a byte order mark, else 0. Without a frontmatter all offsets are equal. `closed` is False when
    the closing `---` is missing; then the frontmatter ends before the first empty line or heading.
    """

    text: str
    start: int
    keys_start: int
    keys_end: int
    body_start: int
    closed: bool = True

    @property
    def has_frontmatter(self) -> bool:
        """Whether the text begins with a frontmatter, be it empty."""
        return self.keys_start > self.start

    def without_frontmatter(self) -> "Source":
        """The same text taken as nothing but a body."""
        return Source(self.text, self.start, self.start, self.start, self.start)

    @property
    def keys(self) -> str:
        """The text of the frontmatter, without its fences."""
        return self.text[self.keys_start : self.keys_end]

    @property
    def head(self) -> str:
        """The text where a person may have meant keys to be: up to their end, or to that of the first paragraph."""
        if self.has_frontmatter and self.closed:
            return self.text[: self.keys_end]
        start = _BEFORE_TEXT.match(self.text, self.body_start)
        end = _EMPTY_LINE.search(self.text, start.end() if start else self.body_start)
        return self.text[: end.start()] if end else self.text

    @property
    def body(self) -> str:
        """All text after the frontmatter."""
        return self.text[self.body_start :]

    @property
    def newline(self) -> str:
        """How the first line ends: CR LF, or LF as in a text of one line."""
        first = self.text.find("\n")
        return "\r\n" if first > 0 and self.text[first - 1] == "\r" else "\n"

    def line_at(self, offset: int) -> int:
        """The line of an offset, counted from 1."""
        return self.text.count("\n", 0, offset) + 1


def split(text: str) -> Source:
    """Cut a text."""
    start = 1 if text.startswith(BOM) else 0
    opening = _OPENING.match(text, start)
    if opening is None:
        return Source(text, start, start, start, start)
    closing = _CLOSING.search(text, opening.end())
    if closing is not None:
        return Source(text, start, opening.end(), closing.start(), closing.end())
    if not _KEY_LINE.match(text, opening.end()):
        return Source(text, start, start, start, start)
    end = _END_OF_OPEN_KEYS.search(text, opening.end())
    keys_end = len(text) if end is None else end.start()
    return Source(text, start, opening.end(), keys_end, keys_end, closed=False)
