"""Phrases with slots, read from YAML: a phrase of an intent, its slots filled from word lists or given values.

Knows no robot. One phrase in eight or so is held out of training, and one word in ten of every long list, by hashes
that no seed changes; what is listed more than once is how most people say it, and never held out.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from random import Random

import yaml

from training.derivation import Words

SLOT = re.compile(r"\{(\w+)\}")
Value = str | Callable[[], str]
LONG_LIST = 10
"""So many different entries a word list has of which some are kept from training; a short one would lose too much."""


@dataclass(frozen=True)
class Grammar:
    """Phrases per intent; `held_out` chooses those that training never uses instead of the others.

    `held_out_words` lets words that training never uses stand beside those that it does, about as often.
    """

    phrases: Mapping[str, Sequence[str]]
    words: Mapping[str, Sequence[str]]
    splits: bool = False
    held_out: bool = False
    held_out_words: bool = False

    @cached_property
    def _chosen(self) -> dict[str, list[str]]:
        if not self.splits:
            return {intent: list(phrases) for intent, phrases in self.phrases.items()}
        chosen = self._new if self.held_out else self._known
        return {intent: chosen[intent] or list(phrases) for intent, phrases in self.phrases.items()}

    @cached_property
    def _known(self) -> dict[str, list[str]]:
        return {
            intent: [phrase for phrase in phrases if not self._is_held_out(intent, phrase)]
            for intent, phrases in self.phrases.items()
        }

    @cached_property
    def _new(self) -> dict[str, list[str]]:
        """Those that the hash holds out, but for what training writes all the same, by filling another's slots."""
        words = Words(self.entries)
        return {
            intent: [
                phrase
                for phrase in phrases
                if self._is_held_out(intent, phrase) and not words.can_write(phrase, self._known[intent])
            ]
            for intent, phrases in self.phrases.items()
        }

    @cached_property
    def entries(self) -> Mapping[str, Sequence[str]]:
        """What may stand for each slot."""
        if not self.splits:
            return self.words
        kept = held_out_words()
        if self.held_out_words:
            return {name: _evenly(entries, kept) for name, entries in self.words.items()}
        return {name: [entry for entry in entries if entry not in kept] for name, entries in self.words.items()}

    def texts(self) -> Iterator[str]:
        """Every phrase and every entry of a word list that it may use."""
        for lists in (self._chosen, self.entries):
            for entries in lists.values():
                yield from entries

    def has_held_out(self, intent: str) -> bool:
        """Whether phrases of this intent are kept from training."""
        return bool(self._new.get(intent))

    def _is_held_out(self, intent: str, phrase: str) -> bool:
        return self.phrases[intent].count(phrase) == 1 and is_held_out(intent, phrase)

    def phrase(self, intent: str, random: Random) -> str:
        """A phrase, its slots not yet filled."""
        return random.choice(self._chosen[intent])

    def fill(self, phrase: str, values: Mapping[str, Value], random: Random) -> str:
        """The phrase with every slot filled: from `values` first, then from the word lists, to any depth."""

        def replace(match: re.Match[str]) -> str:
            name = match[1]
            if name in values:
                value = values[name]
                return value if isinstance(value, str) else value()
            return self.fill(random.choice(self.entries[name]), values, random)

        return SLOT.sub(replace, phrase)

    def write(self, intent: str, values: Mapping[str, Value], random: Random) -> str:
        """A filled phrase of the intent, blanks tidied."""
        return " ".join(self.fill(self.phrase(intent, random), values, random).split())


def is_held_out(intent: str, phrase: str) -> bool:
    """Whether the hash keeps a phrase from training; about one in eight."""
    return hashlib.sha256(f"{intent}:{phrase}".encode()).digest()[0] % 8 == 0


@lru_cache(maxsize=1)
def held_out_words() -> frozenset[str]:
    """The words that the hash keeps from training: about one in ten of those that stand once, and in a long list."""
    lists = [*_read("words").values(), *_read("abstain")["words"].values()]
    counts = Counter(entry.strip().lower() for entries in lists for entry in entries)
    long = [entry for entries in lists if len(set(entries)) >= LONG_LIST for entry in entries]
    once = [entry for entry in long if counts[entry.strip().lower()] == 1 and entry.strip().isalpha()]
    return frozenset(entry for entry in once if hashlib.sha256(f"word:{entry.strip()}".encode()).digest()[0] % 10 == 0)


def _evenly(entries: Sequence[str], kept: frozenset[str]) -> list[str]:
    """The entries, those that are kept from training so often that they come up as often as the others together."""
    new = [entry for entry in entries if entry in kept]
    return [*entries, *new * (len(entries) // max(1, len(new)))]


@lru_cache(maxsize=4)
def goal_grammar(*, held_out: bool, held_out_words: bool = False) -> Grammar:
    """The phrases of goals."""
    return Grammar(_plain_first("goals"), _read("words"), True, held_out, held_out_words)


@lru_cache(maxsize=4)
def abstain_grammar(*, held_out: bool, held_out_words: bool = False) -> Grammar:
    """The phrases that are no goal for an arm."""
    content = _read("abstain")
    phrases = {key: content[key] for key in ("phrases", "questions")}
    return Grammar(phrases, {**_read("words"), **content["words"]}, True, held_out, held_out_words)


@lru_cache(maxsize=2)
def prose(*, held_out: bool) -> tuple[str, ...]:
    """Texts that are no goal, written one by one: those that the hash keeps from training, or all others."""
    texts = (text for texts in _read("prose").values() for text in texts)
    return tuple(text for text in texts if is_held_out("prose", text) == held_out)


@lru_cache(maxsize=1)
def result_grammar() -> Grammar:
    """The wordings of tool results."""
    return Grammar(_read("results"), {})


def frames() -> Mapping[str, Sequence[str]]:
    """What people put around a goal, by where it stands."""
    return _read("frames")


def openings() -> Mapping[str, Sequence[str]]:
    """Words with which no order begins, and words after which one follows."""
    return _read("openings")


def misspellings() -> Mapping[str, Sequence[str]]:
    """Words with the ways in which they are often mistyped."""
    return _read("slips")


@lru_cache(maxsize=8)
def _plain_first(name: str) -> dict[str, list[str]]:
    """The phrases, those that are listed more than once thrice as often: short and plain is what people type most."""
    return {
        intent: phrases + [phrase for phrase in phrases if phrases.count(phrase) > 1] * 2
        for intent, phrases in _read(name).items()
    }


@lru_cache(maxsize=8)
def _read(name: str) -> dict[str, list[str]]:
    text = files("training").joinpath("data", f"{name}.yaml").read_text(encoding="utf-8")
    content: dict[str, list[str]] = yaml.load(text, Loader=yaml.BaseLoader)  # `on` and `no` are words here
    return content
