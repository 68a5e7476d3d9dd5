"""Is one version better than another, from what both did on the same cases: an exact sign test, one-sided.

Knows no agent. McNemar's test in its exact form: of n cases in which only one of the two succeeded, the candidate won
w; if neither were better, each would be a fair coin, so p = P(X >= w), X ~ Binomial(n, 1/2).

Many tries spend one alpha: the k-th try with one version may use alpha / (k (k + 1)), and these add up to alpha, so by
the union bound edits that make nothing better bring a commit with a probability of at most alpha in however many tries.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import comb


@dataclass(frozen=True, slots=True)
class Pair:
    """One case: whether the version in force passed it, and whether the candidate did."""

    scenario: str
    current: bool
    candidate: bool


@dataclass(frozen=True, slots=True)
class Paired:
    """What the pairs come to."""

    wins: int
    losses: int
    ties: int
    scenarios_won: int
    """In how many scenarios the candidate won at least one case and lost none."""
    p: float
    alpha: float

    @property
    def significant(self) -> bool:
        """Whether chance is ruled out as far as this try may."""
        return self.p <= self.alpha

    def __str__(self) -> str:
        return f"{self.wins} won, {self.losses} lost, {self.ties} alike; p = {self.p:.2g}, {self.alpha:.2g} allowed"


def sign_test(wins: int, losses: int) -> float:
    """The probability of at least so many wins if neither version were better; exact.

    >>> sign_test(6, 0), sign_test(0, 0), sign_test(0, 3)
    (0.015625, 1.0, 1.0)
    >>> round(sign_test(9, 1), 5)
    0.01074
    """
    n = wins + losses
    return float(sum(comb(n, k) for k in range(wins, n + 1)) / 2**n)


def alpha_of(alpha: float, number: int) -> float:
    """What the try of this number, counted from 1, may spend of alpha.

    >>> [alpha_of(0.05, k) for k in (1, 2)], round(sum(alpha_of(0.05, k) for k in range(1, 100_000)), 4)
    ([0.025, 0.008333333333333333], 0.05)
    """
    return alpha / (number * (number + 1))


def compare(pairs: Iterable[Pair], alpha: float) -> Paired:
    """The test on these pairs, at what this try may spend."""
    every = tuple(pairs)
    won = [pair for pair in every if pair.candidate and not pair.current]
    lost = [pair for pair in every if pair.current and not pair.candidate]
    only_won = {pair.scenario for pair in won} - {pair.scenario for pair in lost}
    ties = len(every) - len(won) - len(lost)
    return Paired(len(won), len(lost), ties, len(only_won), sign_test(len(won), len(lost)), alpha)


def fewest_wins(alpha: float) -> int:
    """How many cases must be won, with none lost, for a test at this level; fewer cases cannot decide anything."""
    wins = 1
    while sign_test(wins, 0) > alpha:
        wins += 1
    return wins
