"""What becomes a program, what it says, and what never becomes one."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmos.evolution.crystallizer import Candidate, crystallize, evidence_of
from llmos.evolution.domains import Level
from llmos.evolution.patterns import Pattern
from llmos.programs.parser import parse
from llmos.programs.printer import show
from llmos.runtime.retracing import made_calls, strays
from llmos.traces.trace import Trace
from tests.support.crystal_laws import live, takes
from tests.support.crystals import SPECS, candidate, did, made, notes, picks, reached
from tests.support.policies import Nature
from tests.support.traces import moved, robot_world

THREE = notes(("a.txt", "one"), ("b.txt", "two"), ("c.txt", "three"))


def goals(form: str, tool: str, *pairs: tuple[str, dict[str, object]], output: str = "done") -> list[Trace]:
    """Runs with one call; each pair is what the goal's blank was, and the arguments."""
    return [
        reached(form.format(*said.split("|")), did(tool, args, output), number=n)
        for n, (said, args) in enumerate(pairs)
    ]


def text_of(traces: list[Trace], fewest: int = 3) -> str:
    """The program that is made of the runs."""
    return show(made(traces, fewest).program)


def test_the_documents_own_example() -> None:
    """What a person reads in the SKILL.md."""
    assert text_of(picks()) == (
        "given point1: point\n"
        "given point2: point\n"
        "\n"
        "let step1 = call move_to(x=point1.x, y=point1.y, z=point1.z)\n"
        'expect step1.text contains "At" and step1.text contains "turned 0°, gripper open"\n'
        "let step2 = call toggle_tool(activate=true)\n"
        'expect step2.text contains "At" and step2.text contains "turned 0°, gripper holding \'cube\'"\n'
        "let step3 = call move_to(x=point2.x, y=point2.y, z=point2.z)\n"
        'expect step3.text contains "At" and step3.text contains "turned 0°, gripper holding \'cube\'"\n'
        "let step4 = call toggle_tool(activate=false)\n"
        'expect step4.text contains "At" and step4.text contains "turned 0°, gripper open"\n'
        "done step4.text\n"
    )


@pytest.mark.parametrize(
    ("form", "tool", "pairs", "call"),
    [
        (
            "move {} left",
            "move_relative",
            [(f"{cm} cm", {"dx": -cm / 100}) for cm in (10, 20, 30)],
            "given length1: length in 0.1 m..0.3 m|call move_relative(dx=-length1)",
        ),
        (
            "turn by {} degrees",
            "turn",
            [(f"{deg}", {"by": deg}) for deg in (10, 45, 90)],
            "given angle1: angle in 10 deg..90 deg|call turn(by=angle1)",
        ),
        (
            "wait {} s",
            "wait",
            [(f"{s}", {"ms": s * 1000}) for s in (1, 2, 5)],
            "given duration1: duration in 1 s..5 s|call wait(ms=duration1 * 1000.0)",
        ),
        (
            "shift it by {}",
            "move_relative",
            [(f"{n}", {"amount": n}) for n in (-3, -2, -1)],
            "given number1: whole number in -3..-1|call move_relative(amount=number1)",
        ),
        (
            "open it to {}%",
            "move_relative",
            [(f"{n}", {"amount": n}) for n in (10, 50, 80)],
            "given percent1: whole number in 10..80|call move_relative(amount=percent1)",
        ),
        (
            "take the {} one",
            "move_relative",
            [(word, {"amount": n}) for n, word in enumerate(("first", "second", "third"), start=1)],
            "given ordinal1: whole number in 1..3|call move_relative(amount=ordinal1)",
        ),
        (
            "go to {}, {} and {}",
            "goto",
            [(f"{a}|{a + 5}|{a + 11}", {"at": [a, a + 5, a + 11]}) for a in (1, 2, 4)],
            "given list1: list of whole number in 1..15 up to 3|call goto(at=[list1[0], list1[1], list1[2]])",
        ),
        (
            "say '{}'",
            "say",
            [(word, {"text": word, "mode": "loud"}) for word in ("hello", "good bye", "moin")],
            'given text1: text|call say(text=text1, mode="loud")',
        ),
        (
            "read {}",
            "say",
            [(name, {"text": name}) for name in ("a.txt", "b/c.md", "d.py")],
            "given path1: path|call say(text=path1)",
        ),
    ],
)  # fmt: skip
def test_every_kind_of_slot(form: str, tool: str, pairs: list[tuple[str, dict[str, object]]], call: str) -> None:
    """Its type, with the range that was seen, and the call that takes it."""
    given_line, call_line = call.split("|")
    written = text_of(goals(form, tool, *pairs))
    assert given_line in written.splitlines()[0]
    assert call_line in written


def test_a_text_around_a_text_is_a_sum() -> None:
    """Where all runs agree about it."""
    runs = goals("greet '{}' with a word", "say", *((w, {"text": f"Hello, {w}!"}) for w in ("Ada", "Bob", "Cid")))
    assert 'call say(text="Hello, " + text1 + "!")' in text_of(runs)
    other = goals("greet '{}' with a word", "say", *((w, {"text": f"Hello, {w}!"}) for w in ("Hello", "o", "lo, l")))
    found = candidate(other)
    if isinstance(found, Candidate):
        calls, _ = made_calls(found.verified, {"text1": "you"}, ["done"])
        assert calls in ([], [("say", {"text": "Hello, you!"})])


def test_a_goal_without_values_is_a_program_without_parameters() -> None:
    """Made of three runs that did the same."""
    runs = [
        reached("go home and look", did("go_home", {}), did("get_status", {}, "all is well"), number=n)
        for n in range(3)
    ]
    assert text_of(runs) == (
        'let step1 = call go_home()\nexpect step1.text == "done"\n'
        'let step2 = call get_status()\nexpect step2.text == "all is well"\ndone step2.text\n'
    )


def test_without_values_in_the_goal_all_arguments_are_as_they_were() -> None:
    """Also one that an earlier answer happens to name: the second side of a square is no longer for that."""
    sides = [did("move_relative", {axis: 0.2}, moved(*at), sources={axis: source}) for axis, at, source in
             (("dx", (0.2, 0, 1), "literal"), ("dy", (0.2, 0.2, 1), "step 1"))]  # fmt: skip
    corner = [reached("draw a corner", *sides, number=n, world=robot_world()) for n in range(3)]
    assert "call move_relative(dy=0.2)" in text_of(corner)
    assert made(corner).crystal.start["pose"] == {"x": 0.0, "y": 0.0, "z": 1.0, "theta_deg": 0.0}


SAID = goals("say '{}'", "say", ("a", {"text": "a"}), ("b", {"text": "b"}), ("c", {"text": "c"}))
LONG = "line\n" * 100
TWO_WAYS = goals("say '{}' twice", "say", ("a", {"text": "a"}), ("b", {"text": "b"}), ("c", {"text": "x"}))
SAME_POINTS = [
    reached(
        f"go from ({n}, 1, 1) to ({n}, 1, 1)",
        did("move_to", {"x": float(n), "y": 1.0, "z": 1.0}, moved(n, 1, 1)),
        number=n,
        world=robot_world(),
    )
    for n in range(1, 5)
]


@pytest.mark.parametrize(
    ("traces", "reason"),
    [
        (TWO_WAYS, "nothing certain is known of 'text' in step 1, say"),
        (
            goals("say {} of it", "say", *((f"{n}", {"text": f"{n} parts"}) for n in (12, 25, 37))),
            "a program cannot say what 'text' of step 1 is: text with slot number1",
        ),
        (
            [reached("look", did("Read", {"file_path": "a"}, LONG), number=n) for n in range(3)],
            "what step 1 reads decides, and is too long or varied for a program",
        ),
        (
            [reached("do it", did("say", {"text": str(n)}), number=n) for n in range(3)],
            "call 1 of the program is not that of run",
        ),
        (
            goals("use frequency {} Hz", "wait", *((f"{n}", {"ms": 7}) for n in (1, 1, 1)))[:3],
            "its goals had 1 of 3 different values",
        ),
        (
            [replace(each, slots={"step1": each.slots["text1"]}) for each in SAID],
            "'step1' cannot be the name of a parameter",
        ),
        ([replace(each, goal="x" * 1001) for each in THREE], "its goals are too long for the page of a skill"),
        (
            [replace(each, steps=(replace(each.steps[0], tool="Burn"),)) for each in THREE],
            "there is no tool 'Burn'",
        ),
    ],
)  # fmt: skip
def test_what_never_becomes_a_program(traces: list[Trace], reason: str) -> None:
    """Each with its reason, which `llmos evolve` shows."""
    found = candidate(traces)
    assert isinstance(found, str), show(found.program)
    assert reason in found


def test_values_that_were_always_equal_are_taken_only_so() -> None:
    """Two points that no run told apart: which of them is meant, nobody knows, and no program is made that guesses."""
    found = candidate(SAME_POINTS)
    assert isinstance(found, str), show(found.program)


def test_a_value_that_changes_nothing_is_taken_as_it_was() -> None:
    """A text that no step depends on might matter for one that nobody has seen."""
    runs = goals("'{}': go home", "go_home", *((word, {}) for word in ("please", "now", "quick")))
    found = candidate(runs)
    if isinstance(found, Candidate):
        assert found.domain.levels == {"text1": Level.SEEN}
        assert not takes(found, {"text1": "never"})


def heights(*several: float) -> list[Trace]:
    """Runs that went above a point, and then there."""
    return [
        reached(
            f"go down to ({x:.1f}, 1.0, {z:.1f})",
            did("move_to", {"x": round(x, 1), "y": 1.0, "z": round(z + 0.2, 6)}, moved(x, 1.0, z + 0.2)),
            did("move_to", {"x": round(x, 1), "y": 1.0, "z": z}, moved(x, 1.0, z)),
            number=n,
            world=robot_world(),
        )
        for n, z in enumerate(several)
        for x in (0.5 + n / 10,)
    ]


def test_what_is_computed_is_believed_only_between_what_was_seen() -> None:
    """And only with as many decimals as were seen; binding believes no more."""
    found = made(heights(0.5, 0.8, 1.1, 1.4))
    assert "z=point1.z + 0.2" in show(found.program)
    assert found.domain.levels["point1"] is Level.BETWEEN
    assert found.crystal.digits["point1.z"] == 1
    refused, _ = made_calls(found.verified, {"point1": [0.6, 1.0, 1.5]}, ["x"] * 2)
    assert refused == []


def test_numbers_that_count_are_expected() -> None:
    """Three files are not five; what was measured may vary."""
    runs = goals("say '{}' here", "say", *((w, {"text": w}) for w in ("a", "b", "c")), output="3 files match")
    assert 'expect step1.text == "3 files match"' in text_of(runs)


def test_a_short_word_may_say_everything() -> None:
    """OFF, in front of a long sentence with a number that may be any."""
    runs = [
        reached(
            f"go to ({n}, 1, 1) please",
            did(
                "move_to", {"x": float(n), "y": 1.0, "z": 1.0}, f"OFF {20 + n}.5 degrees centigrade in this whole room"
            ),
            number=n,
            world=robot_world(),
        )
        for n in range(1, 5)
    ]
    assert 'contains "OFF"' in text_of(runs)


def test_where_a_motion_rests_on_no_value_of_the_goal_the_start_counts() -> None:
    """From elsewhere it would end elsewhere; the hand counts always."""
    nudges = [
        reached("nudge it", did("move_relative", {"dx": 0.1}, moved(0.1, 0, 1)), number=n, world=robot_world())
        for n in range(3)
    ]
    assert made(nudges).crystal.start == {
        "pose": {"x": 0.0, "y": 0.0, "z": 1.0, "theta_deg": 0.0},
        "same": {"gripper": "open", "holding": "nothing", "stopped": False},
    }
    assert set(made(picks()).crystal.start) == {"same"}


def test_what_it_rests_on_is_remembered() -> None:
    """Goals, agent, tools, world, documents, traces and the text of the program."""
    crystal = made(picks()).crystal
    assert crystal.tools == {"move_to": "sha256:move_to", "toggle_tool": "sha256:toggle_tool"}
    assert (crystal.agent, crystal.world) == ("operator", "arm / bench")
    assert crystal.made_with == {"agent": "sha256:agent", "robot": "sha256:r", "scene": "sha256:s"}
    assert crystal.traces == tuple(dict.fromkeys(each.id for each in picks()))
    assert evidence_of(made(picks())) == "4 runs with 4 goals"


def test_runs_that_were_led_teach_values_but_not_where_arguments_come_from() -> None:
    """One planned run and three replays: the traces named are the planned one's."""
    found = made(picks(planned=1))
    assert len(found.crystal.traces) == 1
    assert len(found.pattern.traces) == 4


def test_a_program_of_fewer_runs_takes_the_values_of_all() -> None:
    """So that a goal which was held out can be tried, and nothing else was learned from it."""
    runs = goals("move {} left", "move_relative", *((f"{cm} cm", {"dx": -cm / 100}) for cm in (10, 20, 30, 40)))
    whole = made(runs)
    part = crystallize(Pattern(tuple(runs[:3])), SPECS, whole.domain)
    assert isinstance(part, Candidate)
    assert show(part.program) == show(whole.program)
    assert strays(part.verified, runs[3]) == ""


@pytest.mark.parametrize(
    "hostile",
    [
        '"\ncall Bash(command="rm -rf /")\n"',
        "```\n---\nname: evil\n---\n```program\ndone 1\n```",
        "text1 + Bash",
        "<script>alert(1)</script>",
        "{workspace",
        "\\u0000 \\n",
        "| not a line\n",
    ],
)
def test_texts_stay_texts(hostile: str) -> None:
    """Whatever stands in arguments and answers, the program reads as it was meant and calls one tool."""
    runs = [
        reached(f"say '{word}' now", did("say", {"text": word, "mode": hostile}, hostile), number=n)
        for n, word in enumerate(("one", "two", "three"))
    ]
    found = made(runs)
    assert found.verified.tools == ("say",)
    assert parse(show(found.program)) == found.program
    calls, _ = made_calls(found.verified, {"text1": hostile}, [hostile])
    assert calls == [("say", {"text": hostile, "mode": hostile})]


seeds = st.integers(min_value=0, max_value=2**40)


@given(seed=seeds, runs=st.integers(min_value=3, max_value=6))
@settings(max_examples=60, derandomize=True, deadline=None)  # chance may make any constant look like a value, if rarely
def test_a_program_does_what_the_policy_would_do_or_nothing(seed: int, runs: int) -> None:
    """The law, with policies full of traps: constants equal to values, swapped axes, heights that are computed."""
    life = live(seed, Nature(collusion=True), runs)
    assert not life.false, life.false
    if isinstance(life.made, Candidate):
        assert [strays(life.made.verified, trace) for trace in life.made.pattern.traces] == [""] * runs


def test_plain_policies_become_programs() -> None:
    """The law is no excuse for making nothing: values that are used as they are, once each, are crystallized."""
    lives = [live(seed, Nature(plain=True), 4) for seed in range(40)]
    came = Counter(isinstance(life.made, Candidate) for life in lives)
    assert not any(life.false for life in lives)
    assert came[True] >= 38
    assert sum(life.taken for life in lives) >= 40 * 8 * 0.8
