"""Notes that outlive a run: one markdown file each, in the folder `memory/` of a volume.

Knows no model and no git: whoever commits what is written, and whoever knows what a secret looks like, is passed in.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeAlias

from llmos.clock import Clock
from llmos.disk import disk_said, make_folder, write_new, write_whole
from llmos.documents.document import Document
from llmos.documents.frontmatter import compose, read_document, rewrite
from llmos.errors import DocumentError, LLMosError, counted, nearest
from llmos.memory.private import looks_secret, unfit
from llmos.messages import JSON

Commit: TypeAlias = Callable[[Sequence[Path], str], object]
"""Called after a change with the paths that changed and why; one commit in the volume's history."""

IsSecret: TypeAlias = Callable[[str], bool]
"""Says whether a text holds what looks like a key or token."""

MOST_BYTES: Final = 10_000
"""Of one note where no rule says otherwise; what is longer is a document, not a memory."""

MOST_NOTES: Final = 100_000
"""Where no rule says otherwise."""

ARCHIVE: Final = "archive"
"""The folder below the notes where those lie that are not recalled any more."""

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")
_SEPARATED = re.compile(r"[,\s]+")
_DAY_S: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Note:
    """One remembered thing.

    `source` names the runs that learned it, empty when a person wrote it. `digests` are the notes that it sums up. An
    archived note says when (`archived`) and why (`because`) it was put aside.
    """

    id: str
    text: str
    created: str
    tags: tuple[str, ...]
    source: str
    path: Path
    digests: tuple[str, ...] = ()
    restored: str = ""
    archived: str = ""
    because: str = ""

    @property
    def by_person(self) -> bool:
        """Whether a person wrote it, so that nothing but a person puts it aside."""
        return not self.source and not self.digests

    def age_days(self, now: datetime) -> float:
        """Since it was written, or brought back; 0 for one without a readable date."""
        known = [moment for each in (self.created, self.restored) if (moment := _moment(each)) is not None]
        return max(0.0, (now - max(known)).total_seconds() / _DAY_S) if known else 0.0


class Notes:
    """The notes of one volume; `folder` is its `memory/`, which is made with the first note.

    `most` is how many there may be, `most_bytes` how long one may be.
    """

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        commit: Commit,
        is_secret: IsSecret,
        most: int = MOST_NOTES,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self.folder = folder
        self._clock = clock
        self._commit = commit
        self._is_secret = is_secret
        self._most = most
        self._most_bytes = most_bytes

    def all(self) -> list[Note]:
        """Every note that can be read, by id; a file that cannot be is left out."""
        return _read(self.folder)

    def archived(self) -> list[Note]:
        """Every note that was put aside, by id."""
        return _read(self.folder / ARCHIVE)

    def show(self, note_id: str) -> Note:
        """The note of this id; raises LLMosError with the nearest one."""
        path = self._path(note_id)
        if not path.is_file():
            known = [each.stem for each in self.folder.glob("*.md")]
            raise LLMosError(f"there is no note '{note_id}'; {nearest(note_id, known)}")
        return _note(read_document(path))

    def remember(self, text: str, tags: Sequence[str] = (), source: str = "") -> Note:
        """Write a note and commit it; what a note says already, in these very words, is that note.

        Raises LLMosError for what must not be kept, StorageError when the disk refuses.
        """
        for known in self.all():
            if known.text == text.strip() and set(tags) <= set(known.tags):
                return known
        note = self.write(text, tags, {"source": source})
        self._commit([note.path], f"Remember {note.id}")
        return note

    def write(self, text: str, tags: Sequence[str], more: Mapping[str, str]) -> Note:
        """Write a note without a commit, with `more` keys of its frontmatter; raises like `remember`."""
        text = text.strip()
        self._must_be_kept(text, tags)
        now = self._clock.now()
        keys: dict[str, JSON] = {"created": _stamp(now)}
        if tags:
            keys["tags"] = ", ".join(tags)
        keys |= {key: value for key, value in more.items() if value}
        path = self._new(self.folder, f"{now:%Y-%m-%d}-{_slug(text)}", compose(keys, text))
        return _note(read_document(path))

    def change(self, note: Note, keys: Mapping[str, JSON]) -> Path:
        """Set keys of a note's frontmatter, without a commit; the path that changed."""
        text = note.path.read_text("utf-8")
        write_whole(note.path, rewrite(text, keys).encode(), doing="change the note")
        return note.path

    def put_aside(self, note: Note, because: str) -> tuple[Path, Path]:
        """Move a note into the archive, without a commit; the path that it had and the one that it has."""
        keys = {"archived": _stamp(self._clock.now()), "because": because}
        return note.path, self._move(note, self.folder / ARCHIVE, keys)

    def restore(self, note_id: str) -> Note:
        """Bring a note back from the archive and commit it; raises LLMosError when there is none."""
        found = {each.id: each for each in self.archived()}
        if note_id not in found:
            raise LLMosError(f"there is no archived note '{note_id}'; {nearest(note_id, found)}")
        keys: dict[str, JSON] = {"archived": None, "because": None, "restored": _stamp(self._clock.now())}
        path = self._move(found[note_id], self.folder, keys)
        self._commit([found[note_id].path, path], f"Restore {path.stem}")
        return _note(read_document(path))

    def forget(self, note_id: str) -> Note:
        """Remove the note, once the volume's history has it as it is. Raises LLMosError when there is none."""
        note = self.show(note_id)
        self._commit([note.path], f"Keep {note.id}, which is about to be forgotten")
        try:
            note.path.unlink()
        except OSError as error:
            raise disk_said("remove the note", note.path, error) from error
        self._commit([note.path], f"Forget {note.id}")
        return note

    def _path(self, note_id: str) -> Path:
        """Its file; a name such as only a person gives is looked for among those that are there, and not followed."""
        if _ID.fullmatch(note_id):
            return self.folder / f"{note_id}.md"
        for path in self.folder.glob("*.md"):
            if path.stem == note_id:
                return path
        raise LLMosError(f"{note_id!r} is no id of a note; `llmos memory search` shows them")

    def _must_be_kept(self, text: str, tags: Sequence[str]) -> None:
        if not text:
            raise LLMosError("there is nothing to remember; give a sentence that is true on its own")
        if len(text.encode("utf-8", "replace")) > self._most_bytes:
            raise LLMosError(f"a note has at most {self._most_bytes} bytes; write a document and remember where it is")
        if sentence := self.never_kept(text, tags):
            raise LLMosError(f"{sentence}; leave it out")
        if (there := sum(1 for _ in self.folder.glob("*.md"))) >= self._most:
            more = "`llmos evolve` puts aside what is old and double, `llmos memory forget` removes one"
            are = "is" if there == 1 else "are"
            raise LLMosError(f"there {are} {counted(there, 'note')}, as many as there may be; {more}")

    def never_kept(self, text: str, tags: Sequence[str] = ()) -> str | None:
        """Why a text must not be remembered: for a secret, or for personal data; None where nothing speaks against it.

        Shapes only: see `private` for what is not covered.
        """
        spoken = "\n".join((text, *tags))
        if self._is_secret(spoken) or looks_secret(spoken):
            return "this looks like a password, key or token, which is never remembered"
        found = unfit(spoken)
        return f"this holds what looks like {found}, and personal data is never remembered" if found else None

    def _move(self, note: Note, folder: Path, keys: Mapping[str, JSON]) -> Path:
        """The note with these keys in another folder, under its own name or the next free one."""
        try:
            path = self._new(folder, note.id, rewrite(note.path.read_text("utf-8"), keys))
        except OSError as error:
            raise disk_said("move the note", note.path, error) from error
        try:
            note.path.unlink()
        except OSError as error:
            path.unlink(missing_ok=True)
            raise disk_said("move the note", note.path, error) from error
        return path

    def _new(self, folder: Path, stem: str, text: str) -> Path:
        """Write a file of this name, or of the next free one; whole or not at all."""
        content = text.encode("utf-8", "replace")
        make_folder(folder)
        for count in range(1, 1000):
            path = folder / (f"{stem}.md" if count == 1 else f"{stem}-{count}.md")
            with suppress(FileExistsError):
                write_new(path, content, doing="write the note")
                return path
        raise LLMosError(f"there are too many notes named {stem}; begin the note with other words")


def _read(folder: Path) -> list[Note]:
    notes = []
    for path in sorted(folder.glob("*.md")):
        try:
            notes.append(_note(read_document(path)))
        except DocumentError:
            continue
    return notes


def _note(document: Document) -> Note:
    keys = document.keys
    return Note(
        id=document.path.stem,
        text=document.body.strip(),
        created=str(keys.get("created") or ""),
        tags=_several(keys.get("tags")),
        source=str(keys.get("source") or ""),
        path=document.path,
        digests=_several(keys.get("digests")),
        restored=str(keys.get("restored") or ""),
        archived=str(keys.get("archived") or ""),
        because=str(keys.get("because") or ""),
    )


def _several(value: JSON) -> tuple[str, ...]:
    """A list of names, however a person writes one."""
    return (
        tuple(map(str, value)) if isinstance(value, list) else tuple(filter(None, _SEPARATED.split(str(value or ""))))
    )


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _moment(stamp: str) -> datetime | None:
    """A moment as it was written, or as a person writes a day; None for what is neither."""
    try:
        found = datetime.fromisoformat(stamp)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _slug(text: str) -> str:
    """The first words as a file name of plain letters and digits."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain)
    return "-".join(words[:6])[:50].strip("-") or "note"
