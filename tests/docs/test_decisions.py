"""Decision records: numbered without gaps, in one form, each in the index and each held by files that exist."""

import re
from pathlib import Path

import pytest

from tests.support.pages import DOCS, ROOT, code, table

PAGES = sorted(path for path in (DOCS / "decisions").glob("*.md") if path.name != "README.md")
EVERY = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


def test_decisions_are_numbered_without_gaps() -> None:
    """The number in the name counts from 1."""
    assert [int(page.name[:3]) for page in PAGES] == list(range(1, len(PAGES) + 1))


def test_the_index_lists_every_decision() -> None:
    """By number, with the title of the page."""
    told = {row[0]: row[1] for row in table("docs/decisions/README.md", "number", "decision")}
    assert told == {page.name[:3]: f"[{title(page)}]({page.name})" for page in PAGES}


def title(page: Path) -> str:
    """The title without its number."""
    return page.read_text("utf-8").splitlines()[0].partition(". ")[2]


@EVERY
def test_a_decision_has_its_form(page: Path) -> None:
    """Title with its number, context, decision, consequences, and where it holds: on less than a page."""
    text = page.read_text("utf-8")
    assert text.startswith(f"# {int(page.name[:3])}. ")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences", "Where it holds"]
    assert len(text.splitlines()) <= 40


@EVERY
def test_a_decision_is_held_by_files_that_exist(page: Path) -> None:
    """The last section names files, and nothing but files."""
    named = code(page.read_text("utf-8").rpartition("## Where it holds")[2])
    assert named
    assert [name for name in named if not (ROOT / name).is_file()] == []
