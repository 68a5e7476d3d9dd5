"""A case runs in the real system, in a home and a workspace of its own, and nothing of it stays but its journals."""

from pathlib import Path

import pytest

from llmos.boot.bench import home_bench
from llmos.documents.frontmatter import parse
from llmos.documents.scenario import Case, scenario_from
from llmos.errors import LowBatteryError, ModelError
from llmos.evolution.scenarios import Marked, mark
from llmos.traces.journal import journals
from tests.support.homes import Place, make_place
from tests.support.tapes import Line, calls, says, tape

pytestmark = pytest.mark.anyio

FILER = "---\nname: filer\ndescription: Files sums.\ntools: Read, Write, Bash\n---\n\nWrite sums to `{folder}/`.\n"
PAGE = """---
name: file-a-sum
description: A sum is filed.
agents: filer
goal: File the sum of numbers.txt
files:
  numbers.txt: "2 3"
check:
  files: {reports/sum.txt: "5"}
  unchanged: [numbers.txt]
  absent: [raports/sum.txt]
  not_called: [Bash]
  answer: ["5"]
---

The sum is filed where sums belong, and the numbers stay.
"""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A home and a workspace."""
    return make_place(tmp_path)


def case() -> Case:
    """The one case of the page."""
    return scenario_from(parse(PAGE, Path("file-a-sum.md"))).cases()[0]


async def tried(place: Place, *lines: Line, folder: str = "reports", usd: float = 1.0) -> Marked:
    """The verdict on a run in which the model says these lines."""
    model = tape(place, *lines)
    async with place.system(model=model) as system:
        with home_bench(system, lambda _: model, lambda: usd) as bench:
            ended = await bench.run("filer", FILER.format(folder=folder), case(), place.root / "keep")
            return mark(case(), ended)  # while the workspace is there


def writes(folder: str, name: str = "sum.txt", content: str = "5") -> Line:
    """A line that writes a file."""
    return calls("Write", file_path=f"{folder}/{name}", content=content)


async def test_files_are_there_at_the_beginning_and_looked_at_in_the_end(place: Place) -> None:
    """The real tools work in the workspace of the case."""
    read = calls("Read", file_path="numbers.txt")
    assert (await tried(place, read, writes("reports"), says("The sum is 5."))).missing == ""
    assert (await tried(place, writes("raports"), says("It is 5."), folder="raports")).missing == (
        "There is no file 'reports/sum.txt'."
    )
    assert (await tried(place, writes("reports", content="6"), says("5"))).missing == (
        "The file 'reports/sum.txt' does not hold '5'."
    )
    spoilt = calls("Write", file_path="numbers.txt", content="5 0")
    assert (await tried(place, read, spoilt, writes("reports"), says("5"))).missing == (
        "The file 'numbers.txt' was changed."
    )


async def test_nobody_can_be_asked_so_what_needs_a_person_is_refused(place: Place) -> None:
    """A candidate runs no command and writes nowhere else, whatever its text says; that it tried is told."""
    outside = place.root / "elsewhere.txt"
    found = await tried(
        place,
        calls("Bash", command=f"touch {outside}"),
        calls("Write", file_path=str(outside), content="x"),
        calls("Read", file_path=str(place.home / "settings.md")),
        writes("reports"),
        says("5"),
    )
    assert found.missing == "The tool Bash was called, and should not have been."
    assert not outside.exists()


async def test_the_home_of_the_person_is_as_it_was(place: Place) -> None:
    """No journal, no trace, no note of a case stands among the person's own."""
    place.write("user/agents/filer.md", FILER.format(folder="old"))
    before = sorted(path.relative_to(place.home) for path in place.home.rglob("*") if "cache" not in path.parts)
    await tried(place, writes("reports"), says("5"))
    after = sorted(path.relative_to(place.home) for path in place.home.rglob("*") if "cache" not in path.parts)
    assert after == before
    assert list(journals(place.home)) == []
    assert list(place.workspace.iterdir()) == []
    assert len(list((place.root / "keep").glob("*.jsonl"))) == 1


async def test_the_version_that_is_tried_is_the_one_that_runs(place: Place) -> None:
    """Also where the person's volume has the agent, under whatever file name."""
    place.write("user/agents/under-another-name.md", FILER.format(folder="old"))
    expects = {"expect": "Write sums to `reports/`.", **says("5")}
    assert (await tried(place, expects)).ended.outcome == "done"


async def test_a_model_that_fails_is_no_failure_of_the_version(place: Place) -> None:
    """It is an error, so that neither version wins by it."""
    with pytest.raises(ModelError) as caught:
        await tried(place, {"error": "fatal", "sentence": "The provider is gone."})
    assert str(caught.value) == "The model failed in the case file-a-sum#1: The provider is gone."
    assert len(list((place.root / "keep").glob("*.jsonl"))) == 1


async def test_an_empty_purse_runs_nothing(place: Place) -> None:
    """Before anything is made."""
    with pytest.raises(LowBatteryError) as caught:
        await tried(place, says("5"), usd=-0.01)
    assert str(caught.value) == "What evolution may spend is used up; raise --budget-usd."
    assert not (place.root / "keep").exists()
