"""What the documents of a run said is found again: as they are, at their commit, or not at all, and then it is said."""

from pathlib import Path

from llmos.documents.document import hash_of
from llmos.traces.events import DocumentRef
from llmos.traces.sources import Passage, Source, read_sources

THEN = "---\nname: w\ntools: Read\n---\n\nLook first.\n"


def reading(path: Path, commit: str | None, at_commit: bytes | None = None) -> Source:
    """The one document of a run that read THEN there."""
    ref = DocumentRef(str(path), hash_of(THEN.encode()), commit, "agent")
    [source] = read_sources([ref], lambda *_: at_commit)
    return source


def test_a_document_that_reads_as_then_is_quoted_as_it_is(tmp_path: Path) -> None:
    """Nothing needs git, and nothing is remarked."""
    path = tmp_path / "w.md"
    path.write_text(THEN)
    assert reading(path, "c1").at_key("tools") == Passage(str(path), 3, "c1", "tools: Read", "")


def test_a_changed_document_is_quoted_as_it_was(tmp_path: Path) -> None:
    """By its commit, with a word that it reads otherwise today."""
    path = tmp_path / "w.md"
    path.write_text("---\nname: w\n---\nNever look.\n")
    found = reading(path, "c1", THEN.encode())
    assert found.at_key("tools") == Passage(str(path), 3, "c1", "tools: Read", "the document has changed since")
    path.unlink()
    assert reading(path, "c1", THEN.encode()).at(6).note == "the document is gone by now"


def test_what_no_commit_holds_is_said_to_be_lost(tmp_path: Path) -> None:
    """Also where git's text is not the one that the run read: nothing is quoted that it did not read."""
    path = tmp_path / "w.md"
    gone = "the document is gone by now, and no commit holds how it read then"
    assert reading(path, None).at_key("tools") == Passage(str(path), 0, None, "", gone)
    path.write_text("other")
    other = "the document has changed since, and no git here knows how it read then"
    assert reading(path, "c1", b"a third text").at(3) == Passage(str(path), 3, "c1", "", other)


def test_a_key_that_is_not_set_is_no_line(tmp_path: Path) -> None:
    """The document as a whole then; text is found below a line."""
    path = tmp_path / "w.md"
    path.write_text(THEN)
    source = reading(path, None)
    assert (source.at_key("model").line, source.at_key("model", "name").line) == (0, 2)
    assert (source.find("Look"), source.find("Look", after=6), source.name) == (6, 0, "w")
    assert (source.has("tools"), source.has("model")) == (True, False)


def test_a_document_that_is_no_document_is_lost(tmp_path: Path) -> None:
    """A NUL byte makes it unreadable; that it is there does not help."""
    path = tmp_path / "w.md"
    path.write_bytes(b"a\0b")
    [source] = read_sources([DocumentRef(str(path), hash_of(b"a\0b"), None, "agent")], lambda *_: None)
    assert source.document is None
