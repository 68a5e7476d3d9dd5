"""How strongly uses speak for or against a success rate, whenever one looks: e-values and Wilson's interval.

Knows numbers only. Rates are shares in [0, 1]; e-values come as natural logarithms, because they grow without bound.
"""

import math
from collections.abc import Sequence
from statistics import NormalDist

_TINY = 1e-300
_STEPS = 100_000
_EXACT = 1e-15


def log_e_value(successes: int, failures: int, bar: float) -> float:
    """The evidence that the success rate is above `bar`, as the logarithm of an e-value.

    The likelihood of a rate, averaged evenly over all rates in [bar, 1], over the likelihood of `bar` itself:

        E = integral from bar to 1 of p^k (1-p)^f dp / (1-bar) / (bar^k (1-bar)^f)

    Whatever the true rate <= bar, E is a nonnegative supermartingale that begins at 1, so by Ville's inequality the
    probability that it ever reaches 1/alpha is at most alpha, however often one looks: J. Ville, Etude critique de la
    notion de collectif, 1939; mixtures: H. Robbins, Statistical methods related to the law of the iterated logarithm,
    Ann. Math. Stat. 41 (1970); e-processes: A. Ramdas, P. Grunwald, V. Vovk, G. Shafer, Game-theoretic statistics and
    safe anytime-valid inference, Stat. Sci. 38 (2023).

    The integral is an incomplete beta function; its continued fraction (NIST DLMF 8.17.22) is taken on the side on
    which it converges fast, so that up to 1e5 uses nothing overflows and no digits cancel.
    """
    k, f, below = successes, failures, 1.0 - bar
    if below * (k + f + 4) < f + 2:
        return math.log(bar) - math.log(f + 1) + math.log(_fraction(f + 1, k + 1, below))
    whole = math.lgamma(k + 1) + math.lgamma(f + 1) - math.lgamma(k + f + 2)
    whole -= k * math.log(bar) + (f + 1) * math.log(below)
    lower = math.log(bar) - math.log(k + 1) + math.log(_fraction(k + 1, f + 1, bar))
    return whole + math.log1p(-math.exp(lower - whole))


def log_e_fallen(outcomes: Sequence[bool], bar: float, newest: int) -> float:
    """The evidence that the success rate is below `bar`, or fell below it at some use, as the logarithm of an e-value.

    An e-process against "rate >= bar" begins at each use j with the weight 1/(j(j+1)); their weighted sum is one
    again, for the weights sum to at most 1. So a skill that worked for long is not protected by its past. Of the
    beginnings the `newest` are looked at; leaving the others out only makes the sum smaller.
    """
    total = len(outcomes)
    logs, failures = [], 0
    for back, ok in enumerate(reversed(outcomes[max(0, total - newest) :]), start=1):
        failures += not ok
        begun = total - back + 1
        logs.append(log_e_value(failures, back - failures, 1.0 - bar) - math.log(begun) - math.log(begun + 1))
    if not logs:
        return 0.0
    most = max(logs)
    return most + math.log(sum(math.exp(each - most) for each in logs))


def wilson(successes: int, cases: int, confidence: float) -> tuple[float, float]:
    """The two-sided interval of a rate (E. B. Wilson, J. Am. Stat. Assoc. 22, 1927); (0, 1) where nothing is known."""
    if cases == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1.0 + confidence) / 2.0)
    rate, square = successes / cases, z * z / cases
    middle = (rate + square / 2.0) / (1.0 + square)
    half = z * math.sqrt(rate * (1.0 - rate) / cases + square / (4.0 * cases)) / (1.0 + square)
    return max(0.0, middle - half), min(1.0, middle + half)


def _fraction(a: int, b: int, x: float) -> float:
    """The continued fraction of I_x(a, b) a B(a, b) / (x^a (1-x)^b), by Lentz's method; x is at most about a/(a+b)."""
    c = 1.0
    d = 1.0 / _away(1.0 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, _STEPS):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1.0 / _away(1.0 + term * d)
            c = _away(1.0 + term / c)
            step = c * d
            value *= step
        if abs(step - 1.0) < _EXACT:
            break
    return value


def _away(value: float) -> float:
    """The value, kept away from zero."""
    return value if abs(value) > _TINY else _TINY
