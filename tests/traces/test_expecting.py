"""What a step will answer for other values, and what may stand in its files."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from llmos.documents.document import hash_of
from llmos.messages import JSON, Effect
from llmos.traces.evidence import Evidence
from llmos.traces.expectation import Answer
from llmos.traces.expecting import Changed, Setting, expected
from llmos.traces.sourcing import sourced
from llmos.traces.trace import Trace
from llmos.traces.written import Written, written_by
from tests.support.traces import HERE, step, trace


def foreseen(
    outputs: Sequence[str],
    goals: Sequence[dict[str, JSON]],
    new: dict[str, JSON],
    texts: Sequence[Changed] = (),
    effect: Effect = Effect.IDEMPOTENT,
    **setting: bool,
) -> Answer | None:
    """What is expected of a step that answered these for these goals."""
    runs = [trace([step("do", {}, output, effect)], goal) for output, goal in zip(outputs, goals, strict=True)]
    how = Setting(**{"affected": True, "moved": True, "placed": True, **setting}, root=HERE)
    return expected([run.steps[0] for run in runs], texts, Evidence.of(runs, new), how)


POINT: dict[str, JSON] = {"point1": [1.5, 1.0, 1.0]}
NEW: dict[str, JSON] = {"point1": [0.2, 0.3, 0.4]}


@pytest.mark.parametrize(
    ("output", "shown"),
    [
        ("At (1.50, 1.00, 1.00) turned 0°.", "At (0.2, 0.3, 0.4) turned 0°."),
        ("At (1.50, 1.00, 1.00), 0.13 m away", "At (0.2, 0.3, 0.4), # m away"),
        ("1.50 of 7 done", "0.2 of 7 done"),
        ("1.00 of 7 done", "# of 7 done"),
        ("2 of 7 done", "2 of 7 done"),
    ],
)
def test_numbers_of_a_moved_robot_are_explained_or_free(output: str, shown: str) -> None:
    """A point in a row, a value of its own; what may be two values is free, and counts are what they were."""
    found = foreseen([output], [POINT], NEW)
    assert found is not None
    assert (found.shown, found.whole) == (shown, "")


def test_what_nothing_changed_is_what_it_was() -> None:
    """Also where a number happens to be a value of the goal."""
    found = foreseen(["At (1.50, 1.00, 1.00)."], [POINT], NEW, affected=False)
    assert found is not None
    assert found.shown == "At (1.5, 1, 1)."


def test_a_look_before_anything_moved_must_be_the_same() -> None:
    """To the letter, as its hash says."""
    found = foreseen(["cube at (1.50, 1.00)"], [POINT], NEW, effect=Effect.PURE, affected=False, moved=False)
    assert found is not None
    assert (found.pieces, found.whole) == (None, hash_of(b"cube at (1.50, 1.00)"))


def test_a_look_afterwards_shows_the_new_values_and_nothing_else_new() -> None:
    """What no value explains was read before it was decided on."""
    found = foreseen(["At 1.50, 0.13 m away"], [POINT], NEW, effect=Effect.PURE)
    assert found is not None
    assert found.shown == "At 0.2, 0.13 m away"


def test_several_runs_show_what_varies() -> None:
    """The rest is constant, whatever the goal."""
    goals: list[dict[str, JSON]] = [{"number1": 3}, {"number1": 5}]
    found = foreseen(["3 of 9, took 17", "5 of 9, took 21"], goals, {"number1": 4})
    assert found is not None
    assert found.shown == "4 of 9, took #"


def test_names_are_put_in_and_lengths_are_counted() -> None:
    """The longer name first; a name within a word is none."""
    goal: dict[str, JSON] = {"path1": "a", "text1": "a.txt"}
    texts = [Changed(("hello",), "hi")]
    found = foreseen(["wrote 5 bytes to a.txt: a hat"], [goal], {"path1": "b", "text1": "c.md"}, texts, moved=False)
    assert found is not None
    assert found.shown == "wrote 2 bytes to c.md: b hat"


def test_other_words_are_not_foreseen() -> None:
    """Nor what stands in a picture, or in what was cut off."""
    goals: list[dict[str, JSON]] = [{"number1": 3}, {"number1": 5}]
    assert foreseen(["all three", "all five"], goals, {"number1": 4}) is None
    cut = [step("see", {}, "begin", Effect.PURE)]
    cut = [type(each)(each.tool, each.args, each.effect, "v", each.output, "sha256:all of it") for each in cut]
    known = Evidence.of([trace(cut, {"number1": 3})], {"number1": 4})
    assert expected(cut, [], known, Setting(affected=True, moved=True, placed=True, root=HERE)) is None
    unmoved = expected(cut, [], known, Setting(affected=False, moved=True, placed=True, root=HERE))
    assert unmoved == Answer("sha256:all of it", None, HERE)


def wrote(path: str, text: str, before: bytes | None = None, tool: str = "Write") -> Trace:
    """A run that wrote a file."""
    name = f"{{workspace}}/{path}"
    states: dict[str, Any] = {
        "before": {name: None if before is None else hash_of(before)},
        "after": {name: hash_of(text.encode())},
    }
    return trace([step(tool, {"file_path": path, "content": text}, "ok", Effect.REVERSIBLE, **states)], {})


def files(runs: Sequence[Trace], path: str, text: str) -> list[Written] | None:
    """The files of the first step with these arguments now."""
    columns = {name: [run.steps[0].args[name] for run in runs] for name in ("file_path", "content")}
    return written_by(runs, 0, columns, {"file_path": path, "content": text})


def test_a_file_moves_with_its_argument() -> None:
    """It must not be there, if it never was, or hold what is to be written: so the goal may be asked again."""
    now = Written("{workspace}/b", (None, hash_of(b"y")), hash_of(b"y"))
    assert files([wrote("a", "x")], "b", "y") == [now]
    assert files([wrote("a", "x")], "./b", "y") == [now]


def test_what_a_run_would_leave_is_no_state_to_begin_from_where_more_is_done_to_the_file() -> None:
    """A tool that appends would leave it twice, and a second step expects what the first one wrote."""
    appended = wrote("a", "x", tool="Append")
    assert files([appended], "b", "y") == [Written("{workspace}/b", (None,), hash_of(b"y"))]
    once = wrote("a", "x")
    twice = replace(once, steps=(*once.steps, *wrote("a", "z", b"x").steps))
    assert files([twice], "b", "y") == [Written("{workspace}/b", (None,), hash_of(b"y"))]


def test_the_same_file_may_hold_what_it_held_or_what_a_run_left() -> None:
    """Another content is somebody's who would miss it."""
    again = files([wrote("a", "x"), wrote("a", "z")], "a", "y")
    assert again == [Written("{workspace}/a", (None, *map(hash_of, (b"x", b"z", b"y"))), hash_of(b"y"))]


def test_of_a_file_that_held_different_things_nothing_is_required() -> None:
    """It never mattered."""
    runs = [wrote("a", "x", b"1"), wrote("b", "y", b"2")]
    assert files(runs, "c", "z") == [Written("{workspace}/c", (), hash_of(b"z"))]


def test_of_another_file_than_the_only_one_nothing_is_known() -> None:
    """Two files with the same content show that it must be that."""
    assert files([wrote("a", "x", b"1")], "b", "y") is None
    both = files([wrote("a", "x", b"1"), wrote("b", "y", b"1")], "c", "z")
    assert both == [Written("{workspace}/c", (hash_of(b"1"), hash_of(b"z")), hash_of(b"z"))]


def test_a_file_that_no_argument_names_stays_where_it_is() -> None:
    """Or it is not known where it goes."""
    one = wrote("log", "x")
    columns: dict[str, list[JSON]] = {"file_path": ["other"], "content": ["x"]}
    assert written_by([one], 0, columns, {"file_path": "more", "content": "x"}) is not None
    runs, two = [one, wrote("log2", "x")], {"file_path": ["o", "o"], "content": ["x", "x"]}
    assert written_by(runs, 0, two, {"file_path": "o", "content": "x"}) is None


def test_sources_are_told_for_people() -> None:
    """Of one run alone, so they say what seems to be."""
    steps = [
        step("look", {}, "cube at (0.31, 0.42)"),
        step("do", {"x": 0.31, "mm": 300, "name": "cube", "text": "hi\n", "of": [None, True], "n": 7, "left": -0.3}),
    ]
    found = sourced(steps, {"length1": 0.3, "text1": "hi"})
    assert found[1].sources == {
        "x": "step 1", "mm": "slot length1 in mm", "name": "step 1", "text": "slot text1",
        "of[0]": "literal", "of[1]": "literal", "n": "literal",
        "left": "slot length1 negative",
    }  # fmt: skip


def test_a_size_that_two_texts_may_have_is_free() -> None:
    """The length of a path that changes is by chance that of a content that does not: then nobody can say."""
    goals: list[dict[str, JSON]] = [{"path1": "data.csv", "text1": "good bye"}]
    texts = [Changed(("data.csv",), "notes.txt"), Changed(("good bye",), "good bye")]
    found = foreseen(["wrote 8 bytes to data.csv"], goals, {"path1": "notes.txt", "text1": "good bye"}, texts)
    assert found is not None
    assert found.shown == "wrote # bytes to notes.txt"
