"""The shipped pocket model on a sample of everything that its benchmark asks, through real llama.cpp.

A sample is held against the floors and, where docs/pocket.json says that the file misses one, against what it says,
each less what chance may take from it. So a file that is broken, or was trained on other prompts than the template now
writes, does not pass. Times are not judged here. What people wrote is of the validation sheet: the other one is kept
for `python -m benchmarks.pocket`.
"""

import json
import math
import re
from functools import cache
from pathlib import Path

import pytest

from benchmarks.figures import Figure
from benchmarks.pocket import POCKET
from benchmarks.pocket_parts import abstention, confidence, exactness
from benchmarks.pocket_parts.floors import Judge
from benchmarks.pocket_parts.playing import Played, play
from training.evaluate import line, mistake, splits
from training.measure.judging import decisions, stated_confidence
from training.measure.splits import Draw, lists

SAMPLE, JUDGE = Draw(30), Judge(sampled=True)


@cache
def played() -> Played:
    """Everything is asked once."""
    return play(POCKET, SAMPLE)


PAGE = json.loads((Path(__file__).parents[2] / "docs" / "pocket.json").read_text("utf-8"))
PUBLISHED = {one["what"]: one for chapter in PAGE.values() for one in chapter if one["target"] is not None}


def missed(figures: list[Figure]) -> list[str]:
    """The figures that miss their target and what the page says, as sentences."""
    assert any(figure.target is not None for figure in figures)
    return [str(figure) for figure in figures if not figure.holds and not is_as_published(figure)]


def is_as_published(figure: Figure) -> bool:
    """Whether it is no worse than the page says of the whole, but for two standard errors of the sample."""
    said = PUBLISHED[figure.what]
    size, whole = (int(re.findall(r"\d+", unit)[0]) for unit in (figure.unit, said["unit"]))
    percents = [
        one if "%" in figure.unit else 100 * one / of
        for one, of in ((figure.measured, size), (said["measured"], whole))
    ]
    measured, wanted = percents
    chance = 200 * math.sqrt(wanted / 100 * (1 - wanted / 100) / size)
    return measured >= wanted - chance if figure.better == ">=" else measured <= wanted + chance


def test_goals_that_training_never_made_come_out_exact() -> None:
    """New numbers, new phrases, and what people wrote."""
    assert missed(exactness.exact(played().goals, stated_confidence(), JUDGE)) == []


def test_what_is_no_goal_moves_nothing() -> None:
    """One text of a hundred may."""
    seen = played()
    told = abstention.none_of_its_business(seen.foreign, seen.made, seen.several, stated_confidence(), JUDGE)
    assert missed(told) == []


def test_an_error_ends_the_run() -> None:
    """In generated runs and in conversations that people wrote."""
    assert missed(exactness.reactions(played().errors, played().told, stated_confidence(), JUDGE)) == []


def test_a_tool_that_is_not_in_the_list_is_never_called() -> None:
    """Shuffled and reduced lists, without a grammar that would forbid it."""
    assert missed(exactness.lists(POCKET, lists(SAMPLE), JUDGE)) == []


def test_weights_that_are_all_zero_are_right_by_chance_at_most(tmp_path) -> None:
    """What is right without having learned anything would have been given away."""
    assert missed(exactness.chance(POCKET, splits(SAMPLE)["seen phrases"], tmp_path, JUDGE)) == []


def test_the_confidence_that_the_house_asks_for_keeps_false_actions_rare() -> None:
    """The number in kernel/models.md, on a sample of the texts by which it is chosen."""
    assert missed(confidence.asked_for(stated_confidence(), played().validation, played().test, JUDGE)) == []


@pytest.mark.parametrize("name", ["unseen phrases", "no goal, texts of people"])
def test_a_line_of_the_evaluation_tells_what_came_out(name: str) -> None:
    """One line for a split, and what was asked, wanted and written for a mistake."""
    runs = {**played().goals, "no goal, texts of people": played().test.foreign}[name]
    assert f"% of {len(runs):4} goals" in line(runs)
    assert mistake(decisions(runs)[0]).count("\n") == 2
