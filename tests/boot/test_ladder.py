"""The ladder of a home: programs are read, or verified where the tools are known, before a skill climbs."""

from pathlib import Path

import pytest

from llmos.boot.ladder import make_ladder, wrong_program
from llmos.clock import SimulatedClock
from llmos.errors import RefusedError
from llmos.evolution.standing import Standing
from llmos.traces.usage import UsageLine, append
from llmos.volumes.skill_hash import skill_hash
from tests.support.ladders import RULES

PAGE = "---\nname: wave\ndescription: Waves.\n---\n\nIt waves.\n\n```program\n{program}```\n"
GOOD = 'call Read(file_path="a")\ndone "read"\n'
TOOLS = frozenset({"Read", "Bash"})


def page(folder: Path, program: str) -> Path:
    """A skill with this program."""
    path = folder / "user" / "skills" / "wave" / "SKILL.md"
    path.parent.mkdir(parents=True)
    path.write_text(PAGE.format(program=program))
    return path


def test_a_program_that_cannot_be_read_is_told_with_its_line(tmp_path: Path) -> None:
    """The first line of the program is line 9 of the file."""
    path = page(tmp_path, "call Read(]\n")
    [told] = wrong_program(path, TOOLS)
    assert told.startswith(f"{path}: line 9: ")


def test_a_good_program_and_none_at_all_are_fine(tmp_path: Path) -> None:
    """A skill need not have one."""
    path = page(tmp_path, GOOD)
    assert wrong_program(path, TOOLS) == []
    path.write_text("---\nname: wave\ndescription: Waves.\n---\n\nIt waves.\n")
    assert wrong_program(path, TOOLS) == []


def test_an_unknown_tool_and_the_shell_are_told(tmp_path: Path) -> None:
    """A program that names them can never run."""
    path = page(tmp_path, 'call Reed(file_path="a")\ncall Bash(command="rm -rf /")\ndone "gone"\n')
    assert wrong_program(path, TOOLS) == [
        f"{path}:10: a program may not call Bash",
        f"{path}:9: there is no tool 'Reed'; did you mean 'Read'?",
    ]


def test_a_hand_edited_program_keeps_its_skill_down(tmp_path: Path) -> None:
    """Whatever its evidence, and whoever approves."""
    path = page(tmp_path, "repeat\n  call Read(\n")
    text = skill_hash(path)
    for number in range(20):
        use = UsageLine(
            what="skill",
            name="wave",
            content_hash=text,
            run_id=f"{number}",
            ok=True,
            slots_hash=f"{number}",
            at="2026-11-20T09:00:00Z",
        )
        append(tmp_path / "user", use)
    ladder = make_ladder(tmp_path, RULES, SimulatedClock())
    with pytest.raises(RefusedError, match=r"The skill 'wave' does not climb to team: .*SKILL\.md: line 1"):
        ladder.promote(Standing("wave", "user", path), "Ann")
