"""The laws of recall: notes that share words, best first."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.memory.notes import Note
from llmos.memory.recall import Meaning, Recency, recall, words


def note(text: str, *tags: str, created: str = "2026-01-01") -> Note:
    """A note that stands in no file."""
    return Note(text, text, created, tags, "", Path(text))


def ids(notes: list[Note], question: str, limit: int = 5) -> list[str]:
    """The notes found, best first."""
    return [each.note.id for each in recall(notes, question, limit)]


NOTES = [
    note("the cube is red"),
    note("the ball is blue and the ball is round"),
    note("the shelf is high", "cube", "storage"),
    note("nothing of that kind"),
]


def test_rare_words_weigh_more_than_common_ones() -> None:
    """`the` stands nearly everywhere and says little."""
    assert ids(NOTES, "the ball")[0] == "the ball is blue and the ball is round"
    assert ids(NOTES, "red") == ["the cube is red"]


def test_tags_count_as_words() -> None:
    """What is filed under a word is found by it."""
    assert set(ids(NOTES, "cube")) == {"the cube is red", "the shelf is high"}


def test_case_plural_and_width_do_not_matter() -> None:
    """Cubes, CUBE and full-width letters are one word; `glass` is not the plural of `glas`."""
    assert set(ids(NOTES, "CUBES!")) == set(ids(NOTES, "\uff43\uff55\uff42\uff45")) == set(ids(NOTES, "cube"))
    assert words("Glass is as gas") == ["glass", "is", "as", "gas"]


def test_nothing_shared_is_nothing_found() -> None:
    """No word in common, no note."""
    assert ids(NOTES, "zebra") == ids(NOTES, "") == ids([], "cube") == ids([note("?!")], "?!") == []


def test_of_equal_notes_the_newer_comes_first() -> None:
    """What was learned last is more likely to hold."""
    older, newer = note("cube a", created="2026-01-01"), note("cube b", created="2026-02-01")
    assert ids([older, newer], "cube") == ids([newer, older], "cube") == ["cube b", "cube a"]


def test_words_that_say_little_do_not_decide() -> None:
    """Beside words that say something they are left out; alone they are all there is to look for."""
    notes = [note("fern likes shade"), note("the car is the best")]
    assert ids(notes, "what does the fern like?") == ["fern likes shade"]
    assert ids(notes, "the") == ["the car is the best"]


def test_forms_of_a_word_are_found() -> None:
    """Porter's stems: `moved` is found by `moving`, `gripper` by `grippers`, an accent does not matter."""
    notes = [note("the arm moved the crate"), note("the café closes")]
    assert ids(notes, "moving crates") == ["the arm moved the crate"]
    assert ids(notes, "cafe") == ["the café closes"]


def test_the_newer_counts_a_little_more() -> None:
    """By half-lives, up to its weight: what fits much better is still first."""
    now = datetime(2026, 7, 1, tzinfo=UTC)
    recency = Recency(now, half_life_days=30.0, weight=0.5)
    old, new = note("cube red", created="2020-01-01"), note("cube red", "x", created="2026-07-01")
    assert recency.factor(new) == pytest.approx(1.5)
    assert recency.factor(note("x", created="2026-06-01")) == pytest.approx(1.25)
    assert recency.factor(old) == pytest.approx(1.0)
    both = [old, new, *(note(f"filler {n}") for n in range(9))]
    assert [each.note for each in recall(both, "cube", recency=recency)] == [new, old]
    assert recall(both, "cube red cube", recency=Recency(now, 30.0, 0.0))[0].note is old  # shorter, so it fits better


@given(st.lists(st.text("abc ", max_size=12), max_size=8), st.text("abc ", max_size=6), st.integers(1, 4))
def test_what_is_found_shares_a_word_and_is_sorted(texts: list[str], question: str, limit: int) -> None:
    """However notes look: bounded, descending, positive, and every one shares a word with the question."""
    found = recall([note(text) for text in texts], question, limit)
    scores = [each.score for each in found]
    assert scores == sorted(scores, reverse=True)
    assert len(found) <= limit
    assert all(score > 0 for score in scores)
    assert all(set(words(each.note.text)) & set(words(question)) for each in found)


def test_a_note_in_other_words_is_recalled_where_meaning_can_be_told() -> None:
    """From the least likeness on; what shares words and means the same comes first."""
    near = {"the cube is red": 0.9, "the shelf is high": 0.5, "nothing of that kind": 0.1}
    meaning = Meaning(lambda texts, _: [near.get(text, 0.0) for text in texts], 0.4)
    found = recall(NOTES, "crimson block", 5, None, meaning)
    assert [(each.note.id, each.score) for each in found] == [("the cube is red", 0.45), ("the shelf is high", 0.25)]
    assert recall(NOTES, "red cube", 5, None, meaning)[0].note.id == "the cube is red"
    assert recall(NOTES, "crimson block", 5) == []


def test_without_meaning_scores_are_as_they_were() -> None:
    """A likeness of nothing changes no order."""
    nothing = Meaning(lambda texts, _: [0.0] * len(texts), 0.4)
    for question in ("the ball", "cube", "red shelf"):
        assert [each.note for each in recall(NOTES, question)] == [
            each.note for each in recall(NOTES, question, 5, None, nothing)
        ]
