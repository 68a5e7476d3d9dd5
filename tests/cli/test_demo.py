"""The five demonstrations as a person sees them; each judges itself on measured state, and its exit code says so."""

import re

import pytest

from llmos.cli.demo import TITLES
from llmos.robots.latch import Stop, StopLatch
from tests.support.command_line import CommandLine
from tests.support.llama import need_backend
from tests.support.runs import journals
from tests.support.tapes import asks, calls, says

GOOD = "Everything was shown, and decided on measured state.\n"
VIEWS = (calls("get_camera_feed", view="cockpit"), calls("get_camera_feed", view="operator"))
PICK = (
    calls("move_to", x=1.5, y=1.0, z=0.5),
    calls("toggle_tool", activate=True),
    calls("move_to", x=-1.0, y=-1.0, z=0.7),
    calls("toggle_tool", activate=False),
    says("It is there."),
)
OFFICER = (calls("assess", verdict="safe", reason="I looked."), says("SAFE"))


def test_the_menu_names_five(llmos: CommandLine) -> None:
    """Without a terminal it is a list; nothing is run."""
    told = llmos("demo")
    assert told.code == 0
    assert [title for title, _ in TITLES if title in told.out] == [title for title, _ in TITLES]
    assert journals(llmos.place) == []


@pytest.mark.system
@pytest.mark.parametrize(
    ("number", "seen"),
    [
        ("1", ("LLMOS COCKPIT", "move_relative(dx=0.5)", "x went from 0.00 m to 0.50 m", "OPERATOR VIEW")),
        (
            "2",
            (
                "X position 5.00m outside workspace [-2, 2]",
                "zone 'operator station'",
                "Z position -0.50m outside workspace [0, 3]",
                "3 commands, 3 refusals, 0 motions",
                "safety fell from 0.80 to 0.62",
            ),
        ),
        ("3", ("the house's checks before the work: SAFE", "the pocket model cannot judge", "VETO")),
        ("4", ("run 1, LEARNER", "run 2, FOLLOWER", "run 3, FOLLOWER", "calls, no model")),
    ],
)
def test_a_demonstration_on_the_pocket_model(llmos: CommandLine, number: str, seen: tuple[str, ...]) -> None:
    """What it promises is shown, and holds by measurement."""
    need_backend("xllamacpp")
    shown = llmos("demo", number)
    flat = " ".join(shown.out.split())
    assert [each for each in seen if each not in flat] == []
    assert shown.out.endswith(GOOD)
    assert shown.code == 0


def test_demonstration_3_with_a_model_that_can_judge(llmos: CommandLine) -> None:
    """The officer is asked before and after, and its verdicts are shown."""
    model = llmos.tape(*OFFICER, *PICK, *OFFICER)
    shown = llmos("demo", "3", "--model", model)
    assert shown.code == 0, shown.out
    assert shown.out.count("safety-officer before the work: SAFE: I looked.") == 1
    assert shown.out.count("safety-officer after the work: SAFE: I looked.") == 1


def test_demonstration_4_prints_what_was_measured(llmos: CommandLine) -> None:
    """Tokens are those that the model reported, run by run; a replay has none, and neither have the bare calls."""
    used = {"usage": {"input_tokens": 1000, "output_tokens": 100}}
    lines = [{"reply": {**line["reply"], **used}} for line in PICK]
    shown = llmos("demo", "4", "--model", llmos.tape(*lines))
    assert shown.code == 0, shown.out
    rows = re.findall(r"(run \d, [A-Z]+|calls, no model) +(\d+) +([\d,]+) +(\d+) +(\d+) ", shown.out)
    assert rows == [
        ("run 1, LEARNER", "5", "5,000", "0", "500"),
        ("run 2, FOLLOWER", "5", "0", "0", "0"),
        ("run 3, FOLLOWER", "5", "0", "0", "0"),
        ("calls, no model", "4", "0", "0", "0"),
    ]


def test_a_demonstration_that_does_not_go_as_promised_says_so(llmos: CommandLine) -> None:
    """A model that goes the wrong way is no success, whatever it says of itself."""
    wrong = calls("move_relative", dx=-0.5)
    looks = [(view, says("There.")) for view in VIEWS]
    model = llmos.tape(*looks[0], wrong, says("Moved to the right."), *looks[1])
    shown = llmos("demo", "1", "--model", model)
    assert shown.code == 1
    assert "not as promised: the arm moved -0.500 m by its own measurement" in shown.out


@pytest.mark.system
def test_demonstration_5_is_a_conversation(llmos: CommandLine) -> None:
    """Lines that are piped in are goals; the worst exit code is that of the whole."""
    need_backend("xllamacpp")
    said = llmos("demo", "5", stdin=b"Move 20cm to the right\nWhat's the current position?\n")
    assert said.code == 0, said.err
    assert "> Show me the cockpit view" in said.out
    assert said.out.count("At (0.20, 0.00, 1.00) turned 0") == 2
    assert "Shut down after 2 runs" in said.err


@pytest.mark.parametrize("number", ["1", "2", "3", "4", "5"])
def test_a_demonstration_of_a_stopped_robot_says_how_to_go_on(llmos: CommandLine, number: str) -> None:
    """A latched stop holds for demonstrations as well, and is told before anything is shown."""
    latch = StopLatch(llmos.place.home / "robots" / "arm.json")
    latch.trip(Stop("2026-11-20T10:00:00+00:00", "Ann", "smoke"))
    latch.save()
    said = llmos("demo", number, "--model", llmos.tape(asks("get_status")))
    assert (said.code, said.out) == (3, "")
    assert said.last == (
        "llmos: The emergency stop of arm is latched (smoke); look at the robot, then `llmos robot rearm arm`."
    )


@pytest.mark.parametrize("number", ["0", "6", "one"])
def test_there_are_five(llmos: CommandLine, number: str) -> None:
    """Another number is the user's mistake."""
    assert llmos("demo", number).code == 2


def test_a_demonstration_without_a_model_ends_with_one_sentence(llmos: CommandLine) -> None:
    """What no model answers to cannot be shown, and is not tried again for each goal."""
    said = llmos("demo", "1", "--model", llmos.tape())
    assert said.code == 1
    assert said.last.endswith("has ended: all of its 0 exchanges were played")
    assert said.out.count("> ") == 1


@pytest.mark.parametrize(
    ("option", "sentence"),
    [("--model", "There is no model 'nobody'; known are: "), ("--robot", "There is no robot 'nobody'; known are: ")],
)
def test_a_demonstration_of_what_is_not_there_does_not_begin(llmos: CommandLine, option: str, sentence: str) -> None:
    """One sentence, and no headline above it."""
    said = llmos("demo", "3", option, "nobody")
    assert (said.code, said.out) == (2, "")
    assert said.last.startswith(f"llmos: {sentence}")


def test_a_demonstration_can_be_started_anywhere(llmos: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also in a folder that holds the home, where no agent may be let loose: it needs no file."""
    monkeypatch.chdir(llmos.place.root)
    said = llmos("demo", "4", "--model", llmos.tape(*PICK))
    assert said.code == 0, said.err
    assert "Shut down after 1 run" in llmos("demo", "5", "--model", llmos.tape(says("Hello.")), stdin=b"hello\n").err


def test_a_rover_is_told_that_the_demonstrations_are_an_arms(llmos: CommandLine) -> None:
    """Before anything begins, with what it can do instead."""
    said = llmos("demo", "1", "--robot", "rover")
    assert said.code == 2
    assert said.last == (
        "llmos: The demonstrations are for an arm, and 'rover' is a rover; "
        "try `llmos robot move 0.5 -0.8 --robot rover --scene arena`."
    )
