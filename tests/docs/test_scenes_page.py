"""What the page on robots says of scenes is what scenes are."""

from dataclasses import fields

from llmos.documents.scene import Scene
from llmos.documents.scene_check import SceneCheck
from tests.support.pages import code, table
from tests.support.robots import SYSTEM, shipped_scene

PAGE = "docs/robots.md"


def test_every_key_of_a_scene_is_listed() -> None:
    """All but its name, its description and the file itself."""
    told = {key for row in table(PAGE, "key", "meaning") for key in code(row[0])}
    assert told == {each.name for each in fields(Scene)} - {"name", "description", "document"}


def test_every_part_of_a_check_is_listed() -> None:
    """In the order in which they are looked at."""
    told = [code(row[0])[0] for row in table(PAGE, "part of `check`", "holds when")]
    assert told == [each.name for each in fields(SceneCheck)]


def test_every_scene_with_a_goal_is_listed_with_it() -> None:
    """Word for word."""
    scenes = (shipped_scene(path.stem) for path in sorted((SYSTEM / "scenes").glob("*.md")))
    told = {code(row[0])[0]: row[1] for row in table(PAGE, "scene", "its goal")}
    assert told == {scene.name: scene.goal for scene in scenes if scene.goal}
