"""`llmos robot`: what is shown is measured, a stop lasts, and only a person permits motion again."""

import json
import os
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from llmos.boot.library import Library
from llmos.cli import robot_home
from llmos.clock import Clock
from llmos.disk import make_folder
from llmos.errors import LLMosError, StorageError
from llmos.messages import JSON
from llmos.robots import latch, safety_log
from llmos.robots.host import stopping
from llmos.robots.host.stopping import Stopped, latch_of
from llmos.robots.latch import Stop
from llmos.robots.safety_log import SafetyLog, newest
from llmos.settings import system_root
from llmos.traces.events import MotionMeasured
from llmos.volumes.locks import sole_owner
from tests.support.command_line import CommandLine
from tests.support.drivers import USUAL_ARM, require_physics
from tests.support.hosts import quick_profile, serving
from tests.support.runs import all_whole, events
from tests.support.tapes import calls, says
from tests.support.terminals import Terminal


def test_robots_are_listed_with_their_stop(llmos: CommandLine) -> None:
    """The profile's name, where it comes from, and whether it is stopped."""
    arm, *others = llmos("robot", "list", "--json").json["robots"]
    assert "lab" in [each["name"] for each in others]
    assert (arm["name"], arm["volume"], arm["stopped"]) == ("arm", "system", False)
    assert arm["description"].startswith("A gantry arm")


def test_a_robot_that_cannot_be_used_is_listed_with_the_reason(llmos: CommandLine) -> None:
    """Nobody learns only when it is to move that its profile is broken."""
    page = llmos.place.write("user/robots/crane.md", "---\nname: crane\nworkspace: [\n")
    [crane] = [each for each in llmos("robot", "list", "--json").json["robots"] if each["name"] == "crane"]
    assert crane["description"] == f"cannot be used: {page}:1: the frontmatter is never closed with '---'"


def test_the_state_is_told_for_people_and_programs(llmos: CommandLine) -> None:
    """Metres, degrees, objects; and on stderr that it is a simulator at its beginning."""
    said = llmos("robot", "state", "--scene", "pick-and-place", "--json")
    assert said.json["robot"] == f"arm: {USUAL_ARM}"
    assert (said.json["x"], said.json["y"], said.json["z"], said.json["stopped"]) == (0.0, 0.0, 1.0, False)
    assert said.json["objects"] == {"cube": [1.5, 1.0, 0.5]}
    assert said.err == f"arm: {USUAL_ARM}, at its initial state: simulated worlds end with their run.\n"
    lines = llmos("robot", "state").out.splitlines()
    assert "gripper    open" in lines
    assert "objects    none" in lines


@pytest.mark.parametrize(
    ("which", "words"), [("cockpit", "POSITION"), ("operator", "OPERATOR VIEW"), ("camera", "cube")]
)
def test_a_view_shows_what_agents_see(llmos: CommandLine, which: str, words: str) -> None:
    """The same three views as the tool `get_camera_feed`."""
    said = llmos("robot", "view", which, "--scene", "pick-and-place")
    assert said.code == 0
    assert words in said.out


@pytest.mark.system
@pytest.mark.parametrize("angle", ["overview", "above", "onboard"])
def test_the_camera_writes_a_picture(
    llmos: CommandLine, tmp_path: Path, require_system: Callable[[str], None], angle: str
) -> None:
    """A PNG file beside the words, from any of three angles."""
    require_physics(require_system)
    file = tmp_path / "arm.png"
    said = llmos("robot", "view", "camera", "--scene", "pick-and-place", "--out", str(file), "--angle", angle)
    if said.err.startswith("No picture"):
        require_system(said.err)
    assert "cube at (1.50, 1.00, 0.50)" in said.out
    assert said.err.endswith(f"The picture is in {file}.\n")
    assert file.read_bytes().startswith(b"\x89PNG")


def test_only_the_camera_takes_pictures(llmos: CommandLine) -> None:
    """The other views are text."""
    said = llmos("robot", "view", "operator", "--out", "map.png")
    assert (said.code, said.err) == (
        2,
        "llmos: Only the camera takes pictures; try `llmos robot view camera --out map.png`.\n",
    )


@pytest.mark.system
def test_a_picture_needs_a_place(llmos: CommandLine, tmp_path: Path, require_system: Callable[[str], None]) -> None:
    """One sentence for a folder that is not there."""
    require_physics(require_system)
    file = tmp_path / "none" / "arm.png"
    said = llmos("robot", "view", "camera", "--out", str(file))
    assert said.code == 2
    assert said.err.endswith(f"llmos: The picture cannot be written to {file}: No such file or directory.\n")


def test_a_robot_without_physics_has_no_picture(llmos: CommandLine, tmp_path: Path) -> None:
    """A kinematic arm has nothing to draw, and says so."""
    shipped = (system_root() / "volumes" / "system" / "robots" / "arm.md").read_text("utf-8")
    simple = shipped.replace("name: arm", "name: simple").replace("[mujoco-arm, kinematic]", "kinematic")
    llmos.place.write("user/robots/simple.md", simple)
    said = llmos("robot", "view", "camera", "--robot", "simple", "--out", str(tmp_path / "arm.png"))
    assert said.code == 1
    assert said.err.endswith(
        "llmos: No picture: the kinematic arm (simulated) has no physics to draw; its camera speaks words.\n"
    )


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--robot amr", "There is no robot 'amr'; did you mean 'arm'?"),
        ("--scene block", "There is no scene 'block'; did you mean 'blocks'?"),
    ],
)
def test_a_wrong_robot_or_scene_is_told(llmos: CommandLine, words: str, sentence: str) -> None:
    """With the nearest one."""
    said = llmos("robot", "state", *words.split())
    assert (said.code, said.last) == (2, f"llmos: {sentence}")


def test_a_stop_lasts_until_a_person_rearms(llmos: CommandLine) -> None:
    """The next run is refused by the gate, exit code 3, with the reason that was given."""
    stopped = llmos("robot", "stop", "arm", "--reason", "smoke")
    assert stopped.out == "Stopped: arm. Nothing moves until `llmos robot rearm arm`.\n"
    move = ["agent", "run", "operator", "go home", "--model", llmos.tape(calls("go_home"), says()), "--json"]
    refused = llmos(*move)
    assert (refused.code, refused.json["outcome"]) == (3, "refused")
    assert "by a person at the command line: smoke; a person must look at the robot" in refused.json["reason"]
    rearmed = llmos("robot", "rearm", "--yes")
    assert rearmed.out == "arm may move again; it is where it was.\n"
    move[5] = llmos.tape(calls("go_home"), says())
    assert llmos(*move).json["outcome"] == "done"
    assert llmos("robot", "rearm").out == "No robot is stopped.\n"


def test_a_stop_with_a_wrong_name_stops_everything(llmos: CommandLine) -> None:
    """Whoever wants a robot to stop is not told of a typing mistake while it goes on moving."""
    said = llmos("robot", "stop", "amr")
    robots = llmos("robot", "list", "--json").json["robots"]
    names = ", ".join(each["name"] for each in robots)
    assert (said.code, said.last) == (2, f"llmos: There is no robot 'amr', so every robot was stopped: {names}.")
    assert all(each["stopped"] for each in robots)


def test_a_stop_of_all_says_how_one_moves_again(llmos: CommandLine) -> None:
    """Rearming wants a name then."""
    assert llmos("robot", "stop").out.endswith(". Nothing moves until `llmos robot rearm NAME`.\n")


def test_a_stop_needs_no_page_of_the_home(llmos: CommandLine) -> None:
    """Broken settings and broken rules keep nobody from stopping."""
    llmos.place.write("settings.md", "---\nmodle: x\n---\n")
    llmos.place.write("kernel/safety.md", "---\nnonsense: 1\n---\n")
    assert "arm" in llmos("robot", "stop", "--json").json["stopped"]


class Stops:
    """What was read, stopped and written down, in its order; the disk refuses some of it, or something breaks there."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *refused: str, broken: str = "") -> None:
        self.asked: list[tuple[str, str]] = []
        self._refused = refused
        self._broken = broken
        self._stop, self._book = stopping.stop_robot, stopping.book_stop
        monkeypatch.setattr(stopping, "stop_robot", self.stop)
        monkeypatch.setattr(stopping, "book_stop", self.book)

    def stop(self, home: Path, robot: str, by: str, reason: str, clock: Clock) -> Stopped:
        self.asked.append(("stop", robot))
        if robot == self._broken:
            raise TypeError(f"a bug in stopping {robot}")
        if robot in self._refused:
            raise StorageError(f"the disk takes no stop of {robot}")
        return self._stop(home, robot, by, reason, clock)

    def book(self, home: Path, robot: str, stop: Stop, clock: Clock) -> None:
        self.asked.append(("book", robot))
        if self._broken == f"the line of {robot}":
            raise TypeError(f"a bug in writing down {robot}")
        self._book(home, robot, stop, clock)

    def read_by(self, monkeypatch: pytest.MonkeyPatch, failure: Exception | None = None) -> None:
        """Note when documents are read, which fails so."""
        library = robot_home.library

        def noted() -> AbstractContextManager[Library]:
            self.asked.append(("read", "documents"))
            if failure is not None:
                raise failure
            return library()

        monkeypatch.setattr(robot_home, "library", noted)


NO_ARM = "arm could not be stopped: the disk takes no stop of arm"
NO_ROVER = "rover could not be stopped: the disk takes no stop of rover"
NO_AMR = "There is no robot 'amr', and not every robot could be stopped instead"


@pytest.mark.parametrize(
    ("words", "refused", "sentence"),
    [
        ([], ["arm"], f"{NO_ARM}; stopped: lab, rover."),
        ([], ["arm", "rover"], f"{NO_ARM}; {NO_ROVER}; stopped: lab."),
        (["arm"], ["arm"], f"{NO_ARM}; stopped: none."),
        (["amr"], ["arm"], f"{NO_AMR}; {NO_ARM}; stopped: lab, rover."),
    ],
    ids=["one", "two", "the only one", "a wrong name"],
)
def test_a_robot_that_cannot_be_stopped_keeps_no_other_moving(
    llmos: CommandLine, monkeypatch: pytest.MonkeyPatch, words: list[str], refused: list[str], sentence: str
) -> None:
    """Every robot is asked to stop whatever becomes of the others, and the sentence names those that could not be."""
    stops = Stops(monkeypatch, *refused)
    said = llmos("robot", "stop", *words)
    assert (said.code, said.last) == (1, f"llmos: {sentence}")
    every = ["arm"] if words == ["arm"] else ["arm", "lab", "rover"]
    stopped = [name for name in every if name not in refused]
    assert stops.asked == [*(("stop", name) for name in every), *(("book", name) for name in stopped)]
    assert [name for name in every if latch_of(name, llmos.place.home).stop] == stopped


def test_nothing_is_written_down_before_every_robot_is_stopped(
    llmos: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever holds the safety log keeps no robot moving."""
    stops = Stops(monkeypatch)
    assert llmos("robot", "stop").code == 0
    assert [what for what, _ in stops.asked] == ["stop"] * 3 + ["book"] * 3


def test_a_stop_that_the_safety_log_does_not_take_is_in_force_and_says_so(
    llmos: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process hangs with the log's lock in its hand; it is named, and nobody waits for it."""
    monkeypatch.setattr(safety_log, "_LOOKS", 1)
    home = llmos.place.home
    make_folder(home / "run")
    with sole_owner(home / "run" / "safety.lock"):
        said = llmos("robot", "stop", "arm")
    assert (said.code, said.out) == (0, "Stopped: arm. Nothing moves until `llmos robot rearm arm`.\n")
    held = f"another process holds {home / 'run' / 'safety.lock'}; end it or try again"
    unbooked = f"not in the safety log: cannot write the safety log to {home / 'safety.jsonl'}: {held}"
    assert f"arm: the stop is in force, but {unbooked}.\n" in said.err
    assert latch_of("arm", home).stop is not None


def test_who_is_stopped_is_said_before_the_safety_log_is_waited_for(llmos: CommandLine) -> None:
    """A person who pressed stop learns at once that it holds; that its line is missing may come a second later."""
    home = llmos.place.home
    make_folder(home / "run")
    with (
        sole_owner(home / "run" / "safety.lock"),
        Terminal("robot", "stop", "arm", folder=llmos.place.workspace, environment=dict(os.environ)) as terminal,
    ):
        terminal.until("Stopped: arm.")
        terminal.until("arm: the stop is in force, but not in the safety log")
        assert terminal.ended()[0] == 0


def in_order(*steps: str) -> list[tuple[str, str]]:
    """Steps such as `stop arm` as they are noted, and then a line for each that was stopped."""
    found = [tuple(step.split()) for step in steps]
    return [(what, name) for what, name in (*found, *(("book", name) for what, name in found if what == "stop"))]


@pytest.mark.parametrize(
    ("words", "steps"),
    [
        ([], ["stop crane", "stop rover", "read documents", "stop arm", "stop lab"]),
        (["crane"], ["stop crane"]),
        (["arm"], ["read documents", "stop arm"]),
        (["amr"], ["read documents", "stop arm", "stop crane", "stop lab", "stop rover"]),
    ],
    ids=["all", "at hand", "only in documents", "a wrong name"],
)
def test_who_is_at_hand_is_stopped_before_any_document_is_read(
    llmos: CommandLine, monkeypatch: pytest.MonkeyPatch, words: list[str], steps: list[str]
) -> None:
    """An index that another process keeps for seconds delays no stop; log lines, which may wait too, come last."""
    at_hand(llmos)
    stops = Stops(monkeypatch)
    stops.read_by(monkeypatch)
    llmos("robot", "stop", *words)
    assert stops.asked == in_order(*steps)


@pytest.mark.parametrize(
    ("words", "steps"),
    [
        ([], ["stop crane", "stop rover", "read documents"]),
        (["arm"], ["read documents", "stop arm", "stop crane", "stop rover"]),
        (["../arm"], ["read documents", "stop crane", "stop rover"]),
    ],
    ids=["all", "only named", "no name"],
)
@pytest.mark.parametrize(
    "failure", [sqlite3.OperationalError("disk I/O error"), TypeError("a bug")], ids=["index", "bug"]
)
def test_a_failure_that_nobody_expected_passes_after_the_stops(
    llmos: CommandLine, monkeypatch: pytest.MonkeyPatch, words: list[str], steps: list[str], failure: Exception
) -> None:
    """Whatever breaks where documents are read costs neither a stop nor its line in the log."""
    at_hand(llmos)
    stops = Stops(monkeypatch)
    stops.read_by(monkeypatch, failure)
    with pytest.raises(type(failure), match=str(failure)):
        llmos("robot", "stop", *words)
    assert stops.asked == in_order(*steps)
    logged = [line["robot"] for line in newest(llmos.place.home / "safety.jsonl", 10) if line["kind"] == "stop"]
    assert sorted(logged) == [step.split()[1] for step in steps if step.startswith("stop")]


@pytest.mark.parametrize("broken", ["crane", "arm", "the line of crane"])
def test_a_robot_whose_stop_breaks_keeps_no_other_moving(
    llmos: CommandLine, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """A bug with one robot passes once all the others are stopped and written down."""
    at_hand(llmos)
    stops = Stops(monkeypatch, broken=broken)
    with pytest.raises(TypeError, match="a bug in "):
        llmos("robot", "stop")
    every = ["crane", "rover", "arm", "lab"]
    booked = [("book", name) for name in every if name != broken]
    assert stops.asked == [*(("stop", name) for name in every), *booked]
    assert [name for name in every if latch_of(name, llmos.place.home).stop] == [n for n in every if n != broken]


def at_hand(llmos: CommandLine) -> None:
    """One robot that has a latch and no profile, and one that has both a profile and a host."""
    llmos.place.write("robots/crane.json", '{"stopped": false}')
    llmos.place.write("run/rover.host", "what a host left")


GONE = "llmos: Not every robot is known: The folder you are in does not exist any more; go to another one first"


@pytest.mark.skipif(os.name == "nt", reason="Windows deletes no folder that somebody is in")
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["crane"], 0, ""),
        (["rover"], 0, ""),
        (["arm"], 2, f"{GONE}; stopped: arm, crane, rover."),
        ([], 2, f"{GONE}; stopped: crane, rover."),
        (["../arm"], 2, f"{GONE}; stopped: crane, rover."),
    ],
    ids=["with a latch", "with a host", "only named", "all", "no name"],
)
def test_a_stop_needs_no_library(
    llmos: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: list[str], code: int, said: str
) -> None:
    """Where no document can be read, what the home's files tell of and what was named is stopped all the same."""
    at_hand(llmos)
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    told = llmos("robot", "stop", *words)
    assert (told.code, told.last) == (code, said)
    named = set(words) & {"crane", "rover", "arm"}
    every = named if code == 0 else named | {"crane", "rover"}
    assert {name for name in ("arm", "crane", "lab", "rover") if latch_of(name, llmos.place.home).stop} == every


def test_a_stop_finds_no_robot_without_a_library(llmos: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home that nobody has driven from yet: nothing is stopped, and that is said."""

    def broken() -> None:
        raise StorageError("the library is broken")

    monkeypatch.setattr("llmos.cli.robot_home.library", broken)
    said = llmos("robot", "stop")
    assert (said.code, said.last) == (1, "llmos: Not every robot is known: the library is broken; stopped: none.")


def test_a_stop_tells_what_was_refused_where_not_every_robot_is_known(
    llmos: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence has both, and neither keeps a robot moving."""

    def broken() -> None:
        raise LLMosError("The library is broken.")

    monkeypatch.setattr("llmos.cli.robot_home.library", broken)
    llmos.place.write("run/rover.host", "what a host left")
    Stops(monkeypatch, "arm")
    said = llmos("robot", "stop", "arm")
    assert (said.code, said.last) == (
        1,
        f"llmos: Not every robot is known: The library is broken; {NO_ARM}; stopped: rover.",
    )


def test_a_robot_whose_profile_is_gone_is_stopped_with_the_others(llmos: CommandLine) -> None:
    """Its host goes on without a document, and so counts as a robot of the home."""
    llmos.place.write("run/crane.host", "what a host left")
    assert "crane" in llmos("robot", "stop", "--json").json["stopped"]
    assert llmos("robot", "rearm", "crane", "--yes").code == 0


def test_rearming_asks_a_person(llmos: CommandLine) -> None:
    """Without a terminal it is refused, at a terminal anything but yes leaves the robot stopped."""
    llmos("robot", "stop", "arm")
    said = llmos("robot", "rearm")
    assert said.code == 2
    assert said.last.startswith("llmos: Rearm arm? It is stopped by a person at the command line since ")
    assert said.last.endswith(": stopped by a person. Nobody can be asked here; say --yes.")
    for answer, code, end in (("n", 1, "arm stays stopped.\n"), ("y", 0, "arm may move again; it is where it was.\n")):
        with Terminal("robot", "rearm", folder=llmos.place.workspace, environment=dict(os.environ)) as terminal:
            terminal.until("[y/N] ")
            terminal.type(f"{answer}\r")
            ended, shown = terminal.ended()
        assert ended == code
        assert shown.endswith(end)


@pytest.mark.parametrize("hosted", [True, False], ids=["host", "no host"])
def test_a_yes_lifts_only_what_was_shown(llmos: CommandLine, hosted: bool) -> None:
    """Whoever presses while a person thinks it over is not overruled by the answer; asked once more, it is shown."""
    with ExitStack() as stack:
        if hosted:
            rig = stack.enter_context(serving(llmos.place.home, quick_profile()))
            stack.enter_context(sole_owner(rig.files.lock))
        llmos("robot", "stop", "arm", "--reason", "smoke")
        with Terminal("robot", "rearm", folder=llmos.place.workspace, environment=dict(os.environ)) as terminal:
            terminal.until("[y/N] ")
            llmos("robot", "stop", "arm", "--reason", "fire")
            terminal.type("y\r")
            ended, shown = terminal.ended()
        assert ended == 3
        assert shown.endswith(
            "llmos: The robot arm was stopped again after this rearm was asked for, so it stays stopped; "
            "look at it, then rearm it once more.\n"
        )
        assert latch_of("arm", llmos.place.home).stop is not None
        assert llmos("robot", "rearm", "--yes").out == "arm may move again; it is where it was.\n"


def test_of_several_stopped_robots_one_must_be_named(llmos: CommandLine) -> None:
    """A stop whose profile has gone counts too; the name of a robot that is not stopped says so."""
    llmos.place.write("robots/crane.json", '{"stopped": true, "since": "", "by": "", "reason": "x"}')
    llmos("robot", "stop", "arm")
    assert llmos("robot", "rearm", "--yes").last == "llmos: Several robots are stopped, so say which: arm, crane."
    assert llmos("robot", "rearm", "crane", "--yes", "--json").json == {"robot": "crane", "rearmed": True}
    assert llmos("robot", "rearm", "crane").out == "crane is not stopped.\n"
    assert llmos("robot", "rearm", "carne").last == "llmos: There is no robot 'carne'; did you mean 'crane'?"


def test_a_person_moves_the_robot(llmos: CommandLine) -> None:
    """Told where it is by measurement, and journaled like any run; numbers may be negative."""
    said = llmos("robot", "move", "-0.5", "0.5", "1.2", "--theta", "90", "--json")
    assert (said.code, said.json["success"]) == (0, True)
    assert said.json["measured"]["x"] == pytest.approx(-0.5, abs=0.002)
    assert said.json["command"] == {"x": -0.5, "y": 0.5, "z": 1.2, "theta_deg": 90.0, "verb": "move_to"}
    assert "Moving 0.73 m, " in said.err
    [run] = llmos("trace", "list", "--json").json["runs"]
    assert (run["agent"], run["outcome"]) == ("a person at the command line", "done")
    home = llmos("robot", "home")
    assert home.out == "At (0.00, 0.00, 1.00) turned 0°, gripper open.\n"
    assert home.err.endswith("\nIt is there already.\n")  # a simulation begins anew with each command
    assert "Turning 90°, " in llmos("robot", "move", "0", "0", "1", "--theta", "90").err
    assert "\nstopped    no\n" in llmos("robot", "state").out


def test_a_way_home_in_several_moves_is_announced_and_told_whole(llmos: CommandLine) -> None:
    """Before it begins how far and long it will be, at its end how far and long it was; the last move is not all."""
    profile = replace(quick_profile(), max_step_m=0.3)
    with serving(llmos.place.home, profile) as rig, sole_owner(rig.files.lock):
        away = [["robot", "move", x, "0", "1"] for x in ("0.28", "0.56")]
        assert [llmos(*words).code for words in away] == [0, 0]
        home = llmos("robot", "home")
        assert [llmos(*words).code for words in away] == [0, 0]
        told = llmos("robot", "home", "--json")
    assert "\nMoving 0.56 m in about 2 moves, " in home.err
    assert home.err.endswith(" s of the robot's time; Ctrl-C stops it.\n")
    assert home.out.startswith("At (0.00, 0.00, 1.00) turned 0°, gripper open. 2 moves in all: 0.56 m in ")
    assert (told.code, told.json["success"]) == (0, True)
    ways = [[each.duration_s for each in events(run, MotionMeasured)] for run in all_whole(llmos.place)]
    assert [len(each) for each in ways if len(each) > 1] == [2, 2]
    assert told.json["duration_s"] >= min(sum(each) for each in ways if len(each) > 1) - 0.01


@pytest.mark.system
def test_a_rover_is_sent_by_two_numbers(llmos: CommandLine, require_system: Callable[[str], None]) -> None:
    """It has no height to choose; an arm without one is told."""
    require_physics(require_system)
    said = llmos("robot", "move", "0.5", "0", "--robot", "rover", "--scene", "arena")
    assert (said.code, said.out) == (0, "At (0.50, 0.00, 0.05) turned 0°.\n")
    assert llmos("robot", "move", "0.5", "0").last == "llmos: move_to lacks z; give x, y, z, theta_deg."


def test_a_refused_move_tells_why_and_what_would_do(llmos: CommandLine) -> None:
    """Exit 3 with reason and suggestion, for people and for programs."""
    said = llmos("robot", "move", "5", "0", "1")
    assert said.code == 3
    assert said.last == "llmos: X position 5.00m outside workspace [-2, 2]; choose x between -2 and 2."
    told = llmos("robot", "move", "5", "0", "1", "--json")
    assert told.code == 3
    assert (told.json["success"], told.json["rule"]) == (False, "workspace")
    assert told.json["reason"] == "X position 5.00m outside workspace [-2, 2]"
    assert told.json["suggestion"] == "choose x between -2 and 2"


@pytest.mark.parametrize("value", ["nan", "inf", "1e999"])
def test_no_number_moves_nothing(llmos: CommandLine, value: str) -> None:
    """What click takes for a float the gate does not take for a place."""
    said = llmos("robot", "move", value, "0", "1")
    assert (said.code, said.last) == (
        3,
        "llmos: x is not a finite number; give a finite number in metres or degrees.",
    )


def test_stop_and_rearm_stand_in_the_safety_log(llmos: CommandLine) -> None:
    """Who and why, although no gate was there."""
    llmos("robot", "stop", "arm", "--reason", "smoke")
    llmos("robot", "rearm", "arm", "--yes")
    lines = [json.loads(line) for line in (llmos.place.home / "safety.jsonl").read_text().splitlines()]
    assert [(line["kind"], line["robot"], line["detail"]["by"]) for line in lines] == [
        ("stop", "arm", "a person at the command line"),
        ("rearm", "arm", "a person at the command line"),
    ]


@pytest.mark.parametrize("writable", [True, False], ids=["log", "no second line"])
def test_a_rearm_that_the_latch_does_not_take_says_so_in_the_safety_log(
    llmos: CommandLine, monkeypatch: pytest.MonkeyPatch, writable: bool
) -> None:
    """Another process holds the latch's lock: the robot stays stopped, and no line claims that it may move."""
    monkeypatch.setattr(latch, "_LOOKS", 1)  # nobody waits here
    llmos("robot", "stop", "arm")
    written = list[str]()

    def append(_self: SafetyLog, kind: str, robot: str, detail: Mapping[str, JSON]) -> None:
        if written and not writable:
            raise StorageError("the log is full")
        written.append(f"{kind} {robot} {detail.get('refused')}")

    monkeypatch.setattr(SafetyLog, "append", append)
    lock = llmos.place.home / "robots" / "arm.lock"
    with sole_owner(lock):
        said = llmos("robot", "rearm", "arm", "--yes")
    sentence = f"cannot rearm: another process holds {lock}; end it or try again"
    assert (said.code, said.last) == (1, f"llmos: {sentence}")
    assert latch_of("arm", llmos.place.home).stop is not None
    assert written == ["rearm arm None", f"rearm arm {sentence}"][: 1 + writable]


def test_a_profile_that_is_not_the_newest_is_not_accepted(llmos: CommandLine) -> None:
    """Looser limits count only when a person names them, and a wrong name is told."""
    said = llmos("robot", "rearm", "arm", "--profile", "sha256:0", "--yes")
    assert said.code == 3
    assert said.last.startswith("llmos: The robot's profile is not sha256:0 but sha256:")


def test_a_drill_is_practised_and_kept(llmos: CommandLine) -> None:
    """Each way to stop is measured; the page is dated and lies in the home; the robot is armed again."""
    said = llmos("robot", "drill", "--yes")
    assert said.code == 0
    assert "**passed**. Setpoints had to become slower within 24 ms and to rest within 0.92 s" in said.out
    assert "| the gate |" in said.out
    assert "| the latch on disk |" in said.out
    [page] = (llmos.place.home / "robots" / "drills").glob("arm-*.md")
    assert page.read_text("utf-8") == said.out
    assert llmos("robot", "rearm").out == "No robot is stopped.\n"
    told = llmos("robot", "drill", "--yes", "--json")
    assert (told.json["passed"], [each["way"] for each in told.json["trials"]]) == (
        True,
        ["the gate", "the latch on disk"],
    )


def test_a_yes_to_a_drill_lifts_no_stop_that_came_meanwhile(llmos: CommandLine) -> None:
    """The drill's own stop is what was shown; one that somebody presses at that moment is no drill."""
    with Terminal("robot", "drill", folder=llmos.place.workspace, environment=dict(os.environ)) as terminal:
        terminal.until("several times? [y/N] ")
        terminal.type("y\r")
        terminal.until("stopped? [y/N] ")
        llmos("robot", "stop", "arm", "--reason", "fire")
        terminal.type("y\r")
        ended, shown = terminal.ended()
    assert ended == 3
    assert "The robot arm was stopped again after this rearm was asked for" in shown
    assert latch_of("arm", llmos.place.home).stop is not None


def test_nobody_is_moved_about_unasked(llmos: CommandLine) -> None:
    """A drill needs a yes."""
    said = llmos("robot", "drill")
    assert said.code == 2
    assert not (llmos.place.home / "robots" / "drills").exists()


def test_a_robot_whose_profile_is_broken_is_stopped_by_its_name(llmos: CommandLine) -> None:
    """A file that cannot be read stands for its name, so that no shipped profile with other limits does."""
    own = llmos.place.write("user/robots/arm.md", "a\0b")
    assert llmos("robot", "stop", "arm", "--json").json["stopped"] == ["arm"]
    said = llmos("robot", "state")
    assert (said.code, said.last) == (2, f"llmos: {own}:1: the file holds a NUL byte, so it is not text")
