"""Spelling matters where a word of the goal was written into a file."""

import pytest

from llmos.runtime.goals import parse_goal
from llmos.runtime.spelling import spelled_otherwise


def test_a_text_that_follows_the_spelling_of_the_goal_is_not_written_again() -> None:
    """Hello is not hello in a file, though the goals are one."""
    assert spelled_otherwise("Write Hello into a.txt", parse_goal("write hello into a.txt"), ["a.txt", "Hello\n"]) == (
        "it wrote 'Hello' as its goal spells it, and this goal spells it otherwise"
    )
    assert spelled_otherwise("Say hi!", parse_goal("Say hi"), ["hi!"]) == (
        "it wrote '!' as its goal spells it, and this goal spells it otherwise"
    )


@pytest.mark.parametrize(
    ("asked", "texts"),
    [
        ("write Hello into a.txt", ["Hello"]),
        ("WRITE Hello INTO a.txt", ["Hello"]),
        ("write  hello into b.txt!", ["b.txt", "bye", "Hellos"]),
        ("write hello into a.txt", []),
    ],
)
def test_spelling_is_formatting_elsewhere(asked: str, texts: list[str]) -> None:
    """What was not written, or is spelled alike, does not matter."""
    assert not spelled_otherwise("Write Hello into a.txt", parse_goal(asked), texts)
