"""Notes that outlive a run: one markdown file each, in the folder `memory/` of a volume.

Knows no model and no git: whoever commits what is written, and whoever knows what a secret looks like, is passed in.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from llmos.clock import Clock
from llmos.disk import disk_said, make_folder, write_new
from llmos.documents.document import Document
from llmos.documents.frontmatter import compose, read_document
from llmos.errors import DocumentError, LLMosError, nearest

Commit: TypeAlias = Callable[[Sequence[Path], str], object]
"""Called after a change with the paths that changed and why; one commit in the volume's history."""

IsSecret: TypeAlias = Callable[[str], bool]
"""Says whether a text holds what looks like a key or token."""

MOST_BYTES = 10_000
"""Of one note; what is longer is a document, not a memory."""

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")
# `password: hunter2`, `the api key is x7f3`: a word for a secret, and something with a digit in it.
_GIVEN_AWAY = re.compile(
    r"(?:pass(?:word|phrase|wd|code)|api[ _-]?key|secret|token|\bpin)\W{0,3}\s*(?:is\b|:|=)\s*[\"'`]?(?=\S*\d)\S{4,}",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Note:
    """One remembered thing; `source` is the run that learned it, empty when a person wrote it."""

    id: str
    text: str
    created: str
    tags: tuple[str, ...]
    source: str
    path: Path


class Notes:
    """The notes of one volume; `folder` is its `memory/`, which is made with the first note."""

    def __init__(self, folder: Path, clock: Clock, commit: Commit, is_secret: IsSecret) -> None:
        self._folder = folder
        self._clock = clock
        self._commit = commit
        self._is_secret = is_secret

    def all(self) -> list[Note]:
        """Every note that can be read, by id; a file that cannot be is left out."""
        notes = []
        for path in sorted(self._folder.glob("*.md")):
            try:
                notes.append(_note(read_document(path)))
            except DocumentError:
                continue
        return notes

    def show(self, note_id: str) -> Note:
        """The note of this id; raises LLMosError with the nearest one."""
        path = self._path(note_id)
        if not path.is_file():
            known = [each.stem for each in self._folder.glob("*.md")]
            raise LLMosError(f"there is no note '{note_id}'; {nearest(note_id, known)}")
        return _note(read_document(path))

    def remember(self, text: str, tags: Sequence[str] = (), source: str = "") -> Note:
        """Write a note and commit it.

        Raises LLMosError for what must not be kept, StorageError when the disk refuses.
        """
        text = text.strip()
        self._must_be_kept(text, tags)
        now = self._clock.now()
        keys = {"created": now.isoformat(timespec="seconds").replace("+00:00", "Z")}
        if tags:
            keys["tags"] = ", ".join(tags)
        if source:
            keys["source"] = source
        path = self._new(f"{now:%Y-%m-%d}-{_slug(text)}", compose(keys, text))
        self._commit([path], f"Remember {path.stem}")
        return _note(read_document(path))

    def forget(self, note_id: str) -> Note:
        """Remove the note; the volume's history still has it. Raises LLMosError when there is none."""
        note = self.show(note_id)
        try:
            note.path.unlink()
        except OSError as error:
            raise disk_said("remove the note", note.path, error) from error
        self._commit([note.path], f"Forget {note.id}")
        return note

    def _path(self, note_id: str) -> Path:
        if not _ID.fullmatch(note_id):
            raise LLMosError(f"{note_id!r} is no id of a note; `llmos memory search` shows them")
        return self._folder / f"{note_id}.md"

    def _must_be_kept(self, text: str, tags: Sequence[str]) -> None:
        if not text:
            raise LLMosError("there is nothing to remember; give a sentence that is true on its own")
        if len(text.encode("utf-8", "replace")) > MOST_BYTES:
            raise LLMosError(f"a note has at most {MOST_BYTES} bytes; write a document and remember where it is")
        words = "\n".join((text, *tags))
        if self._is_secret(words) or _GIVEN_AWAY.search(words):
            raise LLMosError("this looks like a password, key or token, which is never remembered; leave it out")

    def _new(self, stem: str, text: str) -> Path:
        """Write a file of this name, or of the next free one; whole or not at all."""
        content = text.encode("utf-8", "replace")
        make_folder(self._folder)
        for count in range(1, 1000):
            path = self._folder / (f"{stem}.md" if count == 1 else f"{stem}-{count}.md")
            with suppress(FileExistsError):
                write_new(path, content, doing="write the note")
                return path
        raise LLMosError(f"there are too many notes named {stem}; begin the note with other words")


def _note(document: Document) -> Note:
    keys = document.keys
    tags = keys.get("tags") or ""
    return Note(
        id=document.path.stem,
        text=document.body.strip(),
        created=str(keys.get("created") or ""),
        tags=tuple(map(str, tags)) if isinstance(tags, list) else tuple(filter(None, re.split(r"[,\s]+", str(tags)))),
        source=str(keys.get("source") or ""),
        path=document.path,
    )


def _slug(text: str) -> str:
    """The first words as a file name of plain letters and digits."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain)
    return "-".join(words[:6])[:50].strip("-") or "note"
