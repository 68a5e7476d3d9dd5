"""Finds a word in a text that arrives in pieces.

Knows no model and no dialect.
"""

from collections.abc import Callable, Sequence


def overlap(text: str, word: str) -> int:
    """How many characters at the end of `text` are the start of `word`, and not all of it.

    >>> overlap("see <tool", "<tool_call>")
    5
    """
    return next((size for size in range(min(len(text), len(word) - 1), 0, -1) if word.startswith(text[-size:])), 0)


class StopText:
    """Gathers pieces up to the first of `words`, passing on all that cannot be the start of one."""

    def __init__(self, words: Sequence[str], on_piece: Callable[[str], None]) -> None:
        self._words = words
        self._on_piece = on_piece
        self._held = ""
        self._passed: list[str] = []

    @property
    def text(self) -> str:
        """All that was passed on."""
        return "".join(self._passed)

    def add(self, piece: str) -> bool:
        """Take a piece; True when a word has been found, which ends the text before it."""
        self._held += piece
        places = [place for place in (self._held.find(word) for word in self._words) if place >= 0]
        if places:
            self._pass(self._held[: min(places)])
            self._held = ""
            return True
        keep = max((overlap(self._held, word) for word in self._words), default=0)
        ready, self._held = self._held[: len(self._held) - keep], self._held[len(self._held) - keep :]
        self._pass(ready)
        return False

    def finish(self) -> None:
        """Pass on what was held back: nothing follows that could make it a word."""
        if self._held:
            self._pass(self._held)
        self._held = ""

    def _pass(self, piece: str) -> None:
        self._passed.append(piece)
        self._on_piece(piece)
