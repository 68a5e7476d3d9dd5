"""Every path, link and name of code that a page mentions exists."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.support.pages import DOCS, ROOT, code, pages

TOP = (
    "llmos/", "kernel/", "agents/", "skills/", "commands/", "volumes/", "tests/", "docs/", "training/", "benchmarks/",
    "examples/", ".ci/", ".claude-plugin/", ".github/",
)  # fmt: skip
OF_A_VOLUME = re.compile(r"(agents|skills|commands|robots|scenes|tools)/([A-Z]|\*|x|NAME)")
LINK = re.compile(r"\[[^\]]*\]\(([^)#]+)(?:#[^)]*)?\)")

EVERY = pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())


@EVERY
def test_links_lead_somewhere(page: Path) -> None:
    """A link to another page or file of the repository finds it."""
    links = [link for link in LINK.findall(page.read_text("utf-8")) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


@EVERY
def test_paths_exist(page: Path) -> None:
    """A path in backticks that begins with a folder of the repository is there."""
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    paths = [word for word in code(text) if word.startswith(TOP) and not re.search(r"[ *]|NAME", word)]
    assert [path for path in paths if not (ROOT / path).exists() and not OF_A_VOLUME.match(path)] == []


@EVERY
def test_pages_are_short(page: Path) -> None:
    """A page is read in one go."""
    assert len(page.read_text("utf-8").splitlines()) <= 160


def test_no_page_is_an_orphan() -> None:
    """Each page of `docs/` is linked from another one, or from the index of its folder."""
    linked = {
        (page.parent / link).resolve()
        for page in pages()
        for link in LINK.findall(page.read_text("utf-8"))
        if "://" not in link
    }
    linked |= {folder / "README.md" for folder in linked if folder.is_dir()}
    assert [page for page in DOCS.rglob("*.md") if page.resolve() not in linked] == []


@cache
def names_in(path: Path) -> frozenset[str]:
    """Every function, class, method and constant that a file defines, methods also as `Class.method`."""
    found: set[str] = set()

    def collect(node: ast.AST, prefix: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found.update({child.name, f"{prefix}{child.name}"})
                collect(child, f"{child.name}.")
            elif isinstance(child, ast.Assign | ast.AnnAssign):
                targets = child.targets if isinstance(child, ast.Assign) else [child.target]
                found.update(target.id for target in targets if isinstance(target, ast.Name))

    collect(ast.parse(path.read_text("utf-8")), "")
    return frozenset(found)


def test_every_stop_of_the_tour_is_there() -> None:
    """Behind a file, each `name()` or `Name` in its bullet stands in that file."""
    stops = 0
    for bullet in re.split(r"\n(?=- |\n)", (DOCS / "tour.md").read_text("utf-8")):
        here: Path | None = None
        for word in code(bullet.replace("\n", " ")):
            if word.endswith(".py"):
                here = ROOT / word
                assert here.is_file(), word
                stops += 1
            elif here is not None and re.fullmatch(r"[A-Z][A-Za-z_.]+(\(\))?|[a-z_]+\(\)", word):
                assert word.removesuffix("()") in names_in(here), f"{word} is not in {here.relative_to(ROOT)}"
    assert stops >= 30
