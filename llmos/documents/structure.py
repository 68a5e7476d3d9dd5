"""The structure of a markdown body: fenced blocks and first paragraph (CommonMark, through markdown-it-py).

Knows nothing of frontmatter. The parser is loaded when a structure is asked for, never before.
"""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced block of code; `language` is the first word after the fence; `line` is where its text begins."""

    language: str
    text: str
    line: int


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


def _tokens(body: str) -> "list[Token]":
    return _parser().parse(body)


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark")
