"""What a person said last is the goal, whatever a run before it came to."""

import pytest

from llmos.messages import Image, Message, Text, ToolCall, ToolResult
from llmos.models.newest_goal import goal_of, since_goal

OLD, NEW = Text("Pick up the cube"), Text("No, go home")
CALLED = Message("assistant", (ToolCall("call_1", "move_to", {"x": 1.0}),))
RESULT = ToolResult("call_1", (Text("At A."),))
ENDED = Message("assistant", (Text("Done."),))
FRESH = (Message("user", (NEW,)),)


@pytest.mark.parametrize(
    "before",
    [
        (),
        (Message("user", (OLD,)), CALLED, Message("user", (RESULT,)), ENDED),
        (Message("user", (OLD,)), CALLED, Message("user", (RESULT,))),
        (Message("user", (OLD,)), CALLED),
        (Message("user", (OLD,)),),
        (Message("user", (OLD,)), ENDED),
    ],
    ids=["nothing", "an answer", "a result", "a call", "a goal", "an answer at once"],
)
def test_nothing_stands_before_the_newest_goal(before: tuple[Message, ...]) -> None:
    """However the run before it ended."""
    assert since_goal((*before, *FRESH)) == FRESH
    assert goal_of((*before, *FRESH)) == "No, go home"


@pytest.mark.parametrize("parts", [(RESULT, NEW), (OLD, NEW), (OLD, RESULT, NEW)])
def test_what_providers_get_in_one_message_is_told_apart(parts: tuple[Text | ToolResult, ...]) -> None:
    """The goal of a run that was cut off, or its last result, travels in the message of the next goal."""
    history = (Message("user", (OLD,)), CALLED, Message("user", parts))
    assert since_goal(history) == FRESH
    assert goal_of(history) == "No, go home"


def test_what_follows_the_goal_stays() -> None:
    """Calls and results of this run; a result is no goal."""
    history = (*FRESH, CALLED, Message("user", (RESULT,)))
    assert since_goal((Message("user", (OLD,)), *history)) == history
    assert goal_of(history) == "No, go home"


def test_a_picture_of_the_same_message_stays() -> None:
    """On either side of the words."""
    picture = Image(b"png")
    assert since_goal((Message("user", (picture, NEW, picture)),)) == (Message("user", (picture, NEW, picture)),)


def test_where_nobody_spoke_all_stays_and_the_goal_is_empty() -> None:
    """Nothing, or tools alone."""
    for history in ((), (CALLED, Message("user", (RESULT,))), (ENDED,)):
        assert since_goal(history) == history
        assert goal_of(history) == ""
