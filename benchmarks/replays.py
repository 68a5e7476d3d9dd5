"""False replays: goals that are alike, taught to a real system and asked of it, judged by the calls it makes itself.

`python -m benchmarks.replays [SCALE]`. A model that knows the right calls for every goal teaches each lesson in a home
of its own; then everything that resembles it is asked for. A replay is false when a call is made without a model that
does not reach the goal, or when the goal is said to be reached too early. Beside it stands how much of what could be
replayed was: the same goal written otherwise, and the same with other values, which are bound anew. One of each kind of
lesson is taught once more until skills are made of it, whose programs are then judged alike.
"""

import asyncio
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from random import Random

from benchmarks.figures import Figure, report
from tests.support.adversaries import Lesson, pairs
from tests.support.adversaries_arm import arm_lessons
from tests.support.adversaries_files import file_lessons
from tests.support.classroom import Judged, shares, teach_and_ask

_SEED, _SCALE = 20261120, 8


def lessons_of(scale: int) -> list[Lesson]:
    """So many lessons of each kind, the same ones every time."""
    chance = Random(_SEED)
    return [*arm_lessons(chance, scale), *file_lessons(chance, scale)]


def judge(lessons: Iterable[Lesson], *, crystallized: bool) -> list[Judged]:
    """What became of all that was asked; what went wrong is printed."""
    judged: list[Judged] = []
    for lesson in lessons:
        with tempfile.TemporaryDirectory() as folder:
            judged += asyncio.run(teach_and_ask(lesson, Path(folder), crystallized=crystallized))
    for each in judged:
        if each.false:
            print(f"  FALSE {each.lesson}, {each.ask.why}: {each.ask.task.goal!r} by {each.reason}: {each.led}")
    missed = Counter((each.lesson, each.ask.why) for each in judged if each.ask.must != "never" and not each.hit)
    for (lesson_name, why), count in missed.most_common(10):
        print(f"  missed {count}x {lesson_name}, {why}")
    return judged


def main() -> int:
    """Teach, ask, judge; exit 1 when a target is missed."""
    scale = int(sys.argv[1]) if len(sys.argv) > 1 else _SCALE
    lessons = lessons_of(scale)
    judged, skilled = judge(lessons, crystallized=False), judge(lessons_of(1), crystallized=True)
    found, of_skills = shares(judged), shares(skilled)
    led = sum(each.mode == "CRYSTALLIZED" for each in skilled)
    return report(
        "Goals that are alike, through the whole system",
        [
            Figure("false replays", found["false replays"], "", 0),
            Figure("pairs of a learned goal and one asked for", len(list(pairs(lessons))), "", 250 * scale, ">="),
            Figure("goals asked for that must not be replayed", sum(e.ask.must == "never" for e in judged), ""),
            Figure("the same goal replayed without a model", found["replay"] * 100, "%", 99, ">="),
            Figure("other values bound anew without a model", found["rebind"] * 100, "%", 95, ">="),
            Figure("false replays where skills are made", of_skills["false replays"], "", 0),
            Figure("of those goals reached by a skill's program", led, "", 1, ">="),
            Figure("the same goal reached without a model there", of_skills["replay"] * 100, "%", 99, ">="),
            Figure("other values reached without a model there", of_skills["rebind"] * 100, "%", 95, ">="),
        ],
    )


if __name__ == "__main__":
    sys.exit(main())
