"""The volumes of a home as a process holds them: by name, with their histories, remembered for the next start."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from llmos.boot.library import Library
from llmos.clock import RealClock
from llmos.documents.document import hash_of
from llmos.errors import DocumentError
from llmos.settings import Environment, system_root
from llmos.volumes.home import init_home
from llmos.volumes.watch import Watcher
from tests.support.repositories import person
from tests.support.volumes import write_agent


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A whole home with an agent that no commit holds."""
    home = tmp_path / "home"
    init_home(home, system_root())
    write_agent(home / "user", "gardener")
    return home


@pytest.fixture
def library(home: Path) -> Iterator[Library]:
    """The library of that home."""
    opened = Library(Environment(home=home), RealClock())
    yield opened
    opened.close()


def test_volumes_have_names(library: Library) -> None:
    """A wrong one is answered with the nearest."""
    assert library.volume("user").root == library.home / "user"
    with pytest.raises(DocumentError) as error:
        library.volume("usr")
    assert str(error.value) == "There is no volume 'usr'; did you mean 'user'?"


def test_what_is_written_is_committed_to_the_user_volume(library: Library) -> None:
    """With reason and trailers; a document knows its commit until it is edited."""
    path = library.home / "user/agents/gardener.md"
    assert library.commits_of({path: ""}) == {path: None}
    commit = library.commit([Path("agents/gardener.md")], "Add it\nBecause.", {"Run": "r1"})
    content_hash = hash_of(path.read_bytes())
    assert library.commits_of({path: content_hash}) == {path: commit}
    assert person(library.home / "user", "log", "-1", "--format=%B") == "Add it\n\nBecause.\n\nRun: r1"
    path.write_text("---\nname: gardener\n---\nmore\n")
    strange = Path("/etc/hostname")
    assert library.commits_of({path: content_hash, strange: ""}) == {path: None, strange: None}


def test_a_home_without_histories_commits_nothing(tmp_path: Path) -> None:
    """The files count all the same."""
    write_agent(tmp_path / "user", "gardener")
    library = Library(Environment(home=tmp_path), RealClock())
    assert library.commit([Path("agents/gardener.md")], "Add it") is None
    assert library.registry.agent("gardener").name == "gardener"
    library.close()


def test_what_git_answered_is_remembered_for_the_next_start(home: Path) -> None:
    """So that a run need not start git to say at which commit its documents stand."""
    path = home / "user/agents/gardener.md"
    first = Library(Environment(home=home), RealClock())
    first.commit([Path("agents/gardener.md")], "Add it")
    commit = first.commits_of({path: ""})[path]
    first.close()
    first.close()
    shutil.rmtree(home / "user/.git/objects")
    second = Library(Environment(home=home), RealClock())
    assert second.commits_of({path: ""}) == {path: commit}
    second.close()


def test_a_home_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    """Listing what ships leaves no trace."""
    library = Library(Environment(home=tmp_path / "none"), RealClock())
    assert library.registry.agent("operator").name == "operator"
    library.close()
    assert not (tmp_path / "none").exists()


def test_saves_are_heard_of_once_it_watches(library: Library) -> None:
    """From the system, in another thread, without anybody asking for that document."""
    assert library.watch() is None
    assert library.watch() is None
    told = threading.Semaphore(0)
    with Watcher([library.home / "user/agents"], lambda _: told.release()):
        for _ in range(100):  # the library's own watcher may hear of a save a little later than this one
            write_agent(library.home / "user", "florist")
            assert told.acquire(timeout=30)
            if "florist" in [entry.name for entry in library.registry.agents()]:
                return
    pytest.fail("a hundred saves were told, and the library heard of none")
