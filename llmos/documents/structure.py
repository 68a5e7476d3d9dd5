"""The structure of a markdown body: headings, fenced blocks, first paragraph (CommonMark, through markdown-it-py).

Knows nothing of frontmatter. The parser is loaded when a structure is asked for, never before.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and the text under it, up to the next heading of any level; lines count from 1 within the body."""

    level: int
    title: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced block of code; `language` is the first word after the fence; `line` is where its text begins."""

    language: str
    text: str
    line: int


def sections(body: str) -> tuple[Section, ...]:
    """The sections of a body in their order; text before the first heading is none."""
    lines = body.split("\n")
    headings = list(_headings(body))
    ends = [line for _, _, line, _ in headings[1:]] + [len(lines)]
    return tuple(
        Section(level, title, line + 1, "\n".join(lines[after:end]).strip())
        for (level, title, line, after), end in zip(headings, ends, strict=True)
    )


def fences(body: str) -> tuple[Fence, ...]:
    """The fenced blocks of a body in their order, nested ones included."""
    return tuple(
        Fence(token.info.strip().partition(" ")[0], token.content, token.map[0] + 2)
        for token in _tokens(body)
        if token.type == "fence" and token.map
    )


def first_paragraph(body: str) -> str:
    """The first paragraph on one line; where there is none, the first heading; else nothing."""
    heading = ""
    before = ""
    for token in _tokens(body):
        if token.type == "inline":
            text = " ".join(token.content.split())
            if before == "paragraph_open":
                return text
            heading = heading or text
        before = token.type
    return heading


def _headings(body: str) -> Iterator[tuple[int, str, int, int]]:
    tokens = _tokens(body)
    for token, inline in pairwise(tokens):
        if token.type == "heading_open" and token.map and token.level == 0:
            yield int(token.tag[1:]), inline.content, token.map[0], token.map[1]


def _tokens(body: str) -> "list[Token]":
    return _parser().parse(body)


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark")
