"""The pages of the documentation, as tests read them: tables, code in backticks, links."""

import re
import shlex
from pathlib import Path

from llmos.settings import system_root

ROOT = system_root()
DOCS = ROOT / "docs"


def pages() -> list[Path]:
    """Every page that people read: the documentation and the pages beside it."""
    return [*sorted(DOCS.rglob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]


def table(page: str, *columns: str) -> list[list[str]]:
    """The rows of all tables of a page whose header has exactly these columns."""
    rows: list[list[str]] = []
    inside = False
    for line in (ROOT / page).read_text("utf-8").splitlines():
        cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]]
        if tuple(cells) == columns:
            inside = True
        elif not line.startswith("|"):
            inside = False
        elif inside and not set(line) <= set("|-: "):
            rows.append(cells)
    assert rows, f"{page} has no table with the columns {columns}"
    return rows


def code(text: str) -> list[str]:
    """Everything in backticks."""
    return [found[1] for found in re.findall(r"(`+)(.+?)\1", text)]


def commands(text: str, language: str = "") -> list[list[str]]:
    """Every `llmos ...` of a page, as words: in its code blocks of this language, and in backticks in its text."""
    blocks = re.findall(r"```(\w*)\n(.*?)```", text, re.DOTALL)
    lines = [line for name, block in blocks if name == language for line in block.splitlines()]
    lines += code(re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    found = [re.sub(r"\s+#.*", "", line).removeprefix(".venv/bin/") for line in lines]
    return [shlex.split(line) for line in found if line.startswith("llmos ")]


def word(cell: str) -> str:
    """The one thing in backticks that a cell holds."""
    [found] = code(cell)
    return found
