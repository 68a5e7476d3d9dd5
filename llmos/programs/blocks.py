"""Finds the program in a document: the one block that is fenced as ```program.

Knows Markdown's fences (CommonMark 0.31, section 4.5) and nothing else of it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from llmos.documents.document import Document
from llmos.programs.form import Program, ProgramError
from llmos.programs.parser import parse

_FENCE = re.compile(r" {0,3}(?P<marks>`{3,}|~{3,})[ \t]*(?P<said>[^\n]*)")
_WORD = "program"


@dataclass(frozen=True, slots=True)
class Block:
    """The text of a program, and the line on which it begins; `closed` says whether its fence ends."""

    text: str
    line: int
    closed: bool = True


def blocks_in(text: str, line: int = 1) -> Iterator[Block]:
    """Every program block of a Markdown text whose first line has this number."""
    marks, inside, first, lines = "", False, 0, list[str]()
    for number, each in enumerate(text.split("\n"), start=line):
        found = _FENCE.fullmatch(each.rstrip("\r"))
        if not marks:
            if found and not (found["marks"].startswith("`") and "`" in found["said"]):
                marks, first, lines = found["marks"], number + 1, []
                inside = found["said"].strip() == _WORD
        elif found and found["marks"].startswith(marks) and not found["said"].strip():
            if inside:
                yield Block("".join(lines), first)
            marks = ""
        else:
            lines.append(f"{each}\n")
    if marks and inside:
        yield Block("".join(lines), first, closed=False)


def find_program(text: str, line: int = 1) -> Block | None:
    """The program block of a Markdown text; None where there is none.

    Raises ProgramError where there are two, or its fence does not end.
    """
    found = list(blocks_in(text, line))
    if len(found) > 1:
        raise ProgramError("there is a second program; a skill has one", found[1].line)
    if found and not found[0].closed:
        raise ProgramError("the fence of this program does not end", found[0].line)
    return found[0] if found else None


def program_of(document: Document) -> Program | None:
    """The program of a document; None where it has none. Raises ProgramError with the line of its file."""
    block = find_program(document.body, document.body_line)
    return None if block is None else parse(block.text, block.line)


def with_program(text: str, program: str) -> str:
    """The Markdown text with this program in place of its own, or behind it where it has none."""
    block = find_program(text)
    if block is None:
        return f"{text.rstrip()}\n\n```{_WORD}\n{program}```\n"
    lines = text.split("\n")
    first = block.line - 1
    return "\n".join([*lines[:first], *program.rstrip("\n").split("\n"), *lines[first + block.text.count("\n") :]])
