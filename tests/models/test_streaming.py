"""A stop word ends a text wherever the pieces break it."""

from hypothesis import given
from hypothesis import strategies as st

from llmos.models.streaming import StopText, overlap


def test_overlap_is_a_proper_start_of_the_word_at_the_end_of_the_text() -> None:
    """The whole word is no overlap: it has been found."""
    assert overlap("abc<st", "<stop>") == 3
    assert overlap("<stop>", "<stop>") == 0
    assert overlap("", "<stop>") == 0


@given(st.lists(st.text(alphabet="ab<>", max_size=4), max_size=12))
def test_what_is_passed_on_is_the_text_before_the_first_word(pieces: list[str]) -> None:
    """Whatever the pieces, the text ends before the word and nothing of it is shown."""
    shown: list[str] = []
    text = StopText(("<a>",), shown.append)
    whole = ""
    for piece in pieces:
        whole += piece
        if text.add(piece):
            break
    else:
        text.finish()
    assert text.text == "".join(shown) == whole.partition("<a>")[0]
