"""The laws of what a model is shown of an answer."""

from hypothesis import given
from hypothesis import strategies as st

from llmos.messages import Image, Text
from llmos.tools.output import Tail, limited


def cut(text: str, limit: int) -> str:
    """A text as far as it fits."""
    tail = Tail(limit)
    tail.add(text.encode())
    return tail.text()


def test_head_and_tail_are_kept() -> None:
    """What is most telling stands at the beginning and at the end; the line between says what is missing."""
    assert cut("a" * 50 + "b" * 50, 20) == "a" * 10 + "\n[80 of 100 bytes cut here]\n" + "b" * 10


def test_what_fits_is_untouched() -> None:
    """The limit itself still fits."""
    assert cut("ä" * 10, 20) == "ä" * 10


def test_no_letter_is_split() -> None:
    """A cut through a letter leaves the letter out."""
    assert cut("ä" * 10, 10) == "ää\n[10 of 20 bytes cut here]\nää"


@given(st.lists(st.binary(max_size=30)), st.integers(min_value=2, max_value=40))
def test_it_does_not_matter_how_the_bytes_arrive(chunks: list[bytes], limit: int) -> None:
    """Chunk by chunk or at once, the same head and tail are kept, and what is missing is counted."""
    tail, whole = Tail(limit), b"".join(chunks)
    for chunk in chunks:
        tail.add(chunk)
    if len(whole) <= 2 * (limit // 2):
        assert tail.text() == whole.decode("utf-8", "replace")
    else:
        assert f"\n[{len(whole) - 2 * (limit // 2)} of {len(whole)} bytes cut here]\n" in tail.text()
        assert tail.text().startswith(whole[: limit // 2].decode("utf-8", "replace").rstrip("\ufffd"))


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
