"""The laws of Bash."""

import os
from pathlib import Path

import pytest

from llmos.messages import Effect
from llmos.tools.shell import shell_tool
from tests.support.tools import Bench, Person, make_workspace, rules

pytestmark = [pytest.mark.anyio, pytest.mark.skipif(os.name == "nt", reason="these scripts are POSIX")]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A workspace where a person says yes to Bash."""
    workspace = make_workspace(tmp_path)
    return Bench(workspace, [shell_tool(workspace, rules())], person=Person(yes=True))


def test_bash_is_irreversible(bench: Bench) -> None:
    """Nobody can know what a command does."""
    assert bench.tools[0].spec.effect is Effect.IRREVERSIBLE


async def test_it_runs_bash_in_the_workspace(bench: Bench) -> None:
    """Output comes back, and the folder is the workspace."""
    result = await bench.call("Bash", command='[[ -n "$BASH" ]] && pwd -P', description="Where am I")
    assert (result.is_error, result.text) == (False, f"{bench.workspace.root}\n")


async def test_an_exit_code_is_an_answer(bench: Bench) -> None:
    """A test that fails is news, not a broken tool: the run goes on."""
    result = await bench.call("Bash", command="echo no; exit 3")
    assert (result.is_error, result.text) == (False, "no\n\n(exit code 3)")
    assert (await bench.call("Bash", command="exit 1")).text == "(exit code 1)"


async def test_silence_is_said(bench: Bench) -> None:
    """No output is told as such."""
    assert (await bench.call("Bash", command="true")).text == "(no output)"


async def test_time_is_limited_by_the_call_and_by_the_kernel(bench: Bench) -> None:
    """Milliseconds, as in Claude Code; the kernel's limit cannot be exceeded."""
    result = await bench.call("Bash", command="echo begun; exec sleep 1000", timeout=1500)
    assert (result.is_error, result.text) == (True, "begun\n\n(ended after 1.5 s: its time was up)")
    bench.tools = [shell_tool(bench.workspace, rules(bash_timeout_s=0.3))]
    result = await bench.call("Bash", command="exec sleep 1000", timeout=99_999_999)
    assert (result.is_error, result.text) == (True, "(ended after 0.3 s: its time was up)")


async def test_keys_do_not_reach_a_command(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the variables of the kernel's list are handed on."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-secret")
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("BASH_ENV", "/tmp/evil")
    result = await bench.call("Bash", command="env")
    assert "LANG=C.UTF-8" in result.text
    assert "ANTHROPIC" not in result.text
    assert "BASH_ENV" not in result.text


async def test_without_a_shell_it_is_a_sentence(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is none, the model and the person read what to install."""
    monkeypatch.setenv("PATH", str(bench.workspace.root))
    result = await bench.call("Bash", command="true")
    expected = "there is no bash and no sh on PATH; install one (on Windows: Git for Windows) to use Bash"
    assert (result.is_error, result.text) == (True, expected)


async def test_it_asks_before_it_runs(bench: Bench) -> None:
    """A no means that nothing has run."""
    bench.person = Person(yes=False)
    result = await bench.call("Bash", command="touch x")
    assert (result.is_error, result.text) == (True, "Bash may not run touch x: the person said no")
    assert not (bench.workspace.root / "x").exists()


async def test_a_flood_is_cut_once_and_counted(bench: Bench) -> None:
    """Beginning, end, exit code and the true amount are told, within the kernel's limit."""
    result = await bench.call("Bash", command="echo first; yes | head -c 3000000; echo last; exit 3")
    assert result.text.startswith("first\ny\n")
    assert result.text.endswith("y\nlast\n\n(exit code 3)")
    assert result.text.count("bytes cut here]") == result.text.count(" of 3000011 bytes cut here]") == 1
    assert len(result.text) <= rules().max_output_bytes
