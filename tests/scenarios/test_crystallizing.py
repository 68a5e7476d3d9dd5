"""Skills out of runs in a whole system: made of what was done often, run without a model, taken back by git."""

import os
import shutil
import stat
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from msgspec import structs

from llmos.boot import LLMOS
from llmos.boot.crystallization import skills_step
from llmos.boot.evolving import Asked
from llmos.boot.options import Options
from llmos.clock import RealClock, SimulatedClock
from llmos.documents.skill import read_skill
from llmos.messages import Usage
from llmos.runtime.outcome import RunOutcome
from llmos.settings import Environment, system_root
from llmos.traces.events import MessageAdded, RunStarted
from llmos.traces.parts import TextPart
from llmos.traces.usage import append, read_usage
from llmos.volumes.home import init_home
from llmos.volumes.skill_hash import skill_hash
from tests.support.disks import fill, tmpfs
from tests.support.homes import Place
from tests.support.repositories import person
from tests.support.runs import CHECKOUT, hire, in_a_process, journaled, play
from tests.support.tapes import Line, calls, says, tape

if TYPE_CHECKING:
    from llmos.evolution.steps import Change

pytestmark = pytest.mark.anyio

PICK = "Pick up the object at (1.5, 1.0, 0.5) and place it at ({}, {}, 0.7)"
PLACES = ((-1.0, -1.0), (-1.05, -1.0), (-1.0, -1.05), (-1.05, -1.05))
ELSEWHERE = PICK.format(-0.95, -1.0)


def carries(x: float, y: float) -> tuple[Line, ...]:
    """What a model does for the goal."""
    return (
        calls("move_to", x=1.5, y=1.0, z=0.5),
        calls("toggle_tool", activate=True),
        calls("move_to", x=x, y=y, z=0.7),
        calls("toggle_tool", activate=False),
        says("The cube lies there.", claim="done"),
    )


def makes(name: str, text: str) -> tuple[Line, ...]:
    """What a model does for the goal."""
    return calls("Write", file_path=name, content=text), says(f"{name} is there.")


@pytest.fixture(scope="module")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home as `llmos init` makes it, with a worker."""
    place = Place(tmp_path_factory.mktemp("seed"))
    init_home(place.home, system_root(), RealClock())
    hire(place)
    return place.root


@pytest.fixture
def place(tmp_path: Path, seed: Path) -> Place:
    """That home, for one test."""
    shutil.copytree(seed, tmp_path, symlinks=True, dirs_exist_ok=True)
    place = Place(tmp_path)
    place.workspace.mkdir()
    return place


async def write(place: Place, name: str, text: str, *lines: Line, **options: object) -> RunOutcome:
    """Let the worker make a file; a model is there only where lines are given."""
    return await play(place, *lines, goal=f"Create {name} that says '{text}'", **options)


async def practise_writing(place: Place) -> None:
    """Five uses with five goals."""
    await write(place, "a.txt", "one", *makes("a.txt", "one"))
    for name, text in (("b.txt", "two"), ("c.txt", "three"), ("d.txt", "four"), ("e.txt", "five")):
        outcome = await write(place, name, text)
        assert (outcome.mode, outcome.usage) == ("FOLLOWER", Usage()), outcome.mode_reason


async def evolve(place: Place) -> "list[Change]":
    """Carry out the step `skills` without a model, at a time before any run that comes after it."""
    environment, options = Environment(home=place.home), Options(workspace=place.workspace, model="pocket")
    async with LLMOS(environment=environment, options=options, clock=SimulatedClock()) as system:
        with ExitStack() as stack:
            return list(await skills_step(system, Asked(model="pocket"), stack).carry_out(lambda _: None))


def user(place: Place) -> Path:
    """The person's own volume."""
    return place.home / "user"


def subjects(place: Place, volume: str = "user") -> list[str]:
    """Its commits, the newest first."""
    return person(place.home / volume, "log", "--format=%s").splitlines()


def page(place: Place) -> Path:
    """The only skill that was made."""
    (found,) = (user(place) / "skills").glob("create-that-says-*/SKILL.md")
    return found


def led(outcome: RunOutcome) -> bool:
    """Whether it was led by a skill to its end, and nothing was spent."""
    return (outcome.mode, outcome.outcome, outcome.usage) == ("CRYSTALLIZED", "done", Usage())


async def test_what_was_done_five_times_becomes_a_skill(place: Place) -> None:
    """Files: learned once, followed four times, crystallized, and run without a model for a name never seen."""
    await practise_writing(place)
    (change,) = await evolve(place)
    assert change.verdict == "kept", change.sentence
    name = page(place).parent.name
    assert change.sentence == f"Make the skill {name} of 5 runs with 5 goals; 3 held-out runs done."
    outcome = await write(place, "hello.txt", "Hello")
    assert led(outcome), outcome.mode_reason
    assert outcome.mode_reason == f"the skill {name} was made for such goals: 5 uses, 100% done"
    assert (place.workspace / "hello.txt").read_text() == "Hello"
    (started,) = journaled(outcome, RunStarted)
    (skill,) = [document for document in started.documents if document.kind == "skill"]
    assert Path(skill.path) == page(place)
    assert skill.commit is not None
    assert subjects(place)[0] == "Count uses"
    assert f"Make the skill {name} of 5 runs with 5 goals" in subjects(place)
    assert await evolve(place) == []


async def test_the_arm_carries_without_a_model(place: Place) -> None:
    """From LEARNER to CRYSTALLIZED on the simulated arm; tried also where the cube lay elsewhere."""

    async def carry(goal: str, *lines: Line) -> RunOutcome:
        options = {"robot": "arm", "scene": "pick-and-place"}
        return await play(place, *lines, agent="operator", goal=goal, **options)

    modes = [(await carry(PICK.format(*PLACES[0]), *carries(*PLACES[0]))).mode]
    modes += [(await carry(PICK.format(*PLACES[0]))).mode]
    modes += [(await carry(PICK.format(x, y))).mode for x, y in PLACES[1:]]
    assert modes == ["LEARNER", *["FOLLOWER"] * 4]
    (change,) = await evolve(place)
    assert change.verdict == "kept", change.sentence
    outcome = await carry(ELSEWHERE)
    assert led(outcome), outcome.mode_reason
    assert [use.tool for use in outcome.tool_calls] == ["move_to", "toggle_tool", "move_to", "toggle_tool"]
    scenarios = [use for use in read_usage(user(place)) if use.scenario]
    assert [(use.scenario, use.ok) for use in scenarios] == [
        ("held-out/1", True),
        ("held-out/2", True),
        ("held-out/3", True),
        ("disturbed/1", True),
    ]
    async with place.system(
        model=tape(place, says("The cube is not there.", claim="failed")), robot="arm", scene="pick-and-place"
    ) as system:
        first = await system.execute(ELSEWHERE, "operator")
        gone = await system.execute(ELSEWHERE, "operator")
    assert led(first)
    assert (gone.outcome, gone.answer) == ("failed", "The cube is not there.")
    assert [use.tool for use in gone.tool_calls] == ["move_to", "toggle_tool"]
    told = [part.text for event in journaled(gone, MessageAdded) for part in event.parts if isinstance(part, TextPart)]
    assert any("The gripper closed on nothing." in each and "do not repeat them" in each for each in told), told
    place.write(
        "user/scenes/pick-and-place.md",
        (system_root() / "volumes/system/scenes/pick-and-place.md").read_text("utf-8") + "\nEdited.\n",
    )
    edited = await carry(ELSEWHERE, says("I look first.", claim="failed"))
    assert "was made before the scene was edited" in edited.mode_reason


async def test_a_file_of_somebody_else_is_not_written_over(place: Place) -> None:
    """The program stops before the call; the model is told, and nothing is done twice."""
    await practise_writing(place)
    await evolve(place)
    (place.workspace / "mine.txt").write_text("mine")
    outcome = await write(place, "mine.txt", "theirs", says("It holds something of yours."))
    assert (outcome.mode, outcome.answer, outcome.tool_calls) == ("CRYSTALLIZED", "It holds something of yours.", ())
    assert (place.workspace / "mine.txt").read_text() == "mine"


async def test_revert_undoes_it_and_it_stays_undone(place: Place) -> None:
    """`llmos skill revert`: the traces lead again; the same program is not made of the same runs or of more."""
    await practise_writing(place)
    await evolve(place)
    name = page(place).parent.name
    done = in_a_process(place, "skill", "revert", name)
    assert done.returncode == 0, done.stderr.decode()
    assert list((user(place) / "skills").glob("*")) == []
    assert len(read_usage(user(place))) > 5
    again = await write(place, "again.txt", "More")
    assert again.mode == "FOLLOWER"
    (change,) = await evolve(place)
    assert change.verdict == "refused"
    assert "a person took back or removed this very program, of commit" in change.sentence


async def test_git_revert_by_hand_counts_as_well_and_can_be_reverted(place: Place) -> None:
    """The state is files and history, nothing else."""
    await practise_writing(place)
    await evolve(place)
    text = page(place).read_text("utf-8")
    name = page(place).parent.name
    made = person(user(place), "log", "--format=%H", "--", f"skills/{name}").split()[0]
    person(user(place), "revert", "--no-edit", made)
    assert (await evolve(place))[0].verdict == "refused"
    assert (await write(place, "x.txt", "some")).mode == "FOLLOWER"
    person(user(place), "revert", "--no-edit", "HEAD~0" if "Revert" in subjects(place)[0] else "HEAD~1")
    assert page(place).read_text("utf-8") == text
    assert led(await write(place, "y.txt", "other"))


async def test_a_skill_that_a_person_removed_is_not_made_again(place: Place) -> None:
    """Without any revert."""
    await practise_writing(place)
    await evolve(place)
    person(user(place), "rm", "-r", "-q", f"skills/{page(place).parent.name}")
    person(user(place), "commit", "-q", "-m", "I do not want it")
    assert "took back or removed" in (await evolve(place))[0].sentence


async def test_a_persons_edit_stays(place: Place) -> None:
    """Of the program: it leads no run before it has proved itself anew, and nothing is written over it."""
    await practise_writing(place)
    await evolve(place)
    edited = page(place).read_text("utf-8").replace("content=text1", 'content=text1 + "!"')
    page(place).write_text(edited, "utf-8")
    outcome = await write(place, "x.txt", "some")
    assert outcome.mode == "FOLLOWER"
    assert f"the skill {page(place).parent.name} has 0 uses of 5" in outcome.mode_reason
    (change,) = await evolve(place)
    assert change.sentence.endswith("a person has edited it, and it stays as it is.")
    assert page(place).read_text("utf-8") == edited


async def test_an_agent_that_was_edited_is_not_led_by_what_its_former_self_did(place: Place) -> None:
    """Until new runs show that it goes as before."""
    await practise_writing(place)
    await evolve(place)
    hire(place, "---\nname: worker\ndescription: Works.\n---\n\nWork, and write no files.\n")
    outcome = await write(place, "x.txt", "some", says("I write no files."))
    assert "was made before the agent was edited" in outcome.mode_reason
    assert outcome.tool_calls == ()


BELL = '''
from llmos import Effect, tool

@tool(effect=Effect.IDEMPOTENT)
def ring(times: int) -> str:
    """Ring the bell."""
    return "rung"
'''


async def test_tools_of_volumes_are_not_run_in_trials(place: Place) -> None:
    """What they do would not stay in the temporary folder; so there is no skill, and the traces lead on."""
    place.write("user/tools/bell.py", BELL)
    for times in (1, 2, 3):
        await play(place, calls("ring", times=times), says("rung"), goal=f"Ring the bell {times} times", mode="learner")
    (change,) = await evolve(place)
    assert change.verdict == "discarded"
    assert "it could not be tried out: " in change.sentence
    assert "there is no tool 'ring'" in change.sentence
    assert not list((user(place) / "skills").glob("ring*"))


async def test_three_failures_in_a_row_are_a_quarantine(place: Place) -> None:
    """Right after the third, by one commit; the fourth run is not led by it any more."""
    await practise_writing(place)
    await evolve(place)
    with tmpfs(place.workspace / "full", "size=64k") as disk:
        fill(disk)
        for number in range(3):
            outcome = await write(place, f"full/{number}.txt", "some", says("no", claim="failed"), mode="crystallized")
            assert outcome.mode == "CRYSTALLIZED", outcome.mode_reason
    assert read_skill(page(place)).quarantine == "3 failures in a row"
    assert subjects(place)[0].startswith("Quarantine the skill")
    outcome = await write(place, "x.txt", "some")
    assert outcome.mode == "FOLLOWER"
    assert "is in quarantine: 3 failures in a row" in outcome.mode_reason
    assert await evolve(place) == []


async def test_a_tool_that_is_another_is_a_quarantine(place: Place) -> None:
    """It is found when the skill is passed over; git says which tool."""
    await practise_writing(place)
    await evolve(place)
    assert led(await write(place, "x.txt", "some"))
    text, older = page(place).read_text("utf-8"), "0" * 64
    page(place).write_text(text.replace(text.split("llmos-tools: Write=sha256:")[1][:64], older), "utf-8")
    person(
        user(place),
        "commit",
        "-q",
        "-a",
        "--date=2026-01-02T00:00:00Z",
        "-m",
        "As it would be after an update of the tool",
    )
    worked = [use for use in read_usage(user(place)) if use.what == "skill"][-1]
    versions = {"Write": f"sha256:{older}"}
    then = structs.replace(
        worked, run_id="later", at=f"{worked.at[:10]}T23:59:59", content_hash=skill_hash(page(place)), tools=versions
    )
    append(user(place), then)
    outcome = await write(place, "y.txt", "other")
    assert "was made with another version of the tool Write" in outcome.mode_reason
    assert read_skill(page(place)).quarantine == "Write is no longer what it worked with"
    assert subjects(place)[0] == f"Quarantine the skill {page(place).parent.name}"


async def test_a_skill_climbs_by_itself(place: Place) -> None:
    """Trials and uses together reach the evidence; it moves to the team's volume, and leads from there."""
    await practise_writing(place)
    await evolve(place)
    name = page(place).parent.name
    for number in range(4):
        assert led(await write(place, f"n{number}.txt", f"text {number}"))
    assert f"Promote the skill {name} to team" in subjects(place, "team")
    assert not (user(place) / "skills" / name / "SKILL.md").exists()
    assert led(await write(place, "after.txt", "after"))


def begin_evolving(place: Place, **env: str) -> "subprocess.Popen[bytes]":
    """`llmos evolve` in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "llmos.cli", "evolve", "--model", "pocket", "--no-stream"],
        cwd=place.workspace,
        env={
            "LLMOS_HOME": str(place.home),
            "HOME": str(place.root),
            "PATH": os.defpath,
            "PYTHONPATH": str(CHECKOUT),
            **env,
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


async def test_two_at_once_make_one_skill(place: Place) -> None:
    """The second is told to wait, or finds that there is nothing left to do."""
    await practise_writing(place)
    ends = [(*each.communicate(), each.returncode) for each in [begin_evolving(place) for _ in range(2)]]
    told = b" ".join(out + errors for out, errors, _ in ends)
    assert b"Traceback" not in told
    assert 0 in [code for *_, code in ends]
    assert sum(each.startswith("Make the skill") for each in subjects(place)) == 1
    person(user(place), "fsck", "--strict")


GIT = """#!/bin/sh
case "$*" in *" commit "*) [ -e "{marker}" ] && [ -d "{skills}" ] && rm "{marker}" && kill -9 $PPID && exit 1;; esac
exec {git} "$@"
"""


async def test_a_crash_between_write_and_commit_heals(place: Place) -> None:
    """The process is killed when the page is written and git has not begun; the next `llmos evolve` commits it."""
    await practise_writing(place)
    fake, marker = place.root / "bin" / "git", place.root / "marker"
    fake.parent.mkdir()
    fake.write_text(GIT.format(marker=marker, git=shutil.which("git"), skills=user(place) / "skills"))
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    marker.touch()
    killed = begin_evolving(place, PATH=f"{fake.parent}:{os.defpath}")
    killed.communicate()
    assert killed.returncode == -9
    assert page(place).exists()
    assert not any(each.startswith("Make the skill") for each in subjects(place))
    (change,) = await evolve(place)
    assert change.verdict == "kept", change.sentence
    assert person(user(place), "status", "--porcelain", "--", "skills") == ""
    assert led(await write(place, "x.txt", "some"))


async def test_a_volume_that_takes_nothing_keeps_what_it_had(place: Place) -> None:
    """One sentence, and no half of a skill."""
    await practise_writing(place)
    (user(place) / "skills").write_text("in the way")
    done = in_a_process(place, "evolve", "--model", "pocket", "--no-stream")
    assert done.returncode != 0
    assert b"Traceback" not in done.stderr
    assert b"llmos: skills: " in done.stderr, done.stderr
    assert (user(place) / "skills").read_text() == "in the way"


async def test_a_full_disk_leaves_no_half_skill(tmp_path: Path, seed: Path) -> None:
    """Where there is room again, it is made."""
    with tmpfs(tmp_path / "small", "size=32m") as disk:
        shutil.copytree(seed, disk, symlinks=True, dirs_exist_ok=True)
        place = Place(disk)
        place.workspace.mkdir()
        await practise_writing(place)
        filler = fill(disk)
        done = in_a_process(place, "evolve", "--model", "pocket", "--no-stream")
        assert done.returncode != 0
        assert b"Traceback" not in done.stderr, done.stderr.decode()
        assert not any(each.startswith("Make the skill") for each in subjects(place))
        filler.unlink()
        assert [each.verdict for each in await evolve(place)] == ["kept"]
        assert led(await write(place, "x.txt", "some"))


async def test_dry_run_says_what_would_be_tried(place: Place) -> None:
    """And changes nothing."""
    await practise_writing(place)
    before = subjects(place)
    done = in_a_process(place, "evolve", "--model", "pocket", "--dry-run")
    assert b"made of 5 runs with 5 goals" in done.stdout, done.stderr
    assert subjects(place) == before
