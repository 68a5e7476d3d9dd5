"""How probable it is that a text asks a robot for anything at all, by its words and parts of words.

Knows no tool and no network. A logistic regression over hashed features (Weinberger et al. 2009, "Feature Hashing for
Large Scale Multitask Learning", https://arxiv.org/abs/0902.2206). It errs in other places than a network does, so both
together know more than either. Its weights stand in the model's GGUF file.
"""

import re
import zlib
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp
from pathlib import Path
from typing import Annotated

import msgspec

from llmos.messages import JSON
from llmos.models.gguf_header import ModelFileError
from llmos.models.reading import read_goal

WEIGHTS_KEY = "llmos.domain_classifier.weights"
SCALE_KEY = "llmos.domain_classifier.scale"
BIAS_KEY = "llmos.domain_classifier.bias"
_NUMBER = re.compile(r"[xyz]?-?\d+(\.\d+)?")
_WORD = re.compile(r"[a-z']+|[^\sa-z]")
_PART, _BEGINNING = 3, 4
_EVERYDAY = frozenset({"move_to", "go_home"})
"""Names whose words are in many a text that is no goal."""
_SUREST = 1e-5
_MOST = 500.0  # exp of more is no float


def features(text: str, tools: Iterable[str], buckets: int) -> list[int]:
    """The buckets of a text: words, neighbours, beginnings and parts of words; all numbers count as the same.

    One more is that the text holds every word of a tool's name: so a tool that training never saw can be asked for.
    """
    words = ["<", *_WORD.findall(_NUMBER.sub("#", read_goal(text))), ">"]
    found = {*words, *map(" ".join, pairwise(words)), *(f"{word[:_BEGINNING]}*" for word in words)}
    found.update(part for word in words for part in _parts(word))
    if any(_is_named(tool, words) for tool in tools):
        found.add("=tool")
    return sorted({zlib.crc32(each.encode()) % buckets for each in found})


def _is_named(tool: str, words: Sequence[str]) -> bool:
    parts = tool.lower().split("_")
    return len(parts) > 1 and tool not in _EVERYDAY and all(part in words for part in parts)


def _parts(word: str) -> Iterator[str]:
    return (f"~{word[at : at + _PART]}" for at in range(len(word) - _PART + 1))


@dataclass(frozen=True, slots=True)
class DomainClassifier:
    """Weights, one for each bucket; `scale` times their sum, and `bias`, are the log-odds of a goal."""

    weights: "array[int]"
    scale: float
    bias: float

    def probability(self, text: str, tools: Iterable[str]) -> float:
        """Of being a goal where there are tools of these names; 0 to 1."""
        odds = self.bias + self.scale * sum(self.weights[at] for at in features(text, tools, len(self.weights)))
        return 1.0 / (1.0 + exp(min(-odds, _MOST)))


_Byte = Annotated[int, msgspec.Meta(ge=-128, le=127)]
_Finite = Annotated[float, msgspec.Meta(ge=-1e6, le=1e6)]


def pooled(reply: float, goal: float) -> float:
    """How probable it is that a call is meant: by the probability of the reply, and that of there being a goal.

    The opinions err apart, so their odds are multiplied (a logarithmic opinion pool; Genest and Zidek 1986,
    https://doi.org/10.1214/ss/1177013825), and neither counts as surer than 1 in 100,000. A reply that is less likely
    than not gains nothing by being one to a goal.
    """
    odds = _odds(reply) * _odds(goal)
    both = odds / (1.0 + odds)
    return both if reply >= 0.5 else min(reply, both)


def _odds(probability: float) -> float:
    bounded = min(max(probability, _SUREST), 1.0 - _SUREST)
    return bounded / (1.0 - bounded)


class _Keys(msgspec.Struct):
    weights: Annotated[list[_Byte], msgspec.Meta(min_length=1)] = msgspec.field(name=WEIGHTS_KEY)
    scale: _Finite = msgspec.field(name=SCALE_KEY)
    bias: _Finite = msgspec.field(name=BIAS_KEY)


def read_classifier(keys: Mapping[str, JSON], path: Path) -> DomainClassifier | None:
    """The one that the keys of the GGUF file at `path` hold; None where it has none, ModelFileError where damaged."""
    if WEIGHTS_KEY not in keys:
        return None
    try:
        found = msgspec.convert(dict(keys), _Keys)
    except msgspec.ValidationError as error:
        raise ModelFileError(f"{path} is damaged: its domain classifier cannot be read: {error}") from error
    return DomainClassifier(array("b", found.weights), found.scale, found.bias)
