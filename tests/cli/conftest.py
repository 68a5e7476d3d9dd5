"""A command line for each test, in a home that is whole."""

import shutil
from pathlib import Path

import pytest

from llmos.settings import system_root
from llmos.volumes.home import init_home
from tests.support.command_line import CommandLine
from tests.support.homes import make_place


@pytest.fixture(scope="session")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home as `llmos init` makes it, to be copied."""
    home = tmp_path_factory.mktemp("seed") / "home"
    init_home(home, system_root())
    return home


@pytest.fixture
def at_home(
    tmp_path: Path, seed: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    """A home as `llmos init` makes it."""
    place = make_place(tmp_path)
    shutil.copytree(seed, place.home, symlinks=True, dirs_exist_ok=True)
    place.home.chmod(0o700)
    return CommandLine(place, monkeypatch, capsys)
