"""The vectors of notes are made once, go with their notes, and hold no secret."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from llmos.memory.note_vectors import likenesses
from llmos.traces.schema import open_index
from llmos.vectors import Embedder
from tests.support.stand_in_embedder import write_stand_in

NOTES = ["the keys are in the kitchen", "a red cube is on the sofa"]


def asked(home: Path, embedder: Embedder, texts: Sequence[str], question: str) -> list[float]:
    """How near these notes are, in the index of a home."""
    connection = open_index(home, print)
    try:
        return likenesses(connection, embedder, lambda text: "password" not in text, texts, question)
    finally:
        connection.close()


def kept(home: Path) -> dict[str, bytes]:
    """The vectors by key."""
    connection = open_index(home, print)
    found = dict(connection.execute("SELECT key, vector FROM note_vectors").fetchall())
    connection.close()
    return found


def test_a_note_in_other_words_is_near(tmp_path: Path) -> None:
    """And one about something else is not, the second time as the first."""
    embedder = write_stand_in(tmp_path / "model")
    for _ in range(2):
        keys, cube = asked(tmp_path, embedder, NOTES, "keychain galley")
        assert keys > 0.9
        assert abs(cube) < 0.3
    assert len(kept(tmp_path)) == 2


def test_a_forgotten_note_takes_its_vector_along(tmp_path: Path) -> None:
    """At the next question."""
    embedder = write_stand_in(tmp_path / "model")
    asked(tmp_path, embedder, NOTES, "red")
    assert asked(tmp_path, embedder, NOTES[:1], "red") == pytest.approx(asked(tmp_path, embedder, NOTES, "red")[:1])
    asked(tmp_path, embedder, NOTES[:1], "red")
    assert len(kept(tmp_path)) == 1


def test_another_model_makes_them_anew(tmp_path: Path) -> None:
    """None of the old one stays."""
    asked(tmp_path, write_stand_in(tmp_path / "a"), NOTES, "red")
    before = kept(tmp_path)
    keys, _ = asked(tmp_path, write_stand_in(tmp_path / "b", seed=2), NOTES, "keychain galley")
    assert keys > 0.9
    after = kept(tmp_path)
    assert before.keys() == after.keys()
    assert not set(before.values()) & set(after.values())


def test_what_must_not_be_kept_has_no_vector(tmp_path: Path) -> None:
    """As near to the question as nothing."""
    embedder = write_stand_in(tmp_path / "model")
    assert asked(tmp_path, embedder, ["the password of the sofa"], "sofa") == [0.0]
    assert kept(tmp_path) == {}


def test_of_no_notes_none_is_near(tmp_path: Path) -> None:
    """An empty home has an answer."""
    assert asked(tmp_path, write_stand_in(tmp_path / "model"), [], "red") == []
