"""The workspace's root in what a trace keeps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.documents.document import hash_of
from llmos.messages import Image, Text
from llmos.traces.answers import in_texts, told, with_root, without_root

ROOT = "/home/ada/work"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (ROOT, "{workspace}"),
        (f"{ROOT}/a.txt", "{workspace}/a.txt"),
        (f"cat '{ROOT}/a' {ROOT}/b;", "cat '{workspace}/a' {workspace}/b;"),
        (f"It is in {ROOT}.", "It is in {workspace}."),
        (f"{ROOT}2/a", f"{ROOT}2/a"),
        (f"{ROOT}-old", f"{ROOT}-old"),
        (f"{ROOT}.bak", f"{ROOT}.bak"),
        (f"/mnt{ROOT}/a", f"/mnt{ROOT}/a"),
        ("nothing of it", "nothing of it"),
    ],
)
def test_the_root_goes_only_where_a_path_begins_with_it(text: str, plain: str) -> None:
    """Folders that are merely named alike are others."""
    assert without_root(text, ROOT) == plain


@pytest.mark.parametrize("root", ["", "/"])
def test_without_a_workspace_of_its_own_nothing_is_replaced(root: str) -> None:
    """Every path begins with `/`."""
    assert without_root("/etc/hosts", root) == "/etc/hosts"


@given(st.text(alphabet="ab/. -\n'"), st.sampled_from([ROOT, "C:\\work", "/a b/c"]))
def test_the_root_comes_back(text: str, root: str) -> None:
    """In the same workspace everything is as it was."""
    whole = f"{text}{root}/x {root}"
    assert with_root(without_root(whole, root), root) == whole


def test_texts_are_changed_wherever_they_stand() -> None:
    """Keys and everything else stay."""
    assert in_texts({"a": ["x", {"x": ("x", 1, None)}]}, str.upper) == {"a": ["X", {"x": ["X", 1, None]}]}


def test_no_text_has_the_hash_of_a_picture() -> None:
    """What is hashed of a text is the text."""
    assert told((Text("a"), Text("b")), ROOT) == ("a\nb", hash_of(b"a\nb"))
    assert told((Text("a"), Image(b"b")), ROOT)[1] != told((Text("a"),), ROOT)[1]
