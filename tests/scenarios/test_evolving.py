"""Evolution on a provider's own protocol: what it costs is charged, and a purse that is empty ends it in order."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from llmos.boot.evolving import Asked, steps
from llmos.evolution.steps import Change
from llmos.evolution.tries import Tries
from llmos.messages import Reply, Text, ToolCall, Usage
from llmos.settings import system_root
from llmos.volumes.home import init_home
from tests.support.evolving import World
from tests.support.messages_api import MessagesAPI
from tests.support.porter import CASSETTE, CURE, FAULT, PORTER, quick_arm

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="session")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home as `llmos init` makes it, to be copied."""
    home = tmp_path_factory.mktemp("seed") / "home"
    init_home(home, system_root())
    return home


@pytest.fixture
def world(tmp_path: Path, seed: Path) -> World:
    """The agent `porter` has failed twice."""
    shutil.copytree(seed, tmp_path / "home", symlinks=True)
    (tmp_path / "work").mkdir()
    (tmp_path / "home/user/robots").mkdir(parents=True, exist_ok=True)
    (tmp_path / "home/user/robots/arm.md").write_text(quick_arm(), "utf-8")
    made = World(tmp_path)
    made.ran("failed", "failed")
    return made


def spoken(line: str, number: int) -> Reply:
    """A line of the cassette as a provider says it."""
    said = json.loads(line)["reply"]
    calls = said.get("tool_calls", ())
    parts: Any = [ToolCall(f"toolu_{number}_{i}", call["name"], call["args"]) for i, call in enumerate(calls)]
    if said.get("text"):
        parts.append(Text(said["text"]))
    return Reply(tuple(parts), "tools" if calls else "end", Usage(1000, 50), "claude-test")


async def evolved(world: World, **asked: Any) -> list[Change]:
    """What comes of it on a Messages API that says the cassette."""
    async with MessagesAPI() as api:
        api.say(*[spoken(line, number) for number, line in enumerate(CASSETTE.read_text("utf-8").splitlines())])
        async with world.place.system(api=api.url, model="dev", mode="learner") as system:
            with steps(system, Asked(agent="porter", model="dev", **asked)) as every:
                return [change for step in every for change in await step.carry_out(lambda _: None)]


async def test_what_proposing_and_trying_costs_is_written_down(world: World) -> None:
    """All replies of the trial and of the proposer, at the price of the model."""
    (change,) = await evolved(world)
    assert change.verdict == "kept", change.sentence
    assert world.agent() == PORTER.replace(FAULT, CURE)
    (tried,) = Tries(world.place.home).all()
    replies = len(CASSETTE.read_text("utf-8").splitlines())
    assert tried.ended is not None
    assert tried.ended.cost_usd == pytest.approx(replies * (1000 * 4 + 50 * 20) / 1e6)  # the price of `dev`


async def test_an_empty_purse_ends_a_trial_in_order(world: World) -> None:
    """Nothing is kept, the reason is written down, and the try has spent its share of alpha."""
    (change,) = await evolved(world, budget_usd=0.25)
    assert change.verdict == "discarded"
    assert change.sentence.startswith("The budget ended before the trial did: ")
    assert world.agent() == PORTER
    (tried,) = Tries(world.place.home).all()
    assert tried.begun.number == 1
