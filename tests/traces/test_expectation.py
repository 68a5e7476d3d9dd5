"""Whether an answer is the expected one."""

import pytest

from llmos.errors import LLMosError
from llmos.messages import Image, Text, ToolResult
from llmos.traces.answers import told
from llmos.traces.expectation import Answer, Number, Taken, Tolerance, cut, numbers_in, words_in
from tests.support.traces import HERE, NARROW


def result(text: str, *, is_error: bool = False) -> ToolResult:
    """What a tool answered."""
    return ToolResult("c1", (Text(text),), is_error=is_error)


def expects(*pieces: str | Number | None, whole: str = "") -> Answer:
    """An answer of these pieces; None: any number."""
    return Answer(whole, tuple(Number(None) if each is None else each for each in pieces), HERE)


GRIPPED = expects("At (", Number(1.5, measured=True), ") turned 0°, gripper holding 'cube'.")


@pytest.mark.parametrize(
    ("text", "alike"),
    [
        ("At (1.50) turned 0°, gripper holding 'cube'.", True),
        ("At (1.51) turned 0°, gripper holding 'cube'.", True),
        ("At (1.53) turned 0°, gripper holding 'cube'.", False),
        ("At (-1.50) turned 0°, gripper holding 'cube'.", False),
        ("At (1.50) turned 1°, gripper holding 'cube'.", False),
        ("At (1.50) turned 0°, gripper holding 'ball'.", False),
        ("At (1.50) turned 0°, gripper closed on nothing.", False),
        ("At (1.50) turned 0°, gripper holding 'cube'. The battery is low.", False),
        ("The gripper closed on nothing. At (1.50)", False),
        ("", False),
    ],
)
def test_words_must_be_equal_and_measurements_near(text: str, *, alike: bool) -> None:
    """Noise in the last digit is passed over; nothing else is."""
    assert (GRIPPED.unlike(result(text), NARROW) == "") is alike


def test_counts_must_be_equal() -> None:
    """One passage is not two, however near."""
    wide = Tolerance(absolute=5, relative=1, position_m=0, angle_deg=0)
    found = expects("replaced ", Number(1), " passages").unlike(result("replaced 2 passages"), wide)
    assert found == 'it answered "replaced 2 passages", where "replaced 1 passages" was expected'


def test_any_number_is_still_a_number() -> None:
    """A word in its place is something else."""
    any_count = expects("wrote ", None, " bytes")
    assert any_count.unlike(result("wrote 12 bytes"), NARROW) == ""
    assert any_count.unlike(result("wrote no bytes"), NARROW) == (
        'it answered "wrote no bytes", where "wrote # bytes" was expected'
    )


def test_what_failed_is_never_alike() -> None:
    """Whatever it says."""
    failed = expects("done", whole=told((Text("done"),), HERE)[1])
    assert failed.unlike(result("done"), NARROW) == ""
    assert failed.unlike(result("done", is_error=True), NARROW) == 'it failed: "done"'
    assert failed.same(result("done"))
    assert not failed.same(result("done", is_error=True))


def test_what_is_only_known_by_its_hash_must_be_the_same() -> None:
    """A look at the world before anything was done, or at a picture."""
    seen = (Text("a cube"), Image(b"one"))
    known = Answer(told(seen, HERE)[1], None, HERE)
    assert known.unlike(ToolResult("c1", seen), NARROW) == ""
    assert known.unlike(ToolResult("c1", (Text("a cube"), Image(b"two"))), NARROW) == (
        'it answered otherwise than before: "a cube"'
    )


def test_answers_are_compared_without_the_place_of_the_workspace() -> None:
    """A trace of another folder, or of another person, says the same."""
    known = Answer(told((Text("read /there/a.txt"),), "/there")[1], None, HERE)
    assert known.unlike(result(f"read {HERE}/a.txt"), NARROW) == ""


def test_a_long_answer_is_not_repeated_whole() -> None:
    """The sentence stays one that a person reads."""
    told_of = expects("short").unlike(result("word " * 100), NARROW)
    assert told_of == f'it answered "{("word " * 100)[:120]}…", where "short" was expected'


def test_numbers_are_found_where_they_stand_by_themselves() -> None:
    """Not in names and versions; a hyphen between figures is no sign."""
    assert numbers_in("x1 at (-1.50, 2) v1.2.3, 3e2 and 2026-11-20; 30cm") == [-1.5, 2, 300.0, 2026, 11, 20, 30]
    assert numbers_in("9" * 5000) == [float("inf")]
    assert cut("a 1 b 2.5")[1::2] == ["1", "2.5"]
    assert words_in("'cube' at (1.50, 2). See a.txt.") == ["cube", "at", "1.50", "2", "See", "a.txt"]


ANSWERS = ['{"at": {"x": [1, 2.5]}, "name": "cube"}', f"cube at (0.50, 0.25) in {HERE}/box"]


@pytest.mark.parametrize(
    ("taken", "value"),
    [
        (Taken(0, "field", ("at", "x", 1)), 2.5),
        (Taken(0, "field", ("name",)), "cube"),
        (Taken(1, "number", (1,)), 0.25),
        (Taken(1, "word", (0,)), "cube"),
        (Taken(1, "word", (5,), HERE), f"{HERE}/box"),
        (Taken(1, "whole", (), HERE), ANSWERS[1]),
        (Taken(0, "field", ("name",), also=(Taken(1, "word", (0,)),)), "cube"),
    ],
)
def test_values_are_taken_from_answers(taken: Taken, value: object) -> None:
    """By the way to a field of JSON, or by the place of a number or word."""
    assert taken.value(ANSWERS) == value


@pytest.mark.parametrize(
    ("taken", "sentence"),
    [
        (Taken(0, "field", ("at", "y")), 'the answer of step 1 has no field at.y: "{json}"'),
        (Taken(0, "field", ("at", "x", 2)), 'the answer of step 1 has no field at.x.2: "{json}"'),
        (Taken(0, "field", (0,)), 'the answer of step 1 has no field 0: "{json}"'),
        (Taken(1, "field", ("a",)), 'the answer of step 2 has no field a: "{words}"'),
        (Taken(1, "number", (2,)), 'the answer of step 2 has no number 2: "{words}"'),
        (
            Taken(1, "number", (0,), also=(Taken(1, "number", (1,)),)),
            "step 2 says 0.5, and step 2 says 0.25",
        ),
    ],
)
def test_values_that_are_not_there_are_not_made_up(taken: Taken, sentence: str) -> None:
    """Nor is one chosen of two that should be the same."""
    with pytest.raises(LLMosError) as error:
        taken.value(ANSWERS)
    assert str(error.value) == sentence.format(json=ANSWERS[0], words=ANSWERS[1])
