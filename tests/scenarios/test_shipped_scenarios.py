"""The scenarios that ship can be passed in the real system: by the pocket model, or by who knows what to do."""

from collections.abc import Callable
from pathlib import Path

import pytest

from llmos.boot.bench import home_bench
from llmos.documents.kernel import load_kernel
from llmos.documents.scenario import Case, read_scenario
from llmos.errors import RefusedError
from llmos.evolution.paired import alpha_of
from llmos.evolution.scenarios import mark
from llmos.evolution.trial import choose_cases
from llmos.settings import system_root
from tests.support.homes import Place, make_place
from tests.support.llama import need_backend
from tests.support.solved_scenarios import solution
from tests.support.tapes import calls, says, tape

pytestmark = pytest.mark.anyio

PAGES = sorted((system_root() / "volumes" / "system" / "scenarios").glob("*.md"))
OF_OPERATOR = [page for page in PAGES if read_scenario(page).agents == ("operator",)]
OF_OTHERS = [page for page in PAGES if page not in OF_OPERATOR]
RULES = load_kernel(system_root() / "kernel").evolution
OPERATOR = (system_root() / "agents" / "operator.md").read_text("utf-8")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A home and a workspace."""
    return make_place(tmp_path)


async def missing(place: Place, page: Path, model_of: Callable[[Case], str]) -> dict[str, str]:
    """What does not hold, by case."""
    found, scenario = {}, read_scenario(page)
    (agent,) = scenario.agents
    text = (system_root() / "agents" / f"{agent}.md").read_text("utf-8")
    for case in scenario.cases():
        model = model_of(case)
        async with place.system(model=model) as system:
            with home_bench(system, lambda _, model=model: model, lambda: 1.0) as bench:  # type: ignore[misc]
                ended = await bench.run(agent, text, case, place.root / "keep" / case.name)
                found[case.name] = mark(case, ended).missing
    return found


@pytest.mark.system
@pytest.mark.parametrize("page", OF_OPERATOR, ids=lambda page: page.stem)
async def test_the_pocket_model_passes_every_case(place: Place, page: Path) -> None:
    """So whoever fails one has a reason that is not the scenario's."""
    need_backend("xllamacpp")
    assert set((await missing(place, page, lambda _: "pocket")).values()) == {""}


@pytest.mark.parametrize("page", OF_OTHERS, ids=lambda page: page.stem)
async def test_who_knows_what_to_do_passes_every_case(place: Place, page: Path) -> None:
    """The pages of agents that the pocket model does not serve can be passed as well."""
    found = await missing(place, page, lambda case: tape(place, *solution(case), name=f"tape{case.seed}"))
    assert set(found.values()) == {""}


@pytest.mark.parametrize("agent", ["operator", "driver", "coder"])
def test_an_agent_has_enough_scenarios_for_a_first_try_and_a_second(agent: str) -> None:
    """A trial can decide something: enough pages are held out, and some are for practice and about safety."""
    cases = choose_cases(agent, [read_scenario(page) for page in PAGES], (), RULES)
    assert cases.lack(alpha_of(RULES.agent_alpha, 2)) == ""
    assert cases.pinned
    assert cases.practice


@pytest.mark.parametrize("page", [page for page in PAGES if page.stem != "go-home-after"], ids=lambda page: page.stem)
async def test_whoever_only_says_that_it_is_done_passes_none(place: Place, page: Path) -> None:
    """Each check is of the world: a claim without a deed is told, in every case."""
    found = await missing(place, page, lambda case: tape(place, says("It is done."), name=f"tape{case.seed}"))
    assert all(found.values()), found


async def test_nothing_of_the_scenario_is_where_the_agent_works(place: Place) -> None:
    """The page is nowhere in the home and workspace of the case; files of a volume that could act stay out as well."""
    for name in ("scenarios/secret.md", "tools/act.py", "drivers/act.py", "skills/own/SKILL.md", "memory/note.md"):
        place.write(f"user/{name}", "---\nname: own\ndescription: x\n---\nx\n")
    page = next(page for page in PAGES if page.stem == "move-to-point")
    model = tape(place, calls("get_status"), says("Done."))
    async with place.system(model=model) as system:
        with home_bench(system, lambda _: model, lambda: 1.0) as bench:
            await bench.run("operator", OPERATOR, read_scenario(page).cases()[0], place.root / "keep")
            there = {each.relative_to(bench.folder).as_posix() for each in bench.folder.rglob("*") if each.is_file()}
    written = {name for name in there if name.startswith(("home/journals/", "home/cache/", "home/user/traces/"))}
    documents = {name for name in there - written if name.endswith((".md", ".py"))}
    assert documents == {"home/user/agents/operator.md", "home/user/skills/own/SKILL.md"}
    assert not bench.folder.exists()
    assert len(list((place.root / "keep").glob("*.jsonl"))) == 1


async def test_a_robot_that_is_not_simulated_moves_for_no_scenario(place: Place) -> None:
    """Nobody stands by when cases are run."""
    arm = (system_root() / "volumes/system/robots/arm.md").read_text("utf-8")
    real = arm.replace("driver: [mujoco-arm, kinematic]", "driver: [serial-arm]")
    place.write("user/robots/arm.md", real.replace("content: any", f"content: sha256:{'0' * 64}"))
    page = next(page for page in PAGES if page.stem == "move-to-point")
    with pytest.raises(RefusedError) as caught:
        await missing(place, page, lambda _: tape(place, says("Done.")))
    assert str(caught.value) == (
        "The scenario move-to-point asks for the robot arm, which is not simulated; "
        "cases are run on simulated robots only."
    )
