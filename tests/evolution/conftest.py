"""Homes in which skills climb and fall."""

import shutil
from pathlib import Path

import pytest

from llmos.settings import system_root
from llmos.volumes.home import init_home
from tests.support.ladders import House


@pytest.fixture(scope="session")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home as `llmos init` makes it, to be copied."""
    home = tmp_path_factory.mktemp("seed") / "home"
    init_home(home, system_root())
    return home


@pytest.fixture
def house(tmp_path: Path, seed: Path) -> House:
    """A home of its own for each test, and a ladder in it."""
    shutil.copytree(seed, tmp_path / "home", symlinks=True)
    return House(tmp_path / "home")
