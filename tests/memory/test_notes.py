"""The laws of notes: one markdown file each, committed, found again, never a secret."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from llmos.clock import SimulatedClock
from llmos.errors import DocumentError, LLMosError, StorageError
from llmos.memory.notes import Notes
from tests.support.disks import remount_read_only, tmpfs


class Commits:
    """A history that only remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[list[str], str]] = []

    def __call__(self, paths: Sequence[Path], reason: str) -> None:
        self.told.append(([path.name for path in paths], reason))


@pytest.fixture
def commits() -> Commits:
    """The history of the volume."""
    return Commits()


@pytest.fixture
def notes(tmp_path: Path, commits: Commits) -> Notes:
    """Notes of a volume that has none."""
    return Notes(tmp_path / "memory", SimulatedClock(), commits, lambda text: "SECRET" in text)


def test_a_note_is_a_markdown_file(notes: Notes, tmp_path: Path, commits: Commits) -> None:
    """Date and first words are its name; frontmatter says when, about what and from which run."""
    note = notes.remember(
        "  Ünïts are metric: 1 m.\n\nAsk before feet.\n", ["units", "habits"], "20260101-000000-abcdef"
    )
    assert note.id == "2026-01-01-units-are-metric-1-m-ask"
    assert note.path.read_text("utf-8") == (
        '---\ncreated: "2026-01-01T00:00:00Z"\ntags: units, habits\nsource: "20260101-000000-abcdef"\n---\n\n'
        "Ünïts are metric: 1 m.\n\nAsk before feet.\n"
    )
    assert commits.told == [([f"{note.id}.md"], f"Remember {note.id}")]
    assert notes.show(note.id) == note
    assert (note.text, note.tags, note.source) == (
        "Ünïts are metric: 1 m.\n\nAsk before feet.",
        ("units", "habits"),
        "20260101-000000-abcdef",
    )


def test_a_note_needs_nothing_but_text(notes: Notes) -> None:
    """Without tags and source there are none in the file; without words that make a name it is just a note."""
    note = notes.remember("日本語")
    assert note.id == "2026-01-01-note"
    assert note.path.read_text("utf-8") == '---\ncreated: "2026-01-01T00:00:00Z"\n---\n\n日本語\n'


def test_names_do_not_collide(notes: Notes) -> None:
    """The second note that begins alike gets a number; none is overwritten."""
    assert [notes.remember(text).id for text in ("The same", "The same!", "The same?")] == [
        "2026-01-01-the-same",
        "2026-01-01-the-same-2",
        "2026-01-01-the-same-3",
    ]
    assert len(notes.all()) == 3


def test_what_a_note_says_already_is_that_note(notes: Notes) -> None:
    """In these very words and under these words to look for: then a replay that remembers it answers as it did."""
    first = notes.remember("Ada works in metric units", ("units", "habits"))
    assert notes.remember(" Ada works in metric units\n", ("units",)) == first
    assert notes.remember("Ada works in metric units", ("work",)) != first
    assert len(notes.all()) == 2


def test_a_person_may_write_notes_too(notes: Notes, tmp_path: Path) -> None:
    """Any markdown file is a note; one that cannot be read is left out, and said when it is asked for."""
    (tmp_path / "memory").mkdir()
    (tmp_path / "memory/mine.md").write_text("Just text.")
    (tmp_path / "memory/tagged.md").write_text("---\ntags: [a, b]\n---\nText.")
    (tmp_path / "memory/broken.md").write_bytes(b"\xff\xfe")
    assert [(note.id, note.text, note.tags) for note in notes.all()] == [
        ("mine", "Just text.", ()),
        ("tagged", "Text.", ("a", "b")),
    ]
    with pytest.raises(DocumentError):
        notes.show("broken")


def test_a_person_may_name_a_note_as_they_like(notes: Notes, tmp_path: Path) -> None:
    """What is listed can be shown and forgotten; what is no name of a file there leads nowhere."""
    (tmp_path / "memory").mkdir()
    (tmp_path / "memory/My Note.md").write_text("Just text.")
    (tmp_path / "secret.md").write_text("A secret.")
    assert notes.show("My Note").text == "Just text."
    assert notes.forget("My Note").text == "Just text."
    for name in ("../secret", "My Note"):
        with pytest.raises(LLMosError) as raised:
            notes.show(name)
        assert str(raised.value) == f"{name!r} is no id of a note; `llmos memory search` shows them"


def test_forgetting_removes_and_commits(tmp_path: Path) -> None:
    """The history is told before the file goes, so that it has what a person wrote and did not commit; and after."""
    told: list[tuple[str, bool]] = []

    def commit(paths: Sequence[Path], reason: str) -> None:
        told.append((reason, paths[0].exists()))

    notes = Notes(tmp_path / "memory", SimulatedClock(), commit, lambda _: False)
    note = notes.remember("Gone soon")
    assert notes.forget(note.id) == note
    assert notes.all() == []
    assert told[1:] == [(f"Keep {note.id}, which is about to be forgotten", True), (f"Forget {note.id}", False)]


def test_a_note_that_history_does_not_take_is_not_forgotten(tmp_path: Path) -> None:
    """Nothing else would have it."""

    def commit(_: Sequence[Path], reason: str) -> None:
        if reason.startswith("Keep"):
            raise StorageError("git is busy")

    notes = Notes(tmp_path / "memory", SimulatedClock(), commit, lambda _: False)
    note = notes.remember("Gone soon")
    with pytest.raises(StorageError, match="git is busy"):
        notes.forget(note.id)
    assert notes.show(note.id) == note


@pytest.mark.parametrize("act", ["show", "forget"])
def test_a_note_that_is_not_there_is_a_sentence(notes: Notes, act: str) -> None:
    """With the nearest one."""
    notes.remember("The same")
    with pytest.raises(LLMosError) as raised:
        getattr(notes, act)("2026-01-01-the-sam")
    assert str(raised.value) == "there is no note '2026-01-01-the-sam'; did you mean '2026-01-01-the-same'?"


@pytest.mark.parametrize("note_id", ["../VOLUME", "a/b", "", "A", ".", "a.md", "x" * 81])
def test_what_cannot_be_an_id_is_a_sentence(notes: Notes, note_id: str) -> None:
    """An id is no path."""
    with pytest.raises(LLMosError) as raised:
        notes.forget(note_id)
    assert str(raised.value) == f"{note_id!r} is no id of a note; `llmos memory search` shows them"


@pytest.mark.parametrize(
    "text",
    [
        "SECRET",
        "the password is hunter2",
        "Password: hunter2!",
        "api key = abcd1234",
        "my API_KEY='x9y8'",
        "the PIN is 4711",
        "token:a1b2c3d4",
    ],
)
def test_secrets_are_not_kept(notes: Notes, commits: Commits, text: str) -> None:
    """Neither in the text nor among the tags."""
    for args in ((text, ()), ("harmless", (text,))):
        with pytest.raises(LLMosError) as raised:
            notes.remember(*args)
        expected = "this looks like a password, key or token, which is never remembered; leave it out"
        assert str(raised.value) == expected
    assert notes.all() == []
    assert commits.told == []


@pytest.mark.parametrize(
    "text",
    [
        "The password policy is strict.",
        "A token is refreshed hourly.",
        "The secret: practice",
        "The pin is on shelf A3.",
    ],
)
def test_what_only_speaks_of_secrets_is_kept(notes: Notes, text: str) -> None:
    """The words alone are no secret."""
    assert notes.remember(text).text == text


def test_nothing_and_too_much_are_sentences(notes: Notes) -> None:
    """A note is a fact."""
    with pytest.raises(LLMosError) as raised:
        notes.remember("  \n")
    assert str(raised.value) == "there is nothing to remember; give a sentence that is true on its own"
    with pytest.raises(LLMosError) as raised:
        notes.remember("x" * 10_001)
    assert str(raised.value) == "a note has at most 10000 bytes; write a document and remember where it is"


def test_a_disk_that_refuses_is_a_sentence(tmp_path: Path, commits: Commits) -> None:
    """And nothing is committed but what stands there already."""
    with tmpfs(tmp_path / "disk", "size=1m") as disk:
        notes = Notes(disk / "memory", SimulatedClock(), commits, lambda _: False)
        kept = notes.remember("Before")
        remount_read_only(disk)
        with pytest.raises(StorageError) as raised:
            notes.remember("After")
        assert str(raised.value) == (
            f"cannot write the note {disk / 'memory/2026-01-01-after.md'}: the file system is read-only; "
            "set LLMOS_HOME to a folder that can be written"
        )
        with pytest.raises(StorageError, match=f"cannot remove the note {kept.path}: the file system is read-only"):
            notes.forget(kept.id)
    assert [reason for _, reason in commits.told] == [
        f"Remember {kept.id}",
        f"Keep {kept.id}, which is about to be forgotten",
    ]


def test_text_that_no_file_can_hold_is_kept_as_far_as_it_can(notes: Notes) -> None:
    """Half a surrogate pair becomes a question mark."""
    assert notes.remember("half \ud800").text == "half ?"


def test_a_full_disk_leaves_no_half_note(tmp_path: Path, commits: Commits) -> None:
    """A note is whole or not there."""
    with tmpfs(tmp_path / "disk", "size=16k") as disk:
        notes = Notes(disk / "memory", SimulatedClock(), commits, lambda _: False)
        kept = notes.remember("x" * 9000)
        with pytest.raises(StorageError, match=r"^cannot write the note .*: the disk is full; free some space"):
            notes.remember("y" * 9000)
        assert notes.all() == [kept]
        assert len(commits.told) == len(list((disk / "memory").iterdir())) == 1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Ana is ana@example.com.", "an e-mail address"),
        ("Call +49 30 1234567.", "a phone number"),
        ("Pay to DE89370400440532013000.", "a bank account (IBAN)"),
    ],
)
def test_personal_data_is_refused(notes: Notes, text: str, sentence: str) -> None:
    """In one sentence that says what it looks like; no file is made, also where only a tag holds it."""
    for words, tags in ((text, ()), ("harmless", (text,))):
        with pytest.raises(LLMosError) as caught:
            notes.remember(words, tags)
        assert str(caught.value) == (
            f"this holds what looks like {sentence}, and personal data is never remembered; leave it out"
        )
    assert not notes.folder.exists()


def test_there_is_a_most_of_notes(tmp_path: Path, commits: Commits) -> None:
    """The sentence says how to make room; so is there one of bytes."""
    notes = Notes(tmp_path / "memory", SimulatedClock(), commits, lambda _: False, most=1, most_bytes=20)
    notes.remember("one")
    with pytest.raises(LLMosError) as caught:
        notes.remember("two")
    assert str(caught.value) == (
        "there is 1 note, as many as there may be; `llmos evolve` puts aside what is old and double, "
        "`llmos memory forget` removes one"
    )
    with pytest.raises(LLMosError, match="a note has at most 20 bytes"):
        notes.remember("x" * 21)


def test_a_note_that_was_put_aside_comes_back(notes: Notes, commits: Commits, tmp_path: Path) -> None:
    """It keeps its text and keys; of two with one name neither is lost; a wrong name gets the nearest."""
    first = notes.remember("The fern likes shade.", ["fern"], "r1")
    old, new = notes.put_aside(first, "it was told to")
    assert (old.exists(), new) == (False, tmp_path / "memory" / "archive" / old.name)
    [aside] = notes.archived()
    assert (aside.text, aside.tags, aside.archived, aside.because) == (
        first.text,
        first.tags,
        "2026-01-01T00:00:00Z",
        "it was told to",
    )
    again = notes.remember("The fern likes shade.")
    notes.put_aside(again, "twice")
    assert [note.id for note in notes.archived()] == [f"{first.id}-2", first.id]
    back = notes.restore(first.id)
    assert (back.id, back.text, back.archived, back.restored) == (first.id, first.text, "", "2026-01-01T00:00:00Z")
    assert commits.told[-1] == ([f"{first.id}.md", f"{first.id}.md"], f"Restore {first.id}")
    with pytest.raises(LLMosError) as caught:
        notes.restore(f"{first.id}-3")
    assert str(caught.value) == f"there is no archived note '{first.id}-3'; did you mean '{first.id}-2'?"


def test_age_counts_from_the_last_return(notes: Notes, tmp_path: Path) -> None:
    """A date that nobody can read makes no note old."""
    note = notes.remember("The fern likes shade.")
    now = datetime(2026, 1, 11, tzinfo=UTC)
    assert note.age_days(now) == 10.0
    assert replace(note, restored="2026-01-09").age_days(now) == 2.0
    assert replace(note, created="long ago").age_days(now) == 0.0
    assert (note.by_person, replace(note, source="r").by_person) == (True, False)
