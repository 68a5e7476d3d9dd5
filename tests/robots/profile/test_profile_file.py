"""A profile's document, followed: told when it changed, when it became wrong, and when another one shadows it."""

from pathlib import Path

from llmos.documents.robot_profile import RobotProfile, read_robot_profile
from llmos.errors import DocumentError
from llmos.robots.profile.profile_file import ProfileFile
from tests.support.pages import ROOT

ARM = ROOT / "volumes" / "system" / "robots" / "arm.md"


def written(path: Path, *changes: tuple[str, str]) -> Path:
    """The shipped profile at this place, with these changes."""
    text = ARM.read_text("utf-8")
    for old, new in changes:
        text = text.replace(old, new)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def test_what_did_not_change_is_not_told(tmp_path: Path) -> None:
    """Asked at every tick, it says nothing again and again."""
    follow = ProfileFile(read_robot_profile(written(tmp_path / "arm.md")))
    assert [follow(), follow()] == [None, None]


def test_a_change_is_told_once(tmp_path: Path) -> None:
    """The new profile, and then nothing until the next change."""
    path = written(tmp_path / "arm.md")
    follow = ProfileFile(read_robot_profile(path))
    follow()
    written(path, ("max_tcp_speed_mps: 0.5", "max_tcp_speed_mps: 0.25"))
    told = follow()
    assert isinstance(told, RobotProfile)
    assert told.max_tcp_speed_mps == 0.25
    assert follow() is None


def test_a_document_that_became_wrong_is_told(tmp_path: Path) -> None:
    """Why it cannot be read, not silence."""
    path = written(tmp_path / "arm.md")
    follow = ProfileFile(read_robot_profile(path))
    follow()
    path.write_text("---\nname: arm\n---\n")
    assert isinstance(follow(), DocumentError)


def test_a_document_that_comes_to_shadow_it_counts_from_then_on(tmp_path: Path) -> None:
    """The strongest that is there: a person's own copy above the team's, both above the shipped one."""
    user, team = tmp_path / "user" / "arm.md", tmp_path / "team" / "arm.md"
    follow = ProfileFile(read_robot_profile(written(tmp_path / "arm.md")), [user, team])
    assert follow() is None
    for path, speed in ((team, 0.3), (user, 0.2)):
        written(path, ("max_tcp_speed_mps: 0.5", f"max_tcp_speed_mps: {speed}"))
        told = follow()
        assert isinstance(told, RobotProfile)
        assert told.max_tcp_speed_mps == speed
    user.unlink()
    assert isinstance(follow(), RobotProfile)
    assert follow() is None


def test_one_that_is_the_strongest_already_is_shadowed_by_none(tmp_path: Path) -> None:
    """A person's own profile is followed, and nothing else."""
    user, team = written(tmp_path / "user" / "arm.md"), written(tmp_path / "team" / "arm.md")
    follow = ProfileFile(read_robot_profile(user), [user, team])
    written(team, ("max_tcp_speed_mps: 0.5", "max_tcp_speed_mps: 0.3"))
    assert [follow(), follow()] == [None, None]


def test_the_teams_own_is_shadowed_by_the_persons_only(tmp_path: Path) -> None:
    """Whatever stands below it counts for nothing."""
    user, team, system = (tmp_path / name / "arm.md" for name in ("user", "team", "system"))
    follow = ProfileFile(read_robot_profile(written(team)), [user, team, system])
    written(system)
    assert follow() is None
    written(user)
    assert isinstance(follow(), RobotProfile)
