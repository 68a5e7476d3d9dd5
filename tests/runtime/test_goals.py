"""Goals are taken as they were typed."""

import pytest

from llmos.errors import LLMosError
from llmos.runtime.goals import check_goal


def test_a_goal_is_only_trimmed() -> None:
    """Nothing inside a goal is changed."""
    assert check_goal("  move  to (-1.0, 2)\n and stay \n", 100) == "move  to (-1.0, 2)\n and stay"


@pytest.mark.parametrize("text", ["", "  \n\t "])
def test_an_empty_goal_is_refused(text: str) -> None:
    """Nothing to do is a person's mistake."""
    with pytest.raises(LLMosError) as refused:
        check_goal(text, 100)
    assert str(refused.value) == (
        "The goal is empty; say in plain words what is to be done, or pipe it in with GOAL '-'."
    )


def test_a_goal_is_measured_in_bytes() -> None:
    """The limit is the kernel's, and the sentence says what to do instead."""
    assert check_goal("é" * 50, 100) == "é" * 50
    with pytest.raises(LLMosError) as refused:
        check_goal("é" * 51, 100)
    assert str(refused.value) == (
        "The goal is 102 bytes long and orchestration.max_goal_bytes allows 100; put the material into a file of the "
        "workspace and name the file."
    )


def test_bytes_that_are_no_text_are_refused() -> None:
    """What the shell could not decode is named, not guessed."""
    with pytest.raises(LLMosError) as refused:
        check_goal("caf\udce9", 100)
    assert str(refused.value) == "The goal holds bytes that are not text at character 3; use UTF-8."
