"""The sentence of some documents that is nearest in words to something that was done.

Knows no meaning: words that are shared show what a decision may rest on, and prove nothing.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z`\"(*_])")
_MARKER = re.compile(r"^(?:[-*+]|\d+[.)])\s+")
_WORD = re.compile(r"\w+")
_SHORTEST = 3
_COMMON = 0.4
"""A word that stands in a larger share of the sentences tells none of them from the others."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence and where it stands: `source` is its place in the list of documents, lines count from 1."""

    source: int
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Near:
    """The sentence that shares most, and the words that it shares, the rarest first."""

    sentence: Sentence
    words: tuple[str, ...]


def sentences(source: int, lines: Sequence[str], first: int = 1) -> Iterator[Sentence]:
    """The sentences of a text from line `first` on, each of which stands on one line; headings are none.

    >>> [each.text for each in sentences(0, ["# Head", "1. Look first. Then move."])]
    ['Look first.', 'Then move.']
    """
    for number, line in enumerate(lines, 1):
        if number < first or line.lstrip().startswith(("#", "```", "|", "<")):
            continue
        for text in _SENTENCE_END.split(_MARKER.sub("", line.strip())):
            if words_of(text):
                yield Sentence(source, number, text)


def words_of(text: str) -> set[str]:
    """The words that are long enough to tell something; of a name such as `move_to` also its parts."""
    found = {word.casefold() for word in _WORD.findall(text)}
    parts = {part for word in found for part in word.split("_")}
    return {word for word in found | parts if len(word) >= _SHORTEST and not word.isdigit()}


def nearest_sentence(weights: Mapping[str, float], candidates: Iterable[Sentence]) -> Near | None:
    """The sentence with the largest sum of weight times rarity (inverse document frequency), by its length.

    None where no sentence shares a word that is rare enough to mean something.
    """
    known = [(sentence, words_of(sentence.text)) for sentence in candidates]
    holders = Counter(word for _, words in known for word in words)
    most = max(1.0, _COMMON * len(known))
    rarity = {word: math.log(1 + len(known) / held) for word, held in holders.items() if held <= most}
    best: tuple[float, Near] | None = None
    for sentence, words in known:
        shared = sorted(words & weights.keys() & rarity.keys(), key=lambda word: (-weights[word] * rarity[word], word))
        score = sum(weights[word] * rarity[word] for word in shared) / math.sqrt(len(words) + 4)
        if shared and (best is None or score > best[0]):
            best = (score, Near(sentence, tuple(shared)))
    return best[1] if best else None
