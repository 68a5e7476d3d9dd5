"""Laws of what the pocket benchmark makes of what it measured: floors, samples and pictures."""

import math
import xml.etree.ElementTree as ET

import pytest

from benchmarks.figures import Figure
from benchmarks.pocket_parts import confidence, pictures, robots
from benchmarks.pocket_parts.floors import Judge
from benchmarks.pocket_parts.playing import Sample
from llmos.robots.base import Pose
from training.episodes import Episode
from training.measure.asking import Decision, Run
from training.measure.judging import Share, acts, stated_confidence
from training.measure.splits import Draw, foreign, seen
from training.prompt import reply
from training.written import SHEETS, Sheet

WHOLE, SAMPLED = Judge(sampled=False), Judge(sampled=True)


@pytest.mark.parametrize(("count", "whole", "sampled"), [(98, True, True), (94, False, False), (96, False, True)])
def test_of_a_sample_chance_may_take_two_standard_errors(count: int, whole: bool, sampled: bool) -> None:
    """With a hundred goals and a floor of 98 % that is 2.8 points; the full measurement has no such allowance."""
    share = Share(count, 100)
    assert WHOLE.at_least("exact", share, 98.0).holds == whole
    assert SAMPLED.at_least("exact", share, 98.0).holds == sampled


def test_a_share_that_should_be_low_may_be_higher_in_a_sample() -> None:
    """The other way round."""
    assert not WHOLE.at_most("false actions", Share(2, 100), 1.0).holds
    assert SAMPLED.at_most("false actions", Share(2, 100), 1.0).holds
    assert not SAMPLED.at_most("false actions", Share(4, 100), 1.0).holds


def test_nothing_asked_is_judged_by_nothing() -> None:
    """A split that is empty in a sample is neither reached nor missed."""
    assert WHOLE.at_least("exact", Share(0, 0), 98.0).target is None


def test_the_house_states_a_confidence_that_is_a_probability() -> None:
    """What kernel/models.md asks for."""
    assert 0 <= stated_confidence() < 1


@pytest.mark.parametrize("sheet", SHEETS)
def test_every_kind_of_foreign_text_is_in_a_sample(sheet: Sheet) -> None:
    """A sample of one in all would say nothing of questions, or of injections."""
    assert foreign(Draw(1, sheet)).keys() == foreign(Draw(None, sheet)).keys()
    assert all(foreign(Draw(1, sheet)).values())


@pytest.mark.parametrize(
    ("way", "is_driven"),
    [
        ([(0, 0, 0), (-0.5, 0.5, 0), (0, 0, 0)], True),
        ([(0, 0, 0), (-0.49, 0.51, 0), (0.01, 0, 90)], True),
        ([(0, 0, 0)], False),
        ([(0, 0, 0), (-0.5, 0.5, 0)], False),
        ([(0, 0, 0), (-0.4, 0.5, 0), (0, 0, 0)], False),
    ],
)
def test_a_drive_there_and_back_has_been_there(way: list[tuple[float, float, float]], is_driven: bool) -> None:
    """Who stays at home has not driven."""
    poses = [Pose(x, y, 0.05, math.radians(theta)) for x, y, theta in way]
    assert robots.is_driven(robots.Drive(by=(-0.5, 0.5)), poses) == is_driven


@pytest.mark.parametrize(("turned", "is_driven"), [(90.0, True), (-270.0, True), (91.0, True), (-90.0, False)])
def test_a_drive_ends_as_it_should_be_turned(turned: float, is_driven: bool) -> None:
    """Whole turns do not count."""
    assert robots.is_driven(robots.Drive(theta_deg=90.0), [Pose(0, 0, 0.05, math.radians(turned))]) == is_driven


def texts(picture: str) -> list[str]:
    """What is written in a picture."""
    return [one.text or "" for one in ET.fromstring(picture).iter("{http://www.w3.org/2000/svg}text")]


def test_bars_tell_every_split_and_mark_every_floor() -> None:
    """Their names, their figures, and an orange line for each floor."""
    figures = [Figure("new numbers", 98.7, "%", 98.0, ">="), Figure("new & old words", 71.0, "%")]
    picture = pictures.bars(figures, "exact")
    assert {"new numbers", "new & old words", "98.7", "71.0", "exact"} <= set(texts(picture))
    assert picture.count(f'stroke="{pictures.FLOOR}"') == 1


def test_a_risk_curve_has_round_marks_and_both_sides() -> None:
    """Upwards to the next round step above what was measured."""
    picture = pictures.risk([(0.5, 0.0), (1.0, 0.02)], [(0.5, 0.01), (1.0, 0.043)], 0.9, "risk")
    assert {"5.0 %", "4.0 %", "1.0 %", "validation", "test"} <= set(texts(picture))
    assert picture.count("<polyline") == 2


def test_what_a_second_opinion_is_worth_shows_where_the_network_alone_cannot_tell() -> None:
    """A network that is as sure of talk as of goals begins nothing; with a classifier that knows talk, everything."""
    talk = [episode for kind in foreign(Draw(8)).values() for episode in kind]
    goals = [run(episode, reply(episode.steps[0].reply), 0.8) for episode in seen(Draw(20))]
    sample = Sample(
        goals=[one for one in goals if acts(one.decisions[0])],
        foreign=[run(episode, '{"name":"go_home","arguments":{}}', 0.1) for episode in talk],
        made=(),
    )
    both, alone = confidence.worth(sample, WHOLE)
    assert (both.measured, alone.measured) == (100.0, 0.0)


def run(episode: Episode, text: str, asked: float) -> Run:
    """The network is always as sure; the classifier says how probable a goal is."""
    return Run(episode, (Decision(episode.steps[0], text, 0.9 * asked, 0.9, 0.0, 0.0),))
