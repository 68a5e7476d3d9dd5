"""Is one version better than another, from what both did on the same cases: an exact sign test, one-sided.

Knows no agent. The unit is the scenario, not the case: the cases of one scenario stand and fall together, and who
counts them one by one takes luck in two scenarios for certainty. A scenario is won where the candidate passes more of
its cases than the version in force. McNemar's test in its exact form: of n scenarios that are won or lost, w were won;
if neither version were better, each would be a fair coin, so p = P(X >= w), X ~ Binomial(n, 1/2).

Many tries spend one alpha: the k-th try with one version may use alpha / (k (k + 1)), and these add up to alpha, so by
the union bound edits that make nothing better bring a commit with a probability of at most alpha in however many tries.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import comb

from llmos.errors import counted


@dataclass(frozen=True, slots=True)
class Pair:
    """One case: whether the version in force passed it, and whether the candidate did."""

    scenario: str
    current: bool
    candidate: bool


@dataclass(frozen=True, slots=True)
class Paired:
    """What the pairs come to: scenarios that were won, lost, and in which both did alike; `cases` are all that ran."""

    wins: int
    losses: int
    ties: int
    cases: int
    p: float
    alpha: float

    @property
    def significant(self) -> bool:
        """Whether chance is ruled out as far as this try may."""
        return self.p <= self.alpha

    def __str__(self) -> str:
        said = f"{counted(self.wins, 'scenario')} won, {self.losses} lost, {self.ties} alike in {self.cases} cases"
        return f"{said}; p = {self.p:.2g}, {self.alpha:.2g} allowed"


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
    balance: dict[str, int] = {}
    cases = 0
    for pair in pairs:
        cases += 1
        balance[pair.scenario] = balance.get(pair.scenario, 0) + pair.candidate - pair.current
    wins, losses = (sum(sign * each > 0 for each in balance.values()) for sign in (1, -1))
    return Paired(wins, losses, len(balance) - wins - losses, cases, sign_test(wins, losses), alpha)


def fewest_wins(alpha: float) -> int:
    """How many scenarios must be won, with none lost, for a test at this level; fewer cannot decide anything."""
    wins = 1
    while sign_test(wins, 0) > alpha:
        wins += 1
    return wins
