"""Learns to tell goals from texts that are none, for the classifier in the model's file: the second opinion.

Knows no network. A goal that only names what is not there, or needs a tool that is missing, is a goal all the same, and
is left out.
"""

from array import array
from collections.abc import Iterator
from itertools import islice
from random import Random
from typing import TYPE_CHECKING

import torch
from torch.nn.functional import binary_cross_entropy_with_logits, embedding_bag

from llmos.models.domain_classifier import DomainClassifier, features
from training.episodes import REASONS, Author, Split, tool_names
from training.mixes import MEASURED
from training.own_data import OwnAuthor

if TYPE_CHECKING:
    from training.own import Own

BUCKETS = 1 << 15
EPOCHS, ROWS, RATE, DECAY = 4, 256, 0.01, 1e-6
WEIGHT = 1.875
"""The log-odds are multiplied by this: how much it counts beside the network's, chosen on the validation sheet."""
PER_WORLD = 5
Text = tuple[torch.Tensor, float]
"""The buckets of a text, and 1 for a goal."""


def fit_classifier(
    seed: int, texts: int, own: "Own | None" = None, start: DomainClassifier | None = None
) -> DomainClassifier:
    """The classifier of so many texts of the measured round's mix, from `start` on; the same for the same seed."""
    split, random = Split(round=MEASURED), Random(f"{seed}:domain")
    author = Author(split, random) if own is None else OwnAuthor(split, random, own)
    known = list(islice(_texts(author), texts))
    weights, bias = _begun(start)
    optimizer = torch.optim.Adam([weights, bias], lr=RATE)
    steps = EPOCHS * -(-texts // ROWS)
    slower = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 1.0 / steps, total_iters=steps)
    for _ in range(EPOCHS):
        random.shuffle(known)
        for at in range(0, texts, ROWS):
            buckets, starts, is_goal = _rows(known[at : at + ROWS])
            odds = embedding_bag(buckets, weights, starts, mode="sum")[:, 0] + bias
            loss = binary_cross_entropy_with_logits(odds, is_goal) + DECAY * weights.square().sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            slower.step()
    return _rounded(weights.detach()[:, 0] * WEIGHT, bias.item() * WEIGHT)


def _begun(start: DomainClassifier | None) -> tuple[torch.Tensor, torch.Tensor]:
    """The weights of a classifier to go on from, as they were before they were multiplied; else nothing but zeros."""
    if start is None or len(start.weights) != BUCKETS:
        return torch.zeros(BUCKETS, 1, requires_grad=True), torch.zeros(1, requires_grad=True)
    weights = torch.tensor(start.weights, dtype=torch.float32)[:, None] * (start.scale / WEIGHT)
    return weights.requires_grad_(), torch.tensor([start.bias / WEIGHT], requires_grad=True)


def _texts(author: Author) -> Iterator[Text]:
    while True:
        for episode in author.batch(PER_WORLD):
            if REASONS.get(episode.intent, "goal") == "goal":
                found = features(episode.goal, tool_names(episode.steps[0]), BUCKETS)
                yield torch.tensor(found), float(episode.intent != "abstain")


def _rows(texts: list[Text]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """All buckets in one row, where each text begins in it, and which are goals."""
    ends = torch.tensor([len(buckets) for buckets, _ in texts]).cumsum(0)
    starts = torch.cat([torch.zeros(1, dtype=ends.dtype), ends[:-1]])
    return torch.cat([buckets for buckets, _ in texts]), starts, torch.tensor([is_goal for _, is_goal in texts])


def _rounded(weights: torch.Tensor, bias: float) -> DomainClassifier:
    """One byte for each weight."""
    scale = weights.abs().max().item() / 127 or 1.0
    return DomainClassifier(array("b", (weights / scale).round().int().tolist()), scale, bias)
