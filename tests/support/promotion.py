"""How often a skill of a known rate climbs, exactly; and homes in which skills were used so and so often."""

import math
from functools import cache

from llmos.evolution.evidence import log_e_value

LOOKS = 200


@cache
def needed(bar: float, min_uses: int, min_rate: float, looks: int = LOOKS, e_value: float = 20.0) -> tuple[float, ...]:
    """By number of uses: the fewest successes with which a skill climbs, infinity where none are enough."""

    def enough(n: int, k: int) -> bool:
        return n >= min_uses and k >= min_rate * n - 1e-9 and log_e_value(k, n - k, bar) >= math.log(e_value)

    return tuple(next((k for k in range(n + 1) if enough(n, k)), math.inf) for n in range(looks + 1))


def chance_to_reach(rate: float, *, bar: float, min_uses: int, min_rate: float, looks: int = LOOKS) -> float:
    """The exact probability that a skill of this true rate climbs at one of so many looks, one after each use."""
    fewest = needed(bar, min_uses, min_rate, looks)
    waiting, climbed = {0: 1.0}, 0.0
    for n in range(1, looks + 1):
        following: dict[int, float] = {}
        for k, share in waiting.items():
            for successes, part in ((k + 1, share * rate), (k, share * (1 - rate))):
                if successes >= fewest[n]:
                    climbed += part
                else:
                    following[successes] = following.get(successes, 0.0) + part
        waiting = following
    return climbed
