"""Laws of the ablations: each variant really changes the sources as they are now, and nothing but what it names."""

import filecmp
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
