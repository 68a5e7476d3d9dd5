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


def test_a_text_in_quotes_is_no_word_of_the_goal() -> None:
    """The article `a` may become `A`; what stood in quotes is what it was."""
    learned, asked = "Make a file b.txt that says 'a.b'", parse_goal("Make A File b.txt That Says 'a.b'")
    assert not spelled_otherwise(learned, asked, ["b.txt", "a.b"])
    assert spelled_otherwise(learned, asked, ["b.txt", "a.b, a file"])


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
