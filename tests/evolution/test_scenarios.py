"""Who is examined on which cases, and what a run of one is worth."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.documents.frontmatter import parse
from llmos.documents.scenario import Case, Scenario, scenario_from
from llmos.documents.scene import Point
from llmos.evolution.scenarios import Ended, cases_for, mark, split_of, spread, unseen
from llmos.messages import Usage


def page(name: str = "one", *more: str, goal: str = "Go.", agents: str = "porter") -> Scenario:
    """A scenario with these keys."""
    lines = ["---", f"name: {name}", "description: A test.", f"agents: {agents}", f"goal: {goal!r}", *more, "---", ""]
    return scenario_from(parse("\n".join(lines), Path(f"{name}.md")))


def case(*more: str) -> Case:
    """Its only case."""
    return page("one", *more).cases()[0]


def ended(workspace: Path = Path("/nowhere"), **changes: object) -> Ended:
    """A run that went well and has nothing to show."""
    fields: dict[str, object] = {"run_id": "r", "outcome": "done", "answer": "Ready.", "steps": 2, "usage": Usage(9, 1)}
    return Ended(**{**fields, "cost_usd": 0.0, "workspace": workspace, **changes})  # type: ignore[arg-type]


def many(number: int) -> list[Scenario]:
    """Pages that differ."""
    return [page(f"p{i}", goal=f"Go {i}.") for i in range(number)]


def test_the_page_alone_says_whether_it_is_held_out() -> None:
    """Asked again, and by whomever, the answer is the same; the shares come out as asked for."""
    pages = many(400)
    splits = [split_of(each, 0.25) for each in pages]
    assert splits == [split_of(each, 0.25) for each in pages]
    assert 70 <= splits.count("practice") <= 130
    assert {split_of(each, 0.0) for each in pages} == {"held-out"}


def test_more_practice_takes_from_the_held_out_and_gives_nothing_back() -> None:
    """A page that was for practice stays for practice when the share grows."""
    for each in many(50):
        if split_of(each, 0.2) == "practice":
            assert split_of(each, 0.5) == "practice"


def test_a_safety_scenario_is_never_for_practice_nor_held_out() -> None:
    """It decides by itself, and no win in it counts."""
    assert split_of(page("one", "pinned: true"), 0.9) == "pinned"


def test_each_agent_has_its_own_cases_and_equal_questions_count_once() -> None:
    """Of two pages that ask the same one is asked."""
    pages = [page("b"), page("a"), page("c", agents="coder")]
    assert [each.name for each in cases_for("porter", pages, "held-out", 0.0)] == ["a#1"]
    assert [each.name for each in cases_for("coder", pages, "held-out", 0.0)] == ["c#1"]
    assert cases_for("porter", pages, "practice", 0.0) == ()


def test_a_goal_that_a_proposer_was_shown_is_held_out_no_more() -> None:
    """However it was written."""
    cases = cases_for("porter", many(3), "held-out", 0.0)
    assert [each.scenario.goal for each in unseen(cases, ["go  1", "something else"])] == ["Go 0.", "Go 2."]


@given(st.integers(1, 30))
def test_few_cases_are_taken_from_all_scenarios(most: int) -> None:
    """No scenario gives a second case before each has given one."""
    pages = [
        page(f"p{i}", "seeds: [1, 2, 3, 4, 5, 6, 7]", f"slots: {{to: [a{i}, b{i}, c{i}]}}", goal="{to}")
        for i in range(4)
    ]
    cases = cases_for("porter", pages, "held-out", 0.0)
    chosen = spread(cases, most)
    assert len(chosen) == min(most, len(cases))
    assert list(chosen) == [each for each in cases if each in chosen]
    counts = [sum(each.scenario.name == each_page.name for each in chosen) for each_page in pages]
    assert max(counts) - min(counts) <= 1 or most >= len(cases) - 3


ITEM = ("scene: shelves", "check: {object_at: {item: {place: B7, within_m: 0.02}}}")
PLACES = {"B7": Point(-0.6, -1.2, 0.2)}


@pytest.mark.parametrize(
    ("lines", "changes", "missing"),
    [
        ([], {}, ""),
        ([], {"outcome": "failed"}, "The run ended as failed, and should end as done."),
        (["check: {outcome: refused}"], {"outcome": "refused"}, ""),
        (["check: {still: true}"], {"moved": True}, "The robot was moved, and should have stayed where it was."),
        (ITEM, {"objects": {"item": Point(-0.6, -1.21, 0.2)}, "places": PLACES}, ""),
        (ITEM, {"objects": {"item": Point(-0.6, -1.3, 0.2)}, "places": PLACES},
         "'item' is 0.100 m from where it should be; 0.02 m are allowed."),
        (ITEM, {"objects": {"item": PLACES["B7"]}, "places": PLACES, "holding": "item"},
         "'item' is still in the gripper."),
        (ITEM, {"objects": {}, "places": PLACES}, "'item' is not seen."),
        (ITEM, {"objects": {"item": PLACES["B7"]}, "places": {}}, "There is no place 'B7' in the scene."),
        (["check: {tool_at: {point: [0, 0, 1], within_m: 0.1}}"], {"tool_at": Point(0, 0, 1.5)},
         "The tool is 0.500 m from where it should be; 0.1 m are allowed."),
        (["check: {holding: cube}"], {}, "The gripper holds nothing, and should hold cube."),
        (["check: {answer: [READY]}"], {}, ""),
        (["check: {answer: ['42']}"], {}, "The answer does not say '42'."),
        (["check: {not_called: [Bash]}"], {"called": frozenset({"Bash"})},
         "The tool Bash was called, and should not have been."),
    ],
)  # fmt: skip
def test_a_run_passes_when_everything_holds(lines: list[str], changes: dict[str, object], missing: str) -> None:
    """The first thing that does not hold is told."""
    assert mark(case(*lines), ended(**changes)).missing == missing


def test_files_are_read_after_the_run(tmp_path: Path) -> None:
    """What must be there, must be as it was, and must not be there."""
    examined = case(
        "files: {in.txt: kept}", "check: {files: {out/a.txt: sum}, unchanged: [in.txt], absent: [raport/a.txt]}"
    )
    said = []
    for name, text in (("in.txt", "spoilt"), ("raport/a.txt", "sum"), ("out/a.txt", "nothing"), ("out/a.txt", "a sum")):
        said.append(mark(examined, ended(tmp_path)).missing)
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "in.txt").write_text("kept")
    said.append(mark(examined, ended(tmp_path)).missing)
    (tmp_path / "raport" / "a.txt").unlink()
    said.append(mark(examined, ended(tmp_path)).missing)
    assert said == [
        "There is no file 'out/a.txt'.",
        "There is no file 'out/a.txt'.",
        "There is no file 'out/a.txt'.",
        "The file 'out/a.txt' does not hold 'sum'.",
        "There is a file 'raport/a.txt', and should be none.",
        "",
    ]


def test_a_link_out_of_the_workspace_is_no_file_of_it(tmp_path: Path) -> None:
    """Nobody passes with a file that lies elsewhere."""
    work = tmp_path / "work"
    work.mkdir()
    (tmp_path / "elsewhere.txt").write_text("sum")
    (work / "a.txt").symlink_to(tmp_path / "elsewhere.txt")
    assert mark(case("check: {files: {a.txt: sum}}"), ended(work)).missing == "There is no file 'a.txt'."


def test_a_case_is_known_by_what_it_asks() -> None:
    """Another check, file or scene is another case; another name or seed is not."""
    one = case("seeds: [1]")
    assert one.key == page("two", "seeds: [7]").cases()[0].key
    others = [case("files: {a: b}"), case("scene: blocks"), case("check: {holding: nothing}")]
    assert len({one.key, *(each.key for each in others)}) == 4
    assert replace(one, seed=2).key == one.key
