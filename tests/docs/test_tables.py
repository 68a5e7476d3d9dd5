"""The tables of the documentation are the lists in the code, row for row."""

import ast
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import get_args, get_type_hints

import pytest

from llmos.documents import unread
from llmos.documents.kernel import RULES
from llmos.traces.events import JOURNALED, TRANSIENT
from llmos.traces.parts import snake_case
from tests.support.pages import ROOT, code, table, word


def keys_of(kind: type, prefix: str) -> Iterator[str]:
    """The keys that a rules document may hold, `*` for names that are free."""
    hints = get_type_hints(kind)
    for each in fields(kind):
        item = next((arg for arg in get_args(hints[each.name]) if is_dataclass(arg)), None)
        if is_dataclass(hints[each.name]):
            yield from keys_of(hints[each.name], f"{prefix}.{each.name}")
        elif isinstance(item, type):
            yield from keys_of(item, f"{prefix}.{each.name}.*")
        else:
            yield f"{prefix}.{each.name}"


def test_the_kernel_page_has_every_key() -> None:
    """Each key once, in the order of the fields."""
    told = [word(row[0]) for row in table("docs/kernel.md", "key", "what it rules", "read in")]
    assert told == [key for stem, kind in RULES.items() for key in keys_of(kind, stem)]


@pytest.mark.parametrize("row", table("docs/kernel.md", "key", "what it rules", "read in"), ids=lambda row: row[0])
def test_a_kernel_key_is_read_where_the_page_says(row: list[str]) -> None:
    """The file named beside a key has its name in the code, not in a comment."""
    key, _, where = row
    tree = ast.parse((ROOT / word(where)).read_text("utf-8"))
    named = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert word(key).rpartition(".")[2] in named


def test_the_documents_page_has_every_key() -> None:
    """The keys of agents, skills and commands that some code reads; those of ours; those without effect."""
    told = [(row[0], word(row[1])) for row in table("docs/documents.md", "kind", "key", "effect")]
    assert sorted(told) == sorted((kind, key) for kind, keys in unread._READ.items() for key in keys)
    ours = [(row[0], word(row[1])) for row in table("docs/documents.md", "kind", "key in `metadata`", "effect")]
    assert sorted(ours) == sorted((kind, key) for kind, keys in unread._METADATA.items() for key in keys)
    without = {word(row[0]): row[1] for row in table("docs/documents.md", "key", "why")}
    assert without == dict(unread._WITHOUT_EFFECT)


def test_the_documents_page_names_the_reader_of_each_kind() -> None:
    """Each reader exists and is called as its kind is."""
    rows = table("docs/documents.md", "kind", "where", "follows", "read by")
    assert [row[0] for row in rows] == ["agent", "skill", "command", "kernel", "robot", "scene", "scenario"]
    assert all((ROOT / word(row[3])).is_file() for row in rows)


def test_the_journal_page_has_every_event() -> None:
    """Name and fields of each event, in the order in which a run meets them."""
    told = {word(row[0]): code(row[2]) for row in table("docs/journal.md", "event", "says", "fields")}
    assert told == {snake_case(kind.__name__): list(kind.__struct_fields__) for kind in JOURNALED}
    passing = (ROOT / "docs" / "journal.md").read_text("utf-8")
    assert all(f"`{snake_case(kind.__name__)}`" in passing for kind in TRANSIENT)
