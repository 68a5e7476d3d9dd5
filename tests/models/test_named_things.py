"""Names that hold numbers stay as they are written; the rest of the goal is read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.models.named_things import read_around
from llmos.models.reading import read_goal

THINGS = ["shelf 1.1", "shelf 1.10", "dock west 2", "tool_3", "2 inch pipe", "bin 7", "5 kg", "west 2"]


@pytest.mark.parametrize(
    ("goal", "reading"),
    [
        ("go to shelf 1.10", "go to shelf 1.10"),
        ("from shelf 1.1 to Shelf 1.10, 30cm up.", "from shelf 1.1 to shelf 1.10, 0.3 m up."),
        ("go to dock west 2", "go to dock west 2"),
        ("take the tool 3 and move 2 to the left", "take the tool 3 and move 2.0 to the left"),
        ("put the tool 3 at (1, 2, .5)", "put the tool 3 at x1.0 y2.0 z0.5"),
        ("Move the 2 inch pipe 2 inches up", "move the 2 inch pipe 0.051 m up"),
        ("take the 2 inch pipe to bin 7 and 8", "take the 2 inch pipe to bin 7 and 8"),
    ],
)
def test_a_name_stays_as_it_is_written(goal: str, reading: str) -> None:
    """Whoever looks for shelf 1.10 does not find it as shelf 1.1, but another shelf."""
    assert read_around(goal, THINGS) == reading


@pytest.mark.parametrize(
    "goal",
    [
        "move the tool 3 cm up",
        "take the minus 2 inch pipe",
        "lift it by 5 kg",
        "go west 2",
        "go to dock west 2 m",
        "go past shelf 1.10 m",
        "go to shelf 1.105",
        "go to bin 7",
    ],
)
def test_what_is_no_whole_name_is_read_as_ever(goal: str) -> None:
    """So are names that are but an amount or a way."""
    assert read_around(goal, THINGS) == read_goal(goal)


@given(st.text("ab 12.,-x", max_size=12), st.lists(st.text("ab 12._-x", max_size=6), max_size=3))
def test_no_name_breaks_it(goal: str, things: list[str]) -> None:
    """However things are called."""
    assert read_around(goal, things) == read_around(goal, [*things, "", " "])
