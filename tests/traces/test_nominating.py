"""Skeletons that are worded alike are nominated, the most alike first, however many there are."""

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.traces.nominating import features, likeness, nominate
from tests.support.learned import fill, learned, library

INTENTS = [
    ["move the arm to {point}", "go to position {point}", "drive the gripper over to {point}"],
    ["pick up the object at {point}", "grab the thing at {point}", "take hold of the item located at {point}"],
    ["open the gripper", "release the gripper", "let go of what you hold"],
    ["close the gripper", "grip", "clamp the gripper shut"],
    ["return to home", "go back to the home position", "go home"],
    ["stack the red cube on the blue cube", "put the red cube on top of the blue one", "place red cube onto blue cube"],
    ["stack all blocks", "pile up every block", "build a tower of all the blocks"],
    ["draw a square of {length}", "trace a square with sides of {length}", "move along a square path {length} wide"],
    ["move {length} to the right", "shift right by {length}", "go {length} rightwards"],
    ["move up {length}", "raise the arm by {length}", "lift by {length}"],
    ["rotate the tool by {angle}", "turn the gripper {angle}", "spin the wrist {angle}"],
    ["take a picture", "show the camera feed", "what does the camera see"],
    ["what is your status", "report the state of the robot", "tell me the current status"],
    ["sort the parts by colour", "arrange the pieces according to color", "put the parts in groups by their colour"],
    ["create a script that prints the first {number} primes", "write a program printing {number} prime numbers",
     "make a python script which outputs the first {number} primes"],
    ["summarise the file {path}", "give me a summary of {path}", "read {path} and summarize it"],
    ["rename {path} to {path}", "change the name of file {path} into {path}", "move {path} to {path}"],
    ["count the words in {path}", "how many words does {path} have", "word count of {path}"],
]  # fmt: skip
"""Ways to say the same."""


def skeletons(found: tuple) -> list[str]:
    """Those of the traces that were found."""
    return [trace.skeleton for trace, _ in found]


def test_paraphrases_are_mostly_among_the_first_three(tmp_path: Path) -> None:
    """Two of three at the first place, nine of ten among three: enough to show a model, never to decide."""
    fill(tmp_path, [learned(text) for ways in INTENTS for text in ways])
    first = third = asked = 0
    with library(tmp_path) as opened:
        for ways in INTENTS:
            for text in ways:
                others = [other for other in skeletons(opened.similar(text, 4, "operator")) if other != text][:3]
                asked += 1
                first += others[:1] != [] and others[0] in ways
                third += any(other in ways for other in others)
    assert first / asked > 0.6
    assert third / asked > 0.85


def test_the_newest_trace_of_each_skeleton_stands_for_it(tmp_path: Path) -> None:
    """One of each, the same words with a score of 1, no more than were asked for."""
    old, new = learned("go home"), learned("go home", 2.0, created="2026-02-01T00:00:00Z")
    fill(tmp_path, [old, new, learned("go back home"), learned("take a picture")])
    with library(tmp_path) as opened:
        found = opened.similar("go home", 5, "operator")
        assert skeletons(found) == ["go home", "go back home"]
        assert found[0] == (new, 1.0)
        assert 0 < found[1][1] < 1
        assert skeletons(opened.similar("go home", 1, "operator")) == ["go home"]
        assert opened.similar("go home", 0, "operator") == ()
        assert opened.similar("go home", 5, "coder") == ()


@pytest.mark.parametrize(
    "asked", ["", "  ", "zzz qqq", '"', "AND OR NOT", "a* NEAR(b", "skeleton : x", "{point}", "\0"]
)
def test_any_words_may_be_asked_for(tmp_path: Path, asked: str) -> None:
    """What means something to the index, or nothing at all, ends in no error."""
    fill(tmp_path, [learned("go home")])
    with library(tmp_path) as opened:
        assert opened.similar(asked, 5, "operator") == ()


def test_words_that_every_skeleton_has_still_nominate(tmp_path: Path) -> None:
    """Among thousands that all begin alike, those with all the words are found, and the one with the rare word."""
    fill(tmp_path, [learned("move the arm to shelf {point}")])
    connection = sqlite3.connect(tmp_path / "index.sqlite", isolation_level=None)
    connection.execute("BEGIN")
    for number in range(10, 2600):
        connection.execute("INSERT INTO skeletons VALUES (?, ?)", (number, f"s{number}"))
        text = f"move the arm to room {number}"
        words = "INSERT INTO skeleton_words (rowid, skeleton, pairs) VALUES (?, ?, ?)"
        connection.execute(words, (number, text, " ".join(features(text)[1])))
        connection.execute(
            "INSERT INTO traces SELECT ?, root, ?, 0, '', '', '', ?, agent, '', '', trace FROM traces WHERE number = 1",
            (number, f"{number}.md", f"s{number}"),
        )
    connection.execute("COMMIT")
    found = dict(nominated(tmp_path, "move the arm to shelf 7"))
    assert max(found, key=lambda each: found[each]) == learned("move the arm to shelf {point}").signature
    assert len(nominated(tmp_path, "move the arm")) >= 50
    connection.close()


def nominated(home: Path, skeleton: str) -> list[tuple[str, float]]:
    """What the index alone nominates."""
    connection = sqlite3.connect(home / "index.sqlite")
    try:
        return nominate(connection, skeleton, "operator", [1])
    finally:
        connection.close()


@given(st.text(), st.text())
def test_likeness_is_a_share(one: str, other: str) -> None:
    """From 0 to 1, the same both ways, 1 for the same text."""
    assert 0 <= likeness(one, other) == likeness(other, one) <= 1
    assert likeness(one, one) == 1
