"""A verdict of the gate rests on lines of the profile, and on the right ones."""

import pytest

from llmos.documents.frontmatter import read_document
from llmos.robots.judgement.rule_keys import rule_keys
from llmos.settings import system_root

ARM = read_document(system_root() / "volumes" / "system" / "robots" / "arm.md")
MOVE = {"verb": "move_to", "by": "agent:operator", "content": "sha256:1"}


@pytest.mark.parametrize(
    ("rule", "reason", "keys"),
    [
        ("workspace", "Y position 9.00m outside workspace [-2, 2]", [("workspace.y_m", "")]),
        ("zone", "The way comes within 0.05m of zone 'operator station'", [("zones.operator station", "")]),
        ("zone", "The way comes near zone 'yesterday'", [("zones", "")]),
        ("speed", "A setpoint asks for 0.9 m/s, above max_tcp_speed_mps 0.5", [("max_tcp_speed_mps", "")]),
        ("speed", "A setpoint asks for 90 °/s, above max_rotation_dps 45", [("max_rotation_dps", "")]),
        ("fresh-observation", "The last observation is 2.00 s old", [("max_observation_age_s", "")]),
        ("step", "The move of 1.00m is longer than max_step_m 0.1", []),  # the shipped arm sets none
        ("emergency-stop", "The emergency stop is latched", []),
        ("granted", "No grant lets agent:operator do this", [("grants", "agent:*")]),
    ],
)
def test_each_rule_rests_on_its_key(rule: str, reason: str, keys: list[tuple[str, str]]) -> None:
    """The axis, zone or limit that the reason names; nothing where no limit is meant."""
    assert rule_keys(rule, reason, MOVE, ARM) == keys


def test_what_is_allowed_rests_on_the_grant() -> None:
    """The first that gives this verb to whoever asked; looking needs none."""
    assert rule_keys("", "", MOVE, ARM) == [("grants", "agent:*")]
    assert rule_keys("", "", {**MOVE, "by": "person:ana"}, ARM) == [("grants", "person")]
    assert rule_keys("", "", {**MOVE, "by": "robot:r2"}, ARM) == [("grants", "")]
    assert rule_keys("", "", {**MOVE, "verb": "get_status"}, ARM) == [("grants", "")]
