"""The page on programs: its examples run, its grammar has every word, its refusals are what the verifier says."""

import re
from pathlib import Path

import anyio
import pytest

from llmos.documents.kernel import load_kernel
from llmos.messages import ToolSpec
from llmos.programs import form
from llmos.programs.blocks import blocks_in
from llmos.programs.form import UNITS, ProgramError
from llmos.programs.grammar import HEADS, KEYWORDS, STATEMENTS
from llmos.programs.interpreter import Call, Finish, drive, steps
from llmos.programs.parser import parse
from llmos.programs.printer import show
from llmos.programs.values import Result
from llmos.programs.verified import Bounds
from llmos.programs.verifier import verify
from llmos.settings import system_root
from llmos.tools.base import Tool, ToolOutcome
from llmos.tools.files import file_tools
from llmos.tools.robot import robot_tools
from llmos.tools.shell import shell_tool
from llmos.tools.workspace import Workspace
from tests.support.pages import ROOT, code, table, word
from tests.support.robots import rig

PAGE = "docs/programs.md"
TEXT = (ROOT / PAGE).read_text("utf-8")


@pytest.fixture
def tools(tmp_path: Path) -> dict[str, Tool]:
    """The tools of an arm and a workspace."""
    arm, workspace, safety = (
        rig(tmp_path),
        Workspace(tmp_path, tmp_path / "home"),
        load_kernel(system_root() / "kernel").safety,
    )
    found = [*robot_tools(arm.pilot, arm.scene), *file_tools(workspace, safety), shell_tool(workspace, safety)]
    return {tool.spec.name: tool for tool in found}


def specs(tools: dict[str, Tool]) -> dict[str, ToolSpec]:
    """What the verifier is told of them."""
    return {name: tool.spec for name, tool in tools.items()}


async def run(text: str, tools: dict[str, Tool], folder: Path, **values: object) -> Finish:
    """Run an example on the real tools, with paths in the folder."""

    async def call(step: Call) -> Result:
        tool = tools[step.tool]
        paths = {name: str(folder / str(step.args[name])) for name in tool.touches}
        output = await tool.call({**tool.prepare(step.args), **paths})
        if isinstance(output, ToolOutcome):
            return Result(not output.is_error, "".join(each.text for each in output.content))  # type: ignore[union-attr]
        return Result(True, str(output))

    return await drive(steps(verify(parse(text), specs(tools)), values), call, anyio.sleep)


@pytest.mark.anyio
async def test_the_examples_run(tools: dict[str, Tool], tmp_path: Path) -> None:
    """On an arm and in a workspace, and they are written as the printer writes them."""
    square, write = (block.text for block in blocks_in(TEXT))
    assert (show(parse(square)), show(parse(write))) == (square, write)
    assert await run(square, tools, tmp_path, start=[1, 1, 0.5]) == Finish(True, "Drew 1 of 0.2 m.", 16)
    with pytest.raises(ProgramError, match=r"^line 5: too low for a square$"):
        await run(square, tools, tmp_path, start=[1, 1, 0.05])
    assert (await run(write, tools, tmp_path)).text == "written"
    assert (tmp_path / "primes.py").read_text() == "for n in range(2, 50):\n    print(n)\n"


def test_what_is_said_to_be_refused_is_refused(tools: dict[str, Tool]) -> None:
    """With exactly that sentence."""
    for statement, because in table(PAGE, "refused", "because"):
        text = f"let r = call get_status()\n{word(statement)}\n" + (
            "call go_home()\nend\n" if "repeat" in statement else ""
        )
        with pytest.raises(ProgramError) as raised:
            verify(parse(f"{text}done 1"), specs(tools))
        assert (raised.value.line, raised.value.sentence) == (2, because)


def test_the_grammar_has_every_word_and_no_other() -> None:
    """Keywords, units and signs are those of the parser."""
    [ebnf] = re.findall(r"```ebnf\n(.*?)```", TEXT, re.DOTALL)
    quoted = set(re.findall(r'"([^"]+)"', ebnf))
    words = {each for phrase in quoted for each in phrase.split() if re.fullmatch(r"[a-z]+", each)}
    kinds = {each for kind in form.KINDS for each in kind.split()}
    assert words == KEYWORDS | kinds | set(UNITS)
    names = set(re.findall(r"^(\w+) +=", ebnf, re.MULTILINE))
    used = set(re.findall(r"[a-z]+", re.sub(r'"[^"]*"', "", ebnf)))
    assert used - names == {"name", "number", "text", "if", "line"}


def test_every_statement_is_explained() -> None:
    """Each word that a line may begin with has a row."""
    begins = {word_of for row in table(PAGE, "what", "means") for shown in code(row[0]) for word_of in shown.split()}
    assert {*STATEMENTS, *HEADS} <= begins


def test_the_limits_are_those_of_the_code() -> None:
    """As numbers in the text."""
    bounds = Bounds()
    assert (bounds.calls, bounds.waited_s, bounds.parts) == (1_000, 3_600, 1_000_000)
    assert "more than 1,000 calls, an hour of waiting, or a million evaluations" in TEXT
    size = f"{form.MOST_CHARACTERS:,} characters, {form.MOST_STATEMENTS:,} statements"
    assert f"{size}, {form.MOST_BLOCKS_DEEP} blocks and 30 brackets inside each other" in TEXT
