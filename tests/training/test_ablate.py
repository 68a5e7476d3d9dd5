"""Laws of the ablations: each variant really changes the sources as they are now, and nothing but what it names."""

import filecmp
import json
from pathlib import Path

import pytest

from training import ablate
from training.ablate import VARIANTS, AblationError, Change, changed_copy, table


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_changes_the_files_that_it_names(name: str, tmp_path: Path) -> None:
    """A change that no longer fits the sources is found here, not after hours of training."""
    changed_copy(VARIANTS[name], tmp_path)
    changed = {
        path.relative_to(tmp_path).as_posix()
        for path in tmp_path.joinpath("training").rglob("*.*")
        if not filecmp.cmp(path, ablate.ROOT / path.relative_to(tmp_path), shallow=False)
    }
    named = {change.file for change in VARIANTS[name]}
    assert changed == {file for file in named if file.startswith("training/")}
    for file in named - changed:
        assert (tmp_path / file).read_bytes() != (ablate.ROOT / file).read_bytes()


def test_a_change_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    """With the file and the text that it should hold."""
    with pytest.raises(AblationError) as failure:
        changed_copy((Change("training/model.py", "no such text", "other"),), tmp_path)
    assert str(failure.value) == "training/model.py no longer holds 'no such text', which a run would change"


def test_the_table_has_a_row_for_each_run() -> None:
    """As Markdown, the columns named once."""
    rows = {"as it ships": {"size_mb": 2.2, "no goal": 99.0}, "smaller": {"size_mb": 1.1, "no goal": 98.5}}
    assert table(rows).splitlines() == [
        "| changed | size_mb | no goal |",
        "|---|---|---|",
        "| as it ships | 2.2 | 99.0 |",
        "| smaller | 1.1 | 98.5 |",
    ]


MEASURED = {"size_mb": 2.2}


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The variants that were trained, without training them."""
    names: list[str] = []

    def run(name: str, _: object) -> dict[str, float]:
        names.append(name)
        return MEASURED

    monkeypatch.setattr(ablate, "run", run)
    return names


def test_figures_are_kept_and_added_to(tmp_path: Path, trained: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A variant that has figures is not trained again; the file says of what they are."""
    out = tmp_path / "new" / "figures.json"
    for names in (["512 tokens"], ["512 tokens", "as it ships"]):
        assert ablate.main(["--out", str(out), "--only", *names, "--seed", "3"]) == 0
    assert trained == ["512 tokens", "as it ships"]
    kept = json.loads(out.read_text("utf-8"))
    assert kept == {
        "asked": {"preset": "ablation", "seed": 3, "count": 200},
        "512 tokens": MEASURED,
        "as it ships": MEASURED,
    }
    assert capsys.readouterr().out.splitlines()[-1] == table(kept).splitlines()[-1] == "| as it ships | 2.2 |"


@pytest.mark.parametrize(
    ("content", "of"),
    [
        ('{"asked": {"preset": "ablation", "seed": 0, "count": 200}}', "preset ablation, seed 0, count 200"),
        ('{"512 tokens": {"size_mb": 2.09}}', "nobody knows what"),
    ],
)
def test_figures_of_other_runs_are_not_taken_for_these(
    tmp_path: Path, trained: list[str], capsys: pytest.CaptureFixture[str], content: str, of: str
) -> None:
    """Another seed or count needs another file, and says so before anything is trained."""
    out = tmp_path / "figures.json"
    out.write_text(content, "utf-8")
    assert ablate.main(["--out", str(out), "--only", "512 tokens", "--seed", "1"]) == 2
    now = "preset ablation, seed 1, count 200"
    sentence = f"{out} holds figures of {of}, and these would be of {now}; give --out another file\n"
    assert capsys.readouterr() == ("", sentence)
    assert (trained, out.read_text("utf-8")) == ([], content)


def test_every_size_is_one_of_the_preset_that_is_trained() -> None:
    """What is changed is what is asked for."""
    assert ablate.PRESET.startswith(f'"{ablate.TRAINED}": ')
    with pytest.raises(SystemExit):
        ablate.main(["--preset", "ci"])
