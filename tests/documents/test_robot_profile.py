"""Robot profiles are read completely and refused when they contradict themselves."""

from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from llmos.documents.frontmatter import parse
from llmos.documents.robot_profile import RobotProfile, read_robot_profile, robot_profile_from
from llmos.errors import DocumentError
from tests.support.robots import SYSTEM

ARM = (SYSTEM / "robots" / "arm.md").read_text()


def changed(old: str, new: str) -> str:
    """The shipped profile with one passage replaced."""
    assert ARM.count(old) >= 1, old
    return ARM.replace(old, new, 1)


def refusal(text: str) -> str:
    """The sentence with which a profile is refused, without its file name."""
    with pytest.raises(DocumentError) as caught:
        robot_profile_from(parse(text, Path("arm.md")))
    return str(caught.value)


def test_shipped_arm_has_the_documents_figures() -> None:
    """The arm's limits are those of the source document and its decisions."""
    arm = read_robot_profile(SYSTEM / "robots" / "arm.md")
    box, home = arm.workspace, arm.home
    assert [(axis.low, axis.high) for axis in (box.x_m, box.y_m, box.z_m)] == [(-2, 2), (-2, 2), (0, 3)]
    assert (home.x_m, home.y_m, home.z_m, home.theta_deg) == (0, 0, 1, 0)
    assert (arm.max_tcp_speed_mps, arm.max_rotation_dps, arm.max_step_m) == (0.5, 45, None)
    assert (arm.distances.hard_stop_m, arm.distances.soft_stop_m, arm.distances.slow_m) == (0.08, 0.15, 0.3)
    assert (arm.name, arm.kind, arm.driver) == ("arm", "arm", ("mujoco-arm", "kinematic"))
    assert (arm.max_observation_age_s, arm.lease_s, arm.client_timeout_s) == (0.5, 0.5, 0.3)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("x_m: [-2.0, 2.0]", "x_m: [2, -2]",
         "'workspace.x_m' runs from 2 to -2; the lower bound must come first"),
        ("z_m: [0.0, 3.0]", "z_m: [1, 1]",
         "'workspace.z_m' runs from 1 to 1; the lower bound must come first"),
        ("y_m: [-2.0, 2.0]", "y_m: [-2]", "'workspace.y_m' must be a list of 2 numbers, not [-2]"),
        ("home: {x_m: 0.0", "home: {x_m: 3", "'home.x_m' is 3, outside the workspace [-2, 2]"),
        ("theta_deg: 0.0", "theta_deg: 400", "'home.theta_deg' is 400, outside [0, 360]"),
        ("zone_margin_m: 0.005", "zone_margin_m: 0.001",
         "'zone_margin_m' is 0.001, below position_tolerance_m 0.002; a robot may begin a motion so far off its way"),
        ("max_error_m: 0.05", "max_error_m: 0.002",
         "'tracking.max_error_m' is 0.002, not above position_tolerance_m 0.002; what is reached must not be lost"),
        ("max_error_deg: 10", "max_error_deg: 0.1",
         "'tracking.max_error_deg' is 0.1, not above angle_tolerance_deg 0.5; what is reached must not be lost"),
        ("lag_s: 0.1", "lag_s: 0.008",
         "'tracking.lag_s' is 0.008; it must be above control_period_s 0.008 and at most 1"),
        ("lag_s: 0.1", "lag_s: 1.5", "'tracking.lag_s' is 1.5; it must be above control_period_s 0.008 and at most 1"),
        ("mps: 0.5", "mps: .nan",
         "'max_tcp_speed_mps' must be a number above 0 and at most 1000000, not '.nan'"),
        ("mps: 0.5", "mps: .inf",
         "'max_tcp_speed_mps' must be a number above 0 and at most 1000000, not '.inf'"),
        ("mps: 0.5", "mps: 0", "'max_tcp_speed_mps' must be a number above 0 and at most 1000000, not 0"),
        ("mps: 0.5", "mps: -0.5",
         "'max_tcp_speed_mps' must be a number above 0 and at most 1000000, not -0.5"),
        ("mps: 0.5", "mps: true",
         "'max_tcp_speed_mps' must be a number above 0 and at most 1000000, not True"),
        ("mps: 0.5", "mps: '0.5'",
         "'max_tcp_speed_mps' must be a number above 0 and at most 1000000, not '0.5'"),
        ("mps: 0.5", "mps:", "'max_tcp_speed_mps' must be a number above 0 and at most 1000000, not None"),
        ("max_rotation_dps: 45\n", "", "'max_rotation_dps' is missing"),
        ("max_tcp_speed_mps:", "max_tcp_sped_mps:",
         "'max_tcp_sped_mps' is no key that is read here; did you mean 'max_tcp_speed_mps'?"),
        ("grip_reach_m:", "gripper_reach_m:",
         "'gripper_reach_m' is no key that is read here; did you mean 'grip_reach_m'?"),
        ("soft_stop_m: 0.15", "soft_stop_m: 0.05",
         "'distances.soft_stop_m' is 0.05, below hard_stop_m 0.08; a soft stop must come first"),
        ("slow_m: 0.3", "slow_m: 0.1",
         "'distances.slow_m' is 0.1, below soft_stop_m 0.15; slowing down must come first"),
        ("name: arm", "name: ../../etc",
         "'name' must be small letters, digits and single hyphens, not '../../etc'"),
        ("name: arm", "name: bench",
         "'name' is 'bench', but its file is called 'arm.md'; give both the same name"),
        ("name: arm", "name: 5", "'name' must be a text that is not empty, not 5"),
        ("control_period_s: 0.008", "control_period_s: 0.5",
         "'control_period_s' is 0.5, not below max_observation_age_s 0.5"),
        ("grip_time_s: 0.2", "grip_time_s: 2",
         "'grip_time_s' is 2, not below settle_time_s 1, so no grip could succeed"),
        ("home: {x_m: 0.0, y_m: 0.0, z_m: 1.0, theta_deg: 0.0}", "home: here",
         "'home' must hold keys and values, not 'here'"),
    ],
)  # fmt: skip
def test_wrong_profile_is_refused_with_place_and_values(old: str, new: str, sentence: str) -> None:
    """Each contradiction is one sentence that names file, line, key and the values."""
    line = 1 if sentence.endswith("is missing") else ARM[: ARM.index(old)].count("\n") + 1
    assert refusal(changed(old, new)) == f"arm.md:{line}: {sentence}"


def test_every_limit_is_needed() -> None:
    """A profile that leaves any limit out is refused, so that no limit is ever assumed."""
    for field in fields(RobotProfile):
        if field.name == "document" or field.default is not MISSING or field.default_factory is not MISSING:
            continue
        start = ARM.index(f"\n{field.name}:")
        end = next(i for i in range(start + 2, len(ARM)) if ARM[i - 1] == "\n" and ARM[i] not in " \n")
        assert refusal(ARM[:start] + "\n" + ARM[end:]).endswith(f"'{field.name}' is missing")


def test_step_limit_is_read_where_it_stands() -> None:
    """`max_step_m` is off in the shipped profile and on when a profile sets it."""
    text = changed("control_period_s", "max_step_m: 0.5\ncontrol_period_s")
    assert robot_profile_from(parse(text, Path("arm.md"))).max_step_m == 0.5


def test_doubled_key_is_refused_in_a_profile() -> None:
    """Which of two speeds counts is nothing to guess."""
    assert "stands here a second time" in refusal(changed("driver:", "max_tcp_speed_mps: 5\ndriver:"))


def test_broken_frontmatter_is_refused_in_a_profile() -> None:
    """Keys that had to be guessed line by line set no limits."""
    assert "not valid YAML" in refusal(changed("description: A", "description: a: b: A"))


def test_number_too_long_for_a_float_is_refused() -> None:
    """A number of four hundred digits is a sentence, not a traceback."""
    assert "must be a number above 0 and at most 1000000" in refusal(changed("mps: 0.5", f"mps: {'9' * 390}"))
