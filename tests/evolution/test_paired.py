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
    """Cases that both pass or both fail move no figure but their own count."""
    few, many = compare(pairs((WON, 6)), 0.025), compare(pairs((WON, 6), (BOTH, 50), (NEITHER, 50)), 0.025)
    assert (few.p, few.significant, few.ties) == (many.p, many.significant, 0) == (0.015625, True, 0)
    assert many.ties == 100


def test_the_same_version_twice_is_never_better() -> None:
    """Without a difference p is one."""
    assert compare(pairs((BOTH, 30), (NEITHER, 30)), 0.05).p == 1.0


def test_a_scenario_is_won_where_nothing_in_it_is_lost() -> None:
    """One scenario with a win and a loss is none."""
    found = compare([*pairs((WON, 2), (LOST, 1)), *pairs((WON, 1), scenario="two")], 0.05)
    assert (found.wins, found.losses, found.scenarios_won) == (3, 1, 1)


def test_all_tries_together_spend_one_alpha() -> None:
    """The series adds up to alpha, however long it is, and the first try has half of it."""
    assert sum(alpha_of(0.05, number) for number in range(1, 5_000)) < 0.05
    assert alpha_of(0.05, 1) == 0.025


@pytest.mark.parametrize(("alpha", "wins"), [(0.05, 5), (0.025, 6), (0.05 / 6, 7), (0.05 / 12, 8)])
def test_so_many_wins_are_needed_at_least(alpha: float, wins: int) -> None:
    """Fewer can decide nothing, so fewer cases are not even run."""
    assert fewest_wins(alpha) == wins
    assert sign_test(wins, 0) <= alpha < sign_test(wins - 1, 0)
