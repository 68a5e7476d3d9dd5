"""What people put around a goal fits it."""

import pytest

from training.wording import is_order, reads_well, wants_verb


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("go left", True),
        ("please go left", False),
        ("hoist it", True),
        ("0.5 m to the left", False),
        ("(1, 1, 1)", False),
        ("i want you to go", False),
        ("it's time to go", False),
        ("let's go", False),
        ("could you go", False),
        ("up 10 cm", False),
        ("gripper open", False),
        ("", False),
    ],
)
def test_an_order_begins_with_a_verb(text: str, expected: bool) -> None:
    """And with nothing that a sentence of another kind begins with."""
    assert is_order(text) is expected


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("could you ", True),
        ("do not ", True),
        ("be so kind as to ", True),
        ("now ", False),
        ("robot, ", False),
        ("", False),
    ],
)
def test_a_verb_must_follow_some_words(before: str, expected: bool) -> None:
    """Others take anything."""
    assert wants_verb(before) is expected


@pytest.mark.parametrize(
    ("phrase", "one", "expected"),
    [
        ("do not {one}", "go left", True),
        ("do not {one}", "0.5 m left", False),
        ("{one}. forget it", "0.5 m left", True),
        ("i want {this} to {one}", "left a bit", False),
        ("forbidden: {one}", "left a bit", True),
    ],
)
def test_a_phrase_takes_an_order_where_it_wants_a_verb(phrase: str, one: str, expected: bool) -> None:
    """Slots that are filled later do not count."""
    assert reads_well(phrase, {"one": one}) is expected
