"""E-values are what exact arithmetic says they are, at every size, and rarely mislead however often one looks."""

import math
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmos.evolution.evidence import log_e_fallen, log_e_value, wilson
from llmos.evolution.standing import shown_e
from tests.support.promotion import chance_to_reach

BARS = (Fraction(1, 2), Fraction(7, 10), Fraction(4, 5), Fraction(1, 10), Fraction(99, 100))


def exact(k: int, f: int, bar: Fraction) -> Fraction:
    """The same integral in rational numbers: B(k+1, f+1) times the chance of at most k successes in n+1."""
    n = k + f
    tail = sum(math.comb(n + 1, i) * bar**i * (1 - bar) ** (n + 1 - i) for i in range(k + 1))
    return tail / ((n + 1) * math.comb(n, k)) / (1 - bar) / (bar**k * (1 - bar) ** f)


def log(value: Fraction) -> float:
    """The natural logarithm of a fraction of any size."""
    return math.log(value.numerator) - math.log(value.denominator)


@pytest.mark.parametrize("bar", BARS, ids=str)
def test_e_value_is_the_exact_integral(bar: Fraction) -> None:
    """Every count up to 30 successes and 30 failures, to twelve digits."""
    for k, f in product(range(31), repeat=2):
        assert log_e_value(k, f, float(bar)) == pytest.approx(log(exact(k, f, bar)), rel=1e-12, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(n=st.integers(1, 1500), share=st.fractions(0, 1), bar=st.sampled_from(BARS))
def test_e_value_stays_exact_for_long_records(n: int, share: Fraction, bar: Fraction) -> None:
    """Any split of up to 1,500 uses, on both sides of the bar, to ten digits."""
    k = int(n * share)
    assert log_e_value(k, n - k, float(bar)) == pytest.approx(log(exact(k, n - k, bar)), rel=1e-10, abs=1e-10)


def test_e_value_of_a_hundred_thousand_uses_is_finite_and_exact() -> None:
    """Nothing overflows and no digits cancel, from none to all successes; the tail against 1/2 is a sum of C(n, i)."""
    n = 100_000
    for k in (0, 1, 30_000, 49_999, 50_000, 50_001, 50_400, 70_000, 99_999, n):
        assert math.isfinite(log_e_value(k, n - k, 0.5))
        assert math.isfinite(log_e_value(k, n - k, 0.999999))
    n, k = 20_000, 10_150
    choose, tail = 1, 0
    for i in range(k + 1):
        tail += choose
        choose = choose * (n + 1 - i) // (i + 1)
    value = log(Fraction(tail, 2 ** (n + 1))) - math.log(n + 1) - log(Fraction(math.comb(n, k))) + (n + 1) * math.log(2)
    assert log_e_value(k, n - k, 0.5) == pytest.approx(value, rel=1e-9)


def test_nothing_is_known_before_the_first_use() -> None:
    """Without uses the evidence is 1 in both directions: none."""
    assert log_e_value(0, 0, 0.5) == pytest.approx(0.0, abs=1e-15)
    assert log_e_fallen([], 0.8, 200) == 0.0
    assert wilson(0, 0, 0.95) == (0.0, 1.0)


def test_a_flawless_skill_passes_after_7_against_one_half_and_13_against_seven_tenths() -> None:
    """One use fewer does not reach 20."""
    for bar, needed, value in ((0.5, 7, "31.9"), (0.7, 13, "24.4")):
        assert log_e_value(needed - 1, 0, bar) < math.log(20) <= log_e_value(needed, 0, bar)
        assert shown_e(log_e_value(needed, 0, bar)) == value


@given(k=st.integers(0, 300), f=st.integers(0, 300), bar=st.sampled_from([0.1, 0.5, 0.7, 0.9]))
def test_a_success_speaks_for_and_a_failure_against(k: int, f: int, bar: float) -> None:
    """Monotone, so that counting a case as failed if it ever failed never makes evidence stronger."""
    assert log_e_value(k + 1, f, bar) > log_e_value(k, f, bar) > log_e_value(k, f + 1, bar)
    assert log_e_value(k + 1, f, bar) > log_e_value(k, f + 1, bar)


@given(k=st.integers(0, 60), f=st.integers(0, 60), bar=st.sampled_from([Fraction(1, 2), Fraction(7, 10)]))
def test_the_evidence_is_a_martingale_at_the_bar(k: int, f: int, bar: Fraction) -> None:
    """Ville's condition: at the bar, the mean of what comes next is what is there now."""
    here, success, failure = (math.exp(log_e_value(*each, float(bar))) for each in ((k, f), (k + 1, f), (k, f + 1)))
    assert float(bar) * success + (1 - float(bar)) * failure == pytest.approx(here, rel=1e-9)


def test_a_skill_of_the_unacceptable_rate_rarely_ever_climbs() -> None:
    """Exactly, by dynamic programming over 200 looks: at most one in twenty at the bar, at least nineteen when good."""
    assert chance_to_reach(0.5, bar=0.5, min_uses=5, min_rate=0.8) <= 0.05
    assert chance_to_reach(0.95, bar=0.5, min_uses=5, min_rate=0.8) >= 0.95
    assert chance_to_reach(0.7, bar=0.7, min_uses=10, min_rate=0.9) <= 0.05
    assert chance_to_reach(0.97, bar=0.7, min_uses=10, min_rate=0.9) >= 0.95


def test_a_fall_is_found_after_a_long_good_time() -> None:
    """300 successes do not hide that it fails half of the time now; a record at the bar's better side stays."""
    falling = [True] * 300 + [False, True] * 40
    assert log_e_fallen(falling, 0.8, 200) > math.log(20)
    assert log_e_value(80, 340 - 40, 1 - 0.8) < 0  # the whole record alone would never tell
    assert log_e_fallen([True] * 9 + [False], 0.8, 200) < math.log(20)
    assert log_e_fallen([True, True, True, True, False] * 40, 0.8, 200) < math.log(20)


def test_a_flawed_beginning_is_found_at_once() -> None:
    """Failures from the first use on are evidence after three of them."""
    needed = next(n for n in range(1, 20) if log_e_fallen([False] * n, 0.8, 200) >= math.log(20))
    assert needed == 3


def test_wilson_is_the_published_interval() -> None:
    """Two-sided 95 percent: 0 of 10, 4 of 5 and 10 of 10 (Newcombe 1998 has 0-27.8 for the first)."""
    assert wilson(0, 10, 0.95) == pytest.approx((0.0, 0.2775), abs=5e-4)
    assert wilson(4, 5, 0.95) == pytest.approx((0.3755, 0.9638), abs=5e-4)
    assert wilson(10, 10, 0.95) == pytest.approx((0.7225, 1.0), abs=5e-4)
