"""Two volumes, one story: a `git revert` by hand is honoured, a crash between commits heals, all else stays."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from llmos.evolution.review import review
from llmos.volumes.history import History
from llmos.volumes.remotes import Remote, clone
from tests.support.ladders import House
from tests.support.repositories import person

CRASH = """
import os, signal, sys
from pathlib import Path
from llmos.volumes.history import History
from tests.support.ladders import House

house, at = House(Path(sys.argv[1])), int(sys.argv[2])
house.clock.advance(100_000)
real, made = History.commit, 0

def commit(self, *arguments):
    global made
    made += 1
    if made == at:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(self, *arguments)

History.commit = commit
house.ladder.promote(house.standing())
"""

TWICE = """
import sys
from pathlib import Path
from llmos.evolution.standing import Standing
from tests.support.ladders import House

house = House(Path(sys.argv[1]))
house.clock.advance(100_000)
house.ladder.promote(Standing("draw", "user", house.place("user") / "SKILL.md"))
"""


def climbed(house: House) -> House:
    """A house whose skill `draw` has climbed to the team."""
    house.write()
    house.use("+++++++")
    house.ladder.promote(house.standing())
    assert house.where() == ["team"]
    return house


def by_hand(house: House, rung: str, commit: str = "HEAD") -> None:
    """A person's own `git revert` in a rung's volume, a minute later."""
    person(house.history(rung).root, "revert", "--no-edit", commit)


def test_a_revert_by_hand_brings_the_skill_back(house: House) -> None:
    """In the team's volume only: the user's copy comes back by itself, with its evidence, and does not climb again."""
    climbed(house)
    by_hand(house, "team")
    assert house.where() == []
    assert house.ladder.settle() == ("The skill 'draw' is back in the user volume.",)
    assert house.where() == ["user"]
    assert house.subjects("user")[0] == "Revert: Give the skill draw to team"
    assert house.ladder.record(house.standing()).tally.total.cases == 7
    assert review(house.ladder, house.standing()) is None
    assert house.ladder.settle() == ()


def test_a_revert_of_a_revert_by_hand_counts_again(house: House) -> None:
    """Back to the team's volume, out of the user's; and once more."""
    climbed(house)
    for rung, sentence in (
        ("user", "The skill 'draw' is back in the user volume."),
        ("team", "The skill 'draw' has left the user volume for the team volume."),
        ("user", "The skill 'draw' is back in the user volume."),
    ):
        by_hand(house, "team")
        assert house.ladder.settle() == (sentence,)
        assert house.where() == [rung]
        assert house.ladder.settle() == ()


def test_skill_revert_takes_back_one_step_at_a_time(house: House) -> None:
    """Quarantine, System, Team: each call undoes the last that counts, as a commit; then there is none left."""
    house.write()
    house.use("+" * 14)
    house.ladder.promote(house.standing())
    house.ladder.promote(house.standing(), "Ann")
    house.ladder.quarantine(house.standing(), "smells")
    assert house.ladder.revert("draw").to == "quarantine"
    assert house.where() == ["system"]
    assert house.ladder.revert("draw").to == "system"
    assert house.where() == ["team"]
    assert house.ladder.revert("draw").to == "team"
    assert house.where() == ["user"]
    assert house.ladder.record(house.standing()).tally.total.cases == 14
    for rung in ("user", "team", "system"):
        assert person(house.history(rung).root, "status", "--porcelain", "--", "skills") == ""


def test_a_demotion_by_hand_undone_is_undone_in_both(house: House) -> None:
    """The user's volume received it; a revert there brings it back to the team."""
    climbed(house)
    house.ladder.demote(house.standing(), "It is too slow.")
    assert house.where() == ["user"]
    by_hand(house, "user")
    house.ladder.settle()
    assert house.where() == ["team"]


@pytest.mark.skipif(os.name == "nt", reason="a process is killed by a signal there is none of")
@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_a_crash_between_commits_heals(house: House, at: int) -> None:
    """A real process killed before each of its commits: in the end the skill stands in one place, once promoted."""
    house.write()
    house.use("+++++++")
    folder = Path(__file__).parents[2]
    command = [sys.executable, "-c", CRASH, str(house.home), str(at)]
    done = subprocess.run(command, cwd=folder, env={**os.environ, "PYTHONPATH": str(folder)}, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    house.clock.advance(200_000)
    assert (house.place("user") / "SKILL.md").is_file() or (house.place("team") / "SKILL.md").is_file()
    house.ladder.settle()
    if house.where() != ["team"]:
        house.ladder.promote(house.standing())
    assert house.where() == ["team"]
    assert house.subjects("team").count("Promote the skill draw to team") == 1
    assert house.ladder.record(house.standing()).tally.total.cases == 7
    for rung in ("user", "team"):
        assert person(house.history(rung).root, "status", "--porcelain", "--", "skills") == ""


def test_an_edit_since_the_climb_is_nobodys_to_remove(house: House) -> None:
    """Between the two commits the user wrote on: that copy stays, and shadows the team's."""
    house.write()
    house.use("+++++++")
    page = house.place("user") / "SKILL.md"
    text = page.read_text()
    house.ladder.promote(house.standing())
    person(house.history("user").root, "revert", "--no-edit", "HEAD")
    page.write_text(text + "Mine.\n")
    house.history("user").commit([page], "Write on")
    assert house.ladder.settle() == ()
    assert house.where() == ["user", "team"]


def test_uncommitted_edits_are_nobodys_to_remove(house: House) -> None:
    """Neither are those that no commit holds yet."""
    climbed(house)
    by_hand(house, "user")
    (house.place("user") / "SKILL.md").write_text("Mine.")
    assert house.ladder.settle() == ()
    assert house.where() == ["user", "team"]


def test_what_comes_back_leaves_a_new_skill_of_that_name_alone(house: House) -> None:
    """The team takes the climb back, and meanwhile the user has written another `draw`, committed or not."""
    climbed(house)
    page = house.write(new="new")
    by_hand(house, "team")
    assert house.ladder.settle() == ()
    assert (page.parent / "new").is_file()
    house.ladder.quarantine(house.standing(), "smells")


def test_one_skill_that_cannot_be_settled_stops_no_other(house: House) -> None:
    """It is told in a sentence, the others go on, and the next call tries again."""
    climbed(house)
    house.write("paint")
    house.use("+++++++", "paint")
    house.ladder.promote(house.standing("paint"))
    by_hand(house, "team", "HEAD~2")
    by_hand(house, "team", "HEAD~1")
    in_the_way = house.place("user")
    in_the_way.parent.mkdir(exist_ok=True)
    in_the_way.write_text("a file where the folder would be")
    told = house.ladder.settle()
    assert house.where("paint") == ["user"]
    assert "The skill 'paint' is back in the user volume." in told
    assert any(each.startswith("The skill 'draw' is still in two volumes, or in none: git could") for each in told)
    in_the_way.unlink()
    assert house.ladder.settle() == ("The skill 'draw' is back in the user volume.",)
    assert house.where() == ["user"]


def test_a_skill_that_the_team_deletes_stays_deleted(house: House) -> None:
    """Only what takes the climb back brings it back to the user."""
    climbed(house)
    person(house.history("team").root, "rm", "-r", "--quiet", "skills/draw")
    person(house.history("team").root, "commit", "--quiet", "--message", "We do not draw any more")
    assert house.ladder.settle() == ()
    assert house.where() == []


def test_a_climb_in_another_clone_touches_no_copy_here(house: House, tmp_path: Path) -> None:
    """A colleague who has a skill of the same name and text keeps it: what they wrote was not what climbed."""
    person(tmp_path, "clone", "--quiet", "--bare", str(house.home / "team"), "origin")
    colleague = History(tmp_path / "other" / "team", house.clock)
    clone(str(tmp_path / "origin"), colleague)
    climbed(house)
    person(house.home / "team", "remote", "add", "origin", str(tmp_path / "origin"))
    Remote(house.history("team")).push()
    theirs = House(tmp_path / "other", house.clock)
    theirs.history("user").init()
    theirs.write()
    commit = Remote(colleague).fetch()
    assert commit is not None
    assert Remote(colleague).merge(commit)
    assert theirs.ladder.settle() == ()
    assert theirs.where() == ["user", "team"]
    assert theirs.ladder.record(theirs.standing()).tally.total.cases == 7


def test_a_trailer_that_points_elsewhere_moves_nothing(house: House) -> None:
    """A commit of a colleague that names a path outside the skills, or a commit that is none."""
    page = house.write()
    other = house.place("team") / "SKILL.md"
    other.parent.mkdir(parents=True)
    other.write_bytes(page.read_bytes())
    for path in ("../user/skills/draw", "skills/../agents", "skills", ".git"):
        trailers = {"Skill": "draw", "From": "user", "To": "team", "Source": "f" * 40, "Path": path}
        other.write_text(other.read_text() + "x\n")
        house.history("team").commit([other.parent], "Promote", trailers)
        assert house.ladder.settle() == ()
    trailers = {"Skill": "draw", "From": "user", "To": "team", "Source": "--all", "Path": "skills/draw"}
    other.write_bytes(page.read_bytes())
    house.history("team").commit([other.parent], "Promote", trailers)
    assert house.ladder.settle() == ()
    assert house.where() == ["user", "team"]


def test_two_processes_move_a_skill_once(house: House) -> None:
    """Both find it ready and promote it at the same moment: one does, the other says that it is not there any more."""
    house.write()
    house.use("+++++++")
    folder = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    command = [sys.executable, "-c", TWICE, str(house.home)]
    both = [subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [each.communicate(timeout=60)[1] for each in both]
    assert sorted(each.returncode for each in both) == [0, 1]
    assert any(f"The skill 'draw' is not in {house.place('user')} any more; look again." in each for each in said)
    assert house.where() == ["team"]
    assert house.subjects("team") == ["Promote the skill draw to team"]
