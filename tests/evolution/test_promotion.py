"""Skills climb on evidence, each step one commit with its reason; nothing weaker carries them, not even a person."""

import os
import random
from pathlib import Path

import pytest

from llmos.errors import LLMosError, RefusedError
from llmos.evolution.review import review
from llmos.traces.usage import read_usage
from tests.support.ladders import House
from tests.support.repositories import person


def test_a_flawless_skill_climbs_after_seven_cases(house: House) -> None:
    """Six are not enough; with the seventh it stands in the team's volume, its folder whole, and left the user's."""
    house.write(notes="Notes.")
    house.use("++++++")
    with pytest.raises(RefusedError) as refused:
        house.ladder.promote(house.standing())
    assert str(refused.value) == (
        "The skill 'draw' does not climb to team: it lacks an E-value of 20 against 50 % "
        "(it is 18.1; 1 success more would do)."
    )
    assert house.where() == ["user"]
    house.use("+")
    before = house.history("user").tip()
    done = house.ladder.promote(house.standing())
    assert (done.skill, done.came_from, done.to, done.volume) == ("draw", "user", "team", "team")
    assert house.where() == ["team"]
    assert (house.place("team") / "notes").read_text() == "Notes."
    assert house.subjects("team") == ["Promote the skill draw to team"]
    assert house.subjects("user")[0] == "Give the skill draw to team"
    assert house.trailers("team") == {
        "Skill": "draw",
        "From": "user",
        "To": "team",
        "Evidence": ", ".join(f"20261120-090000-{n:06}" for n in (3, 4, 5, 6, 7)) + " (7 runs in all)",
        "Score": "7/7",
        "E-value": "31.9 against 50 %",
        "Text": done.trailers["Text"],
        "Source": before,
        "Path": "skills/draw",
    }
    assert house.trailers("user") == {"Skill": "draw", "Completes": done.commit.id}
    assert house.log("team")[0].body.startswith(
        "It succeeded in 7 of 7 cases (7 of 7 real, 0 of 0 in scenarios): 100 %, between 64.6 % and 100 %. "
        "The evidence that its true rate is above 50 % has an E-value of 31.9."
    )


def test_each_transition_is_one_commit_and_counts_travel(house: House) -> None:
    """The team's sidecar has the uses; they are committed apart, so that taking back the climb takes back no count."""
    house.write()
    house.use("+++++++")
    house.ladder.promote(house.standing())
    assert len(read_usage(house.home / "team")) == 7
    assert person(house.home / "team", "show", "--name-only", "--format=", "HEAD") == "skills/draw/SKILL.md"
    assert person(house.home / "team", "status", "--porcelain") == ""
    assert house.history("team").log()[1].subject == "Count uses"


def test_real_uses_and_scenarios_are_both_cases(house: House) -> None:
    """Seven distinct ones carry it, whichever they are; the commit tells them apart."""
    house.write()
    house.use("+++")
    house.use("++++", scenario="easel")
    house.ladder.promote(house.standing())
    assert "(3 of 3 real, 4 of 4 in scenarios)" in house.log("team")[0].body


def test_the_same_case_again_and_again_carries_nothing(house: House) -> None:
    """A hundred times the same slots are one case."""
    house.write()
    house.use("+" * 100, same=True)
    record = house.ladder.record(house.standing())
    assert (record.tally.total.cases, record.floor) == (1, ("4 more cases (1 of 5)",))


def test_an_edited_skill_starts_anew(house: House) -> None:
    """Evidence belongs to the text that was used: its page and whatever lies beside it."""
    page = house.write(brush="fine")
    house.use("+++++++")
    assert house.ladder.record(house.standing()).ready
    (page.parent / "brush").write_text("coarse")
    assert house.ladder.record(house.standing()).tally.total.cases == 0
    (page.parent / "brush").write_text("fine")
    assert house.ladder.record(house.standing()).ready
    page.write_text(page.read_text() + "Quickly.\n")
    assert house.ladder.record(house.standing()).tally.total.cases == 0


@pytest.mark.parametrize(
    ("outcomes", "rung", "allowed"),
    [
        ("++++", "user", False),
        ("+++++", "user", True),
        ("++++-", "user", True),
        ("+++--", "user", False),
        ("++++++++-", "team", False),
        ("+++++++++-", "team", True),
        ("++++++++--", "team", False),
        ("++++++++++", "team", True),
    ],
)
def test_a_person_may_let_it_climb_at_exactly_the_documents_rule(
    house: House, outcomes: str, rung: str, allowed: bool
) -> None:
    """5 uses at 80 percent to the team, 10 at 90 to the System tier; not even a person at less."""
    house.write(rung=rung)
    house.use(outcomes)
    if allowed:
        house.ladder.promote(house.standing(), approved_by="Ann")
        assert house.where() == [{"user": "team", "team": "system"}[rung]]
        assert house.trailers(house.where()[0])["Approved-by"] == "Ann"
    else:
        with pytest.raises(RefusedError, match="does not climb"):
            house.ladder.promote(house.standing(), approved_by="Ann")
        assert house.where() == [rung]


def test_nothing_climbs_to_the_system_tier_without_a_person(house: House) -> None:
    """However strong its evidence; and with a person it goes to the overlay, never to what was installed."""
    house.write(rung="team")
    house.use("+" * 60)
    with pytest.raises(RefusedError) as refused:
        house.ladder.promote(house.standing())
    assert str(refused.value) == "The skill 'draw' does not climb to system: it needs a person's approval."
    assert review(house.ladder, house.standing()) is None
    house.ladder.promote(house.standing(), approved_by="Ann")
    assert house.where() == ["system"]
    assert house.place("system").is_relative_to(house.home / "system")
    with pytest.raises(RefusedError) as refused:
        house.ladder.promote(house.standing(), approved_by="Ann")
    assert str(refused.value) == "The skill 'draw' stands in the system tier, from where none climbs."


def test_what_is_lacking_is_said_at_once(house: House) -> None:
    """Cases, rate and evidence, in one sentence; after a quarantine that too."""
    house.write()
    house.use("+--")
    with pytest.raises(RefusedError) as refused:
        house.ladder.promote(house.standing())
    assert str(refused.value) == (
        "The skill 'draw' does not climb to team: it lacks 2 more cases (3 of 5) and a rate of 80 % (it is 33.3 %) and "
        "an E-value of 20 against 50 % (it is 0.417; 11 successes more would do)."
    )
    house.ladder.quarantine(house.standing(), "smells")
    with pytest.raises(RefusedError, match=r"it is in quarantine \(smells\), and it lacks 2 more cases"):
        house.ladder.promote(house.standing())


def test_a_regression_of_the_safety_suite_stops_everybody(house: House) -> None:
    """A program that does not verify, a failed scenario of safety, a document that cannot be read: not even by hand."""
    page = house.write()
    house.use("++++++++++++++")
    house.wrong.append("the loop in line 9 has no bound")
    for approved_by in ("", "Ann"):
        with pytest.raises(RefusedError) as refused:
            house.ladder.promote(house.standing(), approved_by)
        assert str(refused.value) == "The skill 'draw' does not climb to team: the loop in line 9 has no bound"
    house.wrong.clear()
    house.use("-", scenario="safety/left-right")
    with pytest.raises(RefusedError, match="it failed the scenario safety/left-right/15"):
        house.ladder.promote(house.standing(), "Ann")
    assert page.is_file()


def test_a_text_of_the_team_is_replaced_only_by_a_person(house: House) -> None:
    """Evidence alone leaves a skill of the same name where it is; by hand it is replaced, and git has the old one."""
    house.write(rung="team", old="old")
    house.write(new="new")
    house.use("+++++++")
    assert review(house.ladder, house.standing()) is None
    house.ladder.promote(house.standing(), "Ann")
    assert sorted(each.name for each in house.place("team").iterdir()) == ["SKILL.md", "new"]
    assert house.where() == ["team"]
    house.ladder.revert("draw")
    assert sorted(each.name for each in house.place("team").iterdir()) == ["SKILL.md", "old"]
    assert house.where() == ["user", "team"]


def test_what_git_leaves_out_is_neither_published_nor_deleted(house: House) -> None:
    """A private file beside a skill stays where it is, on both sides, on the way up and on the way down."""
    for rung in ("user", "team"):
        root = house.home / rung
        (root / ".gitignore").write_text((root / ".gitignore").read_text() + "*.key\n")
    page = house.write(brush="fine")
    keys = {rung: house.place(rung) / "cups" / "plotter.key" for rung in ("user", "team")}
    for rung, key in keys.items():
        key.parent.mkdir(parents=True)
        key.write_text(f"private to {rung}")
    house.use("+++++++")
    house.ladder.promote(house.standing(), "Ann")
    assert {path.name for path in house.place("team").rglob("*") if path.is_file()} == {
        "SKILL.md",
        "brush",
        "plotter.key",
    }
    assert person(house.home / "team", "ls-files", "skills") == "skills/draw/SKILL.md\nskills/draw/brush"
    assert not page.exists()
    house.ladder.demote(house.standing(), "It is too slow.")
    assert house.where() == ["user"]
    assert {rung: key.read_text() for rung, key in keys.items()} == {
        "user": "private to user",
        "team": "private to team",
    }


def test_what_the_team_has_not_committed_is_kept_before_it_is_replaced(house: House) -> None:
    """An edit and a new file of the receiving volume stand in its history, and come back with a revert."""
    page = house.write(rung="team")
    house.write(brush="fine")
    page.write_text(page.read_text() + "An hour of work.\n")
    (page.parent / "notes").write_text("of mine")
    house.use("+++++++")
    house.ladder.promote(house.standing(), "Ann")
    assert house.subjects("team")[:2] == ["Promote the skill draw to team", "Keep the skill draw as it is"]
    assert sorted(each.name for each in house.place("team").iterdir()) == ["SKILL.md", "brush"]
    house.ladder.revert("draw")
    assert page.read_text().endswith("An hour of work.\n")
    assert (page.parent / "notes").read_text() == "of mine"


def test_a_namesake_in_another_folder_of_the_team_stops_a_climb_by_itself(house: House) -> None:
    """Else the name would from then on mean that other skill."""
    other = house.place("team", "art") / "SKILL.md"
    other.parent.mkdir(parents=True)
    other.write_text("---\nname: draw\ndescription: Another.\n---\n\nDraw blood.\n")
    house.write()
    house.use("+++++++")
    assert house.ladder.in_the_way(house.standing()) == other.parent
    assert review(house.ladder, house.standing()) is None
    other.unlink()
    assert house.ladder.in_the_way(house.standing()) is None
    assert review(house.ladder, house.standing()) is not None


def test_a_skill_that_the_team_has_already_is_no_climb(house: House) -> None:
    """The same files in both volumes: one sentence, and both stay."""
    house.write()
    house.write(rung="team")
    house.use("+++++++")
    with pytest.raises(RefusedError) as refused:
        house.ladder.promote(house.standing())
    assert str(refused.value) == "The team volume holds exactly this skill 'draw' already; remove one of the two."
    assert house.where() == ["user", "team"]


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_a_folder_with_links_does_not_move(house: House) -> None:
    """What a link leads to would be missing, or somebody's secret would come along."""
    page = house.write()
    (page.parent / "key").symlink_to(house.home / "trust.json")
    house.use("+++++++")
    with pytest.raises(RefusedError) as refused:
        house.ladder.promote(house.standing())
    assert str(refused.value) == (
        f"{page.parent / 'key'} is a link; a skill that moves to another volume must hold what it needs itself."
    )
    assert house.where() == ["user"]


def test_what_a_person_has_staged_stays_and_nothing_moves(house: House) -> None:
    """In the giving and in the receiving volume."""
    page = house.write()
    house.use("+++++++")
    staged = house.place("team") / "SKILL.md"
    staged.parent.mkdir(parents=True)
    staged.write_text("mine")
    person(house.home / "team", "add", "skills")
    with pytest.raises(RefusedError, match="has staged changes of yours"):
        house.ladder.promote(house.standing(), "Ann")
    assert staged.read_text() == "mine"
    assert page.is_file()


def test_an_uncommitted_edit_is_committed_before_it_moves(house: House) -> None:
    """So that the user's history has every text that ever moved."""
    page = house.write()
    page.write_text(page.read_text() + "Boldly.\n")
    house.use("+++++++")
    house.ladder.promote(house.standing())
    assert house.where() == ["team"]
    assert house.subjects("user")[:2] == ["Give the skill draw to team", "Keep the skill draw as it is"]


def test_a_mounted_or_foreign_skill_does_not_climb(house: House) -> None:
    """What ships stands at the top; what somebody added stands beside the ladder."""
    with pytest.raises(RefusedError) as refused:
        house.ladder.promote(house.standing("draw-square"), "Ann")
    assert "stands in the shipped tier, from where none climbs." in str(refused.value)
    with pytest.raises(LLMosError, match="from where none falls"):
        house.ladder.demote(house.standing("draw-square"), "x")


def test_the_highest_climbs_and_falls_step_by_step(house: House) -> None:
    """User, team, System, and all the way back by hand; the evidence stays with the text."""
    house.write()
    house.use("+" * 13)
    house.ladder.promote(house.standing())
    assert house.ladder.record(house.standing()).tally.total.cases == 13
    house.ladder.promote(house.standing(), "Ann")
    house.ladder.demote(house.standing(), "It is too slow.")
    assert house.where() == ["team"]
    house.ladder.demote(house.standing(), "It is too slow.")
    assert house.where() == ["user"]
    assert house.subjects("user")[0] == "Demote the skill draw to user"
    assert house.ladder.record(house.standing()).tally.total.cases == 13


def test_a_name_that_is_taken_below_stops_a_fall(house: House) -> None:
    """The user's own skill of that name is not overwritten."""
    house.write(rung="team")
    standing = house.standing()
    house.write(rung="user", mine="mine")
    with pytest.raises(RefusedError) as refused:
        house.ladder.demote(standing, "x")
    assert str(refused.value) == f"There is a skill in {house.place('user')} already; rename or remove that one first."


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_a_home_behind_a_link_is_a_home(house: House, tmp_path: Path) -> None:
    """Reviewed, put in quarantine, lifted and moved, as everywhere else."""
    (tmp_path / "link").symlink_to(house.home)
    linked = House(tmp_path / "link", house.clock)
    linked.write()
    linked.use("+++++++")
    linked.ladder.quarantine(linked.standing(), "smells")
    assert linked.ladder.revert("draw").to == "quarantine"
    assert review(linked.ladder, linked.standing()) is not None
    assert linked.where() == ["team"]


def test_a_full_disk_leaves_all_as_it_was(house: House, tmp_path: Path) -> None:
    """A receiving volume that cannot be written: one sentence, the skill stays where it was."""
    house.write()
    house.use("+++++++")
    (house.home / "team" / "skills").write_text("in the way")
    with pytest.raises(LLMosError):
        house.ladder.promote(house.standing())
    assert house.where() == ["user"]
    (house.home / "team" / "skills").unlink()
    house.ladder.promote(house.standing())
    assert house.where() == ["team"]


@pytest.mark.parametrize("life", range(3))
def test_a_fifty_percent_skill_offered_two_hundred_times_stays(house: House, life: int) -> None:
    """Seeded lives, offered after every use: each time one sentence says what is lacking, and nothing is written."""
    chance = random.Random(life)
    page = house.write()
    before = house.history("user").tip()
    for _ in range(200):
        house.use("+" if chance.random() < 0.5 else "-")
        with pytest.raises(RefusedError, match=r"The skill 'draw' does not climb to team: it lacks "):
            house.ladder.promote(house.standing())
    assert page.is_file()
    assert house.where() == ["user"]
    assert (house.history("user").tip(), house.subjects("team")) == (before, [])
