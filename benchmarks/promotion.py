"""How often a skill of a known true rate climbs within 200 looks, one after each use, by the shipped rules.

`python -m benchmarks.promotion [COUNT]`. Each life is drawn with a seed; the exact chances beside the simulated ones
are computed over all lives at once. Some lives are led in real volumes, with sidecar lines and the code that decides at
every look; there the table that the others go by must say the same. What is judged of those few is their share, with
what chance alone may add to it (three standard errors).
"""

import math
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.figures import Figure, report
from llmos.documents.kernel import EvolutionRules, load_kernel
from llmos.evolution.evidence import log_e_fallen, log_e_value
from llmos.evolution.standing import Standing, record_of
from llmos.settings import system_root
from llmos.traces.usage import UsageLine, append, read_usage
from llmos.volumes.skill_hash import skill_hash
from tests.support.promotion import LOOKS, chance_to_reach, needed

_LIVES = 20_000
_WHOLE = 60
_SEED = 7
_FALLS = 60
_PAGE = "---\nname: draw\ndescription: Draws.\n---\n\nDraw it.\n"


def lives(rate: float, count: int, seed: int = _SEED) -> Iterator[list[bool]]:
    """So many skills of this true rate, each used 200 times."""
    chance = random.Random(f"{seed} {rate}")
    for _ in range(count):
        yield [chance.random() < rate for _ in range(LOOKS)]


def climbed(rules: EvolutionRules, tier: str, rate: float, count: int) -> float:
    """The share of skills of this rate that climb to the tier at one of 200 looks."""
    bar = rules.tiers[tier]
    fewest = needed(bar.unacceptable_rate, bar.min_uses, bar.min_rate, LOOKS, bar.e_value)
    through = 0
    for outcomes in lives(rate, count):
        successes = 0
        for number, ok in enumerate(outcomes, start=1):
            successes += ok
            if successes >= fewest[number]:
                through += 1
                break
    return through / count


def offered_in_a_volume(rules: EvolutionRules, rate: float, count: int) -> tuple[float, int]:
    """The share of skills that are ready at one of 200 looks in real volumes, and how often the table differs."""
    bar, through, astray = rules.tiers["team"], 0, 0
    fewest = needed(bar.unacceptable_rate, bar.min_uses, bar.min_rate, LOOKS, bar.e_value)
    with TemporaryDirectory() as folder:
        page = Path(folder) / "skills" / "draw" / "SKILL.md"
        page.parent.mkdir(parents=True)
        page.write_text(_PAGE)
        standing, text = Standing("draw", "user", page), skill_hash(page)
        for life, outcomes in enumerate(lives(rate, count)):
            root = Path(folder) / f"life-{life}"
            root.mkdir()
            append(root, *(_use(text, number, ok=ok) for number, ok in enumerate(outcomes)))
            lines, ready = read_usage(root), []
            for number in range(1, LOOKS + 1):
                record = record_of(standing, lines[:number], rules)
                ready.append(record.ready)
                astray += record.ready != (record.tally.total.successes >= fewest[number])
            through += any(ready)
    return through / count, astray


def flawless(rules: EvolutionRules, tier: str) -> int:
    """How many cases a skill that never fails needs."""
    bar = rules.tiers[tier]
    return next(
        n for n in range(bar.min_uses, LOOKS) if log_e_value(n, 0, bar.unacceptable_rate) >= math.log(bar.e_value)
    )


def fell(rules: EvolutionRules, tier: str, rate: float, count: int, *, good_uses: int = 0) -> tuple[float, float]:
    """The share of skills of this rate that fall from the tier within 200 uses of it, and after how many."""
    bar, limit, through, uses = rules.tiers[tier], math.log(rules.demotion_e_value), 0, 0
    for outcomes in lives(rate, count):
        whole = [True] * good_uses + outcomes
        for number in range(good_uses + 1, len(whole) + 1):
            if log_e_fallen(whole[:number], bar.min_rate, rules.demotion_window) >= limit:
                through, uses = through + 1, uses + number - good_uses
                break
    return through / count, uses / max(through, 1)


def _use(text: str, number: int, *, ok: bool) -> UsageLine:
    at = f"2026-11-20T{number // 60:02}:{number % 60:02}:00Z"
    return UsageLine(
        what="skill", name="draw", content_hash=text, run_id=f"{number:06}", ok=ok, slots_hash=f"{number}", at=at
    )


def _slack(rate: float, count: int) -> float:
    """Three standard errors of a share."""
    return 3 * math.sqrt(rate * (1 - rate) / count)


def main() -> int:
    """Simulate and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else _LIVES
    rules, began_s = load_kernel(system_root() / "kernel").evolution, time.perf_counter()
    figures = []
    for tier, bad, good in (("team", 0.5, 0.95), ("system", 0.7, 0.97)):
        bar = rules.tiers[tier]
        for rate, target, better in ((bad, 0.05, "<="), (good, 0.95, ">=")):
            figures.append(
                Figure(f"to {tier}: P(climbs | {rate})", climbed(rules, tier, rate, count), "", target, better)  # type: ignore[arg-type]
            )
            exact = chance_to_reach(rate, bar=bar.unacceptable_rate, min_uses=bar.min_uses, min_rate=bar.min_rate)
            figures.append(Figure(f"to {tier}: P(climbs | {rate}), exact", exact, "", target, better))  # type: ignore[arg-type]
        unprotected = replace(bar, e_value=1.0 + 1e-9)
        share = climbed(replace(rules, tiers={**rules.tiers, tier: unprotected}), tier, bad, count)
        figures.append(Figure(f"to {tier}: P(climbs | {bad}) by cases and rate alone", share, ""))
    figures += [
        Figure("to team: cases of a flawless skill", flawless(rules, "team"), "", 7),
        Figure("to system: cases of a flawless skill", flawless(rules, "system"), "", 13),
    ]
    share, astray = offered_in_a_volume(rules, 0.5, _WHOLE)
    figures += [
        Figure("a 50 % skill offered 200 times, in real volumes", share, "", 0.05 + _slack(0.05, _WHOLE)),
        Figure("looks at which volume and table disagree", astray, "", 0),
    ]
    for tier, good in (("team", 0.9), ("system", 0.97)):
        figures.append(Figure(f"from {tier}: P(falls | {good})", fell(rules, tier, good, _FALLS)[0], "", 0.05))
        share, uses = fell(rules, tier, 0.5, _FALLS // 3, good_uses=100)
        figures.append(Figure(f"from {tier}: P(falls | 0.5 after 100 successes)", share, "", 0.95, ">="))
        figures.append(Figure(f"from {tier}: uses until then, mean", uses, ""))
    figures.append(Figure("time", time.perf_counter() - began_s, "s"))
    return report(f"promotion, {count} lives of {LOOKS} uses", figures)


if __name__ == "__main__":
    sys.exit(main())
