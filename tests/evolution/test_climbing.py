"""The step of `llmos evolve` for tiers: it foretells without changing anything, and does what it foretold."""

import pytest

from llmos.boot.ladder import standings
from llmos.evolution.climbing import Climbing
from llmos.settings import system_root
from llmos.volumes.mounting import mount
from llmos.volumes.registry import Registry
from llmos.volumes.trust import TrustStore
from tests.support.ladders import House
from tests.support.repositories import person

pytestmark = pytest.mark.anyio


def step(house: House) -> Climbing:
    """The step as a new process would make it."""
    registry = Registry(mount(house.home, system_root(), TrustStore(house.home)))
    return Climbing(house.ladder, lambda: standings(registry.snapshot()))


async def test_what_is_due_is_foretold_and_then_done(house: House) -> None:
    """One climbs, one is put aside, one stays; a second time there is nothing left to do."""
    house.write("draw")
    house.use("+++++++")
    house.write("stack")
    house.use("---", "stack")
    house.write("paint")
    house.use("+++", "paint")
    foretold = await step(house).foretell()
    assert house.where() == ["user"]
    assert [each.partition(":")[0] for each in foretold] == ["promote draw to team", "put stack in quarantine"]
    told: list[str] = []
    changes = await step(house).carry_out(told.append)
    assert [(each.step, each.subject, each.verdict, each.sentence) for each in changes] == [
        ("tiers", "draw", "kept", "Promote the skill draw to team."),
        ("tiers", "stack", "reverted", "Quarantine the skill stack."),
    ]
    assert told == [each.sentence for each in changes]
    assert changes[0].commit == house.log("team")[0].id
    assert (house.where("draw"), house.where("stack"), house.where("paint")) == (["team"], ["user"], ["user"])
    assert (await step(house).foretell(), await step(house).carry_out(told.append)) == ([], [])


async def test_what_is_half_done_is_finished_first(house: House) -> None:
    """A revert by hand is told as a change."""
    house.write()
    house.use("+++++++")
    house.ladder.promote(house.standing())
    person(house.home / "team", "revert", "--no-edit", "HEAD")
    changes = await step(house).carry_out(lambda _: None)
    assert [each.sentence for each in changes] == ["The skill 'draw' is back in the user volume."]


async def test_what_cannot_be_done_stops_no_other(house: House) -> None:
    """Staged changes of a person in the way of one skill: said, and the next one climbs."""
    for name in ("draw", "paint"):
        page = house.write(name)
        house.use("+++++++", name)
    page = house.place("user") / "SKILL.md"
    (page.parent / "note").write_text("mine")
    person(house.home / "user", "add", "skills/draw/note")
    (page.parent / "note").unlink()
    changes = await step(house).carry_out(lambda _: None)
    assert [(each.subject, each.verdict) for each in changes] == [("draw", "refused"), ("paint", "kept")]
    assert "has staged changes of yours" in changes[0].sentence
