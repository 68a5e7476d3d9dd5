"""Laws of phrases that others become when their slots are filled."""

import pytest

from training.derivation import Words, symbols

WORDS = Words(
    {
        "go": ["move", "head over", "{rush}"],
        "rush": ["dash", "race off"],
        "softly": ["", " gently"],
        "thing": ["{the}cube", "ball"],
        "the": ["", "the ", "that "],
    }
)


@pytest.mark.parametrize(
    ("text", "is_written"),
    [
        ("move to {xyz}", True),
        ("head over to {xyz}", True),
        ("dash gently to {xyz}", True),
        ("race off to {xyz}", True),
        ("{go} to {xyz}", True),
        ("{rush} to {xyz}", True),
        ("{go} gently to {xyz}", True),
        ("race to {xyz}", False),
        ("move to {place}", False),
        ("move to", False),
        ("move to {xyz}, please", False),
        ("", False),
        ("push that cube", True),
        ("push cube", True),
        ("push the ball", False),
    ],
)
def test_a_phrase_is_written_by_filling_slots(text: str, is_written: bool) -> None:
    """To any depth, with entries that are empty or hold several words; nothing may be left over on either side."""
    assert WORDS.can_write(text, ["{go} {softly} to {xyz}", "push {thing}"]) == is_written


def test_no_phrase_writes_nothing() -> None:
    """Where none is known, everything is new."""
    assert not WORDS.can_write("move", [])


def test_words_marks_and_slots_are_symbols() -> None:
    """However they touch; blanks are none."""
    assert symbols("{go}{softly}to x-ray, don't!") == ("{go}", "{softly}", "to", "x-ray", ",", "don't", "!")
