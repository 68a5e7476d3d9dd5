"""The parts of an agent's document that may be edited, one at a time: its description and each section of its body.

Knows no model. Tools, limits and every other key are no component: what an agent may do is a person's to widen.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from llmos.documents.frontmatter import parse, rewrite
from llmos.documents.source import split
from llmos.errors import DocumentError, nearest

DESCRIPTION = "description"
OPENING = "instructions"
"""The name of what stands above the first heading: in most agents, everything."""

_HEADING = re.compile(r"#{1,6}[ \t]+(.*?)[ \t#]*")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")


@dataclass(frozen=True, slots=True)
class Component:
    """A part and its text, without empty lines around it; a section begins with its heading."""

    name: str
    text: str


def components(text: str) -> tuple[Component, ...]:
    """The parts of an agent's document, in their order; DocumentError when it is none."""
    document = parse(text, Path("agent.md"))
    description = document.keys.get(DESCRIPTION)
    first = [Component(DESCRIPTION, description)] if isinstance(description, str) else []
    body = document.body.replace("\r\n", "\n")
    return (*first, *(Component(name, part.strip()) for name, part in _sections(body) if part.strip()))


def with_component(text: str, name: str, new: str) -> str:
    """The document with another text of one part, and every other byte as it was; DocumentError for no such part."""
    known = [each.name for each in components(text)]
    if name not in known:
        raise DocumentError(f"There is no component '{name}'; {nearest(name, known)}")
    if name == DESCRIPTION:
        return rewrite(text, {DESCRIPTION: " ".join(new.split())})
    source = split(text)
    body = source.body.replace("\r\n", "\n")
    written = "".join(_replaced(part, new) if each == name else part for each, part in _sections(body))
    return text[: source.body_start] + (written if source.newline == "\n" else written.replace("\n", "\r\n"))


def _sections(body: str) -> Iterator[tuple[str, str]]:
    """Name and whole text of each section; two of one heading are told apart by a number."""
    name, start, offset, seen = OPENING, 0, 0, {OPENING: 1}
    fence = ""
    for line in body.splitlines(keepends=True):
        mark = _FENCE.match(line)
        if mark and (not fence or mark[1].startswith(fence)):
            fence = "" if fence else mark[1]
        heading = None if fence else _HEADING.fullmatch(line.rstrip("\n"))
        if heading:
            yield name, body[start:offset]
            title = heading[1] or "(no title)"
            seen[title] = seen.get(title, 0) + 1
            name, start = title if seen[title] == 1 else f"{title} ({seen[title]})", offset
        offset += len(line)
    yield name, body[start:]


def _replaced(part: str, new: str) -> str:
    """The new text between the empty lines that stood around the old one."""
    core = part.strip()
    before, _, after = part.partition(core)
    return f"{before}{new.strip()}{after}"
