"""Conversations as providers want them."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from llmos.messages import Message, Text, in_turns

MESSAGES = st.lists(
    st.builds(
        Message, st.sampled_from(["user", "assistant"]), st.lists(st.builds(Text, st.text()), max_size=2).map(tuple)
    )
)


def test_who_speaks_twice_in_a_row_speaks_once() -> None:
    """A goal that was never answered and the one after it are one question."""
    first, second, answer = (Text(each) for each in ("first", "second", "answer"))
    said = [
        Message("user", (first,)),
        Message("assistant", ()),
        Message("user", (second,)),
        Message("assistant", (answer,)),
    ]
    assert in_turns(said) == (Message("user", (first, second)), Message("assistant", (answer,)))


@given(MESSAGES)
def test_turns_alternate_and_lose_nothing(said: list[Message]) -> None:
    """Every part is there, in order; no two neighbours have one role; no message is empty."""
    turns = in_turns(said)
    assert [part for turn in turns for part in turn.parts] == [part for message in said for part in message.parts]
    roles = [turn.role for turn in turns]
    assert all(one != other for one, other in pairwise(roles))
    assert all(turn.parts for turn in turns)


@given(MESSAGES, MESSAGES)
def test_what_was_said_before_stays_as_it_was(said: list[Message], later: list[Message]) -> None:
    """More messages change nothing before the last turn, so that what a provider cached stays good."""
    before = in_turns(said)
    assert in_turns([*said, *later])[: max(len(before) - 1, 0)] == before[:-1]
