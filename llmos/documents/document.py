"""A markdown document as it was read: its keys, where they stand, its body and what is odd about it.

Knows no format: what the keys mean is decided by `agent`, `skill`, `command`, `kernel` and `robot_profile`.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from llmos.errors import DocumentError
from llmos.messages import JSON

NEVER_CLOSED = "the frontmatter is never closed with '---'"
"""What is wrong with a document that may have been cut off."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, or only odd, at a place in a file; lines count from 1."""

    path: str
    line: int
    severity: Literal["error", "warning"]
    sentence: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.severity}: {self.sentence}"


class BrokenDocumentError(DocumentError):
    """A DocumentError that still knows the place: `problem` is what its sentence was made of."""

    def __init__(self, path: Path | str, line: int, sentence: str) -> None:
        super().__init__(f"{path}:{line}: {sentence}")
        self.problem = Problem(str(path), line, "error", sentence)


def hash_of(content: bytes) -> str:
    """The one form in which the house writes down what a file held: `sha256:HEX`."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def text_hash(text: str) -> str:
    """`sha256:HEX` of the text in UTF-8."""
    return hash_of(text.encode("utf-8", "surrogatepass"))


@dataclass(frozen=True, slots=True)
class Document:
    """A file that could be read.

    `keys` are the keys of the frontmatter in snake_case, whatever case the file uses; keys below them stand as written.
    `lines` says where a key stands, nested ones under dotted names (`metadata.llmos-robot`). `spelled` holds top-level
    values that YAML takes for a number or a truth value as the file spells them (`1.10`, `42`). `strays` are names that
    stand like keys and are none, with their lines. `cut_off` says that the file ends within its keys, so that
    nobody knows which would have followed. `content_hash` is the `hash_of` the file's bytes.
    """

    path: Path
    keys: Mapping[str, JSON]
    lines: Mapping[str, int]
    body: str
    body_line: int
    content_hash: str
    problems: tuple[Problem, ...] = ()
    spelled: Mapping[str, str] | None = None
    strays: tuple[tuple[str, int], ...] = ()
    cut_off: bool = False

    @property
    def prose(self) -> str:
        """The body as a model gets it: plain line ends, nothing empty before or after."""
        return self.body.replace("\r\n", "\n").strip()

    def line(self, key: str) -> int:
        """Where a key stands; for one that is missing, the first line."""
        return self.lines.get(key, 1)

    def warning(self, key: str, sentence: str) -> Problem:
        """A warning about a key."""
        return Problem(str(self.path), self.line(key), "warning", sentence)

    def wrong(self, key: str, sentence: str) -> BrokenDocumentError:
        """The error of a key that makes the document useless."""
        return BrokenDocumentError(self.path, self.line(key), sentence)

    def with_problems(self, more: list[Problem]) -> "Document":
        """The same document with these problems added."""
        return replace(self, problems=(*self.problems, *more)) if more else self
