"""Writing: what was asked is changed, every other byte stays, and what is written passes the strict readers."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from llmos.documents.document import BrokenDocumentError
from llmos.documents.emit import lines_of, scalar
from llmos.documents.frontmatter import compose, parse, rewrite
from llmos.documents.yaml_tree import read_yaml

PATH = Path("agents/x.md")

FULL = """---
# who it is
name: x   # short

tools: [Read, Write]   # flow, as somebody wrote it
allowedTools: "Bash(git:*)"
zeta: {b: 1, a: 2}
metadata:
  # about money
  llmos-budget-usd: "0.5"

  other: 'kept'   # why
# the end
---

Body with --- and
---
more
"""


def test_nothing_asked_changes_nothing() -> None:
    """No change is the same text, byte for byte."""
    assert rewrite(FULL, {}) == FULL


def test_a_value_that_is_already_there_changes_nothing() -> None:
    """Writing what stands there, in whatever style, does not restyle it."""
    assert rewrite(FULL, {"tools": ["Read", "Write"], "metadata": {"other": "kept"}}) == FULL


def test_one_key_changes_one_line() -> None:
    """The key keeps its place, its spelling and the comment behind it; all other lines stay."""
    changed = rewrite(FULL, {"name": "other-name", "allowed-tools": "Read"})
    expected = FULL.replace("name: x   #", "name: other-name   #").replace('"Bash(git:*)"', "Read")
    assert changed == expected


def test_a_key_below_changes_alone() -> None:
    """A mapping in a change names single keys; their neighbours and comments stay, a new one comes last."""
    changed = rewrite(FULL, {"metadata": {"llmos-budget-usd": "2", "llmos-fallback": "yes"}})
    expected = FULL.replace('"0.5"', '"2"').replace("'kept'   # why\n", "'kept'   # why\n  llmos-fallback: \"yes\"\n")
    assert changed == expected


def test_a_key_can_be_removed() -> None:
    """None takes a key away with all its lines, and leaves the comments."""
    changed = rewrite(FULL, {"metadata": None, "zeta": None})
    assert changed == (
        "---\n# who it is\nname: x   # short\n\n"
        "tools: [Read, Write]   # flow, as somebody wrote it\n"
        'allowedTools: "Bash(git:*)"\n'
        "# the end\n---\n\nBody with --- and\n---\nmore\n"
    )


def test_the_last_key_below_takes_its_group_along() -> None:
    """A mapping that nothing is left in is removed."""
    text = "---\nname: x\nmetadata:\n  a: 1\n---\nB"
    assert rewrite(text, {"metadata": {"a": None}}) == "---\nname: x\n---\nB"


def test_mapping_in_braces_becomes_block_style_when_it_changes() -> None:
    """Strict readers know no braces, so a changed mapping is written without."""
    assert "zeta:\n  b: 1\n  a: 3\nmetadata:" in rewrite(FULL, {"zeta": {"a": 3}})


def test_new_keys_come_last_as_they_are_given() -> None:
    """A key that was not there stands before the closing fence."""
    text = "---\nname: x\n---\nBody\n"
    changed = rewrite(text, {"argument-hint": "[file]", "tools": ["Read", "Grep"], "metadata": {"a": "1"}})
    assert changed == (
        '---\nname: x\nargument-hint: "[file]"\ntools:\n  - Read\n  - Grep\nmetadata:\n  a: "1"\n---\nBody\n'
    )


def test_doubled_keys_become_one() -> None:
    """The first takes the new value, the others go."""
    assert rewrite("---\nname: a\nName: b\nmodel: c\n---\n", {"name": "d"}) == "---\nname: d\nmodel: c\n---\n"


def test_crlf_and_byte_order_mark_stay() -> None:
    """New lines end as the others do."""
    text = "\ufeff---\r\nname: x\r\nb: 1\r\n---\r\nBody\r\n"
    changed = rewrite(text, {"name": "z", "tools": ["Read"]})
    assert changed == "\ufeff---\r\nname: z\r\nb: 1\r\ntools:\r\n  - Read\r\n---\r\nBody\r\n"


def test_text_without_frontmatter_gains_one() -> None:
    """The whole text stays as the body, even when it begins with a rule or a list between rules."""
    for text in ("# Title\n", "---\nnot keys\n---\nB\n", "---\nonce\n", "", "\ufeffx"):
        changed = rewrite(text, {"name": "x"}, PATH)
        assert parse(changed, PATH).keys == {"name": "x"}
        assert changed.endswith(text.removeprefix("\ufeff"))
        assert changed.startswith("\ufeff") == text.startswith("\ufeff")


def test_open_frontmatter_is_closed() -> None:
    """Writing is strict: the missing fence is added where the reader ended."""
    text = "---\nname: x\nmodel: a\n\nBody\n"
    assert rewrite(text, {"model": "b"}) == "---\nname: x\nmodel: b\n---\n\nBody\n"
    assert rewrite("---\nname: x", {"model": "b"}) == "---\nname: x\nmodel: b\n---\n"


def test_indented_keys_stay_indented() -> None:
    """A frontmatter that is indented as a whole gains keys at the same depth."""
    assert rewrite("---\n  name: x\n---\n", {"model": "a"}) == "---\n  name: x\n  model: a\n---\n"


def test_block_text_is_replaced_whole() -> None:
    """A value over many lines goes with all of them."""
    text = "---\ndescription: |\n  a\n\n  # no comment\n  b\n  # nor this\n# this is\nname: x\n---\n"
    assert rewrite(text, {"description": "short"}) == "---\ndescription: short\n# this is\nname: x\n---\n"
    assert rewrite(text, {"name": "y-2"}) == text.replace("name: x", "name: y-2")


def test_alias_is_replaced_by_a_value() -> None:
    """What an alias stands for is written elsewhere, and stays."""
    text = "---\na: &x [1]\nb: *x # why\nc:\n  d: *x\nname: n\n---\n"
    assert rewrite(text, {"b": "two"}) == text.replace("*x # why", "two # why")
    assert rewrite(text, {"c": {"d": "three"}}) == text.replace("d: *x", "d: three")
    assert rewrite(text, {"c": None}) == text.replace("c:\n  d: *x\n", "")


def test_lists_keep_the_comments_behind_them() -> None:
    """A comment after the last item belongs to nobody."""
    text = "---\ntools:\n- Read\n- Grep # slow\n\n# models\nmodel: opus\n---\n"
    assert rewrite(text, {"tools": "Read"}) == "---\ntools: Read\n\n# models\nmodel: opus\n---\n"
    assert rewrite(text, {"tools": None}) == "---\n\n# models\nmodel: opus\n---\n"


@pytest.mark.parametrize(
    ("text", "changes", "sentence"),
    [
        ("---\n{name: x}\n---\n", {"name": "y"}, "the frontmatter stands in braces; write one key a line to change it"),
        ("---\nname: x\n---\n", {"tools": []}, "[] cannot be written in a frontmatter"),
        ("---\nname: x\n---\n", {"a": float("nan")}, "nan cannot be written in a frontmatter"),
        (
            "---\na: &x [1]\nb: *x\n---\n",
            {"a": "y"},
            "the frontmatter cannot be changed without changing more than was asked",
        ),
    ],
)
def test_what_cannot_be_written_safely_is_refused(text: str, changes: dict[str, Any], sentence: str) -> None:
    """Rather no change than one that does more than it says."""
    with pytest.raises(BrokenDocumentError) as caught:
        rewrite(text, changes, PATH)
    assert str(caught.value) == f"agents/x.md:1: {sentence}"


def test_new_document_is_block_style() -> None:
    """A composed file has its keys in order, an empty line and the body."""
    keys = {"name": "x", "description": "Use when: now", "metadata": {"llmos-fallback": "yes"}}
    assert compose(keys, "\n# Title\n\nText\n\n") == (
        '---\nname: x\ndescription: "Use when: now"\nmetadata:\n  llmos-fallback: "yes"\n---\n\n# Title\n\nText\n'
    )


@pytest.mark.parametrize(
    "word", ["no", "Yes", "on", "y", "null", "~", "1.0", "007", "12:30", "2026-11-20", "", " x", "x "]
)
def test_ambiguous_text_is_quoted(word: str) -> None:
    """What some version of YAML takes for something else stands in quotes."""
    assert scalar(word) == f'"{word}"'


@given(st.text())
def test_text_reads_back_the_same_in_every_yaml(text: str) -> None:
    """Our reader and YAML 1.1 agree on what was written, and `---` never stands in it."""
    assume(not any("\ud800" <= char <= "\udfff" for char in text))
    written = "\n".join(lines_of("key", text))
    assert yaml.safe_load(written) == {"key": text}
    tree = read_yaml(written)
    assert tree is not None
    assert tree.entries[0].value == text
    assert "---" not in written
    assert "\n" not in written


KEYS = st.sampled_from(["name", "model", "maxTurns", "tools", "metadata", "x-tag", "zeta"])
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=15)
SCALARS = st.one_of(TEXTS, st.integers(), st.booleans(), st.floats(allow_nan=False, allow_infinity=False))
GROUPS = st.dictionaries(st.sampled_from(["llmos-a", "llmos-b", "other"]), SCALARS, min_size=1)
VALUES = st.one_of(SCALARS, st.lists(SCALARS, min_size=1, max_size=3), GROUPS)


@given(st.dictionaries(KEYS, VALUES, min_size=1), st.dictionaries(KEYS, st.one_of(st.none(), VALUES)), TEXTS)
def test_rewriting_round_trip(keys: dict[str, Any], changes: dict[str, Any], body: str) -> None:
    """Whatever is written reads back, and the lines of keys that were not named are the same bytes."""
    text = compose(keys, body)
    assert parse(text, PATH).keys == parse(compose(keys, ""), PATH).keys
    changed = rewrite(text, changes, PATH)
    assert parse(changed, PATH).body == parse(text, PATH).body
    for key, value in keys.items():
        if key not in changes:
            assert "\n".join(lines_of(key, value)) + "\n" in changed


LINES = st.sampled_from(
    [
        "name: x",
        "# note",
        "",
        "tools: [a, b]",
        "unknown: {q: 1}  # c",
        "text: |",
        "  more",
        "user: hi",
        "metadata:",
        "  a: 1",
    ]
)


@given(st.lists(LINES), st.sampled_from(["name", "tools", "metadata", "new"]), st.sampled_from(["\n", "\r\n"]))
def test_other_lines_survive_byte_for_byte(lines: list[str], key: str, newline: str) -> None:
    """In any frontmatter, valid or not, a change of one key leaves all lines of the others in their order."""
    text = newline.join(["---", *lines, "---", "Body"])
    try:
        changed = rewrite(text, {key: "value"}, PATH)
    except BrokenDocumentError:
        return
    before, after = parse(text, PATH), parse(changed, PATH)
    assert after.keys[key] == "value"
    assert {name: value for name, value in before.keys.items() if name != key} == {
        name: value for name, value in after.keys.items() if name != key
    }
    left = iter(changed.split(newline))
    kept = [line for line in lines if line.startswith(("unknown", "user"))]
    if before.keys:
        assert all(line in left for line in kept if key != "text")
