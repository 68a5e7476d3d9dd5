"""The laws of searching: what is found, how it is shown, what is left out and said."""

import io
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmos.errors import LLMosError
from llmos.tools.scan import Search, answer, main


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A few files."""
    files = {
        "a.py": b"import os\n\ndef first():\n    return 1\n\ndef second():\n    return 2\n",
        "b.txt": b"Import nothing\r\nreturn\r\n",
        "sub/c.py": b"return 3",
        ".git/config": b"return",
        "picture.bin": b"return\0",
        "latin": b"caf\xe9 return\n",
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    return tmp_path.resolve()


def found(tree: Path, pattern: str, **changes: Any) -> list[str]:
    """The lines of an answer."""
    fields: dict[str, Any] = {"path": str(tree), "shown": ".", "protected": (".git",)}
    return list(answer(Search(pattern=pattern, **fields | changes)))


def test_files_with_matches(tree: Path) -> None:
    """Names of files, each once, in order; binary files and protected folders are left out."""
    assert found(tree, "return") == ["a.py", "b.txt", "latin", "sub/c.py"]


def test_counts(tree: Path) -> None:
    """How many lines match, of each file that has one."""
    assert found(tree, "return", mode="count") == ["a.py:2", "b.txt:1", "latin:1", "sub/c.py:1"]


def test_content(tree: Path) -> None:
    """Path, number and text; carriage returns are no text."""
    assert found(tree, "return", mode="content", glob="*.{py,txt}") == [
        "a.py:4:    return 1",
        "a.py:7:    return 2",
        "b.txt:2:return",
        "sub/c.py:1:return 3",
    ]
    assert found(tree, "return 3", mode="content", numbers=False) == ["sub/c.py:return 3"]


def test_lines_around(tree: Path) -> None:
    """As grep shows them: a hyphen for what only surrounds, two of them between blocks."""
    assert found(tree, "return [12]", mode="content", before=1) == [
        "a.py-3-def first():",
        "a.py:4:    return 1",
        "--",
        "a.py-6-def second():",
        "a.py:7:    return 2",
    ]
    assert found(tree, "import", mode="content", after=100) == [
        "a.py:1:import os",
        *(f"a.py-{n}-{line}" for n, line in enumerate((tree / "a.py").read_text().splitlines()[1:], 2)),
    ]


def test_case_can_be_ignored(tree: Path) -> None:
    """Upper and lower case are told apart unless it is asked otherwise."""
    assert found(tree, "import") == ["a.py"]
    assert found(tree, "import", ignore_case=True) == ["a.py", "b.txt"]


def test_a_match_may_span_lines(tree: Path) -> None:
    """With `multiline`, `.` matches line ends and every line of the match is shown."""
    assert found(tree, r"first.*?return", mode="content", multiline=True) == [
        "a.py:3:def first():",
        "a.py:4:    return 1",
    ]
    assert found(tree, r"first.*?return") == ["(nothing was found)"]
    assert found(tree, r"\A", mode="count", multiline=True, glob="a.py") == ["a.py:1"]


def test_anchors_mean_lines(tree: Path) -> None:
    """`^` and `$` are the ends of a line in either mode."""
    assert found(tree, "^return$", mode="content") == ["b.txt:2:return"]
    assert found(tree, "^return$", mode="content", multiline=True) == ["b.txt:2:return"]


def test_one_file(tree: Path) -> None:
    """A path may be a file; it is shown as it was given."""
    assert found(tree, "return", path=str(tree / "b.txt"), shown="../b.txt") == ["../b.txt"]


def test_paths_are_shown_below_what_was_asked(tree: Path) -> None:
    """What is shown can be read again as it stands."""
    assert found(tree, "return", path=str(tree / "sub"), shown="../x/sub") == ["../x/sub/c.py"]


def test_an_answer_is_bounded_and_goes_on(tree: Path) -> None:
    """The remark says where to go on, and going on shows the rest."""
    first = found(tree, "return", limit=3)
    assert first == ["a.py", "b.txt", "latin", "(there is more; go on with offset=3, or search for less)"]
    assert found(tree, "return", limit=3, offset=3) == ["sub/c.py"]
    assert found(tree, "return", limit=4) == ["a.py", "b.txt", "latin", "sub/c.py"]
    assert found(tree, "return", offset=9) == ["(nothing was found)"]


def test_long_lines_are_cut(tree: Path) -> None:
    """A minified file does not fill the answer."""
    (tree / "min.js").write_text("x" * 10_000)
    assert found(tree, "x", mode="content", glob="*.js") == [f"min.js:1:{'x' * 500}..."]


def test_what_is_too_large_is_named(tree: Path) -> None:
    """A file that was not searched is not passed over in silence."""
    with (tree / "huge").open("wb") as file:
        file.write(b"return\n" * 2000)
        file.truncate(50_000_001)
    expected = ["(nothing was found)", "(not searched, more than 50000000 bytes: huge)"]
    assert found(tree, "return", glob="huge") == expected


@pytest.mark.parametrize("pattern", ["(", "[a", "*x", "a{99999999999}", "(?P<n>a)(?P<n>b)"])
def test_what_is_no_expression_is_a_sentence(tree: Path, pattern: str) -> None:
    """The model reads what is wrong with its pattern."""
    with pytest.raises(LLMosError) as raised:
        found(tree, pattern)
    assert str(raised.value).startswith(f"the pattern {pattern!r} is no regular expression: ")


def test_a_place_that_is_not_there_is_a_sentence(tree: Path) -> None:
    """Nothing was found is another answer than nowhere to look."""
    with pytest.raises(LLMosError) as raised:
        found(tree, "x", path=str(tree / "no"), shown="no")
    assert str(raised.value) == "there is no folder or file no"


def test_as_a_program(tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """One JSON object in, text out, exit code 2 for what cannot be done."""
    for pattern, code, told in (("return 3", 0, "sub/c.py\n"), ("(", 2, "the pattern '(' is no regular expression: ")):
        search = {"pattern": pattern, "path": str(tree), "shown": "."}
        monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(search)))
        assert main() == code
        assert capsys.readouterr().out.startswith(told)


@settings(max_examples=50)
@given(st.text(st.characters(codec="utf-8", exclude_characters="\0\r")), st.sampled_from(["a", "^", r"\w+", " "]))
def test_every_matching_line_is_found(tree: Path, text: str, pattern: str) -> None:
    """The lines shown are those, and only those, in which the expression is found."""
    (tree / "t").write_bytes(text.encode())
    shown = [line for line in found(tree, pattern, mode="content", glob="t", limit=10_000) if line.startswith("t:")]
    lines = text.removesuffix("\n").split("\n")
    hits = [number for number, line in enumerate(lines, 1) if re.search(pattern, line)]
    assert [int(line.split(":")[1]) for line in shown if re.match(r"t:\d+:", line)] == hits
