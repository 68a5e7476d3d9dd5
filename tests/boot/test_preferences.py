"""A person's settings page: below flags and environment, above the kernel, and every letter of it is read."""

from pathlib import Path

import pytest

from llmos.boot.preferences import with_preferences
from llmos.errors import DocumentError
from llmos.settings import Environment, system_root
from llmos.volumes.home import init_home


def page(home: Path, text: str) -> Environment:
    """The environment of a home with this settings page."""
    (home / "settings.md").write_text(text, "utf-8")
    return Environment(home=home)


def test_the_page_fills_in_what_the_environment_leaves_open(tmp_path: Path) -> None:
    """And says where the model comes from."""
    found = with_preferences(page(tmp_path, "---\nmodel: pocket\nrobot: crane\n---\n\nWhy.\n"))
    assert (found.model, found.robot) == ("pocket", "crane")
    assert found.model_source == str(tmp_path / "settings.md")


def test_the_environment_wins(tmp_path: Path) -> None:
    """Flag, environment, page, kernel: in this order."""
    page(tmp_path, "---\nmodel: pocket\nrobot: crane\n---\n")
    found = with_preferences(Environment(home=tmp_path, model="dev", robot="arm"))
    assert (found.model, found.robot, found.model_source) == ("dev", "arm", "LLMOS_MODEL")


def test_without_a_page_nothing_changes(tmp_path: Path) -> None:
    """Nor with the page that `llmos init` writes."""
    assert with_preferences(Environment(home=tmp_path)) == Environment(home=tmp_path)
    init_home(tmp_path, system_root())
    assert with_preferences(Environment(home=tmp_path)) == Environment(home=tmp_path)


def test_a_page_that_cannot_be_read_is_no_page_without_wishes(tmp_path: Path) -> None:
    """Whoever prefers another robot does not get the arm because a disk is not there."""
    place = tmp_path / "settings.md"
    place.symlink_to(tmp_path / "gone.md")
    with pytest.raises(DocumentError) as error:
        with_preferences(Environment(home=tmp_path))
    assert str(error.value) == f"{place}:1: the file cannot be read: No such file or directory"
    place.unlink()
    place.mkdir()
    with pytest.raises(DocumentError) as error:
        with_preferences(Environment(home=tmp_path))
    assert str(error.value) == f"{place}:1: this is not a file"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("---\nrobot: arm\nmodle: pocket\n---\n", ":3: 'modle' is no key that is read here; did you mean 'model'?"),
        ("---\nmodel: [a]\n---\n", ":2: "),
    ],
)
def test_a_wrong_key_or_value_is_told_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    """A setting that nobody reads would be a lie."""
    with pytest.raises(DocumentError) as error:
        with_preferences(page(tmp_path, text))
    assert str(error.value).startswith(f"{tmp_path / 'settings.md'}{said}")
