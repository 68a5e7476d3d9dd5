"""How often traces are bound to a goal with other values, and how often wrongly, by random policies.

`python -m benchmarks.binding [COUNT]`. A policy is a straight line of tool calls; some of its runs are bound to another
goal, and what is bound is compared with what the policy would do. *Plain* ones use each value once, as it is. *Nasty*
ones have constants equal to values, computed heights, swapped axes, templates. *Hidden* ones also clamp, round and
rewrite values in ways that the runs need not show: without leaps that must not deceive, with them it may.
"""

import sys
from collections import Counter
from time import perf_counter

from benchmarks.figures import Figure, report
from tests.support.policies import Nature
from tests.support.trials import attempt

_COUNT = 3000
_PLAIN, _NASTY, _HIDDEN = Nature(plain=True), Nature(collusion=True), Nature(hidden=True, collusion=True)


def main() -> int:
    """Try, judge; exit 1 when a target is missed."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else _COUNT
    figures = []
    began = perf_counter()
    for title, nature, runs, leap, near, target in (
        ("plain, 1 run", _PLAIN, 1, True, 0.0, 0.0),
        ("plain, 2 runs", _PLAIN, 2, True, 0.0, 0.0),
        ("plain, 3 runs", _PLAIN, 3, True, 0.0, 0.0),
        ("nasty, 1 run", _NASTY, 1, True, 0.0, None),
        ("nasty, 2 runs", _NASTY, 2, True, 0.5, 0.0),
        ("nasty, 3 runs", _NASTY, 3, True, 0.5, 0.0),
        ("nasty, 6 runs", _NASTY, 6, True, 0.5, 0.0),
        ("hidden, 3 runs", _HIDDEN, 3, True, 0.5, None),
        ("hidden, 3 runs, no leaps", _HIDDEN, 3, False, 0.9, 0.0),
        ("hidden, 6 runs, no leaps", _HIDDEN, 6, False, 0.9, 0.0),
    ):
        came = Counter(attempt(seed, nature, runs, leap=leap, near=near).came for seed in range(count))
        others = count - came["exact"]
        figures.append(Figure(f"{title}: bound", 100 * came["bound"] / others, "%"))
        figures.append(Figure(f"{title}: bound wrongly", 100 * (came["false"] + came["unlucky"]) / others, "%", target))
    figures.append(Figure("time for one trial", 1000 * (perf_counter() - began) / (10 * count), "ms"))
    return report("Binding traces of random policies to other values", figures)


if __name__ == "__main__":
    sys.exit(main())
