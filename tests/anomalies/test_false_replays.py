"""What was done once is never done wrongly twice: a sample of the adversarial suite, through the whole system.

All of it runs with `python -m benchmarks replays`.
"""

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from tests.support.adversaries import Lesson
from tests.support.adversaries_arm import arm_lessons
from tests.support.adversaries_files import file_lessons
from tests.support.classroom import teach_and_ask

pytestmark = pytest.mark.anyio

_CHANCE = Random(7)
_ASKS = 8
LESSONS = [
    replace(lesson, asks=tuple(_CHANCE.sample(lesson.asks, _ASKS)))
    for lesson in (*arm_lessons(_CHANCE, 1), *file_lessons(_CHANCE, 1))
]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: f"{lesson.body}: {lesson.name}")
async def test_what_is_alike_is_told_from_what_is_the_same(lesson: Lesson, tmp_path: Path) -> None:
    """No call is made without a model that does not reach the goal; what was learned needs no model again."""
    judged = await teach_and_ask(lesson, tmp_path)
    assert not [each for each in judged if each.false]
    assert not [each for each in judged if each.ask.must != "never" and not each.hit]


@pytest.mark.parametrize("lesson", LESSONS[::6], ids=lambda lesson: f"{lesson.body}: {lesson.name}")
async def test_skills_that_are_made_of_it_tell_it_too(lesson: Lesson, tmp_path: Path) -> None:
    """Whether a program leads or a trace: what was learned is done for its own goals and for no others."""
    judged = await teach_and_ask(lesson, tmp_path, crystallized=True)
    assert not [each for each in judged if each.false]
    assert not [each for each in judged if each.ask.must != "never" and not each.hit]


async def test_a_skill_leads_where_one_was_made(tmp_path: Path) -> None:
    """What was reached often enough with several points is a program by then."""
    judged = await teach_and_ask(LESSONS[0], tmp_path, crystallized=True)
    assert {each.mode for each in judged if each.hit} == {"CRYSTALLIZED"}
