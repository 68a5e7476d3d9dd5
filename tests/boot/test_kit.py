"""What no agent may write of a volume, also where the volume itself is the workspace."""

from pathlib import Path

import pytest

from llmos.boot.kit import Kit
from llmos.boot.library import Library
from llmos.clock import SimulatedClock
from llmos.documents.kernel import load_kernel
from llmos.settings import Environment, system_root
from llmos.tools.base import Access
from llmos.tools.permissions import Permissions


def at_home(home: Path) -> Permissions:
    """What tools may do in a workspace that is the user volume of this home."""
    environment, clock = Environment(home=home, user_home=home.parent / "person"), SimulatedClock()
    library = Library(environment, clock, home / "user")
    kit = Kit(load_kernel(system_root() / "kernel"), environment, clock, None, ())
    permissions = kit.permissions(kit.workspace(home / "user"), library.registry.snapshot())
    library.close()
    return permissions


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with a user volume."""
    (tmp_path / "home/user").mkdir(parents=True)
    (tmp_path / "home/user/VOLUME.md").write_text("---\nname: user\n---\n", "utf-8")
    return tmp_path / "home"


@pytest.mark.parametrize("name", ["VOLUME.md", "volume.md", "Volume.MD", "VOLUME.md.", "link.md", "hard.md"])
@pytest.mark.parametrize("there", [True, False])
def test_no_agent_says_where_the_folders_of_a_volume_lie(home: Path, name: str, *, there: bool) -> None:
    """VOLUME.md could mount a folder of tools that the agent then fills with Python, whatever the file is called."""
    user = home / "user"
    if there:
        (user / "hard.md").hardlink_to(user / "VOLUME.md")
    else:
        (user / "VOLUME.md").unlink()
        (user / "hard.md").symlink_to("link.md")
    (user / "link.md").symlink_to("VOLUME.md")
    permissions = at_home(home)
    assert permissions.verdict(Access.WRITE, permissions.workspace.resolve(name)) == "never"


@pytest.mark.parametrize("volume", ["team", "system", "volumes/added"])
def test_the_same_holds_for_every_volume_of_the_home(home: Path, volume: str) -> None:
    """A yes lets an agent write there, but not this."""
    (home / volume).mkdir(parents=True, exist_ok=True)
    permissions = at_home(home)
    assert permissions.verdict(Access.WRITE, home / volume / "VOLUME.md") == "never"


def test_a_description_that_is_a_link_is_kept_where_it_stands(home: Path) -> None:
    """What the link leads to is what is read."""
    (home / "user/VOLUME.md").rename(home / "user/page.md")
    (home / "user/VOLUME.md").symlink_to("page.md")
    permissions = at_home(home)
    assert permissions.verdict(Access.WRITE, permissions.workspace.resolve("page.md")) == "never"


@pytest.mark.parametrize("kind", ["tools", "drivers", "robots", "scenarios"])
@pytest.mark.parametrize("place", ["drafts", "link", "missing"])
def test_a_mounted_folder_is_kept_as_the_one_it_stands_in_for(home: Path, kind: str, place: str) -> None:
    """Whether it is there yet or not, and also where a link leads to it."""
    (home / "user/drafts").mkdir()
    (home / "user/link").symlink_to("drafts")
    (home / "user/VOLUME.md").write_text(f"---\nname: user\nmounts:\n  - {place}/{kind}\n---\n", "utf-8")
    permissions = at_home(home)
    assert permissions.verdict(Access.WRITE, permissions.workspace.resolve(f"{place}/{kind}/x.py")) == "never"
    assert permissions.verdict(Access.WRITE, permissions.workspace.resolve(f"{place}/other/x.py")) == "free"
