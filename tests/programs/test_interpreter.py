"""What a program means: every statement and operation, and every sentence with which it stops."""

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from llmos.messages import JSON, Effect, ToolSpec
from llmos.programs.form import Program, ProgramError, calls
from llmos.programs.interpreter import Call, Finish, Wait, steps
from llmos.programs.parser import parse
from llmos.programs.values import Result
from llmos.programs.verified import Bounds
from llmos.programs.verifier import verify
from tests.support.typed_programs import ANSWERS, TOOLS, sensible_programs

ANY = {"type": "object", "additionalProperties": True}
LOOK = {name: ToolSpec(name, "", ANY, Effect.PURE) for name in ("look", "move")}


def run(
    text: str, answers: Sequence[str | Result] = (), **values: JSON
) -> tuple[list[tuple[str, JSON] | float], Finish]:
    """What the program asks for, tool by tool and wait by wait, and how it ends."""
    going = steps(verify(parse(text), LOOK), values)
    said = iter(answers)
    asked: list[tuple[str, JSON] | float] = []
    answer: Result | None = None
    while True:
        try:
            step = going.send(answer)
        except StopIteration as end:
            return asked, end.value
        if isinstance(step, Wait):
            asked.append(step.seconds)
            answer = None
        else:
            asked.append((step.tool, step.args))
            next_one = next(said, "ok")
            answer = next_one if isinstance(next_one, Result) else Result(True, next_one)


def value_of(expression: str, answer: object = "", **values: JSON) -> JSON:
    """What an expression comes to; `r` is what a tool answered, `a` and `b` are given."""
    head = "".join(f"given {name}: {kind}\n" for name, kind in (("a", "number"), ("b", "number")) if name in values)
    said = answer if isinstance(answer, str) else msgspec.json.encode(answer).decode()
    asked, finish = run(f"{head}let r = call look()\ncall move(v={expression})\ndone 1", [said], **values)
    assert finish.ok, finish.text
    return asked[1][1]["v"]  # type: ignore[index]


VALUES: list[tuple[str, object, JSON]] = [
    ("1 + 2 * 3", "", 7),
    ("(1 + 2) * 3", "", 9),
    ("7 / 2", "", 3.5),
    ("2 - 3 - 4", "", -5),
    ("-(2 + 1)", "", -3),
    ("30 cm", "", 0.3),
    ("1 m + 20 cm", "", 1.2),
    ("180 deg / 2", "", 90.0),
    ("1 min + 1 s", "", 61.0),
    ("none", "", None),
    ('{"a": [1, none], "b": {"c": true}}', "", {"a": [1, None], "b": {"c": True}}),
    ("(1, 2, 0.5).z", "", 0.5),
    ("[4, 5, 6][1]", "", 5),
    ('"a" + "b"', "", "ab"),
    ('"n " + 1', "", "n 1"),
    ('"n " + 0.5 + " " + 30 cm', "", "n 0.5 0.3"),
    ('"n " + (0.1 + 0.2)', "", "n 0.3"),
    ('"n " + 3.0', "", "n 3"),
    ('"n " + -0.0', "", "n 0"),
    ('"it is " + true + " and " + none', "", "it is true and none"),
    ('"r: " + r.list', {"list": [1, "x"]}, 'r: [1,"x"]'),
    ("1 == 1.0", "", True),
    ("true == true", "", True),
    ("r.one == true", {"one": 1}, False),
    ("r.list == [1, [true]]", {"list": [1, [1]]}, False),
    ("r.list == [1, [2.0]]", {"list": [1, [2]]}, True),
    ('r.o == {"a": 1}', {"o": {"a": 1.0}}, True),
    ("r.n == none", {"n": None}, True),
    ("1 < 2 and 2 <= 2 and 3 > 2 and 3 >= 3 and 1 != 2", "", True),
    ("not (1 < 2) or 2 < 1", "", False),
    ('"abc" contains "b"', "", True),
    ("[1, 2] contains 3", "", False),
    ("[1, 2] contains 2.0", "", True),
    ('r.o contains "a"', {"o": {"a": 1}}, True),
    ("r.ok", "", True),
    ("r.text", "hello", "hello"),
    ("r.a.b[1].c", {"a": {"b": [0, {"c": 7}]}}, 7),
    ('r["odd key"]', {"odd key": 1}, 1),
    ('r["ok"]', {"ok": "mine"}, "mine"),
    ("r[2]", [5, 6, 7], 7),
    ("r.p.y", {"p": [1, 2, 3]}, 2),
    ("r.count + 1", {"count": 41}, 42),
    ("-r.count", {"count": 41}, -41),
    ("(r.x, r.x + 1, 0)", {"x": 1}, [1, 2, 0]),
]


@pytest.mark.parametrize(("expression", "answer", "value"), VALUES)
def test_expressions_have_their_values(expression: str, answer: object, value: JSON) -> None:
    """As the page has it; whole numbers stay whole."""
    found = value_of(expression, answer)
    assert (found, type(found)) == (value, type(value))


STOPS: list[tuple[str, object, str]] = [
    ("1 / r.a", {"a": 0}, "a number is divided by zero"),
    ("r.a - 1", {"a": "x"}, "it cannot subtract a text and a number"),
    ("r.a * 2", {"a": None}, "it cannot multiply none and a number"),
    ("r.a * r.a", {"a": 1e300}, "a number became too large"),
    ("r.a * 3", {"a": 2**53}, "a number became too large"),
    ("r.a / 0.1", {"a": 1.7e308}, "a number became too large"),
    ("-r.a", {"a": "x"}, "there is no minus a text"),
    ("r.a < 1", {"a": "x"}, "it cannot compare a text with a number"),
    ("r.a >= 1", {"a": True}, "it cannot compare true with a number"),
    ("1 > r.a", {"a": True}, "it cannot compare a number with true"),
    ("r.a and true", {"a": 1}, "a condition must be true or false, not a number"),
    ("not r.a", {"a": None}, "a condition must be true or false, not none"),
    ("r.a contains 1", {"a": "x"}, "a text cannot contain a number"),
    ("r.a contains 1", {"a": 2}, "a number cannot contain a number"),
    ("r.b", {"a": 2}, "the answer has no field 'b'; known are: a"),
    ("r.b", "at rest", "the tool did not answer in JSON, so it has no field 'b'"),
    ("r.b", "7", "a number has no field 'b'"),
    ("r.a.b", {"a": 2}, "a number has no field 'b'"),
    ("r.a.b", {"a": [1, 2]}, "a list has no field 'b'"),
    ("r[3]", [1, 2], "the list has 2 items, and none with the number 3"),
    ("r[r[0]]", [-1, 2], "the list has 2 items, and none with the number -1"),
    ("r.a[0.5]", {"a": [1]}, "a list has no item 0.5"),
    ("r[0]", "x", "the tool did not answer in JSON"),
    ("(r.a, 0, 0)", {"a": "x"}, "a point has three lengths, not a text"),
    ("[r.text, r.text]", "x" * 60_000, "a list or object of more than 100,000 characters was made"),
    ("r.text + r.text", "x" * 60_000, "a text of more than 100,000 characters was made"),
    ('"a" + r.a', {"a": "x" * 100_000}, "a text of more than 100,000 characters was made"),
]


@pytest.mark.parametrize(("expression", "answer", "sentence"), STOPS)
def test_what_cannot_be_computed_stops_the_program(expression: str, answer: object, sentence: str) -> None:
    """With a sentence and its line, never with an error of Python's."""
    said = answer if isinstance(answer, str) else msgspec.json.encode(answer).decode()
    asked, finish = run(f"let r = call look()\ncall move(v={expression})\ndone 1", [said])
    assert finish == Finish(False, sentence, 2)
    assert len(asked) == 1


def test_an_answer_that_nests_too_deep_is_no_answer() -> None:
    """A tool may answer anything."""
    _, finish = run("let r = call look()\ndone r.a", ["[" * 100_000])
    assert finish == Finish(False, "the tool did not answer in JSON, so it has no field 'a'", 2)


def test_an_error_stops_the_program_unless_it_was_tried() -> None:
    """With the tool's own sentence."""
    broken = Result(False, "it is broken")
    assert run("call look()\ndone 1", [broken])[1] == Finish(False, "it is broken", 1)
    assert run("call look()\ndone 1", [Result(False)])[1].text == "the tool failed and did not say why"
    assert run('let r = try call look()\nif r.ok\nstop "?"\nend\ndone r.text', [broken])[1] == Finish(
        True, "it is broken", 5
    )


def test_both_sides_of_and_and_or_are_looked_at_only_where_they_must_be() -> None:
    """So that a condition may first ask whether there is something to look at."""
    text = 'let r = try call look()\nif r.ok and r.x > 1\ndone "large"\nend\ndone "none"'
    assert run(text, [Result(False, "no")])[1].text == "none"
    assert run(text.replace("r.ok and", "not r.ok or"), [Result(False, "no")])[1].text == "large"


def test_loops_go_round_as_often_as_they_say() -> None:
    """Over a count, over a list that is written out, over what a tool answered."""
    asked, finish = run(
        """
        given n: whole number in 0..3
        let total = 0
        repeat n
          let total = total + 1
        end
        for each p in [(1, 1, 0.5), (0, 1, 0.5)]
          call move(x=p.x + total)
        end
        let r = call look()
        for each name in r.names up to 3
          call move(name=name)
        end
        done total
        """,
        ["", "", '{"names": ["a", "b"]}'],
        n=2,
    )
    assert asked == [
        ("move", {"x": 3}),
        ("move", {"x": 2}),
        ("look", {}),
        ("move", {"name": "a"}),
        ("move", {"name": "b"}),
    ]
    assert finish == Finish(True, "2", 14)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ('{"l": [1, 2, 3]}', "the list has 3 items, and at most 2 were reckoned with"),
        ('{"l": 3}', "'for each' needs a list, not a number"),
    ],
)
def test_a_list_is_held_to_its_bound(answer: str, sentence: str) -> None:
    """What was reckoned with when it was verified holds when it runs."""
    text = "let r = call look()\nfor each a in r.l up to 2\ncall move(a=a)\nend\ndone 1"
    assert run(text, [answer])[1] == Finish(False, sentence, 2)


def test_a_wait_asks_at_once_and_after_each_pause() -> None:
    """Until it is so, or the time is used up; the last pause ends no later than the time."""
    text = 'wait until s.text == "b" asking s = call look() within 1 s every 300 ms\ndone s.text'
    asked, finish = run(text, ["a", "b"])
    assert (asked, finish.text) == ([("look", {}), 0.3, ("look", {})], "b")
    asked, finish = run(text, ["a"] * 9)
    assert (asked.count(0.3), asked.count(("look", {}))) == (3, 4)
    assert finish == Finish(False, 'this did not come within 1 s: s.text == "b"', 1)
    assert run(text.replace("ms\n", 'ms else "still " + s.text\n'), ["a"] * 9)[1].text == "still a"
    assert run(text.replace("within 1 s", "within 0 s"), ["a"])[0] == [("look", {})]


def test_expectations_say_what_was_expected() -> None:
    """In the program's own words where it gives none."""
    text = 'given a: number\nexpect a > 1 and a < 3\ndone "fine"'
    assert run(text, a=2)[1] == Finish(True, "fine", 3)
    assert run(text, a=3)[1] == Finish(False, "this was expected and does not hold: a > 1 and a < 3", 2)
    assert run(text.replace("< 3\n", '< 3 else "a is " + a\n'), a=3)[1] == Finish(False, "a is 3", 2)


def test_else_if_goes_one_way() -> None:
    """The first condition that holds."""
    text = 'given a: number\nif a < 1\ndone "low"\nelse if a < 2\ndone "middle"\nelse\ndone "high"\nend'
    assert [run(text, a=a)[1].text for a in (0, 1, 2)] == ["low", "middle", "high"]


GIVEN = [
    ("number", 1.5, 1.5),
    ("whole number", 3.0, 3),
    ("length in 5 cm..50 cm", 0.5, 0.5),
    ("boolean", False, False),
    ("text", "", ""),
    ("path", "a/b.txt", "a/b.txt"),
    ("point", (1, 2.5, -3), [1, 2.5, -3]),
    ('one of "a", "b"', "b", "b"),
    ("list of whole number up to 2", [1.0, 2], [1, 2]),
    ("list of point up to 1", [[0, 0, 0]], [[0, 0, 0]]),
]


@pytest.mark.parametrize(("kind", "value", "found"), GIVEN)
def test_what_is_given_is_taken_as_the_type_has_it(kind: str, value: JSON, found: JSON) -> None:
    """Lengths in metres, points as lists, whole numbers whole."""
    asked, _ = run(f"given a: {kind}\ncall move(v=a)\ndone 1", a=value)
    assert asked == [("move", {"v": found})]


NOT_GIVEN = [
    ("number", "1", "the parameter 'a' must be a number, not '1'"),
    ("number", True, "the parameter 'a' must be a number, not True"),
    ("number", float("nan"), "the parameter 'a' must be a number, not nan"),
    ("number", 10**400, f"the parameter 'a' must be a number, not 1{'0' * 59}"),
    ("whole number", 1.5, "the parameter 'a' must be a whole number, not 1.5"),
    ("whole number", 1e300, "the parameter 'a' must be a whole number, not 1e+300"),
    ("length in 5 cm..50 cm", 0.6, "the parameter 'a' must be from 5 cm to 50 cm, not 0.6"),
    ("boolean", 1, "the parameter 'a' must be true or false, not 1"),
    ("text", 1, "the parameter 'a' must be a text, not 1"),
    ("text", "\ud800", r"the parameter 'a' must be a text, not '\ud800'"),
    ("text", "x" * 100_001, "the parameter 'a' has more than 100,000 characters"),
    ("path", "", "the parameter 'a' must be a path, not ''"),
    ("path", "a\0b", r"the parameter 'a' must be a path, not 'a\x00b'"),
    ("point", [1, 2], "the parameter 'a' must be a point (x, y, z), not [1, 2]"),
    ("point", [1, 2, "3"], "the parameter 'a' must be a length, not '3'"),
    ('one of "a", "b"', "c", "the parameter 'a' must be one of \"a\", \"b\", not 'c'"),
    ("list of number up to 2", [1, 2, 3], "the parameter 'a' must be a list of number up to 2, not [1, 2, 3]"),
    ("list of number up to 2", ["x"], "the parameter 'a' must be a number, not 'x'"),
    ("list of text up to 2", ["x" * 60_000] * 2, "the parameter 'a' has more than 100,000 characters"),
]


@pytest.mark.parametrize(("kind", "value", "sentence"), NOT_GIVEN)
def test_what_does_not_fit_is_refused_before_anything_is_done(kind: str, value: JSON, sentence: str) -> None:
    """One sentence; no call was made."""
    with pytest.raises(ProgramError) as raised:
        run(f"given a: {kind}\ncall move(v=a)\ndone 1", a=value)
    assert raised.value.sentence == sentence


def test_what_is_missing_or_too_much_is_named() -> None:
    """With the type of what is missing, and the nearest name."""
    text = "given side: length\ngiven n: number = 2\ndone n"
    with pytest.raises(ProgramError, match=r"^line 1: the parameter 'side' \(length\) is missing$"):
        run(text)
    with pytest.raises(ProgramError, match=r"^there is no parameter 'sid'; did you mean 'side'\?$"):
        run(text, sid=1)
    assert run(text, side=1)[1].text == "2"


def test_what_is_required_holds_before_anything_is_done() -> None:
    """Or the program is not begun."""
    text = 'given a: number\nrequire a > 0\nrequire 1 / a > 2 else "a is " + a\ncall move()\ndone 1'
    assert run(text, a=0.25)[1].ok
    with pytest.raises(ProgramError, match=r"^line 2: this is required and does not hold: a > 0$"):
        run(text, a=-1)
    with pytest.raises(ProgramError, match=r"^line 3: a is 1$"):
        run(text, a=1)
    with pytest.raises(ProgramError, match=r"^line 2: a number is divided by zero$"):
        run("given a: number\nrequire 1 / a > 2\ndone 1", a=0)


@given(sensible_programs(), st.lists(ANSWERS, min_size=1, max_size=6))
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much], deadline=None)
def test_a_program_ends_the_same_way_for_the_same_answers(
    sensible: tuple[Program, dict[str, JSON]], answers: list[Result]
) -> None:
    """It is deterministic, it ends, and it calls nothing but what it was verified for, no more often than reckoned."""
    program, values = sensible
    try:
        verified = verify(program, TOOLS, bounds=Bounds(calls=300))
    except ProgramError:
        assume(False)
        raise

    def once() -> list[object]:
        told: list[object] = []
        try:
            going = steps(verified, values)
            answer: Result | None = None
            while True:
                step = going.send(answer)
                told.append(step)
                answer = answers[len(told) % len(answers)] if isinstance(step, Call) else None
        except StopIteration as end:
            return [*told, end.value]
        except ProgramError as error:
            return [*told, str(error)]

    first = once()
    assert first == once()
    made = [step for step in first if isinstance(step, Call)]
    assert len(made) <= verified.cost.calls
    assert {step.tool for step in made} <= {call.tool for call in calls(program.body)}
    assert sum(step.seconds for step in first if isinstance(step, Wait)) <= verified.cost.waited_s + 1e-6
