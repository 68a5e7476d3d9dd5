"""The page on the pocket model says what was measured, to the digit."""

import pytest

from benchmarks.pocket_page import ABLATIONS, FIGURES, NOTHING, PAGE, ablations, figures, filled, measured

TEXT = PAGE.read_text("utf-8")


def test_the_tables_are_what_was_written_down() -> None:
    """`python -m benchmarks.pocket_page` would change nothing."""
    assert filled(TEXT, measured(FIGURES), measured(ABLATIONS)) == TEXT


def test_another_figure_makes_another_page() -> None:
    """The comparison sees a digit."""
    row = {"what": "seen phrases", "measured": 98.33, "unit": "%", "target": 98.0, "better": ">="}
    told = filled(TEXT, {"exactly right": [row]}, {})
    assert "| seen phrases | 98.3 % | >= 98 % |" in told
    assert filled(told, {"exactly right": [{**row, "measured": 98.46}]}, {}) != told


def test_without_figures_the_page_claims_nothing() -> None:
    """What was not measured is not told."""
    assert figures({}) == ablations({}) == NOTHING


def test_a_page_without_its_marks_is_refused() -> None:
    """A table that went missing is noticed."""
    with pytest.raises(ValueError, match="has no `<!-- prompt -->`"):
        filled("# A page", {}, {})
