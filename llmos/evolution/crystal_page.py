"""Writes the SKILL.md of a program: what it says of itself, words for people, and the program as the last block.

Knows no model: words come in, and are held to what a page may hold.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from llmos.documents.emit import lines_of
from llmos.evolution.crystallizer import Candidate
from llmos.programs.printer import show

_MOST_DESCRIPTION: Final = 1024
_MOST_BODY: Final = 4000
_FENCE = re.compile(r"^\s{0,3}(`{3,}|~{3,})", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Words:
    """What a SKILL.md says in words: its description on one line, and its instructions."""

    description: str
    body: str
    by: str
    """Who wrote them: a model, or the template."""


def page(candidate: Candidate, words: Words) -> str:
    """The SKILL.md."""
    return "\n".join(["---", *_head(candidate, words), "---", "", words.body.strip(), "", *_program(candidate), ""])


def wrong_words(words: Words) -> str:
    """Why these words may not stand in a skill; empty where they may."""
    if not words.description.strip() or not words.body.strip():
        return "a description and instructions are needed"
    if len(words.description) > _MOST_DESCRIPTION or "\n" in words.description.strip():
        return f"a description is one line of at most {_MOST_DESCRIPTION} characters"
    if len(words.body) > _MOST_BODY:
        return f"instructions have at most {_MOST_BODY} characters"
    if "<" in words.description:
        return "a description has no angle brackets"
    return "instructions bring no block of code; the program is the only one" if _FENCE.search(words.body) else ""


def _head(candidate: Candidate, words: Words) -> Iterator[str]:
    yield from lines_of("name", candidate.name)
    yield from lines_of("description", words.description.strip())
    yield from lines_of("allowed-tools", " ".join(candidate.verified.tools))
    yield from lines_of("metadata", candidate.crystal.metadata)


def _program(candidate: Candidate) -> Iterator[str]:
    yield "```program"
    yield from show(candidate.program).rstrip("\n").split("\n")
    yield "```"
