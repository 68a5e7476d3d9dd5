"""Goals are read into skeletons and slots, and taken as they were typed."""

import hashlib

import pytest

from llmos.errors import LLMosError
from llmos.messages import JSON
from llmos.runtime.goals import check_goal, parse_goal, points, respelled, values
from tests.support.goal_table import GOALS


@pytest.mark.parametrize(("text", "skeleton", "slots"), GOALS)
def test_a_goal_is_read_into_skeleton_and_slots(text: str, skeleton: str, slots: dict[str, JSON]) -> None:
    """The table says what each way of writing means."""
    goal = parse_goal(text)
    assert (goal.skeleton, values(goal)) == (skeleton, slots)


def test_the_signature_is_the_hash_of_the_skeleton() -> None:
    """Slots are no part of it; they are compared separately."""
    one, other = parse_goal("move 5 cm"), parse_goal("move 6 cm")
    assert one.signature == other.signature == f"sha256:{hashlib.sha256(b'move {length}').hexdigest()}"
    assert values(one) != values(other)


def test_a_slot_keeps_what_was_written() -> None:
    """Beside its value in the one unit stands what the person wrote, also where other characters mean the same."""
    (length,) = parse_goal("move \uff13\uff10 \u339d left").slots
    assert (length.name, length.kind, length.value, length.written) == ("length1", "length", 0.3, "\uff13\uff10 \u339d")


def test_a_path_is_kept_to_the_letter() -> None:
    """Characters that look alike name different files."""
    assert values(parse_goal("delete \ufb01le.txt")) == {"path1": "\ufb01le.txt"}
    assert values(parse_goal('delete "cafe\u0301"')) == {"text1": "cafe\u0301"}


def test_the_positions_that_a_goal_names_are_its_points() -> None:
    """Three coordinates are a position however they are written; a distance, a pair or a list is none."""
    goal = parse_goal("from x=1 y=2 z=3 to [.5;0;1] by 5 cm, 1, 2 and 3, (1, 2)")
    assert points(goal) == [(1.0, 2.0, 3.0), (0.5, 0.0, 1.0)]


def test_words_that_are_spelled_otherwise_are_told() -> None:
    """Hello and hello are one goal, but not one content of a file."""
    one, other = parse_goal("Write Hello into a.txt"), parse_goal("write  hello into b.txt")
    assert one.signature == other.signature
    assert respelled(one, other) == {"Write", "Hello"}
    assert respelled(other, one) == {"write", "hello"}
    assert respelled(parse_goal("say hello!"), parse_goal("say hello")) == {"!"}
    assert respelled(parse_goal("move 30 cm up"), parse_goal(" move 1m  up")) == frozenset()


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
