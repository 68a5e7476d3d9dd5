"""`llmos evolve` tidies notes: one commit, taken back when it fails, nothing the second time; digests are checked."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from llmos.clock import SimulatedClock
from llmos.documents.kernel import load_kernel
from llmos.errors import RefusedError, StorageError
from llmos.evolution.consolidation import MemoryStep, Shelf, tidy
from llmos.evolution.digest import Answer, Subject, compose_digest, read_digest, subjects
from llmos.evolution.note_uses import note_uses
from llmos.evolution.steps import Change
from llmos.memory.notes import Note, Notes
from llmos.memory.tidying import Use
from llmos.messages import Text, ToolResult
from llmos.settings import system_root
from llmos.traces.events import ToolReturned
from llmos.volumes.history import History
from tests.support.journals import started, write_run
from tests.support.repositories import person

pytestmark = pytest.mark.anyio

RULES = replace(load_kernel(system_root() / "kernel").memory, digest_notes=3)


def nowhere(_: Sequence[Path], __: str) -> None:
    """Notes are committed by the test itself."""


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """The notes of a user volume with a history, in a home."""
    clock = SimulatedClock()
    root = tmp_path / "user"
    history = History(root, clock)
    history.init()
    notes = Notes(root / "memory", clock, nowhere, lambda _: False)
    return Shelf(notes, history, RULES, tmp_path, clock)


def keep(shelf: Shelf, *texts: str, tags: Sequence[str] = (), source: str = "r1") -> list[str]:
    """Notes with these texts, all in one commit; their ids."""
    made = [shelf.notes.write(text, tags, {"source": source}) for text in texts]
    shelf.history.commit([note.path for note in made], "Remember")
    return [note.id for note in made]


def ids(notes: Sequence[Note]) -> list[str]:
    """What they are called."""
    return [note.id for note in notes]


def last(shelf: Shelf) -> str:
    """The newest commit's message."""
    return person(shelf.history.root, "log", "-1", "--format=%B")


async def done(shelf: Shelf, digester: object = None) -> Sequence[Change]:
    """Carry the step out."""
    return await MemoryStep(shelf, digester).carry_out(lambda _: None)  # type: ignore[arg-type]


async def test_doubles_are_merged_in_one_commit(shelf: Shelf) -> None:
    """The note that stays has the sources of all; the other lies in the archive and says why; git tells it."""
    [first] = keep(shelf, "The old fern likes shade.", source="r1", tags=["fern"])
    [second] = keep(shelf, "the old fern  likes shade", source="r2", tags=["plants"])
    [change] = await done(shelf)
    assert (change.step, change.verdict, change.sentence) == ("memory", "kept", "1 double merged")
    assert change.commit == shelf.history.tip()
    [note], [archived] = shelf.notes.all(), shelf.notes.archived()
    assert (note.id, note.source, note.tags) == (first, "r1, r2", ("fern", "plants"))
    assert (archived.id, archived.because) == (second, f"says the same as {first}")
    assert last(shelf) == (
        f"Tidy the notes: 1 double merged\n\n- {first} stands for {second}\n\n"
        f"Merged: {first} <- {second}\nAside: {second}\nRules: kernel/memory.md\n"
    ).rstrip("\n")
    assert shelf.history.changes() == ()


async def test_the_second_time_there_is_nothing_to_do(shelf: Shelf) -> None:
    """No commit, no change, and nothing is foretold."""
    keep(shelf, "The fern likes shade.", "the fern likes shade", "The lab closes at 6.")
    step = MemoryStep(shelf)
    assert len(await step.foretell()) == 1
    await step.carry_out(lambda _: None)
    tip = shelf.history.tip()
    assert (await step.carry_out(lambda _: None), await step.foretell(), shelf.history.tip()) == ([], [], tip)


async def test_what_faded_goes_into_the_archive_and_comes_back(shelf: Shelf) -> None:
    """By age without use; a person brings it back, and then it is as if it were new."""
    [old] = keep(shelf, "The crane squeaks.")
    shelf.clock.advance(timedelta(days=400).total_seconds())  # type: ignore[attr-defined]
    [new] = keep(shelf, "The lamp flickers.")
    assert await MemoryStep(shelf).foretell() == [f"{old} is put aside: faded: never recalled in 400 days"]
    [change] = await done(shelf)
    assert (change.sentence, ids(shelf.notes.all()), ids(shelf.notes.archived())) == ("1 put aside", [new], [old])
    restored = shelf.notes.restore(old)
    assert (restored.archived, restored.because, restored.restored) == ("", "", "2027-02-05T00:00:00Z")
    shelf.history.commit([shelf.notes.folder], "Restore")
    assert await done(shelf) == []


async def test_what_was_recalled_stays(shelf: Shelf) -> None:
    """The journals of the home say how often and when; a damaged one says nothing."""
    [old] = keep(shelf, "The crane squeaks.")
    shelf.clock.advance(timedelta(days=400).total_seconds())  # type: ignore[attr-defined]
    found = ToolResult("c1", (Text(f"[{old}] The crane squeaks.\n\n[other] [x] y"),))
    assert isinstance(shelf.clock, SimulatedClock)
    for _ in range(2):
        path = write_run(shelf.home, [started("r"), ToolReturned.of(found, "Recall", 0.1)], shelf.clock)
    broken = path.with_name(f"{path.stem[:-6]}aaaaaa.jsonl")
    broken.write_bytes(b'{"tool":"Recall"}\n')
    now = shelf.clock.now()
    assert note_uses(shelf.home, now - timedelta(days=1)) == {old: Use(2, now), "other": Use(2, now)}
    assert note_uses(shelf.home, now + timedelta(days=1)) == {}
    assert await done(shelf) == []


async def test_what_a_person_works_on_stays(shelf: Shelf) -> None:
    """A note that differs from the last commit is left alone; staged changes stop everything."""
    first, _ = keep(shelf, "The fern likes shade.", "the fern likes shade")
    page = shelf.notes.show(first).path
    page.write_text(page.read_text("utf-8") + "\nAnd water.\n", "utf-8")
    assert await done(shelf) == []
    person(shelf.history.root, "add", "--all")
    with pytest.raises(RefusedError, match="has staged changes of yours"):
        await done(shelf)


async def test_a_commit_that_fails_takes_everything_back(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """Notes and archive are as they were, so that the next time does it."""
    keep(shelf, "The fern likes shade.", "the fern likes shade")
    before = {path: path.read_bytes() for path in shelf.notes.folder.rglob("*.md")}

    class Full(History):
        """A history on a disk that is full."""

        def commit(self, *_: object, **__: object) -> str | None:
            raise StorageError("git could not commit: the disk is full.")

    with pytest.raises(StorageError):
        list(tidy(replace(shelf, history=Full(shelf.history.root, shelf.clock))))
    assert {path: path.read_bytes() for path in shelf.notes.folder.rglob("*.md")} == before
    assert len(await done(shelf)) == 1


async def test_what_is_taken_back_is_nobody_elses(shelf: Shelf) -> None:
    """A note that another process writes or changes in between stays as it is there, committed or not."""
    keep(shelf, "The fern likes shade.", "the fern likes shade")
    [other] = keep(shelf, "The lab closes at 6.")
    before = {path: path.read_bytes() for path in shelf.notes.folder.rglob("*.md")}
    changed = shelf.notes.show(other).path

    class Busy(History):
        """A history that is busy while somebody else works."""

        def commit(self, *_: object, **__: object) -> str | None:
            changed.write_text("The lab closes at 7.")
            shelf.notes.write("The door code changed on Monday", (), {})
            raise StorageError("git could not commit: another git is at work.")

    with pytest.raises(StorageError):
        list(tidy(replace(shelf, history=Busy(shelf.history.root, shelf.clock))))
    after = {path: path.read_bytes() for path in shelf.notes.folder.rglob("*.md")}
    assert changed.read_text() == "The lab closes at 7."
    assert [path.stem for path in {*after} - {*before}] == ["2026-01-01-the-door-code-changed-on-monday"]
    assert all(after[path] == content for path, content in before.items() if path != changed)


async def test_without_a_history_nothing_is_moved(tmp_path: Path) -> None:
    """What no commit would hold is not put aside."""
    clock = SimulatedClock()
    notes = Notes(tmp_path / "memory", clock, nowhere, lambda _: False)
    notes.write("The fern likes shade.", (), {"source": "r1"})
    notes.write("the fern likes shade", (), {"source": "r1"})
    shelf = Shelf(notes, History(tmp_path, clock), RULES, tmp_path, clock)
    assert (await done(shelf), await MemoryStep(shelf).foretell(), len(notes.all())) == ((), [], 2)


class Tape:
    """Says what it was given to say."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.asked: list[Subject] = []

    async def digest(self, subject: Subject) -> Answer:
        """The text."""
        self.asked.append(subject)
        return Answer(self.text, "archivist on tape", "20260101-000000-aaaaaa", 0.01)


FERNS = (
    "Above the sill of room 3 the fern likes shade and dies in the sun.",
    "Before noon the fern of room 3 is watered every 2 days by Ana.",
    "Close to the heating of room 3 the fern must not stand at any time.",
)
GOOD = """- The fern of room 3 likes shade and is watered every 2 days by Ana. [1] [2]
- It must not stand close to the heating. [3]
"""


async def test_notes_on_one_subject_are_summed_up(shelf: Shelf) -> None:
    """The digest names and links its notes; they go aside; one commit; the second time nothing is asked."""
    notes = keep(shelf, *FERNS, tags=["fern"])
    tape = Tape(GOOD)
    assert await MemoryStep(shelf, tape).foretell() == ["sum up 3 notes on 'fern'"]
    [change] = await done(shelf, tape)
    [digest] = shelf.notes.all()
    assert (change.verdict, change.subject, change.commit) == ("kept", digest.id, shelf.history.tip())
    assert digest.digests == tuple(sorted(notes))
    assert (digest.source, digest.tags) == ("20260101-000000-aaaaaa", ("fern",))
    links = [f"[{name}](archive/{name}.md)" for name in notes]
    assert digest.text == (
        f"- The fern of room 3 likes shade and is watered every 2 days by Ana. ({links[0]}, {links[1]})\n"
        f"- It must not stand close to the heating. ({links[2]})"
    )
    assert all((shelf.notes.folder / "archive" / f"{name}.md").is_file() for name in notes)
    assert {note.because for note in shelf.notes.archived()} == {"summed up in a digest on fern"}
    assert f"Digest: {digest.id}\nNotes: {', '.join(sorted(notes))}\nBy: archivist on tape\n" in last(shelf)
    assert (await done(shelf, tape), len(tape.asked)) == ([], 1)


async def test_a_digest_that_adds_something_is_not_believed(shelf: Shelf) -> None:
    """Nothing moves, and it is said why."""
    keep(shelf, *FERNS, tags=["fern"])
    [change] = await done(shelf, Tape("- The fern of room 3 is watered every 4 days. [2]"))
    assert (change.verdict, change.commit, len(shelf.notes.all())) == ("discarded", None, 3)
    assert change.sentence == (
        "The digest of archivist on tape was not believed: the line 'The fern of room 3 is watered every 4 days.' "
        "has the number 4, which its notes have not."
    )


def subject(*texts: str) -> Subject:
    """Notes with these texts."""
    return Subject("x", tuple(Note(f"n{i}", text, "", ("x",), "r", Path(f"n{i}.md")) for i, text in enumerate(texts)))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "there was no line in the answer"),
        ("- It likes shade.", "the line 'It likes shade.' names no note that it comes from"),
        ("- It likes shade. [4]", "the line 'It likes shade.' names no note that it comes from"),
        ("- It may stand near the heating. [3]", "the line 'It may stand near the heating.' differs from its notes in"),
        ("- It is watered by Ben. [2]", "the line 'It is watered by Ben.' names Ben, which its notes do not"),
        ("- It likes shade. [1]", "it is no shorter than the notes that it sums up"),
        ("\n".join(f"- {text} {text} [{n}]" for n, text in enumerate(FERNS, 1)), "it is no shorter"),
    ],
)
def test_what_cannot_be_checked_is_not_believed(text: str, why: str) -> None:
    """No source, a new number or name, a no more or less, no gain."""
    found = read_digest(text, subject(*FERNS))
    assert isinstance(found, str)
    assert found.startswith(why)


def test_a_line_may_name_several_notes_at_once() -> None:
    """In one pair of brackets or in several, each once."""
    lines = read_digest("1. The fern likes shade, Ana waters it [1, 2][2]", subject(*FERNS))
    assert not isinstance(lines, str)
    assert [note.id for note in lines[0].notes] == ["n0", "n1"]
    assert compose_digest(lines, {"n0": "a", "n1": "b-2"}) == (
        "- The fern likes shade, Ana waters it ([a](archive/a.md), [b-2](archive/b-2.md))"
    )


def test_subjects_leave_out_what_no_model_may_see() -> None:
    """Notes of persons, digests, what looks private; each note belongs to one subject, the commonest tag first."""

    def note(name: str, *tags: str, source: str = "r", text: str = "x", digests: tuple[str, ...] = ()) -> Note:
        return Note(name, text, "", tags, source, Path(name), digests)

    notes = [
        note("a", "fern", "lab"), note("b", "fern"), note("c", "lab"), note("d", "lab"),
        note("mine", "fern", source=""), note("sum", "fern", digests=("a",)), note("e", "fern", text="SECRET"),
    ]  # fmt: skip
    found = subjects(notes, 2, lambda text: "no" if "SECRET" in text else None)
    assert [(each.tag, ids(each.notes)) for each in found] == [("lab", ["a", "c", "d"])]
    assert [each.tag for each in subjects(notes, 1, lambda _: None)] == ["fern", "lab"]
