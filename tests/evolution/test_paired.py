"""What pairs of runs say of two versions, exactly."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.evolution.paired import Pair, alpha_of, compare, fewest_wins, sign_test

WON, LOST, BOTH, NEITHER = (False, True), (True, False), (True, True), (False, False)


def pairs(*kinds: tuple[tuple[bool, bool], int], scenario: str = "one") -> list[Pair]:
    """So many pairs of each kind."""
    return [Pair(scenario, *kind) for kind, number in kinds for _ in range(number)]


@given(st.integers(0, 9), st.integers(0, 9))
def test_p_is_the_share_of_all_coin_throws_that_are_at_least_as_good(wins: int, losses: int) -> None:
    """Counted out, throw by throw."""
    throws = list(product((0, 1), repeat=wins + losses))
    assert sign_test(wins, losses) == pytest.approx(sum(sum(throw) >= wins for throw in throws) / len(throws))


def test_ties_say_nothing() -> None:
    """Scenarios in which both do alike move no figure but their own count."""
    won = [pair for i in range(6) for pair in pairs((WON, 1), scenario=f"won {i}")]
    alike = [pair for i in range(50) for pair in pairs((BOTH, 1), (NEITHER, 2), scenario=f"alike {i}")]
    few, many = compare(won, 0.025), compare([*alike, *won], 0.025)
    assert (few.p, few.significant, few.ties) == (many.p, many.significant, 0) == (0.015625, True, 0)
    assert (many.ties, many.cases) == (50, 156)


def test_the_same_version_twice_is_never_better() -> None:
    """Without a difference p is one."""
    assert compare(pairs((BOTH, 30), (NEITHER, 30)), 0.05).p == 1.0


def test_a_scenario_counts_once_however_many_cases_it_has() -> None:
    """A hundred cases of one page are one witness; which way it speaks, most of its cases say."""
    assert compare(pairs((WON, 100)), 0.05).p == 0.5
    found = compare([*pairs((WON, 2), (LOST, 1)), *pairs((WON, 1), (LOST, 1), scenario="two")], 0.05)
    assert (found.wins, found.losses, found.ties, found.cases) == (1, 0, 1, 5)
    assert str(found) == "1 scenario won, 0 lost, 1 alike in 5 cases; p = 0.5, 0.05 allowed"


def test_all_tries_together_spend_one_alpha() -> None:
    """The series adds up to alpha, however long it is, and the first try has half of it."""
    assert sum(alpha_of(0.05, number) for number in range(1, 5_000)) < 0.05
    assert alpha_of(0.05, 1) == 0.025


@pytest.mark.parametrize(("alpha", "wins"), [(0.05, 5), (0.025, 6), (0.05 / 6, 7), (0.05 / 12, 8)])
def test_so_many_wins_are_needed_at_least(alpha: float, wins: int) -> None:
    """Fewer can decide nothing, so fewer cases are not even run."""
    assert fewest_wins(alpha) == wins
    assert sign_test(wins, 0) <= alpha < sign_test(wins - 1, 0)
