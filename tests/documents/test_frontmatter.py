"""Reading: everything that is in the wild loads, and what is odd about it is told with its line."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.documents.document import BrokenDocumentError, Document, Problem
from llmos.documents.frontmatter import MAX_DOCUMENT_BYTES, parse, read_document
from llmos.errors import DocumentError

PATH = Path("agents/x.md")
FRAGMENTS = (
    "---\n",
    "---",
    "name: x\n",
    "description: a: b\n",
    "\r\n",
    "\ufeff",
    "  - item\n",
    "&a [*a]\n",
    "# c\n",
    "{",
    "|\n",
)


def problems(text: str) -> list[str]:
    """The problems of a text as a person sees them."""
    return [str(problem) for problem in parse(text, PATH).problems]


def test_valid_yaml_becomes_keys_and_body() -> None:
    """Keys, their lines, nested lines and the body with its first line are found."""
    document = parse("---\nname: x\nmetadata:\n  llmos-robot: arm\n---\n\nBody\n", PATH)
    assert document.keys == {"name": "x", "metadata": {"llmos-robot": "arm"}}
    assert document.lines == {"name": 2, "metadata": 3, "metadata.llmos-robot": 4}
    assert (document.body, document.body_line) == ("\nBody\n", 6)
    assert document.problems == ()


def test_byte_order_mark_and_crlf_are_no_part_of_the_text(tmp_path: Path) -> None:
    """A file as Windows editors save it reads like any other."""
    path = tmp_path / "x.md"
    path.write_bytes(b"\xef\xbb\xbf---\r\nname: x\r\ntext: |\r\n  a\r\n  b\r\n---\r\nBody\r\n")
    document = read_document(path)
    assert document.keys == {"name": "x", "text": "a\nb\n"}
    assert document.body == "Body\r\n"
    assert document.problems == ()


def test_dashes_in_body_and_values_are_text() -> None:
    """Only `---` alone at the beginning of a line ends a frontmatter, and only the first one."""
    text = "---\nname: a --- b\nquoted: '---'\nblock: |\n  x\n  ---\n  y\n----\n---\nOne\n---\nTwo\n"
    document = parse(text.replace("----\n", ""), PATH)
    assert document.keys == {"name": "a --- b", "quoted": "---", "block": "x\n---\ny\n"}
    assert document.body == "One\n---\nTwo\n"


@pytest.mark.parametrize("key", ["allowed-tools", "allowedTools", "allowed_tools", "Allowed-Tools", "AllowedTools"])
def test_keys_are_known_in_any_spelling(key: str) -> None:
    """Kebab, camel and snake case name the same key."""
    assert parse(f"---\n{key}: Read\n---\n", PATH).keys == {"allowed_tools": "Read"}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("42", 42), ("-7", -7), ("2_000", 2000), ("0.50", 0.5), ("1e3", 1000.0), (".5", 0.5), ("true", True),
        ("null", None),
        ("007", "007"), ("12:30", "12:30"), ("2026-11-20", "2026-11-20"), ("no", "no"), ("on", "on"), ("0x1F", "0x1F"),
        (".nan", ".nan"), (".inf", ".inf"), ("1e999", "1e999"), ("1_", "1_"), ("'42'", "42"), ("!!int '4'", "4"),
        ("!!python/name:os.system x", "x"), ("!custom [1]", [1]), ("<<", "<<"), ("9" * 500, "9" * 500),
    ],
)  # fmt: skip
def test_only_plain_numbers_and_truth_values_are_more_than_text(written: str, value: object) -> None:
    """None of YAML 1.1's guesses turns a name into a time, an octal number or a truth value; tags do nothing."""
    found = parse(f"---\nkey: {written}\n---\n", PATH).keys["key"]
    assert found == value
    assert type(found) is type(value)


def test_numbers_keep_their_spelling() -> None:
    """A name that looks like a number is known as it was written."""
    assert parse("---\nname: 1.10\nother: true\n---\n", PATH).spelled == {"name": "1.10", "other": "true"}


def test_without_frontmatter_everything_is_body() -> None:
    """Plain markdown has no keys and no problems."""
    document = parse("# Title\n\nname: x\n", PATH)
    assert (document.keys, document.body, document.body_line) == ({}, "# Title\n\nname: x\n", 1)
    assert document.problems == ()


def test_empty_text_is_an_empty_document() -> None:
    """Nothing in, nothing out; whether that is allowed, the formats decide."""
    document = parse("", PATH)
    assert (document.keys, document.body, document.problems) == ({}, "", ())


def test_keys_keep_their_order() -> None:
    """Keys come in the order of the file, nested ones too."""
    document = parse("---\nz: 1\na:\n  y: 1\n  b: 2\n---\n", PATH)
    assert list(document.keys) == ["z", "a"]
    assert list(document.keys["a"]) == ["y", "b"]


def test_first_of_doubled_keys_counts() -> None:
    """A key that stands twice is told, in any spelling and below other keys too."""
    text = "---\nname: a\nName: b\nmetadata:\n  k: 1\n  k: 2\n---\n"
    assert parse(text, PATH).keys == {"name": "a", "metadata": {"k": 1}}
    assert problems(text) == [
        "agents/x.md:3: warning: 'Name' stands here a second time; the first one, in line 2, counts",
        "agents/x.md:6: warning: 'metadata.k' stands here a second time; the first one, in line 5, counts",
    ]


def test_frontmatter_that_is_never_closed_ends_at_the_first_empty_line() -> None:
    """The missing fence is told, and the keys count all the same."""
    text = "---\nname: x\nmodel: sonnet\n\nYou work.\n"
    document = parse(text, PATH)
    assert (document.keys, document.body) == ({"name": "x", "model": "sonnet"}, "\nYou work.\n")
    assert problems(text) == [
        "agents/x.md:1: warning: the frontmatter is never closed with '---'; it was read up to line 3"
    ]


def test_rule_at_the_top_of_a_text_is_no_frontmatter() -> None:
    """A thematic break that nothing like a key follows belongs to the body."""
    assert parse("---\nOnce upon a time.\n", PATH).body == "---\nOnce upon a time.\n"


@pytest.mark.parametrize("inside", ["just a sentence\n", "- a\n- b\n", "'text'\n"])
def test_frontmatter_without_keys_is_body(inside: str) -> None:
    """A list or a text between the fences has no keys, so nothing of it is lost from the body."""
    text = f"---\n{inside}---\nBody\n"
    assert parse(text, PATH).body == text
    (sentence,) = problems(text)
    assert sentence == (
        "agents/x.md:2: warning: what stands between the first two '---' has no keys; "
        "the whole file was taken as its body"
    )


def test_frontmatter_below_empty_lines_is_read_with_a_warning() -> None:
    """Other programs would not see it."""
    text = "\n\n---\nname: x\n---\nBody"
    assert parse(text, PATH).keys == {"name": "x"}
    assert problems(text) == [
        "agents/x.md:3: warning: the frontmatter begins below empty lines; other programs look for it in the first line"
    ]


def test_anchors_work() -> None:
    """An alias stands for what it names."""
    assert parse("---\na: &x [1]\nb: *x\n---\n", PATH).keys == {"a": [1], "b": [1]}


def broken(text: str) -> str:
    """The error of a text that cannot be read."""
    with pytest.raises(BrokenDocumentError) as caught:
        parse(text, PATH)
    return str(caught.value)


def test_aliases_cannot_unfold_to_gigabytes() -> None:
    """The billion laughs are refused before they are told."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10)]
    assert broken("---\n" + "\n".join(lines) + "\n---\n") == (
        "agents/x.md:2: the frontmatter unfolds to more than 10000 values"
    )


@pytest.mark.parametrize("deep", ["[" * 100_000, "\n  " + "- " * 100_000, "{a: " * 60_000, "&a [*a]"])
def test_endless_nesting_is_refused(deep: str) -> None:
    """What would overflow the parser's stack is counted first."""
    assert broken(f"---\nkey: {deep}\n---\n") in (
        "agents/x.md:2: the frontmatter nests more than 50 levels deep",
        "agents/x.md:2: the frontmatter unfolds to more than 10000 values",
    )


def test_nul_byte_is_refused() -> None:
    """A binary file is not a document."""
    assert broken("---\nname: x\n---\n\0") == "agents/x.md:4: the file holds a NUL byte, so it is not text"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"ok\n\xff\xfe", "2: the file is not UTF-8; save it as UTF-8"),
        ("---\nname: x".encode("utf-16"), "1: the file is UTF-16; save it as UTF-8"),
        (b"x" * (MAX_DOCUMENT_BYTES + 1), "1: the file has 1000001 bytes; a document may have 1000000"),
    ],
)
def test_file_that_is_no_text_is_refused(tmp_path: Path, content: bytes, sentence: str) -> None:
    """Each reason has its own sentence, with the line where one is known."""
    path = tmp_path / "x.md"
    path.write_bytes(content)
    with pytest.raises(DocumentError) as caught:
        read_document(path)
    assert str(caught.value) == f"{path}:{sentence}"


def test_missing_file_and_folder_are_refused(tmp_path: Path) -> None:
    """What cannot be opened says why."""
    with pytest.raises(DocumentError, match=r"no\.md:1: the file cannot be read: No such file or directory$"):
        read_document(tmp_path / "no.md")
    with pytest.raises(DocumentError, match=r":1: this is not a file$"):
        read_document(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_named_pipe_is_refused_at_once(tmp_path: Path) -> None:
    """A pipe is no document, and nobody waits for its writer."""
    os.mkfifo(tmp_path / "x.md")
    with pytest.raises(DocumentError, match=r":1: this is not a file$"):
        read_document(tmp_path / "x.md")


def test_content_hash_is_that_of_the_bytes(tmp_path: Path) -> None:
    """The hash is the one `sha256sum` prints, so that anyone can check a journal."""
    path = tmp_path / "x.md"
    path.write_bytes(b"abc")
    digest = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert read_document(path).content_hash == digest == parse("abc", path).content_hash


def test_problem_is_shown_with_its_place() -> None:
    """Path and line stand where editors and terminals make a link of them."""
    assert str(Problem("a/b.md", 3, "error", "it is wrong")) == "a/b.md:3: error: it is wrong"


@given(st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=20))).map("".join))
def test_any_text_is_read_or_refused_in_a_sentence(text: str) -> None:
    """Nothing but DocumentError comes out of the reader, and all lines it names exist."""
    try:
        document = parse(text, PATH)
    except DocumentError:
        return
    assert isinstance(document, Document)
    last = text.count("\n") + 1
    assert all(1 <= line <= last for line in document.lines.values())
    assert all(1 <= problem.line <= last for problem in document.problems)
    assert 1 <= document.body_line <= last
    assert text.endswith(document.body)
