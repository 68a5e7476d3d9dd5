"""Shell completion: commands, options, and the names of agents, skills and robots."""

import subprocess

import pytest

from tests.support.command_line import CommandLine


def completed(llmos: CommandLine, *words: str) -> list[str]:
    """What a shell is offered for the last word."""
    llmos.patch.setenv("_LLMOS_COMPLETE", "bash_complete")
    llmos.patch.setenv("COMP_WORDS", " ".join(["llmos", *words]))
    llmos.patch.setenv("COMP_CWORD", str(len(words)))
    said = llmos()
    assert said.code == 0
    return [line.partition(",")[2] for line in said.out.splitlines()]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_each_shell_is_printed(llmos: CommandLine, shell: str) -> None:
    """It asks llmos itself."""
    script = llmos("completion", shell).out
    assert f"_LLMOS_COMPLETE={shell}_complete" in script


def test_the_bash_script_is_bash(llmos: CommandLine) -> None:
    """Bash reads it without complaint."""
    script = llmos("completion", "bash").out
    assert subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True, check=False).stderr == ""


def test_commands_options_and_names_are_completed(llmos: CommandLine) -> None:
    """Down to the agents of this home."""
    assert completed(llmos, "ag") == ["agent"]
    assert completed(llmos, "agent", "s") == ["show"]
    assert completed(llmos, "agent", "run", "wor") == ["worker"]
    assert completed(llmos, "skill", "show", "pick") == ["pick-and-place"]
    assert completed(llmos, "robot", "rearm", "") == ["arm", "lab", "rover"]
    assert completed(llmos, "agent", "run", "worker", "--budget") == ["--budget-usd"]
