"""False replays: goals that are alike, taught to a real system and asked of it, judged by the calls it makes itself.

`python -m benchmarks.replays [SCALE]`. A model that knows the right calls for every goal teaches each lesson in a home
of its own; then everything that resembles it is asked for. A replay is false when a call is made without a model that
does not reach the goal, or when the goal is said to be reached too early. Beside it stands how much of what could be
replayed was: the same goal written otherwise, and the same with other values, which are bound anew.
"""

import asyncio
import sys
import tempfile
from collections import Counter
from pathlib import Path
from random import Random

from benchmarks.figures import Figure, report
from tests.support.adversaries import pairs
from tests.support.adversaries_arm import arm_lessons
from tests.support.adversaries_files import file_lessons
from tests.support.classroom import Judged, shares, teach_and_ask

_SEED, _SCALE = 20261120, 8


def main() -> int:
    """Teach, ask, judge; exit 1 when a target is missed."""
    scale = int(sys.argv[1]) if len(sys.argv) > 1 else _SCALE
    chance = Random(_SEED)
    lessons = [*arm_lessons(chance, scale), *file_lessons(chance, scale)]
    judged: list[Judged] = []
    for lesson in lessons:
        with tempfile.TemporaryDirectory() as folder:
            judged += asyncio.run(teach_and_ask(lesson, Path(folder)))
    for each in judged:
        if each.false:
            print(f"  FALSE {each.lesson}, {each.ask.why}: {each.ask.task.goal!r} by {each.reason}: {each.led}")
    missed = Counter((each.lesson, each.ask.why) for each in judged if each.ask.must != "never" and not each.hit)
    for (lesson_name, why), count in missed.most_common(10):
        print(f"  missed {count}x {lesson_name}, {why}")
    found = shares(judged)
    return report(
        "Goals that are alike, through the whole system",
        [
            Figure("false replays", found["false replays"], "", 0),
            Figure(
                "pairs of a learned goal and one asked for", len(list(pairs(lessons))), "", 2000 * scale / _SCALE, ">="
            ),
            Figure("goals asked for that must not be replayed", sum(e.ask.must == "never" for e in judged), ""),
            Figure("the same goal replayed without a model", found["replay"] * 100, "%", 99, ">="),
            Figure("other values bound anew without a model", found["rebind"] * 100, "%", 95, ">="),
        ],
    )


if __name__ == "__main__":
    sys.exit(main())
