"""Laws of how a pocket model is measured."""

import json

import pytest

from training import prompt
from training.evaluate import Score, called, splits
from training.numbers import is_held_out
from training.toolkit import ARM

SPLITS = splits(25)


def wanted(name: str) -> list[list[str]]:
    """The right replies of a split, goal by goal."""
    return [[prompt.reply(step.reply) for step in episode.steps] for episode in SPLITS[name]]


def test_the_splits_are_the_same_every_time() -> None:
    """Two measurements of one file can be compared."""
    assert splits(25) == SPLITS


def test_the_right_replies_score_everything() -> None:
    """Exactly the right texts, and nothing else, count."""
    for name, episodes in SPLITS.items():
        score = Score()
        for episode, replies in zip(episodes, wanted(name), strict=True):
            score.count(episode, replies)
        assert (score.right, score.right_episodes) == (score.asked, score.episodes)
        assert (score.motions, score.outside, score.wrong) == (0, 0, [])


def test_a_motion_on_a_text_that_is_no_goal_is_counted() -> None:
    """The figure that matters most counts what would have moved."""
    score = Score()
    episode = SPLITS["no goal"][0]
    score.count(episode, ['{"name":"go_home","arguments":{}}'])
    assert (score.right, score.motions) == (0, 1)


def test_a_tool_outside_the_list_is_counted_in_any_reply() -> None:
    """Whatever else is wrong with it."""
    score = Score()
    score.count(SPLITS["no goal"][0], ['{"name":"open_door","arguments":{}}'])
    assert score.outside == 1


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ('{"name":"go_home","arguments":{}}', "go_home"),
        ("nonsense", None),
        ("[1]", None),
        ('{"name":3}', None),
        ("", None),
    ],
)
def test_only_a_call_names_a_tool(written: str, name: str | None) -> None:
    """What is no call calls nothing."""
    assert called(written) == name


def test_new_numbers_are_in_no_training_text() -> None:
    """Every goal of that split asks for a number that is held out."""
    for replies in wanted("new numbers"):
        values = [value for reply in replies for value in json.loads(reply)["arguments"].values()]
        assert any(isinstance(value, float) and is_held_out(round(value * 1000)) for value in values)


def test_a_missing_tool_is_really_missing() -> None:
    """Each of these goals abstains at once, and its list lacks a tool of the arm."""
    for episode in SPLITS["a tool is missing"]:
        (step,) = episode.steps
        assert not set(ARM) <= {tool["function"]["name"] for tool in step.values["tools"]}
        assert step.reply.arguments == {"status": "abstained"}
