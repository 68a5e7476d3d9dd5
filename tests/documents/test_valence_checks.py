"""The rules of the Sentience Layer: names that code knows, modes in order, and a home that only tightens."""

from pathlib import Path

import pytest

from llmos.documents.frontmatter import read_document, rewrite
from llmos.documents.kernel import KernelRules, load_kernel
from llmos.errors import DocumentError
from llmos.settings import system_root

SHIPPED = system_root() / "kernel"


def over(folder: Path, keys: str) -> KernelRules:
    """The shipped rules with these keys of a home over them."""
    (folder / "valence.md").write_text(f"---\n{keys}\n---\n")
    return load_kernel(SHIPPED, folder)


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        (
            "variables:\n  mood:\n    tau_s: 3",
            "4: 'variables.mood' is none that code knows; known are: curiosity, energy, safety, self_confidence",
        ),
        (
            "impulses:\n  motion_mised:\n    safety: -0.1",
            "4: 'impulses.motion_mised' is none that code knows; did you mean 'motion_missed'?",
        ),
        (
            "recovery_safety: -0.2",
            "2: 'recovery_safety' is -0.2 and must be below 'cautious_safety', which is -0.3",
        ),
        (
            "precision_curiosity: 0.5",
            "2: 'precision_curiosity' is 0.5 and must be below 'adaptive_curiosity', which is 0.3",
        ),
        (
            "hysteresis: 0.2",
            "2: 'hysteresis' is 0.2 and must be smaller than 'adaptive_confidence', which is -0.2",
        ),
        (
            "modes:\n  cautious:\n    speed_factor: 0.2",
            "'recovery' must not be faster than 'cautious'",
        ),
        (
            "modes:\n  cautious:\n    extra_margin_m: 0.5",
            "'recovery' must keep the margin of 'cautious'",
        ),
        (
            "modes:\n  cautious:\n    speed_factor: 0.9",
            "4: 'modes.cautious.speed_factor' tightens only: 0.9 is looser than 0.6; a home may only lower it",
        ),
        (
            "cautious_safety: -0.5",
            "2: 'cautious_safety' tightens only: -0.5 is looser than -0.3; a home may only raise it",
        ),
        (
            "modes:\n  cautious:\n    confirm: false",
            "4: 'modes.cautious.confirm' tightens only: False is looser than True; a home may only raise it",
        ),
    ],
)
def test_a_wrong_rule_is_one_sentence(tmp_path: Path, keys: str, sentence: str) -> None:
    """Each names the key, and what would be right."""
    with pytest.raises(DocumentError) as caught:
        over(tmp_path, keys)
    assert str(caught.value).endswith(sentence)


def test_a_home_may_shorten_the_moves_of_a_mode_that_had_no_limit(tmp_path: Path) -> None:
    """No limit is the loosest one."""
    rules = over(tmp_path, "modes:\n  cautious:\n    max_step_m: 0.5")
    assert rules.valence.modes["cautious"].max_step_m == 0.5
    with pytest.raises(DocumentError, match=r"0\.3 is looser than 0\.25; a home may only lower it$"):
        over(tmp_path, "modes:\n  recovery:\n    max_step_m: 0.3")


@pytest.mark.parametrize("group", ["variables", "impulses", "modes"])
def test_nothing_that_code_reads_is_missing(tmp_path: Path, group: str) -> None:
    """A shipped page that forgets a name does not load."""
    for path in SHIPPED.glob("*.md"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    page = tmp_path / "valence.md"
    kept = dict(read_document(page).keys[group])
    first = next(iter(kept))
    del kept[first]
    page.write_text(rewrite(rewrite(page.read_text(), {group: None}), {group: kept}))
    with pytest.raises(DocumentError) as caught:
        load_kernel(tmp_path)
    assert f"'{group}.{first}' is missing" in str(caught.value)
