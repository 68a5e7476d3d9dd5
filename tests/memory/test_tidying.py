"""The plan of tidying: doubles become one, what faded or is too much goes aside, what a person wrote stays."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from llmos.memory.notes import Note
from llmos.memory.tidying import Tidying, Use, plan, strength

NOW = datetime(2026, 7, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules that put nothing aside by themselves."""

    notes_kept: int = 100
    notes_archived: int = 100
    note_half_life_days: float = 30.0
    note_faded: float = 0.0
    note_alike: float = 0.8


def note(name: str, text: str = "", source: str = "r1", days: float = 0.0, tags: tuple[str, ...] = ()) -> Note:
    """A note that is so many days old."""
    created = (NOW - timedelta(days=days)).isoformat()
    return Note(name, text or f"about {name}", created, tags, source, Path(f"{name}.md"))


def aside(tidying: Tidying) -> dict[str, str]:
    """What is put aside, and why."""
    return {each.note.id: each.because for each in tidying.aside}


def test_doubles_become_the_fullest_note() -> None:
    """With the tags and sources of all, each once; the others go aside."""
    notes = [
        note("a", "The old fern on the window sill likes shade", "r1", tags=("fern",)),
        note("b", "The very old fern on the window sill likes shade", "r2", tags=("plants", "fern")),
        note("c", "the old fern on  the window sill likes shade.", "r1, r3"),
        note("d", "The old fern on the window sill hates shade", "r4"),
    ]
    found = plan(notes, [], {}, Rules(), NOW)
    [merged] = found.merged
    assert (merged.note.id, [other.id for other in merged.others]) == ("b", ["a", "c"])
    assert (merged.tags, merged.source) == (("plants", "fern"), "r2, r1, r3")
    assert aside(found) == {"a": "says the same as b", "c": "says the same as b"}


def test_what_a_person_wrote_stays() -> None:
    """It stands for the others, keeps having no source, and neither fades nor makes room."""
    mine = [note("mine", "The fern likes shade", "", days=9999), note("twin", "The fern likes shade", "")]
    found = plan([*mine, note("theirs", "the fern likes shade")], [], {}, Rules(1, note_faded=0.5), NOW)
    assert aside(found) == {"theirs": "says the same as mine"}
    assert [merged.source for merged in found.merged] == [""]


def test_what_nobody_recalls_fades() -> None:
    """Two half-lives leave a quarter; each use makes it slower, and is the new beginning."""
    rules = Rules(note_faded=0.2)
    old = note("old", days=60)
    assert strength(old, {}, rules, NOW) == pytest.approx(0.25)
    assert strength(old, {"old": Use(1, NOW - timedelta(days=60))}, rules, NOW) == pytest.approx(0.5)
    assert strength(old, {"old": Use(3, NOW)}, rules, NOW) == 1.0
    notes = [note("new"), note("used", days=900), note("gone", days=90), old]
    found = plan(notes, [], {"used": Use(2, NOW - timedelta(days=10))}, rules, NOW)
    assert aside(found) == {"gone": "faded: never recalled in 90 days"}
    late = plan([note("used", days=900)], [], {"used": Use(2, NOW - timedelta(days=400))}, rules, NOW)
    assert aside(late) == {"used": "faded: recalled 2 times, last 2025-05-27, in 900 days"}


def test_of_too_many_the_weakest_go() -> None:
    """As many as are too much, after doubles and faded ones are gone."""
    notes = [note("a", days=5), note("b", days=9), note("c", days=1), note("mine", source="", days=99)]
    assert aside(plan(notes, [], {}, Rules(notes_kept=3), NOW)) == {"b": "the weakest of more than 3 notes"}
    assert set(aside(plan(notes, [], {}, Rules(notes_kept=1), NOW))) == {"a", "b", "c"}


def test_the_archive_is_bounded() -> None:
    """The oldest that were put aside go, so that there is room for those that come."""
    archived = [Note(name, "", "", (), "", Path(name), archived=f"2026-0{n}-01") for n, name in enumerate("zyx", 1)]
    found = plan([note("a", days=999)], archived, {}, Rules(notes_archived=2, note_faded=0.5), NOW)
    assert [each.id for each in found.removed] == ["z", "y"]


def test_nothing_to_do_is_nothing() -> None:
    """A plan that does nothing is false."""
    assert not plan([note("a"), note("b")], [], {}, Rules(), NOW)
    assert not plan([], [], {}, Rules(), NOW)
