"""A profile or scene is the same on the other side of the wire, with whatever counts beyond its document."""

from dataclasses import replace
from pathlib import Path

import pytest

from llmos.documents.robot_profile import RobotProfile, read_robot_profile
from llmos.documents.scene import Point, Scene, read_scene
from llmos.documents.zone import Sphere
from llmos.robots.host.wire import Limits, framed, read_reply
from llmos.robots.papers import from_papers, papers
from tests.support.robots import SYSTEM, arm_profile


def travelled(of: RobotProfile | Scene) -> RobotProfile | Scene:
    """What arrives, as a document of the same lines and keys."""
    reply = read_reply(framed(Limits(papers(of)))[4:])
    assert isinstance(reply, Limits)
    return replace(from_papers(type(of), reply.profile), document=of.document)


@pytest.mark.parametrize("path", sorted((SYSTEM / "robots").glob("*.md")), ids=lambda path: path.stem)
def test_every_shipped_profile_arrives_whole(path: Path) -> None:
    """Every limit, zone and grant."""
    profile = read_robot_profile(path)
    assert travelled(profile) == profile


@pytest.mark.parametrize("path", sorted((SYSTEM / "scenes").glob("*.md")), ids=lambda path: path.stem)
def test_every_shipped_scene_arrives_whole(path: Path) -> None:
    """Every object, place and check."""
    scene = read_scene(path)
    assert travelled(scene) == scene


def test_zones_that_no_document_holds_travel_too() -> None:
    """What counts is sent, not what stands in the file."""
    arm = arm_profile()
    more = replace(arm, zones={**arm.zones, "pillar": Sphere(Point(0.0, 1.0, 1.0), 0.2)})
    assert travelled(more) == more


def test_where_a_profile_came_from_travels_too() -> None:
    """Its path and hash, by which a person rearms."""
    sent = from_papers(RobotProfile, papers(arm_profile()))
    assert (sent.document.path, sent.document.content_hash) == (
        arm_profile().document.path,
        arm_profile().document.content_hash,
    )
