"""The troubleshooting page quotes sentences that the code really says."""

import ast
from functools import cache

import pytest

from llmos.cli.__main__ import INTERRUPTED, OUR_BUG, USERS_MISTAKE
from llmos.runtime.outcome import EXIT_CODES
from tests.support.pages import ROOT, table, word

PAGE = "docs/troubleshooting.md"
GAP = "…"


@cache
def said() -> tuple[str, ...]:
    """Every text in the code, with a gap for each value that is filled in."""
    found: list[str] = []
    for path in (ROOT / "llmos").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = (part.value if isinstance(part, ast.Constant) else GAP for part in node.values)
                found.append("".join(map(str, parts)))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
    return tuple(found)


@pytest.mark.parametrize("row", table(PAGE, "it says", "because", "what to do"), ids=lambda row: row[0][:50])
def test_a_quoted_sentence_is_really_said(row: list[str]) -> None:
    """Each piece between the gaps occurs in the code; sentences are put together of several texts."""
    pieces = [piece.strip(" ;:,.'") for piece in word(row[0]).split(GAP)]
    assert max(map(len, pieces)) >= 10, "too little of the sentence to recognise it"
    assert [piece for piece in pieces if len(piece) > 3 and not any(piece in text for text in said())] == []


def test_the_exit_codes_are_those_of_the_code() -> None:
    """Each code that the command line can return, once."""
    told = {int(row[0]) for row in table(PAGE, "exit code", "means")}
    assert told == {*EXIT_CODES.values(), USERS_MISTAKE, OUR_BUG, INTERRUPTED}
