"""Fenced blocks in the body of a document: texts and JSON values that come back as they were, whatever is in them.

Knows no format; a reader that meets something else than it asked for names the line.
"""

import json
import re
from collections.abc import Iterable

from llmos.documents.document import BrokenDocumentError, Document
from llmos.messages import JSON

_WIDEST = 100
_TICKS = re.compile("`+")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
_OPENING = re.compile(r"(`{3,})(json|text)")


def text_fence(text: str, indent: int = 0) -> list[str]:
    """The lines of a text in a fence; as JSON where it has characters that an editor would change."""
    if _CONTROL.search(text):
        return json_fence(text, indent)
    longest = max((len(ticks) for ticks in _TICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return _indented([f"{fence}text", *text.split("\n"), fence], indent)


def json_fence(value: JSON, indent: int = 0) -> list[str]:
    """The lines of a value in a fence: short ones in one line, mappings with a line for each key."""
    return _indented(["```json", *_json_lines(value), "```"], indent)


class Fences:
    """Reads lines and blocks from a body, in order; empty lines between them mean nothing."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._lines = document.body.split("\n")
        self._at = 0

    def takes(self, line: str) -> bool:
        """Whether the next line is this one; if so it is done with."""
        self._skip()
        if self._at < len(self._lines) and self._lines[self._at].rstrip() == line:
            self._at += 1
            return True
        return False

    def expect(self, line: str) -> None:
        """Go past this line; raises DocumentError when another one comes."""
        if not self.takes(line):
            raise self.wrong(f"'{line.strip()}' belongs here, not {self._shown()}")

    def expect_end(self) -> None:
        """Raises DocumentError when something is left."""
        self._skip()
        if self._at < len(self._lines):
            raise self.wrong(f"nothing belongs here, not {self._shown()}")

    def match(self, pattern: re.Pattern[str], what: str) -> re.Match[str]:
        """The next line, which must be of this form; raises DocumentError naming `what` belongs there."""
        self._skip()
        found = pattern.fullmatch(self._lines[self._at].rstrip()) if self._at < len(self._lines) else None
        if found is None:
            raise self.wrong(f"{what} belongs here, not {self._shown()}")
        self._at += 1
        return found

    def text(self, indent: int = 0) -> str:
        """The text of the next block."""
        kind, lines, line = self._block(indent)
        if kind == "text":
            return "\n".join(lines)
        value = self._value(lines, line)
        if not isinstance(value, str):
            raise self._wrong_at(line, "a text belongs here, not another value")
        return value

    def mapping(self, indent: int = 0) -> dict[str, JSON]:
        """The keys and values of the next block."""
        kind, lines, line = self._block(indent)
        value = self._value(lines, line) if kind == "json" else None
        if not isinstance(value, dict):
            raise self._wrong_at(line, "keys and values belong here, as JSON")
        return value

    def wrong(self, sentence: str) -> BrokenDocumentError:
        """The error of the line that comes next."""
        return self._wrong_at(self._at, sentence)

    def wrong_before(self, sentence: str) -> BrokenDocumentError:
        """The error of what was read last."""
        return self._wrong_at(self._at - 1, sentence)

    def _wrong_at(self, index: int, sentence: str) -> BrokenDocumentError:
        return BrokenDocumentError(self._document.path, self._document.body_line + index, sentence)

    def _block(self, indent: int) -> tuple[str, list[str], int]:
        """The kind of the next block, its lines, and where the first of them stands."""
        self._skip()
        pad = " " * indent
        line = self._lines[self._at] if self._at < len(self._lines) else ""
        opening = _OPENING.fullmatch(line.rstrip().removeprefix(pad)) if line.startswith(pad) else None
        if opening is None:
            raise self.wrong(f"a block of json or text belongs here, not {self._shown()}")
        first = self._at + 1
        try:
            end = next(i for i in range(first, len(self._lines)) if self._lines[i].rstrip() == pad + opening[1])
        except StopIteration:
            raise self.wrong("this block is never closed") from None
        self._at = end + 1
        return opening[2], [self._outdented(index, pad) for index in range(first, end)], first

    def _outdented(self, index: int, pad: str) -> str:
        line = self._lines[index]
        if line and not line.startswith(pad):
            raise self._wrong_at(index, f"a line of a block here begins with {len(pad)} blanks")
        return line.removeprefix(pad)

    def _value(self, lines: Iterable[str], index: int) -> JSON:
        try:
            return json.loads("\n".join(lines))
        except json.JSONDecodeError as error:
            raise self._wrong_at(index + error.lineno - 1, f"this is not JSON: {error.msg}") from None
        except RecursionError:
            raise self._wrong_at(index, "this is nested too deeply") from None

    def _skip(self) -> None:
        while self._at < len(self._lines) and not self._lines[self._at].strip():
            self._at += 1

    def _shown(self) -> str:
        return f"'{self._lines[self._at].strip()[:60]}'" if self._at < len(self._lines) else "the end of the file"


def _json_lines(value: JSON) -> list[str]:
    line = _json(value)
    if len(line) <= _WIDEST or not isinstance(value, dict):
        return [line]
    pairs = [f"  {_json(key)}: {_json(item)}" for key, item in value.items()]
    return ["{", *(f"{pair}," for pair in pairs[:-1]), pairs[-1], "}"]


def _json(value: JSON) -> str:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _indented(lines: Iterable[str], indent: int) -> list[str]:
    pad = " " * indent
    return [pad + line if line else "" for line in lines]
