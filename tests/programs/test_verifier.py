"""Nothing runs that is not verified: tools, types, ranges, bounds, ends, effects and cost, each refusal a sentence."""

from dataclasses import replace

import pytest
from hypothesis import given

from llmos.messages import Effect, ToolSpec
from llmos.programs import form
from llmos.programs.form import Program, ProgramError
from llmos.programs.parser import parse
from llmos.programs.verified import Bounds, Cost, Verified
from llmos.programs.verifier import problems, verify
from tests.support.programs import PROGRAMS
from tests.support.typed_programs import INTEGER, NUMBER, STRING, TRUTH, spec

TOOLS = {
    each.name: each
    for each in (
        spec("look", Effect.PURE, view={"enum": ["top", "side"]}),
        spec(
            "move", Effect.REVERSIBLE, ("x",),
            x={"type": "number", "minimum": -1, "maximum": 1}, turn_deg=NUMBER, dwell_s=NUMBER, fast=TRUTH,
        ),
        spec("count", Effect.PURE, (), number=INTEGER,
             share={"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}),
        spec("write", Effect.REVERSIBLE, ("path",), path={"type": "string", "minLength": 1},
             lines={"type": "array", "items": STRING}),
        spec("erase", Effect.IRREVERSIBLE, (), all=TRUTH),
        spec("Bash", Effect.IRREVERSIBLE, ("command",), command=STRING),
        spec("set", Effect.IDEMPOTENT, (), to={"anyOf": [NUMBER, {"type": "null"}]},
             kind={"type": ["string", "boolean"]},
             point={"type": "array", "items": NUMBER, "minItems": 3, "maxItems": 3},
             options={"type": "object", "properties": {"a": NUMBER}, "required": ["a"], "additionalProperties": False}),
    )
}  # fmt: skip

SOUND = """
given p: point
given side: length in 5 cm..50 cm = 20 cm
given n: whole number in 1..4
given names: list of text up to 3
given view: one of "top", "side"
require side > 6 cm
let total = 0 m
for each name in names
  call write(path="out/" + name, lines=[name, "x"])
end
repeat n
  let total = total + side * 2
  call move(x=side, turn_deg=90 deg)
end
let r = try call look(view=view)
if r.ok and r.text contains "open"
  let what = r.count
else
  let what = "nothing"
end
wait until s.ready asking s = try call look() within 3 s every 500 ms
expect total >= 1 cm else "short by " + total
done "at " + p.x + what
"""


def test_a_sound_program_is_verified_with_its_cost() -> None:
    """What it calls, what that does, and the most that it comes to."""
    verified = verify(parse(SOUND), TOOLS)
    assert verified.tools == ("look", "move", "write")
    assert (verified.effects, verified.effect) == (frozenset({Effect.PURE, Effect.REVERSIBLE}), Effect.REVERSIBLE)
    assert (verified.cost.calls, verified.cost.waited_s) == (3 + 4 + 1 + 7, 3)


BAD = {
    # what there is
    "call lok()": "line 1: there is no tool 'lok' here; did you mean 'look'?",
    "call move()": "line 1: move needs the argument 'x'",
    "call move(x=0, fst=1)": "line 1: move has no argument 'fst'; did you mean 'fast'?",
    "done a": "line 1: nothing is called 'a' here; there are none",
    "given side: length\ndone sid": "line 2: nothing is called 'sid' here; did you mean 'side'?",
    "given a: boolean\nif a\nlet b = 1\nend\ndone b": "line 5: 'b' has no value on some way to this line",
    "repeat 2\nlet b = 1\nend\ndone b": "line 4: 'b' has no value on some way to this line",
    "for each a in [1]\ncall look()\nend\ndone a": "line 4: 'a' has no value on some way to this line",
    "given a: text\ngiven a: text\ndone 1": "line 2: the parameter 'a' is given twice",
    # types of arguments
    'call move(x="1")': "line 1: move: argument 'x' must be a number, not a text",
    "call count(number=1.5)": "line 1: count: argument 'number' must be a whole number, not a number",
    "given a: number\ncall count(number=a)": "line 2: count: argument 'number' must be a whole number, not a number",
    "call move(x=0, fast=1)": "line 1: move: argument 'fast' must be true or false, not a whole number",
    "call write(path=1)": "line 1: write: argument 'path' must be a text, not a whole number",
    "call write(path=none)": "line 1: write: argument 'path' must be a text, not none",
    'call write(path="a", lines="b")': "line 1: write: argument 'lines' must be a list, not a text",
    'call write(path="a", lines=[1])': (
        "line 1: write: argument 'lines' has items, each of which must be a text, not a whole number"
    ),
    "let r = call look()\ncall write(path=r)": (
        "line 2: write: argument 'path' takes no result; write its .text or a field of it"
    ),
    "call set(to=true)": "line 1: set: argument 'to' must be a number, not a boolean",
    "call set(kind=1)": "line 1: set: argument 'kind' must be a text or true or false, not a whole number",
    "call set(point=[1, 2])": "line 1: set: argument 'point' has 2 to 2 items, and may have 3 to 3",
    "call set(options={})": "line 1: set: argument 'options' is wrong: it needs the argument 'a'",
    # units, choices and ranges of arguments
    "call move(x=0, turn_deg=3 s)": "line 1: move: argument 'turn_deg' is an angle, not a duration",
    "call move(x=0, dwell_s=3 m)": "line 1: move: argument 'dwell_s' is a duration, not a length",
    'call look(view="below")': "line 1: look: argument 'view' must be one of 'top', 'side', not 'below'",
    "given a: text\ncall look(view=a)": (
        "line 2: look: argument 'view' must be one of 'top', 'side', and this may be any text"
    ),
    "given a: length in 0 m..150 cm\ncall move(x=a)": "line 2: move: argument 'x' must be at most 1, and may be 1.5",
    "given a: length in 0 m..1 m\ncall move(x=a - 1.5 m)": (
        "line 2: move: argument 'x' must be at least -1, and may be -1.5"
    ),
    "call count(share=0)": "line 1: count: argument 'share' must be above 0, and may be 0",
    "call count(share=1)": "line 1: count: argument 'share' must be below 1, and may be 1",
    'call write(path="")': "line 1: write: argument 'path' has a text of the wrong length",
    # types of expressions
    "let a = 1 m + 1 s": "line 1: a length and a duration cannot be added",
    "let a = 1 m * 1 m": "line 1: a length and a length cannot be multiplied",
    "let a = 1 / 1 m": "line 1: a whole number and a length cannot be divided",
    "let a = true - 1": "line 1: a boolean cannot be subtracted",
    'let a = -"x"': "line 1: there is no minus a text",
    'let a = "x" + [1]': "line 1: a list cannot be joined to a text",
    "let a = 1 / 0": "line 1: it always divides by zero",
    "expect 1": "line 1: a condition must be true or false, and this is a whole number",
    'if "x" and true\ncall look()\nend': "line 1: a condition must be true or false, and this is a text",
    "expect not 1": "line 1: a condition must be true or false, and this is a whole number",
    'expect 1 m == "x"': "line 1: a length is never equal to a text",
    'expect "a" < "b"': "line 1: a text and a text have no order",
    "expect 1 m < 1 s": "line 1: a length and a duration have no order",
    "expect 1 contains 2": "line 1: a whole number cannot contain a whole number",
    "given p: point\ndone p.w": "line 2: a point has no field 'w'; known are: x, y, z",
    "done 1.x": "line 1: a whole number has no field 'x'",
    "given a: text\ndone a[0]": "line 2: a text has no item under a whole number",
    "done (1, true, 2).x": "line 1: a point has three lengths, and a boolean is none",
    'let r = call look()\ndone r == "x"': "line 2: '==' cannot take a result; write its .text or a field of it",
    "let r = call look()\nlet a = [r]": (
        "line 2: a result cannot be a part of something; write its .text or a field of it"
    ),
    "let r = call look()\ndone r": "line 2: a result cannot be said; write a text",
    "done [1]": "line 1: a list cannot be said; write a text",
    'let a = 1\nlet a = "x"': "line 2: 'a' is a whole number and cannot become a text; take another name",
    "let a = [1]\nrepeat 5\nlet a = [a, a]\nend": (
        "line 3: 'a' is a list and cannot become one of something else; take another name"
    ),
    "given a: length = 3 s\ndone 1": "line 1: the default does not fit: 's' is no unit of a length",
    "given a: length in 1 m..2 m = 3 m\ndone 1": (
        "line 1: the default does not fit: the parameter 'a' must be from 1 m to 2 m, not 3"
    ),
    "given a: number = b\ndone 1": "line 1: the default does not fit: a value must be written out here, without names",
    # bounds
    "given n: whole number\nrepeat n\ncall look()\nend": (
        "line 2: nobody knows how often this repeats; give the number a range"
    ),
    "let n = 1\nrepeat 3\nrepeat n\nlet n = n * 2\nend\nend": (
        "line 3: nobody knows how often this repeats; give the number a range"
    ),
    "repeat 2.5\ncall look()\nend": "line 1: 'repeat' needs a whole number, not a number",
    "repeat 0\ncall look()\nend": "line 1: it cannot repeat 0 times",
    "given n: whole number in -1..3\nrepeat n\ncall look()\nend": "line 2: it cannot repeat -1 times",
    "let r = call look()\nrepeat r.n\ncall look()\nend": "line 2: 'repeat' needs a whole number, not anything",
    "let r = call look()\nfor each a in r.list\ncall look()\nend": (
        "line 2: nobody knows how long this list is; write 'up to N' behind it"
    ),
    "let l = [1]\nrepeat 3\nfor each a in l\nlet l = [1, 2, 3]\nend\nend": (
        "line 3: nobody knows how long this list is; write 'up to N' behind it"
    ),
    "for each a in 3\ncall look()\nend": "line 1: 'for each' needs a list, not a whole number",
    "for each a in []\ncall look()\nend": "line 1: this list is empty",
    'wait until s.text == "x" asking s = call look() within 3 m': (
        "line 1: 'within' needs a duration, not a length"
    ),
    'given t: duration\nwait until s.text == "x" asking s = call look() within t': (
        "line 2: nobody knows how long this waits; give the duration a range from 0 s"
    ),
    'wait until s.text == "x" asking s = call look() within 3 s every 10 ms': (
        "line 1: 'every' needs a duration of at least 0.1 s"
    ),
    'wait until s.text == "x" asking s = call set() within 3 s': (
        "line 1: a wait asks again and again, and set changes something"
    ),
    "given t: duration in -1 s..3 s\nwait until s.ready asking s = call look() within t": (
        "line 2: nobody knows how long this waits; give the duration a range from 0 s"
    ),
    "wait until s.ready asking s = call look() within 3 s every 1 m": (
        "line 1: 'every' needs a duration of at least 0.1 s"
    ),
    "wait until 1 < 2 asking s = call look() within 3 s": "line 1: this condition does not depend on what is asked",
    "repeat 1001\ncall look()\nend": "it may call tools 1,001 times; at most 1,000 are allowed",
    "given a: boolean\nlet n = 1\nif a\nlet n = 2\nelse\nlet n = 5000\nend\nrepeat n\ncall look()\nend": (
        "it may call tools 5,000 times; at most 1,000 are allowed"
    ),
    "given a: boolean\nif a\ncall look()\nelse\nrepeat 1001\ncall look()\nend\nend": (
        "it may call tools 1,001 times; at most 1,000 are allowed"
    ),
    "wait until s.x asking s = call look() within 2 h every 1 min": "it may wait 7,200 s; at most 3,600 are allowed",
    "let a = 0\nrepeat 1000\nrepeat 1000\nlet a = a + 1\nend\nend": (
        "it may compute 4,002,006 things; at most 1,000,000 are allowed"
    ),
    # ends and dead code
    "call look()\n": "line 1: the program may end without 'done' or 'stop'; say what came of it",
    "given a: boolean\nif a\ndone 1\nend\n": (
        "line 2: the program may end without 'done' or 'stop'; say what came of it"
    ),
    'stop "x"\ncall look()': "line 2: no way leads to this line; the program has ended before it",
    'given a: boolean\nif a\ndone 1\nelse\nstop "x"\nend\ncall look()': (
        "line 7: no way leads to this line; the program has ended before it"
    ),
    "repeat 3\ndone 1\nend": "line 1: this loop never comes round, for its body always ends the program",
    "given n: whole number in 1..3\nif n > 5\ndone 1\nend": (
        "line 2: the condition is always false, so a part is never reached"
    ),
    "if true\ndone 1\nend": "line 1: the condition is always true, so a part is never reached",
    "given a: boolean\nif a\n# nothing\nend": "line 2: this 'if' does nothing",
    "repeat 3\n# nothing\nend": "line 1: this loop does nothing",
    "expect 1 > 2": "line 1: this can never hold",
    "given a: number in 1..2\nrequire a > 3\ndone 1": "line 2: this can never hold",
    # what is granted
    'call Bash(command="rm -rf /")': "line 1: a program may call Bash only where that is granted by name",
}  # fmt: skip


@pytest.mark.parametrize("text", BAD)
def test_what_may_not_run_is_refused_with_a_sentence(text: str) -> None:
    """The first thing that is wrong, and where."""
    ended = text.endswith(("\n", "done 1")) or any(word in text for word in ("done ", "stop "))
    with pytest.raises(ProgramError) as raised:
        verify(parse(text if ended else f"{text}\ndone 1"), TOOLS)
    assert str(raised.value) == BAD[text]


def test_effects_are_held_to_what_is_granted() -> None:
    """A program that may only look cannot erase, however it is written."""
    program = parse("call erase()\ndone 1")
    assert verify(program, TOOLS).effect is Effect.IRREVERSIBLE
    with pytest.raises(ProgramError, match=r"^line 1: erase is irreversible, which is not granted here$"):
        verify(program, TOOLS, frozenset({Effect.PURE, Effect.REVERSIBLE}))


@pytest.mark.parametrize("name", ["Bash", "Agent"])
def test_what_does_as_a_text_says_is_granted_by_name_only(name: str) -> None:
    """A shell or an agent: nobody has verified the text."""
    program = parse(f'call {name}(command="ls")\ndone 1')
    tools = {name: spec(name, Effect.PURE, ("command",), command=STRING)}
    assert verify(program, tools, by_name=frozenset({name})).tools == (name,)
    with pytest.raises(ProgramError, match=f"^line 1: a program may call {name} only where that is granted by name$"):
        verify(program, tools, by_name=frozenset({"look"}))


def test_all_problems_are_told_in_the_order_of_their_lines() -> None:
    """So that a person mends them in one go; one mistake is told once."""
    told = problems(parse("done b\ncall lok(x=a + 1)\ncall move(x=true)"), TOOLS)
    assert [str(each) for each in told] == [
        "line 1: nothing is called 'b' here; there are none",
        "line 2: no way leads to this line; the program has ended before it",
    ]


def test_bounds_are_whoever_runs_it_says() -> None:
    """The same program may be too much elsewhere."""
    program = parse("repeat 3\ncall look()\nend\ndone 1")
    assert verify(program, TOOLS).cost.calls == 3
    with pytest.raises(ProgramError, match=r"^it may call tools 3 times; at most 2 are allowed$"):
        verify(program, TOOLS, bounds=Bounds(calls=2))


@pytest.mark.parametrize("less", ["calls", "waited_s", "parts"])
def test_what_is_exactly_as_much_as_allowed_may_run(less: str) -> None:
    """Each bound is the most that a program may come to; one less, and it is too much."""
    program = parse("wait until s.ready asking s = call look() within 10 s every 1 s\ndone 1")
    cost = verify(program, TOOLS).cost
    assert (cost.calls, cost.waited_s) == (11, 10)
    allowed = Bounds(cost.calls, cost.waited_s, cost.parts)
    assert verify(program, TOOLS, bounds=allowed).cost == cost
    with pytest.raises(ProgramError, match=r"^it may "):
        verify(program, TOOLS, bounds=replace(allowed, **{less: getattr(allowed, less) - 1}))


def test_a_wait_computes_its_condition_as_often_as_it_asks() -> None:
    """What it comes to beside that, it comes to once."""
    waits = [f"wait until s.ready asking s = call look() within {n} s every 100 ms\ndone 1" for n in range(3)]
    once, eleven, twenty_one = (verify(parse(text), TOOLS).cost.parts for text in waits)
    assert twenty_one - eleven == eleven - once >= 10


def test_only_the_verifier_makes_a_verified_program() -> None:
    """So nothing else can run."""
    with pytest.raises(ProgramError, match=r"^only the verifier makes a verified program$"):
        Verified(parse('call Bash(command="ls")'), ("Bash",), frozenset(), Cost(), {})


def test_a_form_that_nobody_read_is_held_to_the_same_size() -> None:
    """A program may be built by code, which no parser has limited."""
    deep: form.Expression = form.Number(1)
    for _ in range(5_000):
        deep = form.Negative(deep)
    with pytest.raises(ProgramError, match=r"^an expression has too many parts inside each other$"):
        verify(Program((), (), (form.Done(deep),)), TOOLS)
    nested: form.Statement = form.Act(form.CallTool("look"))
    for _ in range(3_000):
        nested = form.Repeat(form.Number(1), (nested,))
    with pytest.raises(ProgramError, match=r"^it has too many statements, or too many inside each other$"):
        verify(Program((), (), (nested,)), TOOLS)
    many = (form.Act(form.CallTool("look")),) * (form.MOST_STATEMENTS + 1)
    with pytest.raises(ProgramError, match=r"^it has too many statements, or too many inside each other$"):
        verify(Program((), (), many), TOOLS)
    with pytest.raises(ProgramError, match=r"^'a b' cannot be a name$"):
        verify(Program((), (), (form.Let("a b", form.Number(1)), form.Done(form.Number(1)))), TOOLS)


def test_the_largest_programs_that_can_be_read_may_run() -> None:
    """Reader and verifier draw the line at the same place."""
    loops = form.MOST_BLOCKS_DEEP - 1
    assert verify(parse("repeat 1\n" * loops + "call look()\n" + "end\n" * loops + "done 1"), TOOLS).cost.calls == 1
    assert verify(parse("call look()\n" * (form.MOST_STATEMENTS - 1) + "done 1"), TOOLS).cost.calls == 999
    with pytest.raises(ProgramError, match=r"^line 16: more than 16 blocks stand inside each other$"):
        parse("repeat 1\n" * (loops + 1) + "call look()\n" + "end\n" * (loops + 1) + "done 1")


ANY = {"type": "object", "additionalProperties": True}


@given(PROGRAMS)
def test_any_form_is_verified_or_refused(program: Program) -> None:
    """Whatever can be written, nothing but ProgramError comes of verifying it."""
    tools = {each.tool: ToolSpec(each.tool, "", ANY, Effect.PURE) for each in form.calls(program.body)}
    told = problems(program, tools)
    assert all(each.sentence and "\n" not in each.sentence for each in told)
    if not told:
        assert isinstance(verify(program, tools), Verified)
