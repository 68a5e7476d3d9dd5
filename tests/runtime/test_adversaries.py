"""The adversarial suite at the level of signatures: no two goals collapse that must not, formatting always does."""

from collections import Counter
from random import Random

import pytest

from llmos.runtime.goals import parse_goal, respelled, values
from tests.support.adversaries import Lesson, Pair, pairs
from tests.support.adversaries_arm import arm_lessons
from tests.support.adversaries_files import file_lessons

SEED = 20261120


def lessons() -> list[Lesson]:
    """All lessons of the suite, the same ones every time."""
    chance = Random(SEED)
    return [*arm_lessons(chance, 8), *file_lessons(chance, 8)]


PAIRS = list(pairs(lessons()))


def test_the_suite_is_large_and_of_all_kinds() -> None:
    """At least 2,000 pairs that must not be replayed, and enough of those that must."""
    counted = Counter(pair.must for pair in PAIRS)
    assert counted["never"] >= 2000
    assert counted["replay"] >= 500
    assert counted["rebind"] >= 300
    assert list(pairs(lessons())) == PAIRS


@pytest.mark.parametrize("must", ["replay", "rebind", "never"])
def test_signatures_tell_alike_from_same(must: str) -> None:
    """Formatting changes neither signature nor slots, other values only the slots, and nothing else leaves both."""
    wrong = [pair for pair in PAIRS if pair.must == must and not _told(pair)]
    assert not wrong, wrong[:5]


def _told(pair: Pair) -> bool:
    learned, asked = parse_goal(pair.learned.goal), parse_goal(pair.asked.goal)
    same_skeleton = learned.signature == asked.signature
    same_values = values(learned) == values(asked)
    if pair.must == "replay":
        return same_skeleton and same_values
    if pair.must == "rebind":
        return same_skeleton and not same_values
    return not (same_skeleton and same_values) or bool(respelled(learned, asked))
