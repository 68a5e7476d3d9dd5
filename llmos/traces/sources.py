"""What the documents of a run said when it began, line by line, also where they have changed or gone since.

Knows no volume: whoever can ask git what a file held at a commit is passed in.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from llmos.documents.document import Document, hash_of
from llmos.documents.frontmatter import parse
from llmos.errors import LLMosError
from llmos.traces.events import DocumentRef

TextAt: TypeAlias = Callable[[Path, str], bytes | None]
"""What a file held at a commit; None where no git knows."""

Standing = Literal["same", "changed", "gone"]
"""How a document stands today, beside how the run read it."""

_COMMIT_DIGITS = 10
_NOW: Mapping[Standing, str] = {
    "same": "",
    "changed": "the document has changed since",
    "gone": "the document is gone by now",
}


@dataclass(frozen=True, slots=True)
class Passage:
    """A line of a document as a run read it; line 0 stands for the document as a whole."""

    path: str
    line: int
    commit: str | None
    quote: str
    note: str = ""
    """Why what stands there today may read otherwise, or why nothing can be quoted."""

    def place(self, shorter: Callable[[str], str] = str) -> str:
        """The form `file:line@commit`, without what is not known; `shorter` is applied to the path."""
        line = f":{self.line}" if self.line else ""
        commit = f"@{self.commit[:_COMMIT_DIGITS]}" if self.commit else ""
        return f"{shorter(self.path)}{line}{commit}"


@dataclass(frozen=True, slots=True)
class Source:
    """A document of a run; `document` is None where its text of then is lost."""

    ref: DocumentRef
    standing: Standing
    document: Document | None
    lines: tuple[str, ...] = field(default=())

    @property
    def name(self) -> str:
        """The file's name without `.md`: of a kernel rule the name of its rules."""
        return Path(self.ref.path).stem

    def has(self, key: str) -> bool:
        """Whether the frontmatter sets the key."""
        return self.document is not None and key in self.document.lines

    def at(self, line: int) -> Passage:
        """That line of it."""
        quote = self.lines[line - 1].strip() if 0 < line <= len(self.lines) else ""
        return Passage(self.ref.path, line, self.ref.commit, quote, self.note)

    def at_key(self, *keys: str) -> Passage:
        """The line of the first of these keys that is set; the document as a whole where none is."""
        found = next((key for key in keys if self.has(key)), None)
        return self.at(0 if found is None or self.document is None else self.document.line(found))

    def find(self, text: str, after: int = 0) -> int:
        """The first line below line `after` that holds the text; 0 where none does."""
        return next((n for n, line in enumerate(self.lines, 1) if n > after and text in line), 0)

    @property
    def note(self) -> str:
        """How it stands today, and what is lost of it."""
        if self.document is not None:
            return _NOW[self.standing]
        how = "no commit holds" if self.ref.commit is None else "no git here knows"
        return f"{_NOW[self.standing]}, and {how} how it read then"


def read_sources(refs: Iterable[DocumentRef], text_at: TextAt) -> tuple[Source, ...]:
    """The documents of a run, in its order."""
    return tuple(_source(ref, text_at) for ref in refs)


def _source(ref: DocumentRef, text_at: TextAt) -> Source:
    path = Path(ref.path)
    try:
        today = path.read_bytes()
    except OSError:
        today = None
    if today is not None and hash_of(today) == ref.content_hash:
        return _read(ref, "same", today)
    standing: Standing = "gone" if today is None else "changed"
    then = text_at(path, ref.commit) if ref.commit else None
    if then is None or hash_of(then) != ref.content_hash:
        return Source(ref, standing, None)
    return _read(ref, standing, then)


def _read(ref: DocumentRef, standing: Standing, content: bytes) -> Source:
    text = content.decode("utf-8", "replace")
    try:
        document = parse(text.removeprefix("\ufeff"), Path(ref.path))
    except LLMosError:
        return Source(ref, standing, None)
    return Source(ref, standing, document, tuple(text.splitlines()))
