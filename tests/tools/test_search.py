"""The laws of Glob and Grep."""

from pathlib import Path

import pytest

from llmos.messages import Effect, ToolCall
from llmos.tools.search import search_tools
from tests.support.tools import Bench, make_workspace, rules

pytestmark = pytest.mark.anyio


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A workspace with a few files."""
    workspace = make_workspace(tmp_path)
    for name in ("a.py", "src/b.py", "src/c.ts", "src/d.tsx", ".git/e.py", "node_modules/f.py"):
        (workspace.root / name).parent.mkdir(exist_ok=True)
        (workspace.root / name).write_text(f"# {name}\nNeedle = 1\n")
    (workspace.root.parent / "data/g.py").write_text("needle\n")
    return Bench(workspace, search_tools(workspace, rules()))


async def shown(bench: Bench, tool: str, **args: object) -> list[str]:
    """The lines of an answer."""
    result = await bench.call(tool, **args)
    assert not result.is_error, result.text
    return result.text.splitlines()


async def told(bench: Bench, tool: str, **args: object) -> str:
    """The sentence of a call that fails."""
    result = await bench.call(tool, **args)
    assert result.is_error
    return result.text


def test_searching_is_pure(bench: Bench) -> None:
    """It may run side by side, and again."""
    assert {tool.spec.name: tool.spec.effect for tool in bench.tools} == {"Glob": Effect.PURE, "Grep": Effect.PURE}


def test_grep_has_the_arguments_of_claude_code(bench: Bench) -> None:
    """Agents written for Claude Code find what they know."""
    (grep,) = (tool.spec for tool in bench.tools if tool.spec.name == "Grep")
    expected = "pattern path glob type output_mode -i -n -A -B -C head_limit offset multiline"
    assert list(grep.input_schema["properties"]) == expected.split()
    assert grep.input_schema["required"] == ["pattern"]


async def test_glob_lists_paths_by_name(bench: Bench) -> None:
    """Relative to the workspace, so that Read takes them as they stand."""
    assert await shown(bench, "Glob", pattern="**/*.py") == ["a.py", "src/b.py"]
    assert await shown(bench, "Glob", pattern="*.py") == ["a.py", "src/b.py"]
    assert await shown(bench, "Glob", pattern="*.{ts,tsx}", path="src") == ["src/c.ts", "src/d.tsx"]
    assert await shown(bench, "Glob", pattern="*.rs") == ["(no file matches)"]


async def test_glob_is_bounded(bench: Bench) -> None:
    """What is left out is counted."""
    for number in range(203):
        (bench.workspace.root / f"{number:03}.log").write_text("")
    lines = await shown(bench, "Glob", pattern="*.log")
    assert lines[:1] + lines[199:] == ["000.log", "199.log", "(3 more; use a narrower glob)"]


async def test_glob_sentences(bench: Bench) -> None:
    """A glob does not leave its folder, and the folder must be there."""
    expected = "the glob '../*' must stay within its folder; give the folder as 'path'"
    assert await told(bench, "Glob", pattern="../*") == expected
    assert await told(bench, "Glob", pattern="*", path="no") == "there is no folder no"


async def test_grep_searches_the_workspace(bench: Bench) -> None:
    """In a program of its own, with the arguments of Claude Code."""
    assert await shown(bench, "Grep", pattern="needle") == ["(nothing was found)"]
    assert await shown(bench, "Grep", **{"pattern": "needle", "-i": True, "type": "py"}) == ["a.py", "src/b.py"]
    expected = ["src/c.ts-1-# src/c.ts", "src/c.ts:2:Needle = 1"]
    args = {"pattern": "^N", "path": "src", "glob": "*.ts", "output_mode": "content", "-C": 3}
    assert await shown(bench, "Grep", **args) == expected
    args = {"pattern": "^N", "path": "src/c.ts", "output_mode": "content", "-n": "false"}
    assert await shown(bench, "Grep", **args) == ["src/c.ts:Needle = 1"]
    assert await shown(bench, "Grep", pattern="N", type="typescript") == ["src/c.ts"]


async def test_grep_outside_needs_permission(bench: Bench) -> None:
    """Searching is reading."""
    sentence = await told(bench, "Grep", pattern="needle", path="../data")
    assert sentence == "Grep may not read ../data: nobody can be asked here; --approve 'Read(../data)' allows it"
    bench.approve = ("Read(../data/**)",)
    assert await shown(bench, "Grep", pattern="needle", path="../data") == ["../data/g.py"]


async def test_a_protected_folder_is_searched_only_when_named(bench: Bench) -> None:
    """And then with a yes."""
    bench.approve = ("Read(.git/**)",)
    assert await shown(bench, "Grep", pattern="Needle", path=".git") == [".git/e.py"]
    assert await shown(bench, "Glob", pattern="*", path=".git") == [".git/e.py"]


@pytest.mark.parametrize(
    ("disallowed", "left"),
    [
        ("Read(src/**)", ["a.py"]),
        ("Read(src)", ["a.py"]),
        ("Read(SRC/**)", ["a.py"]),
        ("Read(**/b.*)", ["a.py", "src/c.ts", "src/d.tsx"]),
        ("Read(*.py)", ["src/b.py", "src/c.ts", "src/d.tsx"]),
        ("Edit(src/**)", ["a.py", "src/b.py", "src/c.ts", "src/d.tsx"]),
    ],
)
async def test_what_an_agent_may_not_read_is_passed_over(bench: Bench, disallowed: str, left: list[str]) -> None:
    """A search from above neither shows its names nor what stands in it."""
    toolbox = bench.toolbox().only(None, [disallowed])
    for tool, args in (("Grep", {"pattern": "Needle"}), ("Glob", {"pattern": "**/*"})):
        result = await toolbox.call(ToolCall("1", tool, args))
        assert result.text.splitlines() == left


async def test_a_pattern_without_end_is_ended(bench: Bench) -> None:
    """A catastrophic expression takes its time limit, not the interpreter."""
    (bench.workspace.root / "a.txt").write_text("a" * 5000 + "b")
    bench.rules = rules(tool_timeout_s=1.0)
    sentence = await told(bench, "Grep", pattern="(a+)+$", glob="a.txt")
    assert sentence == "Grep had no answer within 1 s"


async def test_a_wrong_pattern_is_a_sentence(bench: Bench) -> None:
    """The program's sentence is the tool's."""
    expected = "the pattern '(' is no regular expression: missing ), unterminated subpattern at position 0"
    assert await told(bench, "Grep", pattern="(") == expected


async def test_all_can_be_asked_for(bench: Bench) -> None:
    """A `head_limit` of 0 is no limit, as in Claude Code."""
    (bench.workspace.root / "many.txt").write_text("Needle\n" * 300)
    args = {"pattern": "Needle", "output_mode": "content", "glob": "many.txt"}
    assert len(await shown(bench, "Grep", head_limit=0, **args)) == 300
    assert len(await shown(bench, "Grep", **args)) == 101


async def test_a_doubtful_pattern_is_searched_without_a_word(bench: Bench) -> None:
    """Python's warnings are for programmers, not for models."""
    assert await shown(bench, "Grep", pattern="[[N]eedle", glob="*.ts") == ["src/c.ts"]


async def test_the_output_is_bounded(bench: Bench) -> None:
    """However much is asked for."""
    (bench.workspace.root / "many.txt").write_text("Needle\n" * 100_000)
    result = await bench.call("Grep", pattern="Needle", output_mode="content", glob="many.txt", head_limit=100_000)
    assert len(result.text) <= rules().max_output_bytes
    assert result.text.count("bytes cut here]") == 1
