"""The laws of what a model is shown of an answer."""

from hypothesis import given
from hypothesis import strategies as st

from llmos.messages import Image, Text
from llmos.tools.output import cut, limited


def test_head_and_tail_are_kept() -> None:
    """What is most telling stands at the beginning and at the end; the line between says what is missing."""
    assert cut("a" * 50 + "b" * 50, 20) == "a" * 10 + "\n[80 of 100 bytes cut here]\n" + "b" * 10


def test_what_fits_is_untouched() -> None:
    """The limit itself still fits."""
    assert cut("ä" * 10, 20) == "ä" * 10


def test_no_letter_is_split() -> None:
    """A cut through a letter leaves the letter out."""
    assert cut("ä" * 10, 9) == "ää\n[12 of 20 bytes cut here]\nää"


def test_pictures_stay_whole() -> None:
    """A picture is no text and is not cut."""
    picture = Image(b"x" * 100)
    assert limited((Text("abc"), picture), 10) == (Text("abc"), picture)
    assert limited((Text("a" * 8), picture, Text("b" * 8)), 10) == (
        Text("aaaaa\n[7 of 17 bytes cut here]\nbbbbb"),
        picture,
    )


def test_no_text_is_empty() -> None:
    """Providers refuse an empty text, so it is said."""
    assert limited((Text(""),), 10) == (Text("(empty)"),)
    assert limited((), 10) == (Text("(empty)"),)


@given(st.lists(st.text(max_size=200), max_size=4), st.integers(min_value=100, max_value=300))
def test_no_answer_is_much_longer_than_the_limit(texts: list[str], limit: int) -> None:
    """The text of an answer has at most `limit` bytes, and the line that says what was cut."""
    shown = "".join(part.text for part in limited([Text(text) for text in texts], limit) if isinstance(part, Text))
    assert len(shown.encode("utf-8", "replace")) <= limit + len("\n[9999 of 9999 bytes cut here]\n") + 4 * len(
        "(empty)"
    )
