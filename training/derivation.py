"""Tells which phrases can be written from others by filling slots: to who knows those, they are nothing new.

Knows no intent. Each word, mark and slot of a phrase counts as one symbol (Earley 1970, "An efficient context-free
parsing algorithm", has the general case; word lists here do not hold themselves, so plain recursion ends).
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

Symbols = tuple[str, ...]
_SYMBOL = re.compile(r"\{\w+\}|[\w'-]+|[^\w\s]")


def symbols(text: str) -> Symbols:
    """The words, marks and slots of a phrase."""
    return tuple(_SYMBOL.findall(text))


class Words:
    """The entries of word lists, found by the symbol that they begin with."""

    def __init__(self, lists: Mapping[str, Sequence[str]]) -> None:
        self._entries: dict[str, dict[str, set[Symbols]]] = {}
        for name, entries in lists.items():
            begun = self._entries[f"{{{name}}}"] = defaultdict(set)
            for entry in map(symbols, entries):
                first = entry[0] if entry else ""
                begun["" if first.startswith("{") else first].add(entry)

    def starting(self, slot: str, symbol: str) -> Iterable[Symbols]:
        """What may stand for a slot where this symbol comes next: what begins with it, with a slot, or is empty."""
        begun = self._entries.get(slot, {})
        return (*begun.get(symbol, ()), *begun.get("", ()))

    def can_write(self, text: str, phrases: Iterable[str]) -> bool:
        """Whether one of the phrases becomes this text when some of its slots are filled."""
        reader = _Reader(self, symbols(text))
        return any(len(reader.text) in reader.ends(symbols(phrase), 0) for phrase in phrases)


class _Reader:
    """One text; remembers what each slot can stand for at each place."""

    def __init__(self, words: Words, text: Symbols) -> None:
        self._words, self.text = words, text
        self._known: dict[tuple[str, int], set[int]] = {}

    def ends(self, row: Symbols, start: int) -> set[int]:
        """Where a row of symbols that begins at `start` may end."""
        places = {start}
        for symbol in row:
            places = {end for place in places for end in self._after(symbol, place)}
        return places

    def _after(self, symbol: str, place: int) -> set[int]:
        if (symbol, place) not in self._known:
            here = self.text[place] if place < len(self.text) else ""
            found = {place + 1} if here == symbol else set()
            for entry in self._words.starting(symbol, here):
                found |= self.ends(entry, place)
            self._known[symbol, place] = found
        return self._known[symbol, place]
