"""What the pages say of volumes, the home, models and threads is what the code has."""

from pathlib import Path

import pytest

from llmos.boot.models import _PREFIXES
from llmos.settings import system_root
from llmos.volumes.home import init_home
from llmos.volumes.volume import TIERS
from tests.support.pages import ROOT, code, table, word


def test_the_volumes_page_has_every_tier_in_order() -> None:
    """What shadows stands above what is shadowed."""
    assert tuple(word(row[0]) for row in table("docs/volumes.md", "tier", "where", "who writes it")) == TIERS


def test_the_home_page_has_what_a_fresh_home_holds(tmp_path: Path) -> None:
    """Everything that `llmos init` makes is explained."""
    init_home(tmp_path / "home", system_root())
    told = {name for row in table("docs/volumes.md", "path", "holds") for name in code(row[0])}
    made = {path.name for path in (tmp_path / "home").iterdir()}
    assert made <= told
    assert told - made == {"index.sqlite", "trust.json"}


def test_the_models_page_has_every_kind_of_model() -> None:
    """Each prefix that `--model` takes, with the file of its adapter."""
    rows = table("docs/models.md", "`--model`", "is", "adapter")
    kinds = [word(row[0]).partition(":")[0] for row in rows if ":" in row[0]]
    assert tuple(kinds) == _PREFIXES
    assert all((ROOT / word(row[2])).is_file() for row in rows)


@pytest.mark.parametrize("row", table("docs/concurrency.md", "who starts it", "when", "what for", "where"))
def test_the_threads_page_names_files_that_use_what_starts_them(row: list[str]) -> None:
    """Whoever starts a thread is imported, or spoken of, in the file that the row names."""
    text = (ROOT / word(row[3])).read_text("utf-8")
    word_in_code = {"LLMos": "threading.Thread(", "anyio": "to_thread", "llama.cpp": "_physical_cores"}
    assert word_in_code.get(row[0], row[0]) in text
