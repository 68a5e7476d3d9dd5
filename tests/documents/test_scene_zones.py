"""A scene adds zones to a robot's limits and takes none away."""

from pathlib import Path

import pytest

from llmos.documents.frontmatter import parse
from llmos.documents.scene import Scene, scene_from
from llmos.documents.scene_zones import profile_in
from llmos.errors import DocumentError
from tests.support.robots import arm_profile, shipped_scene


def scene(zones: str) -> Scene:
    """An empty scene with these zones."""
    head = "---\nname: test\ndescription: A test.\ncube_edge_m: 0.1\nplace_reach_m: 0.1\nobjects: {}\nplaces: {}\n"
    return scene_from(parse(f"{head}zones: {zones}\n---\n", Path("test.md")))


def test_zones_of_a_scene_are_added_to_the_robots_own() -> None:
    """The demo hangs a sphere across the straight way, and the robot keeps its own zones."""
    profile, where = arm_profile(), shipped_scene("pick-and-place")
    assert profile_in(where, profile).zones == {**profile.zones, **where.zones}
    assert {"glass globe", "operator station"} <= set(profile_in(where, profile).zones)


def test_scene_without_zones_leaves_the_profile_alone() -> None:
    """Nothing added is nothing changed."""
    profile = arm_profile()
    assert profile_in(shipped_scene("empty"), profile) is profile


@pytest.mark.parametrize(
    ("zones", "sentence"),
    [
        ("{operator station: {shape: box, min_m: [1, 1, 0], max_m: [2, 2, 1]}}",
         "test.md:8: 'zones.operator station' is also a zone of the robot 'arm', which it keeps; rename it"),
        ("{lamp: {shape: sphere, center_m: [0, 0.2, 1], radius_m: 0.2}}",
         "test.md:8: 'zones.lamp' covers home (0, 0, 1) of the robot 'arm'; move the zone, or choose another robot"),
        ("{lamp: {shape: box, min_m: [1, 1, 0], max_m: [0, 2, 1]}}",
         "test.md:8: 'zones.lamp.min_m' has x 1, not below the x 0 of max_m"),
    ],
)  # fmt: skip
def test_zone_that_cannot_be_added_is_refused_with_its_place(zones: str, sentence: str) -> None:
    """Each mistake is one sentence that names file, line and zone."""
    with pytest.raises(DocumentError) as caught:
        profile_in(scene(zones), arm_profile())
    assert str(caught.value) == sentence
