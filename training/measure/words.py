"""Which words training texts hold, so that goals with others can be told apart.

Knows no model. A word is a run of letters; what the planner reads as a number is none.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from random import Random

from llmos.messages import JSON
from llmos.models.reading import read_goal
from training import extras
from training.episodes import Author, Split
from training.grammar import abstain_grammar, goal_grammar
from training.mixes import MIXES

_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
_SLOT = re.compile(r"\{\w+\}")
_BATCHES = 100
"""Of three goals each: enough for the words that stand in code, not in a list."""


def words_of(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(_WORD.findall(text.lower()))


@lru_cache(maxsize=1)
def known_words() -> frozenset[str]:
    """Every word of a phrase or list that training uses, and those of some hundred goals of every round."""
    found = {*extras.VERBS, *extras.NOUNS}
    for grammar in (goal_grammar(held_out=False), abstain_grammar(held_out=False)):
        found.update(*(words_of(_SLOT.sub(" ", text)) for text in grammar.texts()))
    for number in range(len(MIXES)):
        author = Author(Split(noise=False, round=number), Random(f"words:{number}"))
        found.update(*(words_of(episode.goal) for _ in range(_BATCHES) for episode in author.batch(3)))
    return frozenset(found)


def unknown_words(goal: str, state: Mapping[str, JSON]) -> frozenset[str]:
    """The words of a goal that training does not hold; names of things and places, and numbers in words, left out."""
    names = [*(state.get("objects") or ()), *(state.get("places") or ())]
    unknown = words_of(goal) - known_words() - words_of(" ".join(names).replace("_", " "))
    return unknown & words_of(read_goal(goal)) if unknown else unknown
