"""From episodes to batches of tokens: each training step has its own seed, so that a run can be resumed anywhere.

Knows no network.
"""

from collections.abc import Iterator
from random import Random
from typing import TYPE_CHECKING

import numpy as np

from training import prompt
from training.episodes import Author, Episode, Split, Step
from training.own_data import OwnAuthor
from training.packing import Leaf, Packed, pack
from training.tokenizer import EOS, encode_lines

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from training.own import Own

GOALS_PER_WORLD = 5
LATER_SHARE, MOST_STEPS = 0.75, 4
SEEN = Split()
TOLD = "?>=!"
"""Goals, calls and results are worth predicting too: there the model sees numbers being copied and words in use."""


def leaf(tokenizer: "Tokenizer", step: Step) -> Leaf:
    """The tokens of a step; the last line of a prompt is its only one without a line break."""
    lines = prompt.prompt(step.values).splitlines(keepends=True)
    *encoded, reply = encode_lines(tokenizer, [*lines, prompt.reply(step.reply) + EOS])
    return Leaf(tuple(map(tuple, encoded)), tuple(reply), tuple(line[0] in TOLD for line in lines))


def chosen_steps(episode: Episode, random: Random, finishes: float) -> list[Step]:
    """The first step, and some of the later ones, so that long runs do not crowd out short ones."""
    later = [
        step
        for step in episode.steps[1:]
        if random.random() < (finishes if step.reply.name == "finish" else LATER_SHARE)
    ]
    random.shuffle(later)
    return [episode.steps[0], *later[: MOST_STEPS - 1]]


def bare_share(step: int) -> float:
    """How many worlds are bare: most at first, when copying has yet to be learned, and always some."""
    return max(0.2, 0.9 - step / 600)


def sequences(
    tokenizer: "Tokenizer",
    random: Random,
    length: int,
    bare: float = 0.0,
    *,
    split: Split = SEEN,
    own: "Own | None" = None,
) -> Iterator[Packed]:
    """Packed sequences without end, a share of them of bare worlds; `own` are verbs of a reader's."""
    author = Author(split, random) if own is None else OwnAuthor(split, random, own)
    finishes = split.mix.finishes

    def groups() -> Iterator[list[Leaf]]:
        while True:
            episodes = author.batch(GOALS_PER_WORLD, bare=random.random() < bare)
            yield [leaf(tokenizer, step) for episode in episodes for step in chosen_steps(episode, random, finishes)]

    return pack(groups(), length)


def batch(
    tokenizer: "Tokenizer",
    seed: int,
    step: int,
    rows: int,
    length: int,
    split: Split = SEEN,
    own: "Own | None" = None,
) -> Packed:
    """The batch of one training step: every array with a first axis of `rows`."""
    source = sequences(tokenizer, Random(f"{seed}:{step}"), length, bare_share(step), split=split, own=own)
    packed = [next(source) for _ in range(rows)]
    return Packed(
        np.stack([one.tokens for one in packed]),
        np.stack([one.targets for one in packed]),
        np.stack([one.told for one in packed]),
        np.stack([one.positions for one in packed]),
        np.stack([one.mask for one in packed]),
    )


def sample_texts(seed: int, episodes: int) -> Iterator[str]:
    """Prompts for the tokenizer to learn from."""
    author = Author(Split(), Random(f"{seed}:texts"))
    for _ in range(episodes // GOALS_PER_WORLD + 1):
        for episode in author.batch(GOALS_PER_WORLD):
            yield prompt.prompt(episode.steps[-1].values)
