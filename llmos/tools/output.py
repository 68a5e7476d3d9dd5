"""Cuts what a tool answered down to what a model is shown, and says what was cut.

Knows no tool; a picture is passed on whole.
"""

from collections.abc import Sequence

from llmos.messages import Image, Text

REMARKS = 200
"""Bytes that a tool which bounds its own output leaves free, for what it says about it."""


class Tail:
    """Keeps the first and the last bytes of a stream, half of `limit` each, and counts the rest."""

    def __init__(self, limit: int) -> None:
        self._room = max(limit // 2, 1)
        self._head = bytearray()
        self._tail = bytearray()
        self._dropped = 0

    def add(self, chunk: bytes) -> None:
        """Take in some more."""
        room = self._room - len(self._head)
        self._head += chunk[:room]
        self._tail += chunk[room:]
        if len(self._tail) > self._room:
            self._dropped += len(self._tail) - self._room
            del self._tail[: -self._room]

    def text(self) -> str:
        """What was kept, as text, with a line that says what was cut; a letter in the way of the cut is left out."""
        if not self._dropped:
            return (self._head + self._tail).decode("utf-8", "replace")
        head, tail = self._head.decode("utf-8", "replace"), self._tail.decode("utf-8", "replace")
        size = len(self._head) + len(self._tail) + self._dropped
        return f"{head.rstrip(_CUT)}\n[{self._dropped} of {size} bytes cut here]\n{tail.lstrip(_CUT)}"


_CUT = "\ufffd"


def limited(content: Sequence[Text | Image], limit: int) -> tuple[Text | Image, ...]:
    """The content, its text joined and cut in the middle where it has more than `limit` bytes.

    Providers refuse a text without a character, so none is said as `(empty)`; what UTF-8 cannot hold, such as the bytes
    of a strange file name, becomes a question mark.
    """
    plain = [part if isinstance(part, Image) else _encoded(part) for part in content]
    texts = [part for part in plain if isinstance(part, bytes)]
    if plain and sum(map(len, texts)) <= limit:
        return tuple(part if isinstance(part, Image) else Text(part.decode() or "(empty)") for part in plain)
    tail = Tail(limit)
    tail.add(b"\n".join(texts))
    return (Text(tail.text() or "(empty)"), *(part for part in plain if isinstance(part, Image)))


def _encoded(part: Text) -> bytes:
    return part.text.encode("utf-8", "replace")
