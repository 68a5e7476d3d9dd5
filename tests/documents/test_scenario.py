"""A scenario says who is given what where, and what must then hold; its seeds draw what stands in braces."""

from pathlib import Path

import pytest

from llmos.documents.frontmatter import parse
from llmos.documents.scenario import Scenario, Where, read_scenario, scenario_from
from llmos.documents.scene import Point, read_scene
from llmos.errors import DocumentError
from llmos.settings import system_root

SHIPPED = sorted((system_root() / "volumes" / "system" / "scenarios").glob("*.md"))


def scenario(*more: str, goal: str = "Go.") -> Scenario:
    """A scenario with these keys."""
    lines = ["---", "name: test", "description: A test.", "agents: operator", f"goal: {goal!r}", *more, "---", ""]
    return scenario_from(parse("\n".join(lines), Path("test.md")))


BINS = ("scene: shelves", "seeds: [1, 2, 3, 4, 5, 6]", "slots: {bin: [B1, B7], at: [[1, 2, 3], [4, 5, 6]]}")


def test_a_seed_draws_the_slots_and_the_same_seed_draws_the_same() -> None:
    """A slot fills texts, keys and, where nothing stands beside it, a value of its own kind."""
    page = scenario(
        *BINS,
        "check: {object_at: {item: {place: '{bin}', within_m: 0.02}}, tool_at: {point: '{at}', within_m: 0.1}}",
        goal="Put it in {bin}, then go to {at}.",
    )
    cases = page.cases()
    assert [case.name for case in cases] == [case.name for case in page.cases()]
    for case in cases:
        bin_, at = case.slots["bin"], case.slots["at"]
        assert case.scenario.goal == f"Put it in {bin_}, then go to ({at[0]}, {at[1]}, {at[2]})."
        assert case.scenario.check.object_at == {"item": Where(within_m=0.02, place=bin_)}
        assert case.scenario.check.tool_at == Where(within_m=0.1, point=Point(*map(float, at)))
    assert page.goal == "Put it in {bin}, then go to {at}."


def test_what_asks_the_same_is_one_case() -> None:
    """Six seeds over two choices are two cases: the same question again is no new evidence."""
    cases = scenario(*BINS, goal="Put it in {bin}.").cases()
    assert sorted(case.scenario.goal for case in cases) == ["Put it in B1.", "Put it in B7."]
    assert len(scenario("seeds: [1, 2, 3]").cases()) == 1


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (["seeds: [1]", "files: {'{bin}.txt': x}"],
         "test.md:7: 'files' has the slot 'bin', which is not drawn; there are none"),
        (["slots: {bin: []}"], "test.md:6: 'slots.bin' has nothing to choose from"),
        (["files: {../x: y}"], "test.md:6: 'files' names '../x', which is not inside the workspace"),
        (["check: {files: {/etc/x: y}}"], "test.md:6: 'check.files' names '/etc/x', which is not inside the workspace"),
        (["check: {object_at: {item: {place: B1, within_m: 0.1}}}"],
         "test.md:6: 'check.object_at.item' names a place, and the scenario has no scene"),
        (["check: {tool_at: {within_m: 0.1}}"], "test.md:6: 'check.tool_at' needs either 'place' or 'point'"),
        (["check: {unchanged: [a.txt]}"], "test.md:6: 'check.unchanged' names 'a.txt', which is not among 'files'"),
        (["check: {outcomes: done}"],
         "test.md:6: 'check.outcomes' is no key that is read here; did you mean 'outcome'?"),
    ],
)  # fmt: skip
def test_a_wrong_scenario_is_refused_with_its_place(lines: list[str], sentence: str) -> None:
    """Each mistake is one sentence that names file, line and key."""
    with pytest.raises(DocumentError) as caught:
        scenario(*lines)
    assert str(caught.value) == sentence


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_scenario_loads_under_its_own_name_and_names_what_its_scene_has(path: Path) -> None:
    """Each is valid, and no check asks about an object or place that is not there."""
    page = read_scenario(path)
    assert page.name == path.stem
    for case in page.cases():
        if case.scenario.scene:
            scene = read_scene(system_root() / "volumes" / "system" / "scenes" / f"{case.scenario.scene}.md")
            assert set(case.scenario.check.object_at) <= set(scene.objects)
            assert {each.place for each in case.scenario.check.object_at.values() if each.place} <= set(scene.places)
