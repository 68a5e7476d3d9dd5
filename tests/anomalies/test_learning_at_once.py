"""Several processes learn at once, and some end in the middle: nothing half is learned, nothing whole is lost."""

import json
import subprocess
from pathlib import Path

import pytest

from llmos.settings import system_root
from llmos.traces.trace_text import read_trace
from llmos.traces.usage import read_usage
from llmos.volumes.home import init_home
from tests.support.homes import make_place
from tests.support.noting import THREE, WRITTEN, House, asked, number
from tests.support.repositories import person
from tests.support.runs import hire, journals
from tests.support.tapes import says

pytestmark = pytest.mark.anyio


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A house with a home of git repositories."""
    house = House(make_place(tmp_path))
    house.place.home.rmdir()
    init_home(house.place.home, system_root())
    hire(house.place)
    house.build()
    return house


async def test_processes_that_learn_at_once_keep_it_all(house: House) -> None:
    """Each goal is one trace, used as often as it was reached; git is whole, and afterwards no goal needs a model."""
    own = [f"note all {fruits}" for fruits in ("apples", "pears", "plums", "figs")]
    running = [house.begin(*THREE, goal=goal) for goal in [*own, *(["note what there is"] * 4)]]
    ends = [(*process.communicate(), process.returncode) for process in running]
    assert [code for *_, code in ends] == [0] * 8, [errors.decode()[-800:] for _, errors, code in ends if code]
    assert len(house.notes()) == 8 * 3
    user = house.place.home / "user"
    traces = [read_trace(path) for path in (user / "traces").glob("*.md")]
    assert sorted(trace.goal for trace in traces) == sorted([*own, "note what there is"])
    planned = [json.loads(out)["mode"] for out, *_ in ends]
    assert sum(line.ok for line in read_usage(user)) == len(read_usage(user)) == 8, planned
    assert person(user, "status", "--porcelain", "--", "traces") == ""
    person(user, "fsck", "--strict")
    for goal in [*own, "note what there is"]:
        assert asked(await house.ask(goal=goal)) == 0
        assert house.notes() == WRITTEN


async def test_a_crash_while_learning_teaches_nothing(house: House) -> None:
    """The effect of the second step is there, its result is not: such a run is no example."""
    house.crash(1)
    assert _ended(house.begin(*THREE)) == 9
    assert house.notes() == WRITTEN[:2]
    outcome = await house.ask(*THREE)
    assert (outcome.mode, asked(outcome)) == ("LEARNER", 4)
    assert house.notes() == WRITTEN


async def test_a_crash_while_replaying_does_nothing_twice(house: House) -> None:
    """Who goes on with the broken run finds in its history what was begun, and replays nothing into it."""
    await house.ask(*THREE)
    house.notes()
    before = set(journals(house.place))
    house.crash(1)
    assert _ended(house.begin()) == 9
    assert house.notes() == WRITTEN[:2]
    [broken] = set(journals(house.place)) - before
    resumed = house.begin(number(2), says("The rest is noted."), goal="go on", resume=broken.stem)
    out, errors = resumed.communicate()
    assert resumed.returncode == 0, errors.decode()
    outcome = json.loads(out)
    assert (outcome["mode"], outcome["answer"]) == ("LEARNER", "The rest is noted.")
    assert house.notes() == WRITTEN[2:]
    assert asked(await house.ask()) == 0
    assert house.notes() == WRITTEN


def _ended(process: "subprocess.Popen[bytes]") -> int:
    process.communicate()
    return process.returncode
