"""Each rule of the gate, over tables of cases: what passes, what does not, and in which words."""

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.documents.scene import Point
from llmos.documents.verbs import VERBS
from llmos.robots.base import Measured, Pose, Velocity
from llmos.robots.judgement import asked, rules
from llmos.robots.latch import Stop
from llmos.robots.moving.postcondition import grip_holds
from tests.support.robots import arm_profile

ARM = arm_profile()
HOME = Pose(0.0, 0.0, 1.0, 0.0)


def measured(pose: Pose = HOME, at_s: float = 0.0, **more: Any) -> Measured:
    """A measurement at rest."""
    plain: dict[str, Any] = {"gripper_closed": False, "holding": None, "objects": {}}
    return Measured(at_s, pose, Velocity(), **{**plain, **more})


def test_stop_is_told_with_its_reason() -> None:
    """A latched stop refuses, saying since when, by whom and why."""
    assert rules.check_stop(None) is None
    assert str(rules.check_stop(Stop("2026-01-01T00:00:00+00:00", "Ada", "smoke"))) == (
        "The emergency stop is latched since 2026-01-01T00:00:00+00:00 by Ada: smoke; "
        "a person must look at the robot and rearm it, no tool can."
    )
    assert str(rules.check_stop(Stop("", "", "arm.json cannot be understood"))) == (
        "The emergency stop is latched: arm.json cannot be understood; "
        "a person must look at the robot and rearm it, no tool can."
    )


@pytest.mark.parametrize("value", [0, 1, -1, 0.5, -1e6, 1e6, True, False, 5e-324])
def test_finite_numbers_and_switches_are_well_formed(value: object) -> None:
    """Whatever a robot could be told passes the first look."""
    assert asked.check_finite({"x": value}) is None


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (math.nan, "x is not a finite number"),
        (math.inf, "x is not a finite number"),
        (-math.inf, "x is not a finite number"),
        (1e300, "x is too large to be meant"),
        pytest.param(10**5000, "x is too large to be meant", id="huge"),
        pytest.param(-(10**5000), "x is too large to be meant", id="huge-negative"),
        (1e6 + 1, "x is too large to be meant"),
        (None, "x is missing"),
        ("1.5", "x is '1.5'"),
        ("a\n" * 50, "x is '" + "a\\n" * 18 + "a...'"),
        ([1.0], "x is a list"),
        ({}, "x is a dict"),
        (1 + 0j, "x is a complex"),
    ],
)
def test_anything_else_is_not(value: object, words: str) -> None:
    """NaN, infinities, text, null, lists and numbers beyond any robot are refused, in few words."""
    refusal = asked.check_finite({"x": value})
    assert refusal is not None
    assert (refusal.rule, str(refusal)) == ("well-formed", f"{words}; give a finite number in metres or degrees.")


def test_unknown_verb_names_the_nearest() -> None:
    """A slip in the verb is answered with the verb that was meant."""
    assert all(asked.check_verb(verb) is None for verb in VERBS["arm"])
    assert str(asked.check_verb("moveto")) == "'moveto' is no command of this robot; did you mean 'move_to'?"


@pytest.mark.parametrize(
    ("verb", "args"),
    [
        ("move_to", {"x": 1, "y": 1.0, "z": 0}),
        ("move_to", {"x": 0.0, "y": 0.0, "z": 0.0, "theta_deg": 360}),
        ("move_relative", {}),
        ("move_relative", {"dx": -0.5, "dtheta_deg": -360.0}),
        ("toggle_tool", {"activate": False}),
        ("go_home", {}),
    ],
)
def test_whole_arguments_pass(verb: str, args: dict[str, Any]) -> None:
    """Every verb takes exactly its own arguments."""
    assert asked.check_arguments(verb, args) is None


@pytest.mark.parametrize(
    ("verb", "args", "sentence"),
    [
        ("move_to", {"x": 1.0, "y": 1.0}, "move_to lacks z; give x, y, z, theta_deg."),
        ("move_to", {}, "move_to lacks x, y, z; give x, y, z, theta_deg."),
        ("move_to", {"x": True, "y": 1, "z": 1}, "x is true; move_to needs a number there."),
        ("move_to", {"x": 1, "y": 1, "z": 1, "thetadeg": 5},
         "move_to has no argument 'thetadeg'; did you mean 'theta_deg'?"),
        ("move_to", {"x": 1, "y": 1, "z": 1, "theta_deg": 400},
         "Rotation 400.0° outside [0, 360]; choose theta_deg between 0 and 360."),
        ("move_to", {"x": 1, "y": 1, "z": 1, "theta_deg": -1e-9},
         "Rotation -0.0° outside [0, 360]; choose theta_deg between 0 and 360."),
        ("move_relative", {"dtheta_deg": -361},
         "Rotation -361.0° outside [-360, 360]; choose dtheta_deg between -360 and 360."),
        ("toggle_tool", {}, "toggle_tool lacks activate; give activate."),
        ("toggle_tool", {"activate": 1}, "activate is 1; toggle_tool needs true or false there."),
        ("go_home", {"speed": 9}, "go_home has no argument 'speed'; there are none."),
    ],
)  # fmt: skip
def test_wrong_arguments_are_named(verb: str, args: dict[str, Any], sentence: str) -> None:
    """What is missing, unknown or of the wrong kind is said with what is needed."""
    refusal = asked.check_arguments(verb, args)
    assert refusal is not None
    assert (refusal.rule, str(refusal)) == ("arguments", sentence)


def test_second_motion_is_refused_clearly() -> None:
    """One motion at a time, and the refusal names the one under way."""
    assert rules.check_idle(None) is None
    assert str(rules.check_idle("go_home")) == (
        "go_home is still under way, and the robot makes one motion at a time; wait for it."
    )


@pytest.mark.parametrize(
    ("pose", "at_s", "sentence"),
    [
        (HOME, 9.4, "The last observation is 0.60 s old, more than 0.5 s; check the connection to the robot."),
        (HOME, math.nan, "The last observation is nan s old, more than 0.5 s; check the connection to the robot."),
        (HOME, 11.0, "The last observation is -1.00 s old, more than 0.5 s; check the connection to the robot."),
        (Pose(math.nan, 0, 1, 0), 10.0, "The robot's measured pose is not finite; check its sensors."),
        (Pose(0, 0, 1, math.inf), 10.0, "The robot's measured pose is not finite; check its sensors."),
    ],
)
def test_old_or_senseless_observation_is_refused(pose: Pose, at_s: float, sentence: str) -> None:
    """A robot moves only while it is known where it is; an observation from the future is as bad as an old one."""
    refusal = rules.check_fresh(measured(pose, at_s), 10.0, ARM)
    assert refusal is not None
    assert (refusal.rule, str(refusal)) == ("fresh-observation", sentence)


def test_fresh_observation_passes() -> None:
    """Half a second is just fresh enough."""
    assert rules.check_fresh(measured(at_s=9.5), 10.0, ARM) is None


@pytest.mark.parametrize(
    ("clearance_m", "rule"),
    [(None, None), (0.16, None), (math.inf, None), (0.15, "clearance"), (0.0, "clearance"), (math.nan, "clearance")],
)
def test_clearance_is_kept(clearance_m: float | None, rule: str | None) -> None:
    """Within the soft stop distance, or when the sensor reads nonsense, no motion begins."""
    refusal = rules.check_clearance(measured(clearance_m=clearance_m), ARM)
    assert (refusal.rule if refusal else None) == rule


def test_clearance_is_told_in_metres() -> None:
    """The refusal names the reading and the limit."""
    assert str(rules.check_clearance(measured(clearance_m=0.1), ARM)) == (
        "An obstacle is 0.10m away, within the soft stop distance of 0.15m; clear the way first."
    )


@pytest.mark.parametrize(
    ("clearance_m", "throttle"),
    [(None, 1.0), (1.0, 1.0), (0.3, 1.0), (0.15, 0.5), (0.0, 0.0), (-1.0, 0.0), (math.nan, 0.0)],
)
def test_speed_falls_with_clearance(clearance_m: float | None, throttle: float) -> None:
    """From the slow distance inwards the speed limit is proportional to what is left."""
    assert rules.throttle_at(measured(clearance_m=clearance_m), ARM) == throttle


@pytest.mark.parametrize(
    ("pose", "sentence"),
    [
        (Pose(5, 0, 1, 0), "X position 5.00m outside workspace [-2, 2]; choose x between -2 and 2."),
        (Pose(0, -2.5, 1, 0), "Y position -2.50m outside workspace [-2, 2]; choose y between -2 and 2."),
        (Pose(0, 0, -0.1, 0), "Z position -0.10m outside workspace [0, 3]; choose z between 0 and 3."),
        (Pose(2.0001, 0, 1, 0), "X position 2.0001m outside workspace [-2, 2]; choose x between -2 and 2."),
        (Pose(math.nan, 0, 1, 0), "X position nanm outside workspace [-2, 2]; choose x between -2 and 2."),
    ],
)
def test_outside_is_told_as_in_the_document(pose: Pose, sentence: str) -> None:
    """The reason names axis, value and bounds, and the suggestion what would be allowed."""
    refusal = rules.check_workspace(pose, ARM)
    assert refusal is not None
    assert (refusal.rule, str(refusal)) == ("workspace", sentence)


@pytest.mark.parametrize("pose", [Pose(2, 2, 3, 0), Pose(-2, -2, 0, 99), Pose(2 + 1e-12, 0, 1, 0)])
def test_bounds_are_inside(pose: Pose) -> None:
    """The faces of the box belong to it, and a rounding error does not leave it."""
    assert rules.check_workspace(pose, ARM) is None


def test_step_limit_binds_where_it_is_set() -> None:
    """Without `max_step_m` any length passes; with it a longer move is refused."""
    far = Pose(1.5, 1.0, 0.5, 0.0)
    assert rules.check_step((HOME, far), ARM) is None
    assert str(rules.check_step((HOME, far), replace(ARM, max_step_m=0.5))) == (
        "The move of 1.87m is longer than max_step_m 0.5; go there in several moves."
    )


@pytest.mark.parametrize(
    ("corners", "length_m"),
    [
        ((HOME,), None),
        ((HOME, HOME), None),
        ((HOME, Pose(0.1, 0, 1, 3.0)), None),
        ((HOME, Pose(0.05, 0, 1, 0), Pose(0.1, 0, 1, 0)), None),
        ((HOME, Pose(0, 0, 1, 3.0), Pose(0.1, 0, 1, 3.0), Pose(0.1, 0, 1, 0)), None),
        ((HOME, Pose(0, 0.06, 1, 0), Pose(0.01, 0, 1, 0)), "0.12"),
        ((HOME, Pose(0, 2, 1, 0), Pose(0.01, 2, 1, 0), Pose(0.01, 0, 1, 0)), "4.01"),
        ((HOME, Pose(0, 0, 1.1, 0), HOME), "0.20"),
    ],
)
def test_a_step_is_as_long_as_its_way(corners: tuple[Pose, ...], length_m: str | None) -> None:
    """What counts is how far the tool goes, by whatever corners, and not how far it then is from where it began."""
    refusal = rules.check_step(corners, replace(ARM, max_step_m=0.1))
    reason = refusal.reason if refusal else None
    assert reason == (length_m and f"The move of {length_m}m is longer than max_step_m 0.1")


@pytest.mark.parametrize(
    ("setpoint", "sentence"),
    [
        (Pose(0.004, 0, 1, 0), None),
        (Pose(0, 0, 1, math.radians(0.36)), None),
        (Pose(0.00408, 0, 1, 0),
         "A setpoint asks for 0.510 m/s, above max_tcp_speed_mps 0.5; report this, it is a bug."),
        (Pose(0, 0, 1, math.radians(-0.368)),
         "A setpoint asks for 46.00 °/s, above max_rotation_dps 45; report this, it is a bug."),
        (Pose(math.nan, 0, 1, 0), "X position nanm outside workspace [-2, 2]; choose x between -2 and 2."),
        (Pose(0, 0, 1, math.nan),
         "A setpoint asks for nan °/s, above max_rotation_dps 45; report this, it is a bug."),
    ],
)  # fmt: skip
def test_each_setpoint_is_checked_against_the_last(setpoint: Pose, sentence: str | None) -> None:
    """Between two ticks the tool goes no further and turns no more than its speed allows."""
    refusal = rules.check_setpoint(HOME, setpoint, ARM)
    assert (str(refusal) if refusal else None) == sentence


def test_a_late_setpoint_may_be_as_much_farther() -> None:
    """What counts is the time that lies between; one that came too early is checked as if it had not."""
    far = Pose(0.006, 0, 1, 0)
    assert rules.check_setpoint(HOME, far, ARM, period_s=0.012) is None
    assert rules.check_setpoint(HOME, far, ARM, period_s=0.008) is not None
    assert rules.check_setpoint(HOME, Pose(0.004, 0, 1, 0), ARM, period_s=0.0001) is None


REST, EVEN = Velocity(), Velocity(0.3, -0.2, 0.1, math.radians(30))


def turning(dps: float) -> Velocity:
    """At this many degrees in a second, on the spot."""
    return Velocity(theta_radps=math.radians(dps))


@pytest.mark.parametrize(
    ("before", "now", "sentence"),
    [
        (EVEN, EVEN, None),
        (REST, Velocity(0.00807), None),
        (REST, Velocity(0.00809), "1.001 m/s², above max_tcp_acceleration_mps2 1"),
        (Velocity(0.00807), REST, None),
        (Velocity(z_mps=0.00809), REST, "1.001 m/s², above max_tcp_acceleration_mps2 1"),
        (Velocity(0.005), Velocity(-0.005), "1.238 m/s², above max_tcp_acceleration_mps2 1"),
        (REST, Velocity(0.005, 0.005, 0.005), "1.072 m/s², above max_tcp_acceleration_mps2 1"),
        (REST, Velocity(y_mps=math.nan), "nan m/s², above max_tcp_acceleration_mps2 1"),
        (REST, turning(0.727), None),
        (REST, turning(0.729), "90.2 °/s², above max_rotation_acceleration_dps2 90"),
        (turning(0.727), REST, None),
        (turning(0.729), REST, "90.2 °/s², above max_rotation_acceleration_dps2 90"),
        (turning(30.4), turning(30.4 - 0.729), "90.2 °/s², above max_rotation_acceleration_dps2 90"),
        (turning(0.4), turning(-0.4), "99.0 °/s², above max_rotation_acceleration_dps2 90"),
        (REST, turning(math.nan), "nan °/s², above max_rotation_acceleration_dps2 90"),
    ],
)
def test_each_change_of_speed_is_checked(before: Velocity, now: Velocity, sentence: str | None) -> None:
    """From one pair of setpoints to the next the tool gets neither faster nor slower than it may, turning as well."""
    refusal = rules.check_acceleration(before, now, ARM)
    assert (str(refusal) if refusal else None) == (
        sentence and f"A setpoint asks for {sentence}; report this, it is a bug."
    )
    assert refusal is None or refusal.rule == "acceleration"


@pytest.mark.parametrize("now", [Velocity(0.012), turning(1.08)])
def test_a_late_change_of_speed_may_be_as_much_greater(now: Velocity) -> None:
    """What counts is the time that lies between; one that came too early is checked as if it had not."""
    assert rules.check_acceleration(REST, now, ARM, period_s=0.012) is None
    assert rules.check_acceleration(REST, now, ARM, period_s=0.008) is not None
    small = Velocity(now.x_mps / 2, theta_radps=now.theta_radps / 2)
    assert rules.check_acceleration(REST, small, ARM, period_s=0.0001) is None


@pytest.mark.parametrize(
    ("verb", "args", "start_deg", "target"),
    [
        ("move_to", {"x": 1, "y": 2, "z": 3}, 90, Pose(1.0, 2.0, 3.0, math.radians(90))),
        ("move_to", {"x": 1, "y": 2, "z": 3, "theta_deg": 10}, 350, Pose(1.0, 2.0, 3.0, math.radians(370))),
        ("move_to", {"x": 1, "y": 2, "z": 3, "theta_deg": 350}, 10, Pose(1.0, 2.0, 3.0, math.radians(-10))),
        ("move_relative", {}, 0, HOME),
        ("move_relative", {"dx": 0.3}, 0, Pose(0.3, 0.0, 1.0, 0.0)),
        ("move_relative", {"dy": -0.5, "dz": 1, "dtheta_deg": -360}, 0, Pose(0.0, -0.5, 2.0, -math.tau)),
        ("go_home", {}, 270, Pose(0.0, 0.0, 1.0, math.tau)),
        ("toggle_tool", {"activate": True}, 45, Pose(0.0, 0.0, 1.0, math.radians(45))),
    ],
)
def test_target_follows_from_verb_and_measured_start(
    verb: str, args: dict[str, Any], start_deg: float, target: Pose
) -> None:
    """A heading is reached the short way, a relative turn is made in full, everything else stays."""
    found = asked.target_of(verb, args, replace(HOME, theta_rad=math.radians(start_deg)), ARM)
    assert found.point == target.point
    assert found.theta_rad == pytest.approx(target.theta_rad)


CUBE = {"cube": Point(1.0, 1.0, 0.5)}


@pytest.mark.parametrize(
    ("args", "before", "after", "holds"),
    [
        ({"activate": True}, None, "cube", True),
        ({"activate": True}, None, None, False),
        ({"activate": True}, "cube", "cube", True),
        ({}, None, None, True),
        ({}, "cube", "cube", True),
        ({}, "cube", None, False),
        ({}, None, "cube", False),
        ({"activate": False}, None, None, True),
        ({"activate": False}, "cube", None, True),
        ({"activate": False}, "cube", "cube", False),
    ],
)
def test_gripper_did_what_the_command_means(
    args: dict[str, Any], before: str | None, after: str | None, holds: bool
) -> None:
    """Closing takes something, opening lets go, and moving neither loses nor takes."""
    was, now = measured(holding=before, objects=CUBE), measured(holding=after, objects=CUBE)
    assert grip_holds(args, was, now, ARM) is holds


@pytest.mark.parametrize(
    ("where", "holds"), [((1.0, 1.0, 0.481), True), ((1.0, 1.0, 0.479), False), ((1.03, 1.0, 0.5), False)]
)
def test_object_that_falls_was_not_placed(where: tuple[float, float, float], holds: bool) -> None:
    """Letting go counts when the object stays within two centimetres of where it was let go."""
    was, now = measured(holding="cube", objects=CUBE), measured(objects={"cube": Point(*where)})
    assert grip_holds({"activate": False}, was, now, ARM) is holds


def test_robot_without_a_camera_takes_a_release_on_trust_of_its_gripper() -> None:
    """What no sensor sees cannot be held against the robot."""
    assert grip_holds({"activate": False}, measured(holding="cube"), measured(), ARM)


anything = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=60), st.lists(st.floats(), max_size=2)
)


@given(args=st.dictionaries(st.text(max_size=60), anything, max_size=20))
def test_what_goes_to_the_journal_is_small_and_plain(args: dict[str, Any]) -> None:
    """However wrong the arguments are, a journal line of them is short and holds only finite numbers and text."""
    kept = asked.plain(args)
    assert len(kept) <= 16
    for name, value in kept.items():
        assert len(name) <= 40
        assert isinstance(value, bool | str) or math.isfinite(value)
        assert len(str(value)) <= 200


@given(verb=st.text(max_size=100), args=st.dictionaries(st.text(max_size=400), anything, max_size=6))
def test_rules_answer_anything_with_a_sentence(verb: str, args: dict[str, Any]) -> None:
    """No input makes a rule raise, and every refusal is short."""
    refusal = asked.check_finite(args) or asked.check_verb(verb)
    assert refusal is not None
    assert len(str(refusal)) < 400
    for known in VERBS["arm"]:
        if asked.check_finite(args) is None and (wrong := asked.check_arguments(known, args)):
            assert len(str(wrong)) < 400
