"""A compiled program does what the interpreter does, and its text is plain, safe Python."""

import ast
from typing import Any

import anyio
import msgspec
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from llmos.messages import JSON
from llmos.programs import form
from llmos.programs.compiler import to_python
from llmos.programs.form import Program, ProgramError
from llmos.programs.interpreter import Call, drive, steps
from llmos.programs.parser import parse
from llmos.programs.printer import show
from llmos.programs.python_text import literal, mangled
from llmos.programs.values import Result, StoppedError
from llmos.programs.verified import Verified
from llmos.programs.verifier import verify
from tests.support.typed_programs import ANSWERS, TOOLS, sensible_programs

End = tuple[str, str, int]


class World:
    """Answers calls from a list, round and round, and writes down what was asked."""

    def __init__(self, answers: list[Result]) -> None:
        self.asked: list[tuple[str, JSON]] = []
        self._answers = answers

    async def call(self, tool: str, args: JSON) -> Result:
        """The next answer."""
        self.asked.append((tool, args))
        return self._answers[len(self.asked) % len(self._answers)]

    async def sleep(self, seconds: float) -> None:
        """Write the wait down."""
        self.asked.append(("sleep", seconds))


async def interpreted(verified: Verified, values: dict[str, JSON], world: World) -> End:
    """How the program ends when it is interpreted."""

    async def call(step: Call) -> Result:
        return await world.call(step.tool, step.args)

    try:
        finish = await drive(steps(verified, values), call, world.sleep)
    except ProgramError as error:
        return "required", error.sentence, error.line
    return ("done", finish.text, 0) if finish.ok else ("stopped", finish.text, finish.line)


async def compiled(text: str, values: dict[str, JSON], world: World) -> End:
    """How the program ends when it is compiled."""
    space: dict[str, Any] = {}
    exec(compile(text, "compiled", "exec"), space)
    given_values = {mangled(name): value for name, value in values.items()}
    sleep = {"sleep": world.sleep} if "sleep=" in text else {}
    try:
        return "done", await space["run"](world.call, **given_values, **sleep), 0
    except ProgramError as error:
        return "required", error.sentence, error.line
    except StoppedError as error:
        return "stopped", error.sentence, error.line


@given(sensible_programs(), st.lists(ANSWERS, min_size=1, max_size=6))
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much], deadline=None)
def test_compiled_and_interpreted_programs_do_the_same(
    sensible: tuple[Program, dict[str, JSON]], answers: list[Result]
) -> None:
    """The same calls and waits with the same arguments, and the same end, whatever the tools answer."""
    program, values = sensible
    try:
        verified = verify(parse(show(program)), TOOLS)
    except ProgramError:
        assume(False)
        raise
    text = to_python(verified, "run")

    async def both() -> None:
        first, second = World(answers), World(answers)
        one, other = await interpreted(verified, values, first), await compiled(text, values, second)
        if one[0] == "required" and other[0] == "stopped":
            one = ("stopped", *one[1:])  # the sentence of what is required could not be computed
        assert one == other
        assert first.asked == second.asked
        assert repr(first.asked) == repr(second.asked)
        calls = sum(tool != "sleep" for tool, _ in first.asked)
        assert calls <= verified.cost.calls
        assert sum(args for tool, args in first.asked if tool == "sleep") <= verified.cost.waited_s + 1e-6

    anyio.run(both)


OPERATORS = ("+", "-", "*", "/", "==", "!=", "<", "<=", ">", ">=", "contains", "and", "or")
PLAIN: tuple[JSON, ...] = (
    0,
    1,
    -2,
    1.0,
    0.5,
    1e300,
    2**53,
    10**30,
    True,
    False,
    None,
    "",
    "x",
    [],
    [1],
    [True],
    {},
    {"x": 1},
)
NUMBERS = (0, 1, -2, 1.0, 0.1, 1e300, -1e308, 2**53)


def ended(space: dict[str, Any], verified: Verified, answers: list[Result], values: dict[str, JSON]) -> None:
    """Both ways end the same."""

    async def both() -> None:
        first, second = World(answers), World(answers)
        one = await interpreted(verified, values, first)
        try:
            other: End = ("done", await space["run"](second.call, **values), 0)
        except StoppedError as error:
            other = ("stopped", error.sentence, error.line)
        assert (one, repr(first.asked)) == (other, repr(second.asked))

    anyio.run(both)


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_operator_does_the_same_with_whatever_a_tool_answers(operator: str) -> None:
    """All pairs of the values that JSON has, and answers that are no JSON at all."""
    text = f"let r = call look()\ncall put(value=r[0] {operator} r[1])\ncall put(value=r[1].x)\ndone 1"
    verified = verify(parse(text), TOOLS)
    space: dict[str, Any] = {}
    exec(compile(to_python(verified, "run"), "compiled", "exec"), space)
    for left in PLAIN:
        for right in PLAIN:
            ended(space, verified, [Result(True, msgspec.json.encode([left, right]).decode())], {})
    for answer in ("", "[1]", "{}"):
        ended(space, verified, [Result(True, answer)], {})


@pytest.mark.parametrize("operator", [each for each in OPERATORS if each not in ("contains", "and", "or")])
@pytest.mark.parametrize("bound", ["", " in -2..1", " in 1..2"])
def test_every_operator_does_the_same_with_numbers_that_are_given(operator: str, bound: str) -> None:
    """Whether the range lets Python's own operator stand, or not."""
    head = f"given a: number{bound}\ngiven b: number{bound}\n"
    text = f"{head}call put(value=-a {operator} b)\ncall put(value=a {operator} 2)\ndone 1"
    verified = verify(parse(text), TOOLS)
    space: dict[str, Any] = {}
    exec(compile(to_python(verified, "run"), "compiled", "exec"), space)
    low, high = verified.program.parameters[0].type.least, verified.program.parameters[0].type.most  # type: ignore[union-attr]
    fitting = [each for each in NUMBERS if low <= each <= high]
    for left in fitting:
        for right in fitting:
            ended(space, verified, [Result(True, "")], {"a": left, "b": right})


SQUARE = """
# the edge
given side: length in 5 cm..50 cm = 20 cm
given times: whole number in 1..4 = 1
given start: point
require start.z >= 10 cm else "too low"

call move(x=start.x)
repeat times
  for each turn in [0, 90]
    let r = try call look()
    # only where it is free
    if r.ok and r.text contains "free"
      call move(x=side / 2, turn_deg=turn)
    else if r.count > 3
      stop "crowded"
    end
  end
end
wait until s.text contains "rest" asking s = call look() within 3 s
done "drew " + times
"""

SQUARE_IN_PYTHON = '''"""draw_square: compiled from a verified program; edit the program, not this file."""

import anyio

from llmos.programs.form import Number, Plain, ProgramError
from llmos.programs.given import checked
from llmos.programs.values import StoppedError, asked, field, more, plus, succeed

TYPES = {
    "side": Plain("length", Number(5, "cm"), Number(50, "cm")),
    "times": Plain("whole number", Number(1), Number(4)),
    "start": Plain("point"),
}


async def draw_square(call, *, side=0.2, times_=1, start, sleep=anyio.sleep):
    """Call tools with `await call(name, args)`; return the answer or raise StoppedError.

    Args:
        side: length in 5 cm..50 cm; the edge
        times_: whole number in 1..4
        start: point
    """
    side = checked("side", side, TYPES["side"])
    times_ = checked("times", times_, TYPES["times"])
    start = checked("start", start, TYPES["start"])
    if not start[2] >= 0.1:
        raise ProgramError("too low", 6)
    succeed(await call("move", {"x": start[0]}), 8)
    for _ in range(times_):
        for turn_ in [0, 90]:
            r = await call("look", {})
            # only where it is free
            if r.ok and "free" in r.text:
                succeed(await call("move", {"x": side / 2, "turn_deg": turn_}), 14)
            elif more(field(r, "count", 15), 3, 15):
                raise StoppedError("crowded", 16)
    for turn in range(asked(3, 1)):
        if turn:
            await sleep(1)
        s = succeed(await call("look", {}), 20)
        if "rest" in s.text:
            break
    else:
        raise StoppedError('this did not come within 3 s: s.text contains "rest"', 20)
    return plus("drew ", times_, 21)
'''


def test_the_text_is_plain_python() -> None:
    """Python's own operators where nothing can go wrong, the interpreter's operations elsewhere; always the same."""
    assert to_python(verify(parse(SQUARE), TOOLS), "draw_square") == SQUARE_IN_PYTHON
    assert to_python(verify(parse(show(parse(SQUARE)), -1), TOOLS), "draw_square") != ""


def test_long_calls_and_headers_have_a_line_for_each_part() -> None:
    """As black has it."""
    text = f'given a: text\ncall write(path=a + "{"x" * 70}", content="{"y" * 70}")\ndone a'
    lines = to_python(verify(parse(text), TOOLS)).splitlines()
    start = lines.index('    succeed(await call("write", {')
    assert lines[start + 1] == f'        "path": plus(a, "{"x" * 70}", 2),'
    assert lines[start + 3] == "    }), 2)"


HOSTILE = 'x"""\n    import os; os.system("rm")\n"""\\'


def test_foreign_text_stays_text() -> None:
    """Nothing that a program says, in names, notes, comments or texts, becomes a statement of Python's."""
    program = Program(
        (form.Parameter("a", form.OneOf((HOSTILE,)), form.Text(HOSTILE), (HOSTILE,)),),
        (form.Require(form.Truth(True), form.Text(HOSTILE)),),
        (
            form.Comment(HOSTILE),
            form.Let("b", form.CallTool("put", (("value", form.Record(((HOSTILE, form.Name("a")),))),))),
            form.Let("c", form.Field(form.Name("b"), HOSTILE)),
            form.Done(form.Binary("+", form.Text(HOSTILE), form.Name("c"))),
        ),
    )
    tree = ast.parse(to_python(verify(program, TOOLS)))
    called = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    assert called == {"OneOf", "checked", "ProgramError", "succeed", "call", "light", "field", "plus"}
    imported = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert {ast.unparse(node).split()[1] for node in imported} <= {
        "llmos.programs.form",
        "llmos.programs.given",
        "llmos.programs.values",
    }


@given(st.text())
def test_a_text_is_the_same_in_python(text: str) -> None:
    """Quoted as Python would, in double quotes where they need no escapes."""
    assert ast.literal_eval(literal(text)) == text


@given(st.text("abc_", min_size=1) | st.sampled_from(["call", "class", "plus", "_", "__", "None", "TYPES", "call_"]))
def test_names_stay_apart(name: str) -> None:
    """A name that means something in Python gets a stroke, and no other name becomes the same by that."""
    other = mangled(name)
    assert other.isidentifier()
    assert other.rstrip("_") == name.rstrip("_")
    assert mangled(f"{name}_") != other
    assert mangled(other) != mangled(name) or other == name


@pytest.mark.parametrize("name", ["", "a b", "if", "1", "x" * 65])
def test_a_function_needs_a_name(name: str) -> None:
    """One that a program could use, too."""
    with pytest.raises(ProgramError, match=r"cannot be the name of a Python function$"):
        to_python(verify(parse("done 1"), TOOLS), name)
    assert "async def lambda_(call):" in to_python(verify(parse("done 1"), TOOLS), "lambda")


def test_no_python_is_ever_executed() -> None:
    """The house compiles to Python and never runs what it compiled, nor anything that a model wrote."""
    from llmos.settings import system_root

    for path in (system_root() / "llmos" / "programs").glob("*.py"):
        called = {
            node.func.id
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert not called & {"eval", "exec", "compile", "__import__", "getattr"}
