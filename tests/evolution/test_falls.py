"""Skills fall and are put aside on evidence, by themselves; and what a person takes back is not done again at once."""

import pytest

from llmos.documents.skill import read_skill
from llmos.errors import LLMosError, RefusedError
from llmos.evolution.review import review
from llmos.settings import system_root
from llmos.volumes.mounting import mount
from llmos.volumes.registry import Registry
from llmos.volumes.skill_hash import skill_hash
from llmos.volumes.trust import TrustStore
from tests.support.ladders import House


def look(house: House, **tools: str) -> str:
    """What a review did: where the skill went, or nothing."""
    done = review(house.ladder, house.standing(), tools)
    return "" if done is None else done.to


def test_a_good_skill_climbs_by_itself(house: House) -> None:
    """With the review after its seventh use, and not before."""
    house.write()
    for _ in range(6):
        house.use("+")
        assert look(house) == ""
    house.use("+")
    assert look(house) == "team"
    assert look(house) == ""
    assert house.where() == ["team"]


def test_a_regression_keeps_a_skill_from_climbing_by_itself(house: House) -> None:
    """No error: it just stays."""
    house.write()
    house.use("+++++++")
    house.wrong.append("Its program calls Bash.")
    assert look(house) == ""


def test_a_climb_that_was_taken_back_is_not_done_again(house: House) -> None:
    """The same text on the same evidence stays down until a person promotes it; another text may climb."""
    page = house.write()
    house.use("+++++++")
    assert look(house) == "team"
    house.ladder.revert("draw")
    assert house.where() == ["user"]
    house.use("+++")
    assert look(house) == ""
    page.write_text(page.read_text() + "Well.\n")
    house.use("+++++++")
    assert look(house) == "team"


def test_a_skill_whose_rate_falls_falls(house: House) -> None:
    """Five hundred successes do not keep it up when it fails half of the time; the commit says why."""
    house.write(rung="team")
    house.use("+" * 500)
    for number in range(1, 120):
        house.use("-" if number % 2 else "+")
        if look(house):
            break
    assert 20 < number < 70
    assert house.where() == ["user"]
    newest = house.log("user")[0]
    assert newest.subject == "Demote the skill draw to user"
    assert newest.body.startswith(
        f"Since it got there it succeeded in {500 + number // 2} of {500 + number} uses; the evidence that its rate "
        "is, or fell, below 80 % has an E-value of "
    )
    assert house.subjects("team")[0] == "Give the skill draw to user"


def test_a_skill_that_fell_does_not_climb_back_by_itself(house: House) -> None:
    """Its old successes count no more for that; a person may promote it."""
    house.write(rung="team")
    house.use("+" * 60 + "-+-+-+" * 12)
    assert look(house) == "user"
    house.use("+" * 60)
    assert look(house) == ""
    house.ladder.promote(house.standing(), "Ann")
    assert house.where() == ["team"]


@pytest.mark.parametrize("outcomes", ["+" * 9 + "-", "++-" * 3 + "+" * 30, "++++-" * 30])
def test_a_skill_at_its_bar_stays(house: House, outcomes: str) -> None:
    """A failure here and there is no fall."""
    house.write(rung="team")
    house.use(outcomes)
    assert look(house) == ""


def test_three_failures_in_a_row_put_a_skill_aside(house: House) -> None:
    """Nobody is offered it, the file says why, and its evidence is still its own."""
    page = house.write()
    house.use("+++")
    before = skill_hash(page)
    house.use("--")
    assert look(house) == ""
    house.use("-")
    assert look(house) == "quarantine"
    found = read_skill(page)
    assert (found.quarantine, found.offered) == ("3 failures in a row", False)
    assert house.subjects("user")[0] == "Quarantine the skill draw"
    assert house.trailers("user")["To"] == "quarantine"
    assert house.trailers("user")["Score"] == "3/6"
    assert skill_hash(page) == before
    assert house.ladder.record(house.standing()).tally.total.cases == 6
    assert look(house) == ""


def test_a_lifted_quarantine_needs_new_failures(house: House) -> None:
    """After a revert the old failures are settled: three new ones in a row put it aside again."""
    page = house.write()
    house.use("---")
    assert look(house) == "quarantine"
    before = page.read_bytes()
    house.ladder.revert("draw")
    assert page.read_bytes() != before
    assert not read_skill(page).quarantine
    assert look(house) == ""
    house.use("--")
    assert look(house) == ""
    house.use("-")
    assert look(house) == "quarantine"


def test_a_changed_tool_puts_a_skill_aside(house: House) -> None:
    """It worked with another one; lifted by a person, the new one is what counts from its next success on."""
    page = house.write()
    house.use("++", move_to="v1", Read="r1")
    assert look(house, move_to="v1", Read="r1", Write="w9") == ""
    assert look(house, move_to="v2", Read="r1") == "quarantine"
    assert read_skill(page).quarantine == "move_to is no longer what it worked with"
    assert house.trailers("user")["Tools"] == "move_to=v2"
    house.ladder.revert("draw")
    assert look(house, move_to="v2", Read="r1") == ""
    house.use("+", move_to="v2", Read="r1")
    assert look(house, move_to="v2", Read="r1") == ""
    assert look(house, move_to="v3", Read="r2") == "quarantine"
    assert read_skill(page).quarantine == "move_to and Read are no longer what it worked with"


def test_a_tool_that_is_not_there_is_not_a_changed_one(house: House) -> None:
    """A run without a robot has no tools of a robot."""
    house.write()
    house.use("++", move_to="v1")
    assert look(house, Read="r1") == ""


def test_a_tool_that_changed_right_after_a_climb_is_seen(house: House) -> None:
    """The climb settles no change of tools."""
    house.write()
    house.use("+++++++", move_to="v1")
    assert look(house, move_to="v1") == "team"
    assert look(house, move_to="v2") == "quarantine"


def test_a_quarantine_long_ago_hides_no_changed_tool(house: House) -> None:
    """It was lifted, the skill worked and climbed since: what it worked with then is what counts."""
    house.write()
    house.ladder.quarantine(house.standing(), "smells")
    house.ladder.revert("draw")
    house.use("+++++++", move_to="v1")
    assert look(house, move_to="v1") == "team"
    assert look(house, move_to="v2") == "quarantine"


def test_what_ships_is_put_aside_by_a_copy_that_shadows_it(house: House) -> None:
    """Nothing is written to what was installed; the revert takes the copy away."""
    shipped = house.standing("draw-square")
    before = shipped.page.read_bytes()
    done = house.ladder.quarantine(shipped, "draws\nround")
    assert (done.came_from, done.to, done.volume) == ("shipped", "quarantine", "system")
    found = house.standing("draw-square")
    assert found.tier == "system"
    assert read_skill(found.page).quarantine == "draws round"
    assert not Registry(mount(house.home, system_root(), TrustStore(house.home))).skill("draw-square").offered
    assert shipped.page.read_bytes() == before
    house.ladder.revert("draw-square")
    assert house.standing("draw-square") == shipped


def test_a_lifted_quarantine_takes_no_edit_along(house: House) -> None:
    """What a person had written and not committed is committed before, and is still there afterwards."""
    page = house.write()
    page.write_text(page.read_text() + "Boldly.\n")
    before = page.read_bytes()
    house.ladder.quarantine(house.standing(), "smells")
    house.ladder.revert("draw")
    assert page.read_bytes() == before


def test_quarantine_is_said_once(house: House) -> None:
    """A second one is refused with the reason of the first."""
    house.write()
    house.ladder.quarantine(house.standing(), "smells")
    with pytest.raises(RefusedError) as refused:
        house.ladder.quarantine(house.standing(), "again")
    assert str(refused.value) == "The skill 'draw' is in quarantine already: smells."


def test_a_person_lifts_a_quarantine_with_an_editor_too(house: House) -> None:
    """Taking out the key and committing is as good as a revert."""
    page = house.write()
    before = page.read_bytes()
    house.use("---")
    assert look(house) == "quarantine"
    page.write_bytes(before)
    house.history("user").commit([page], "It was the weather")
    assert look(house) == ""
    house.use("-")
    assert look(house) == ""


def test_there_is_nothing_to_take_back(house: House) -> None:
    """A skill that a person wrote never moved."""
    house.write()
    with pytest.raises(LLMosError) as refused:
        house.ladder.revert("draw")
    assert str(refused.value) == "No commit moved the skill 'draw', or each was taken back already."
