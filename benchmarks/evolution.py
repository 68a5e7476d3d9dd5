"""How often edits of an agent are kept: such that better nothing (at most alpha, they should be) and such that repair.

`python -m benchmarks.evolution [HOMES]`. In each home a proposer tries again and again with one version, as `llmos
evolve` would; the verdicts are the real ones (`llmos/evolution/trial.py`), the runs of cases are throws of a coin. Two
rules that promise less are measured beside it: more cases passed, and a sign test that counts cases one by one.
"""

import sys
import time
from random import Random

import anyio

from benchmarks.figures import Figure, report
from llmos.evolution.paired import Pair, alpha_of, compare
from tests.support.benches import RULES, scenarios, share_of_promotions

_HOMES = 2_000
_TRIES = 12
_PAGES, _CASES = 14, 4
_RATES = (0.2, 0.5, 0.8, 0.95)


def _worse_rules(seed: int, homes: int) -> tuple[float, float]:
    """In which share of homes whole scenarios that turn over at random bring a commit by rates, and by single cases."""
    random = Random(seed)
    by_rates = by_cases = 0
    for _ in range(homes):
        rated = tested = False
        for number in range(1, _TRIES + 1):
            fates = [(random.random() < 0.5, random.random() < 0.5) for _ in range(_PAGES)]
            rated |= sum(new for _, new in fates) > sum(old for old, _ in fates)
            pairs = [Pair(f"{page} {case}", *fate) for page, fate in enumerate(fates) for case in range(_CASES)]
            tested |= compare(pairs, alpha_of(RULES.agent_alpha, number)).significant
        by_rates, by_cases = by_rates + rated, by_cases + tested
    return by_rates / homes, by_cases / homes


async def _measure(homes: int) -> list[Figure]:
    pages = scenarios(_PAGES, _CASES)
    alpha = 100 * RULES.agent_alpha
    figures = []
    started = time.perf_counter()
    for seed, rate in enumerate(_RATES):
        share = await share_of_promotions(seed, homes, _TRIES, (rate, rate), pages)
        figures.append(Figure(f"kept within {_TRIES} tries, nothing better at {rate:.0%}", 100 * share, "%", alpha))
    whole = await share_of_promotions(5, homes, _TRIES, (0.5, 0.5), pages, whole=True)
    by_rates, by_cases = _worse_rules(6, homes)
    figures += [
        Figure(f"kept within {_TRIES} tries, whole scenarios at random", 100 * whole, "%", alpha),
        Figure("the same, by more cases passed", 100 * by_rates, "%"),
        Figure("the same, by a sign test on single cases", 100 * by_cases, "%"),
    ]
    for seed, (old, new) in enumerate(((0.0, 0.9), (0.5, 0.95), (0.7, 0.95)), start=10):
        share = await share_of_promotions(seed, homes // 4, 1, (old, new), pages)
        wanted = 95.0 if old == 0.0 else None
        figures.append(Figure(f"kept at the first try, from {old:.0%} to {new:.0%}", 100 * share, "%", wanted, ">="))
    worse = await share_of_promotions(20, homes // 4, _TRIES, (0.8, 0.6), pages)
    figures.append(Figure(f"kept within {_TRIES} tries, from 80% to 60%", 100 * worse, "%", 0.5))
    figures.append(Figure("seconds", time.perf_counter() - started, "s"))
    return figures


def main() -> int:
    """Measure and print."""
    homes = int(sys.argv[1]) if len(sys.argv) > 1 else _HOMES
    return report("evolution", anyio.run(_measure, homes))


if __name__ == "__main__":
    sys.exit(main())
