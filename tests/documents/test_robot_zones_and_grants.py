"""Zones and grants of a profile: read completely, refused when they mean nothing, and never laid over home."""

from pathlib import Path

import pytest

from llmos.documents.frontmatter import parse
from llmos.documents.grants import Bounds, Grant
from llmos.documents.range import Range
from llmos.documents.robot_profile import RobotProfile, read_robot_profile, robot_profile_from
from llmos.documents.scene import Point
from llmos.documents.zone import Box, Corner, Cylinder, Prism, Sphere
from llmos.errors import DocumentError
from tests.support.robots import SYSTEM

ARM = (SYSTEM / "robots" / "arm.md").read_text()
START, END = ARM.index("zones:\n"), ARM.index("valence:")
HASH = f"sha256:{'a' * 64}"


def profile(zones: str = "zones: {}", grants: str = "grants: []", **replaced: str) -> RobotProfile:
    """The shipped arm with other zones and grants."""
    text = f"{ARM[:START]}{zones}\n{grants}\n{ARM[END:]}"
    for key, value in replaced.items():
        begin = text.index(f"\n{key}:") + 1
        text = f"{text[:begin]}{key}: {value}{text[text.index(chr(10), begin) :]}"
    return robot_profile_from(parse(text, Path("arm.md")))


def refusal(*args: str, **replaced: str) -> str:
    """The sentence with which it is refused, without file and line."""
    with pytest.raises(DocumentError) as caught:
        profile(*args, **replaced)
    return str(caught.value).split(": ", 1)[1]


def zone(keys: str) -> str:
    """One zone, named `it`."""
    return f"zones: {{it: {{{keys}}}}}"


def test_all_four_shapes_are_read() -> None:
    """Each into a value of its own; what is not said is a keepout zone without a note."""
    zones = profile(
        "zones:\n"
        "  ball: {shape: sphere, center_m: [1, 1, 1], radius_m: 0.2}\n"
        "  shelf: {shape: box, min_m: [1, 1, 0], max_m: [2, 1.5, 2], note: full}\n"
        "  post: {shape: cylinder, center_m: [-1, 1], radius_m: 0.1, z_m: [0, 3]}\n"
        "  desk: {shape: prism, corners_m: [[1, -1], [2, -1], [2, -2]], z_m: [0, 1], kind: human}"
    ).zones
    assert zones == {
        "ball": Sphere(Point(1, 1, 1), 0.2),
        "shelf": Box(Point(1, 1, 0), Point(2, 1.5, 2), note="full"),
        "post": Cylinder(Corner(-1, 1), 0.1, Range(0, 3)),
        "desk": Prism((Corner(1, -1), Corner(2, -1), Corner(2, -2)), Range(0, 1), "human"),
    }
    assert profile().zones == {}


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ("radius_m: 1", "'zones.it' has no shape; known are: sphere, box, cylinder, prism"),
        ("shape: ball", "'zones.it.shape' must be one of sphere, box, cylinder, prism, not 'ball'"),
        ("shape: 5", "'zones.it.shape' must be one of sphere, box, cylinder, prism, not 5"),
        ("shape: sphere, center_m: [1, 1, 1]", "'zones.it.radius_m' is missing"),
        ("shape: sphere, center_m: [1, 1, 1], radius_m: 0",
         "'zones.it.radius_m' must be a number above 0 and at most 1000000, not 0"),
        ("shape: sphere, center_m: [1, 1, 1], radius_m: -1",
         "'zones.it.radius_m' must be a number above 0 and at most 1000000, not -1"),
        ("shape: sphere, center_m: [1, 1, 1], radius_m: .nan",
         "'zones.it.radius_m' must be a number above 0 and at most 1000000, not '.nan'"),
        ("shape: sphere, center_m: [1, 1], radius_m: 1",
         "'zones.it.center_m' must be a list of 3 numbers, not [1, 1]"),
        ("shape: sphere, center_m: [1, 1, .inf], radius_m: 1",
         "'zones.it.center_m' must be a list of 3 numbers, not [1, 1, '.inf']"),
        ("shape: sphere, center_m: [1, 1, 1], radius_m: 0.1, min_m: [0, 0, 0]",
         "'zones.it.min_m' is no key that is read here; known are: center_m, kind, note, radius_m, shape"),
        ("shape: sphere, center_m: [1, 1, 1], radius_m: 0.1, kind: soft",
         "'zones.it.kind' must be one of keepout, human, not 'soft'"),
        ("shape: box, min_m: [1, 1, 1], max_m: [2, 1, 2]",
         "'zones.it.min_m' has y 1, not below the y 1 of max_m"),
        ("shape: box, min_m: [3, 1, 1], max_m: [2, 2, 2]",
         "'zones.it.min_m' has x 3, not below the x 2 of max_m"),
        ("shape: cylinder, center_m: [1, 1], radius_m: 0.1, z_m: [2, 1]",
         "'zones.it.z_m' runs from 2 to 1; the lower bound must come first"),
        ("shape: prism, corners_m: [[1, 1], [2, 1]], z_m: [0, 1]",
         "'zones.it.corners_m' has 2 of the 3 corners that it needs at least"),
        ("shape: prism, corners_m: [[1, 1], [1.5, 1], [2, 1]], z_m: [0, 1]",
         "'zones.it.corners_m' is degenerate: corner 3 (2, 1) lies on one line with its neighbours"),
        ("shape: prism, corners_m: [[1, 1], [2, 1], [2, 1], [1, 2]], z_m: [0, 1]",
         "'zones.it.corners_m' is degenerate: corner 2 (2, 1) lies on one line with its neighbours"),
        ("shape: prism, corners_m: [[1, 1], [2, 1], [1.2, 1.2], [1, 2]], z_m: [0, 1]",
         "'zones.it.corners_m' is not convex at corner 3 (1.2, 1.2); split it into zones that are"),
        ("shape: prism, corners_m: [[1, 0], [-0.8, 0.6], [0.3, -0.95], [0.3, 0.95], [-0.8, -0.6]], z_m: [0, 1]",
         "'zones.it.corners_m' crosses itself; give the corners in the order in which one walks around"),
        ("shape: prism, corners_m: [[1, 1], [2, 1, 3], [1, 2]], z_m: [0, 1]",
         "'zones.it.corners_m' must be a list of lists of 2 numbers, not [[1, 1], [2, 1, 3], [1, 2]]"),
        ("shape: prism, corners_m: [[1, 1], [2, 1], [1, 2]], z_m: [1, 1]",
         "'zones.it.z_m' runs from 1 to 1; the lower bound must come first"),
    ],
)  # fmt: skip
def test_zone_without_a_meaning_is_refused(keys: str, sentence: str) -> None:
    """Each is one sentence that names the key, both values where there are two, and what would be right."""
    assert refusal(zone(keys)) == sentence


@pytest.mark.parametrize("text", ["zones: here", "zones: [1]", "zones: {it: 5}", "zones: {it: {}}"])
def test_zones_are_groups_of_keys(text: str) -> None:
    """Anything else is said to be none."""
    assert "must hold keys and values, not " in refusal(text)


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ("shape: sphere, center_m: [0, 0, 1], radius_m: 0.5",
         ("'zones.it' covers 'home' (0, 0, 1): the tool would be 0.50m inside it and must keep 0.10m away; "
         "move the zone, or write home: {x_m: -0.6, y_m: 0, z_m: 1, theta_deg: 0}")),
        ("shape: sphere, center_m: [0.55, 0, 1], radius_m: 0.5",
         ("'zones.it' covers 'home' (0, 0, 1): the tool would be only 0.05m from it and must keep 0.10m away; "
         "move the zone, or write home: {x_m: -0.2, y_m: 0, z_m: 1, theta_deg: 0}")),
        ("shape: sphere, center_m: [0.68, 0, 1], radius_m: 0.5, kind: human",
         ("'zones.it' covers 'home' (0, 0, 1): the tool would be only 0.18m from it and must keep 0.19m away; "
         "move the zone, or write home: {x_m: 0, y_m: 0, z_m: 1.15, theta_deg: 0}")),
        ("shape: box, min_m: [-2, -2, 0], max_m: [2, 2, 3]",
         ("'zones.it' covers 'home' (0, 0, 1): the tool would be 1.30m inside it and must keep 0.10m away; "
         "move the zone: no other home near this one is free")),
    ],
)  # fmt: skip
def test_zone_over_home_is_refused_with_a_home_that_would_do(keys: str, sentence: str) -> None:
    """Both are named, with the distance; the home that is proposed is legal, or it is said that none is."""
    found = refusal(zone(keys), tool="{radius_m: 0.09, length_m: 0.3, payload_radius_m: 0.09}")
    assert found == sentence
    if "write home: " in found:
        proposed = found.split("write home: ")[1]
        tool = "{radius_m: 0.09, length_m: 0.3, payload_radius_m: 0.09}"
        assert profile(zone(keys), tool=tool, home=proposed).home.theta_deg == 0.0


def test_documents_zone_over_home_is_refused_for_the_shipped_arm() -> None:
    """The contradiction of the source document is found, and named."""
    text = zone("shape: sphere, center_m: [0.0, 0.0, 1.0], radius_m: 0.5, kind: human")
    assert refusal(text).startswith("'zones.it' covers 'home' (0, 0, 1): ")


def test_lab_has_the_documents_three_zones_and_a_home_beside_them() -> None:
    """The example profile can be copied as it is."""
    lab = read_robot_profile(SYSTEM / "robots" / "lab.md")
    spheres = [zone for zone in lab.zones.values() if isinstance(zone, Sphere)]
    assert [(each.center_m, each.radius_m) for each in spheres] == [
        ((0.0, 0.0, 1.0), 0.5), ((1.5, 1.5, 0.5), 0.3), ((-1.0, -1.0, 2.0), 0.4)
    ]  # fmt: skip
    assert [zone.kind for zone in spheres] == ["human", "keepout", "keepout"]
    assert lab.grants[1].max_speed_mps == 0.25


def test_shipped_arm_has_the_operator_station() -> None:
    """The default zone of the decisions, and everybody's grants."""
    arm = read_robot_profile(SYSTEM / "robots" / "arm.md")
    assert list(arm.zones) == ["operator station"]
    station = arm.zones["operator station"]
    assert isinstance(station, Sphere)
    assert (station.center_m, station.radius_m, station.kind) == ((1.0, -1.0, 1.0), 0.5, "human")
    assert [grant.to for grant in arm.grants] == ["person", "agent:*", "program:*"]


def test_grants_are_read_with_their_limits() -> None:
    """What is left out is the profile's own; without grants nobody may move the robot."""
    grants = profile(
        grants="grants:\n"
        "  - {to: person, verbs: [move_to, go_home]}\n"
        f"  - {{to: 'agent:operator', content: '{HASH}', verbs: toggle_tool, bounds: {{x_m: [0, 1]}},\n"
        "     max_speed_mps: 0.1, max_force_n: 5, max_rate_hz: 2}"
    ).grants
    assert grants == (
        Grant("person", ("move_to", "go_home")),
        Grant("agent:operator", ("toggle_tool",), HASH, Bounds(x_m=Range(0, 1)), 0.1, 5, 2),
    )
    assert profile().grants == ()


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ("verbs: [move_to]", "'grants.1.to' is missing"),
        ("to: person", "'grants.1.verbs' is missing"),
        ("to: agent, verbs: [move_to]",
         "'to' of grant 1 must be person, person:NAME, agent:NAME, agent:*, program:NAME or program:*, not 'agent'"),
        ("to: 'god:*', verbs: [move_to]",
         "'to' of grant 1 must be person, person:NAME, agent:NAME, agent:*, program:NAME or program:*, not 'god:*'"),
        ("to: person, verbs: [fly]",
         ("'verbs' of grant 1 has 'fly', which nobody can grant; "
         "known are: go_home, move_relative, move_to, toggle_tool")),
        ("to: person, verbs: [emergency_stop]",
         ("'verbs' of grant 1 has 'emergency_stop', which nobody can grant; "
         "known are: go_home, move_relative, move_to, toggle_tool")),
        ("to: person, content: any, verbs: [move_to]",
         "'content' of grant 1 is for agents and programs; a person has no document"),
        ("to: 'agent:*', verbs: [move_to]",
         "'content' of grant 1 is missing; name the sha256 hash of what agent:* may say, or any"),
        ("to: 'agent:*', content: 'sha256:1', verbs: [move_to]",
         "'content' of grant 1 must be any or sha256: and 64 hex digits, not 'sha256:1'"),
        ("to: person, verbs: [move_to], bounds: {x_m: [1, 0]}",
         "'bounds.x_m' of grant 1 runs from 1 to 0; the lower bound must come first"),
        ("to: person, verbs: [move_to], max_speed_mps: 0",
         "'grants.1.max_speed_mps' must be a number above 0 and at most 1000000, not 0"),
        ("to: person, verbs: [move_to], max_sped_mps: 1",
         "'grants.1.max_sped_mps' is no key that is read here; did you mean 'max_speed_mps'?"),
    ],
)  # fmt: skip
def test_grant_that_says_nothing_or_too_much_is_refused(keys: str, sentence: str) -> None:
    """To nobody, for no command, or for whatever a document may say."""
    assert refusal(grants=f"grants: [{{{keys}}}]") == sentence


@pytest.mark.parametrize("text", ["grants: all", "grants: {a: 1}", "grants: 5"])
def test_grants_are_a_list(text: str) -> None:
    """Anything else is said to be none."""
    assert "'grants' must be a list of groups of keys, not " in refusal(grants=text)


def test_real_robot_obeys_no_document_that_nobody_looked_at() -> None:
    """`content: any` is for simulations; one real driver in the list is enough to refuse it."""
    grants = "grants: [{to: 'agent:*', content: any, verbs: [move_to]}]"
    expected = (
        "'content' of grant 1 is any, but this robot is not simulated; "
        "name the sha256 hash of the document that you mean"
    )
    assert refusal("zones: {}", grants, driver="serial") == expected
    assert refusal("zones: {}", grants, driver="[kinematic, serial]") == expected
    assert profile("zones: {}", grants, driver="kinematic").driver == ("kinematic",)
    named = grants.replace("any", f"'{HASH}'")
    assert profile("zones: {}", named, driver="serial").grants[0].content == HASH


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("kind", "plane", "'kind' must be one of arm, rover, not 'plane'"),
        ("driver", "[]", "'driver' names no driver"),
        ("human", "{slow_m: 0.1, stop_m: 0.1}",
         "'human.slow_m' is 0.1, not above stop_m 0.1; slowing down must come first"),
        ("lease_s", "1.5", "'lease_s' is 1.5, above 1; a robot may not go on longer without being asked"),
        ("client_timeout_s", "2", "'client_timeout_s' is 2, above 1; a robot may not go on longer without being asked"),
        ("client_timeout_s", "0.001",
         "'client_timeout_s' is 0.001, not above control_period_s 0.008, so nothing could move"),
        ("valence", "{safety: 2, curiosity: 0.1, energy: 0.6, self_confidence: 0.5, boredom: -0.4}",
         "'valence.safety' must be a number from -1 to 1, not 2"),
        ("tool", "{radius_m: 0, length_m: 0.3, payload_radius_m: 0.1}",
         "'tool.radius_m' must be a number above 0 and at most 1000000, not 0"),
    ],
)  # fmt: skip
def test_other_new_keys_are_checked(key: str, value: str, sentence: str) -> None:
    """Kinds, drivers, separations, leases, moods and sizes."""
    assert refusal("zones: {}", **{key: value}) == sentence


def test_rover_has_verbs_of_its_own() -> None:
    """A rover has no gripper to grant."""
    grants = "grants: [{to: person, verbs: [toggle_tool]}]"
    assert "has 'toggle_tool', which nobody can grant" in refusal("zones: {}", grants, kind="rover")
