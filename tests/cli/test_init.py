"""`llmos init`: a home is made once, closed to others, and never overwritten."""

from tests.support.command_line import CommandLine
from tests.support.repositories import person


def test_a_home_is_made_and_told(llmos: CommandLine) -> None:
    """Volumes with a history each, and everything closed to others."""
    home = llmos.place.root / "fresh"
    llmos.patch.setenv("LLMOS_HOME", str(home))
    said = llmos("init")
    assert said.code == 0
    assert f"made {home / 'user'}, a volume with a history of its own" in said.out.splitlines()
    assert home.stat().st_mode & 0o777 == 0o700
    assert person(home / "team", "log", "--format=%s") == "Begin the team volume"
    assert llmos("init").out == f"{home} is whole already\n"


def test_a_home_elsewhere_says_how_to_use_it(llmos: CommandLine) -> None:
    """PATH makes it; LLMOS_HOME uses it."""
    home = llmos.place.workspace / "mine"
    said = llmos("init", "mine")
    assert said.err == f"To use it, set LLMOS_HOME={home}.\n"
    assert (home / "user/.git").is_dir()
    assert llmos("init", "mine", "--json").json == {"home": str(home), "done": []}


def test_what_is_there_stays_as_it_is(llmos: CommandLine) -> None:
    """A person's file is taken up into the history, not replaced."""
    page = llmos.place.write("settings.md", "---\nmodel: pocket\n---\n")
    assert llmos("init").code == 0
    assert page.read_text() == "---\nmodel: pocket\n---\n"
    assert person(llmos.place.home / "user", "show", "HEAD:agents/worker.md").startswith("---\nname: worker")
