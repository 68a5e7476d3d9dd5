"""`--each FILE.csv`: one run for each row, and whatever is wrong with the table is said before anything runs."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.cli.goals import goals_of
from llmos.errors import LLMosError
from tests.support.command_line import CommandLine
from tests.support.tapes import says

FAILED = {"reply": {"text": "no", "claim": "failed"}}


def table(folder: Path, text: str) -> Path:
    """A CSV file."""
    path = folder / "plants.csv"
    path.write_text(text, "utf-8")
    return path


def test_each_row_is_one_run_and_the_worst_exit_code_counts(llmos: CommandLine) -> None:
    """Results as they come, then a line that sums up."""
    path = table(llmos.place.root, "plant,ml\nfern,20\n\nmoss,5\n")
    model = llmos.tape(says("watered"), FAILED)
    said = llmos("agent", "run", "worker", "water {plant} with {ml} ml", "--each", path, "--model", model)
    assert said.code == 1
    assert said.out.endswith("\nrows     2: 1 done, 1 failed · $0\n")
    assert said.out.count("\noutcome  ") == 2
    assert [line for line in said.err.splitlines() if "/2" in line] == [
        "1/2  water fern with 20 ml",
        "2/2  water moss with 5 ml",
    ]


def test_json_is_one_object_with_all_runs(llmos: CommandLine) -> None:
    """Each run as `agent run --json` has it."""
    path = table(llmos.place.root, "plant\nfern\nmoss\n")
    words = ["run", "water {plant}", "--each", path, "--model", llmos.tape(says(), says()), "--json"]
    said = llmos(*words)
    assert (said.code, said.json["rows"]) == (0, 2)
    assert [run["goal"] for run in said.json["runs"]] == ["water fern", "water moss"]


def test_a_budget_that_is_spent_ends_the_rows(llmos: CommandLine) -> None:
    """What cannot even begin is not begun over and over."""
    llmos.patch.setenv("ANTHROPIC_API_KEY", "sk-test-0123456789")
    path = table(llmos.place.root, "plant\nfern\nmoss\n")
    said = llmos("run", "water {plant}", "--each", path, "--budget-usd", "0.0001")
    assert said.code == 4
    assert said.out.endswith("\nrows     2: 1 budget, 1 not begun · $0\n")


@pytest.mark.parametrize("words", [["--resume", "20261120-095132-k3f9qz"], []])
def test_rows_need_a_goal_and_no_earlier_run(llmos: CommandLine, words: list[str]) -> None:
    """A goal for each row, or an earlier run's history, not both."""
    path = table(llmos.place.root, "plant\nfern\n")
    said = llmos("run", *(["water {plant}"] if words else []), "--each", path, *words)
    assert said.code == 2
    assert said.last == (
        "llmos: --each needs a GOAL and goes with no --resume; see `llmos run --help`."
        if words
        else f"llmos: The goal names no column of {path}, such as {{plant}}; all runs would be the same."
    )


@pytest.mark.parametrize(
    ("text", "goal", "sentence"),
    [
        ("plant,ml\nfern,1\n", "{plnt}", "FILE has no column 'plnt'; did you mean 'plant'?"),
        ("plant\nfern\n", "all", "The goal names no column of FILE, such as {plant}; all runs would be the same."),
        ("ml,plant, ml \n1,fern,2\n", "{ml}", "FILE has 2 columns 'ml'; give each a name of its own."),
        ("plant,ml\nfern\n", "{plant}", "FILE:2: this row has 1 cell where the header has 2."),
        ('plant\n"fern\n', "{plant}", "FILE:2 is no CSV: unexpected end of data."),
        ("plant\n", "{plant}", "FILE has no rows; the first line names the columns, each further line is one run."),
        ("", "{plant}", "FILE has no rows; the first line names the columns, each further line is one run."),
    ],
)
def test_a_table_that_is_none_is_told_with_its_place(tmp_path: Path, text: str, goal: str, sentence: str) -> None:
    """Before any run begins."""
    path = table(tmp_path, text)
    with pytest.raises(LLMosError) as error:
        goals_of(goal, path)
    assert str(error.value) == sentence.replace("FILE", str(path))


def test_a_table_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    """Missing, or in another encoding."""
    with pytest.raises(LLMosError) as missing:
        goals_of("{a}", tmp_path / "none.csv")
    assert str(missing.value) == f"{tmp_path / 'none.csv'} cannot be read: No such file or directory."
    (tmp_path / "latin.csv").write_bytes("größe\n1\n".encode("latin-1"))
    with pytest.raises(LLMosError) as latin:
        goals_of("{a}", tmp_path / "latin.csv")
    assert str(latin.value) == f"{tmp_path / 'latin.csv'} is no UTF-8 text; save it as CSV in UTF-8."


@given(cells=st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=1))
def test_a_cell_reaches_its_goal_as_it_is(tmp_path_factory: pytest.TempPathFactory, cells: list[str]) -> None:
    """Commas, quotes, line breaks, braces: what the table holds is what the goal says."""
    import csv

    path = tmp_path_factory.mktemp("each") / "cells.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerows([["cell"], *([cell] for cell in cells)])
    assert goals_of('say {cell} {"kept": 1}', path) == [f'say {cell} {{"kept": 1}}' for cell in cells]
