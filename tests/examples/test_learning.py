"""The learning example keeps what it promises, on the pocket model and a simulated arm."""

import os
import pty
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.llama import need_backend

CHECKOUT = Path(__file__).parents[2]
EXAMPLE = CHECKOUT / "examples" / "learning" / "run.py"
COLOUR = re.compile(r"\x1b\[[\d;]*m")

pytestmark = pytest.mark.timeout(900)


def surroundings(folder: Path) -> Mapping[str, str]:
    """An empty home folder, and nothing of ours."""
    return {
        "HOME": str(folder),
        "PATH": os.defpath,
        "TERM": "xterm",
        "COLUMNS": "200",
        "PYTHONPATH": str(CHECKOUT),
    }


def chapters(shown: str) -> dict[str, str]:
    """What each chapter showed, by its title."""
    pieces = re.split(r"^\d+ · (.+)$", shown, flags=re.MULTILINE)
    return dict(zip(pieces[1::2], pieces[2::2], strict=True))


def modes(text: str) -> list[str]:
    """The modes of the runs in a chapter, as their ends say them."""
    return re.findall(r"^mode {5}([A-Z]+) ", text, re.MULTILINE)


@pytest.mark.system
def test_what_was_done_becomes_a_skill_and_is_taken_back(tmp_path: Path) -> None:
    """LEARNER, FOLLOWER without a token, other places re-bound, CRYSTALLIZED after five, FOLLOWER after the revert."""
    need_backend("xllamacpp")
    done = subprocess.run(
        [sys.executable, EXAMPLE, "--part", "skill"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=tmp_path,
        env=surroundings(tmp_path),
    )
    assert done.returncode == 0, done.stdout
    assert "\x1b" not in done.stdout
    told = chapters(done.stdout)

    first = told["The first time, a model plans"]
    assert modes(first) == ["LEARNER"]
    assert re.search(r"^cost +\$0 · [1-9][\d,]* tokens", first, re.MULTILINE)

    second = told["The second time, none is asked"]
    assert modes(second) == ["FOLLOWER"]
    assert "cost     $0 · 0 tokens" in second
    assert "the same goal, as in run" in second

    other = told["Other places, still none is asked"]
    assert modes(other) == ["FOLLOWER"] * 3
    assert other.count("(same skeleton, 2 slots re-bound from 1 trace)") == 3
    assert other.count("· 0 tokens ·") == 3
    for place in ("(-1.50, 1.00, 1.20)", "(-1.05, -1.00, 0.70)", "(-1.00, -1.05, 0.70)"):
        assert re.search(rf"^outcome  done: .*'cube' lies at {re.escape(place)}", other, re.MULTILINE), place

    skill = told["Five uses later it is a skill"]
    assert re.search(r"^kept +skills .* of 5 runs with 4 goals; 3 held-out runs done\.", skill, re.MULTILINE)
    assert modes(skill) == ["CRYSTALLIZED"]
    assert "was made for such goals: 5 uses, 100% done" in skill
    assert "'cube' lies at (0.60, 0.80, 0.05)" in skill

    assert "```program\ngiven point1: point\ngiven point2: point\n" in told["What was learned is a page"]
    function = told["The same as a Python function"].partition("SKILL.md\n")[2]
    compile(function, "skill", "exec")
    assert re.search(r"^async def pick_up_\w+\(call, \*, point1, point2\):$", function, re.MULTILINE)

    why = told["Why did it do that?"]
    assert re.search(r"skill: user/skills/\S+/SKILL\.md:\d+@[0-9a-f]{10} “let step1 = call move_to\(", why)
    assert "rule: kernel/dispatch.md:" in why
    assert "gate       allowed: move_to" in why
    assert "motion     measured x 0.6, y 0.8" in why

    saved = told["What it has saved, and how it fares"]
    assert "real uses  1 of 1" in saved
    assert re.search(r"^5 replays \(1 CRYSTALLIZED, 4 FOLLOWER\) saved [1-9][\d,]* tokens", saved, re.MULTILINE)

    story = told["The volume tells the story"]
    subjects = re.findall(r"^[0-9a-f]{7,} LLMos: (\w+)", story, re.MULTILINE)
    assert [word for word in subjects if word not in ("Count", "Write")] == ["Begin", "Keep", "Make"]
    assert len(re.findall(r"^ +Evidence:((?: \S+)+)$", story, re.MULTILINE)[0].split()) == 5

    back = told["Take it back"]
    assert "Taken back in the user volume: Make the skill" in back
    assert modes(back) == ["FOLLOWER"]
    assert re.search(r"^refused +skills .* was not made: a person took back", back, re.MULTILINE)
    assert re.search(r"LLMos: Revert: Make the skill .*\n\n.*SKILL\.md .*\n.*deletions", back)


def test_a_planted_fault_is_repaired_and_the_commit_shows_why(tmp_path: Path) -> None:
    """At a terminal, in colour: it fails twice, `llmos evolve` commits an edit with its reasons, and it succeeds."""
    home = tmp_path / "home"
    shown = at_a_terminal([sys.executable, str(EXAMPLE), "--part", "agent", "--home", str(home)], tmp_path)
    assert "\x1b[1;36m1 · An agent with a fault\x1b[0m" in shown
    told = chapters(COLOUR.sub("", shown))
    assert told["It fails"].count("outcome  failed: 'cube' is still in the gripper.") == 2
    assert "8 scenarios won, 0 lost" in told["llmos evolve proposes an edit and tries it"]
    commit = told["The commit shows why"]
    assert "-Move to the second point and stay there." in commit
    assert "+Move to the second point, then open the gripper." in commit
    assert "It rests on 2 runs that failed or had to be corrected:" in commit
    assert "won carry-cube#1: before, 'cube' is still in the gripper." in commit
    assert re.search(r"^P-value: 0\.0039", commit, re.MULTILINE)
    assert re.search(r"^outcome  done: .*'cube' lies at \(-1\.00, -1\.00, 0\.70\)", told["It succeeds"], re.MULTILINE)
    assert f"The home is {home}; look around." in shown
    assert "then open the gripper" in (home / "user/agents/porter.md").read_text("utf-8")


def at_a_terminal(command: list[str], folder: Path) -> str:
    """Everything that a command shows at a terminal, once it has ended well."""
    master, slave = pty.openpty()
    shown = b""
    with subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, cwd=folder, env=surroundings(folder)
    ) as process:
        os.close(slave)
        try:
            while piece := os.read(master, 65536):
                shown += piece
        except OSError:  # the other end is closed: Linux says so with EIO
            pass
    os.close(master)
    text = shown.decode("utf-8", "replace").replace("\r\n", "\n")
    assert process.returncode == 0, text
    return text
