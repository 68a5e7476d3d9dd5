"""Which words training texts hold, and which whole texts, so that what is new can be told apart.

Knows no model. A word is a run of letters; what the planner reads as a number is none.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from random import Random

from llmos.messages import JSON
from llmos.models.reading import read_goal
from training import extras
from training.episodes import Author, Split
from training.grammar import SLOT, abstain_grammar, frames, goal_grammar, misspellings, prose
from training.mixes import MIXES

_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
_BATCHES = 100
"""Of three goals each: enough for the words that stand in code, not in a list."""


def words_of(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(_WORD.findall(text.lower()))


@lru_cache(maxsize=1)
def known_words() -> frozenset[str]:
    """Every word of a phrase, list, frame or text that training uses, and of some hundred texts of every round."""
    found = {*extras.VERBS, *extras.NOUNS}
    found.update(*(words_of(SLOT.sub(" ", text)) for text in _texts()))
    for number in range(len(MIXES)):
        author = Author(Split(noise=False, round=number), Random(f"words:{number}"))
        found.update(*(words_of(one.goal) for _ in range(_BATCHES) for one in author.batch(3)))
    return frozenset(found)


def is_trained(text: str) -> bool:
    """Whether training says this very text, whatever its capitals and the mark at its end."""
    return _plain(text) in _trained()


@lru_cache(maxsize=1)
def _trained() -> frozenset[str]:
    return frozenset(map(_plain, _texts()))


def _plain(text: str) -> str:
    return " ".join(text.lower().split()).rstrip(".!?")


def _texts() -> Iterator[str]:
    """All that training is made of."""
    for grammar in (goal_grammar(held_out=False), abstain_grammar(held_out=False)):
        yield from grammar.texts()
    for lists in (frames(), misspellings()):
        for entries in lists.values():
            yield from entries
    yield from prose(held_out=False)


def unknown_words(goal: str, state: Mapping[str, JSON]) -> frozenset[str]:
    """The words of a goal that training does not hold; names of things and places, and numbers in words, left out."""
    names = [*(state.get("objects") or ()), *(state.get("places") or ())]
    unknown = words_of(goal) - known_words() - words_of(" ".join(names).replace("_", " "))
    return unknown & words_of(read_goal(goal)) if unknown else unknown
