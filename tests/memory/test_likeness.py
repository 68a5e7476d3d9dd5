"""Two notes say the same only where nothing that counts differs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.memory.likeness import likeness, numbers

LEAST = 0.8


def same(longer: str, shorter: str) -> bool:
    """Whether the first says what the second says."""
    return likeness(longer).says(likeness(shorter), LEAST)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The fern likes shade.", "the fern  likes SHADE"),
        ("The lab's door sticks when it rains, so please push.", "The lab's door sticks when it rains, so push"),
        ("The cube weighs 2.50 kg and the rack is very long", "The cube weighs 2.5 kg and a rack is long"),
        ("Der Greifer ist sehr vorsichtig zu schliessen", "Der Greifer ist vorsichtig zu schliessen"),
    ],
)
def test_notes_that_say_the_same(one: str, other: str) -> None:
    """Case, space, full stop, articles and words that change nothing make no other note."""
    assert same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The cube weighs 2 kg", "The cube weighs 3 kg"),
        ("Go to (-1, 1) for the cube", "Go to (1, -1) for the cube"),
        ("The fern on the sill likes full shade", "The fern on the sill never likes full shade"),
        ("The crate goes from the shelf to the table", "The crate goes from the table to the shelf"),
        ("Turn the valve on the long pipe left", "Turn the valve on the long pipe right"),
        ("Turn the big valve on the long pipe", "Turn the big valve on the long pipe left"),
        ("Ask if Ana signs the form", "Ask if Ben signs the form"),
        ("The config is in `a/b.yaml` on disk", "The config is in `a/c.yaml` on disk"),
        ("The door closes at night by itself", "The door closes at night by itself unless locked"),
        ("The red cube lies on the table", "The blue cube lies on the table"),
        ("The gripper of the left arm hardly works on the bench", "The gripper of the left arm works on the bench"),
        ("Die Backen am linken Arm nicht greifen lassen", "Die Backen am linken Arm greifen lassen"),
        ("La pince du bras gauche ne tient plus la tasse", "La pince du bras gauche tient la tasse"),
        ("The lab closes at night in winter", "The lab closes at night"),
        ("An arm moved the cube yesterday", "A leg moved the cube yesterday"),
    ],
)
def test_notes_that_say_something_else(one: str, other: str) -> None:
    """A number, sign, order, side, name, path, condition or colour: never one note, whichever is longer."""
    assert not same(one, other)
    assert not same(other, one)


def test_the_shorter_never_stands_for_the_longer() -> None:
    """What it lacks would be lost."""
    assert not same("The lab's door sticks when it rains, so push", "The lab's door sticks when it rains, please push")
    assert not same("word " * 10 + "shade", "shade")


def test_numbers_have_one_form() -> None:
    """Sign, zeros and minus signs of typography."""
    assert numbers("1.50 +1.5 \u22122 1.2.3") == {"1.5", "-2", "1.2.3"}


@given(st.text(max_size=40), st.text(max_size=40))
def test_saying_the_same_keeps_every_number(one: str, other: str) -> None:
    """Whatever the texts are; and each says what it says itself."""
    assert likeness(one).says(likeness(one), 1.0)
    if likeness(one).says(likeness(other), LEAST) and likeness(one).plain != likeness(other).plain:
        assert numbers(one) == numbers(other)
