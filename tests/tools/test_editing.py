"""The laws of replacing a passage."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.errors import LLMosError
from llmos.tools.editing import edited


@pytest.mark.parametrize(
    ("text", "old", "new", "result"),
    [
        ("a b c", "b", "x", "a x c"),
        ("a\r\nb\r\nc\r\n", "a\nb", "x\ny", "x\r\ny\r\nc\r\n"),
        ("a\r\nb\r\n", "b", "x\ny", "a\r\nx\r\ny\r\n"),
        ("a\nb\n", "a\r\nb", "x", "x\n"),
        ("a\nb\r\nc\r\nd", "c", "x\ny", "a\nb\r\nx\r\ny\r\nd"),
        ("a\nb\nc\r\n", "b", "x\ny", "a\nx\ny\nc\r\n"),
        ("a.b", "a.b", r"\1\g<0>", r"\1\g<0>"),
        ("x(y)[z]*", "(y)[z]*", "", "x"),
        ("ä😀", "😀", "ü", "äü"),
    ],
)
def test_a_passage_is_replaced_and_line_ends_stay(text: str, old: str, new: str, result: str) -> None:
    """Nothing in the passage is special; line ends match of either kind and stay those of the file."""
    assert edited(text, old, new, everywhere=False, shown="f") == (result, 1)


def test_everywhere_replaces_all() -> None:
    """All occurrences, from left to right, none overlapping."""
    assert edited("aaaa b aa", "aa", "c", everywhere=True, shown="f") == ("cc b c", 3)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("", "x", "old_string is empty; use Write to make a file"),
        ("a", "a", "old_string and new_string are the same; nothing would change"),
        ("zz", "x", "old_string does not occur in src/f.py"),
        ("b  c", "x", "old_string does not occur in src/f.py; with other blanks it does at line 2"),
        ("a", "x", "old_string occurs 2 times in src/f.py; give more of the text around it, or set replace_all"),
    ],
)
def test_what_cannot_be_replaced_is_a_sentence(old: str, new: str, sentence: str) -> None:
    """The model reads what to change about its call."""
    with pytest.raises(LLMosError) as raised:
        edited("a a\n\tb c\n", old, new, everywhere=False, shown="src/f.py")
    assert str(raised.value) == sentence


@given(st.text(), st.text(min_size=1), st.text())
def test_it_agrees_with_str_replace_where_lines_end_alike(text: str, old: str, new: str) -> None:
    """In text without carriage returns, replacing everywhere is `str.replace`."""
    text, old, new = (each.replace("\r", "") for each in (text, old, new))
    if old and old != new and old in text:
        assert edited(text, old, new, everywhere=True, shown="f") == (text.replace(old, new), text.count(old))
