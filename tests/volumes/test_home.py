"""Making a home: whole, private, and never over what is there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from llmos.errors import StorageError
from llmos.settings import system_root
from llmos.volumes.history import History
from llmos.volumes.home import init_home
from llmos.volumes.mounting import mount
from llmos.volumes.trust import TrustStore
from tests.support.disks import remount_read_only, tmpfs
from tests.support.repositories import person

ROOT = Path(__file__).parents[2]


def test_home_has_volumes_with_histories_and_private_folders(tmp_path: Path) -> None:
    """Three repositories with one commit of LLMos each, a page of settings, and nothing that others may read."""
    home = tmp_path / "home"
    done = init_home(home, system_root())
    assert done[0] == f"made {home}"
    assert {f"made {home / name}, a volume with a history of its own" for name in ("user", "team", "system")} <= set(
        done
    )
    assert f"made {home / 'settings.md'}" in done
    for name in ("user", "team", "system"):
        (entry,) = History(home / name).log()
        assert entry.author == "LLMos"
        assert person(home / name, "status", "--porcelain") == ""
        assert (home / name / ".claude-plugin/plugin.json").is_file()
    for folder in (home, *(each for each in home.iterdir() if each.is_dir())):
        assert folder.stat().st_mode & 0o077 == 0, folder


def test_second_time_does_nothing(tmp_path: Path) -> None:
    """What is there stays, be it edited, staged or deleted by the person."""
    home = tmp_path / "home"
    init_home(home, system_root())
    (home / "settings.md").write_text("mine")
    (home / "user/VOLUME.md").unlink()
    before = History(home / "user").tip()
    assert init_home(home, system_root()) == []
    assert (home / "settings.md").read_text() == "mine"
    assert not (home / "user/VOLUME.md").exists()
    assert History(home / "user").tip() == before


def test_half_a_home_is_completed(tmp_path: Path) -> None:
    """What a crash or a person left out is made; a folder without a history gets one, with what it holds."""
    home = tmp_path / "home"
    (home / "user/agents").mkdir(parents=True)
    (home / "user/agents/mine.md").write_text("mine")
    home.chmod(0o755)
    done = init_home(home, system_root())
    assert done[0] == f"closed {home} to others"
    assert f"gave {home / 'user'} a history" in done
    assert person(home / "user", "ls-files") == "agents/mine.md"
    assert init_home(home, system_root()) == []


def test_two_processes_make_one_home(tmp_path: Path) -> None:
    """Both succeed, each volume has one commit, and nothing half-made is left lying about."""
    home = tmp_path / "home"
    script = (
        "import sys; from pathlib import Path; from llmos.settings import system_root\n"
        "from llmos.volumes.home import init_home\ninit_home(Path(sys.argv[1]), system_root())\n"
    )
    started = [subprocess.Popen([sys.executable, "-c", script, str(home)], cwd=ROOT) for _ in range(3)]
    assert [process.wait() for process in started] == [0, 0, 0]
    for name in ("user", "team", "system"):
        assert len(History(home / name).log()) == 1
    assert [path.name for path in home.iterdir() if path.name.startswith(".")] == []


def test_home_on_a_read_only_disk_is_a_sentence(tmp_path: Path) -> None:
    """The sentence names the folder and what to do."""
    with tmpfs(tmp_path / "disk", "size=1m") as disk:
        remount_read_only(disk)
        with pytest.raises(StorageError) as caught:
            init_home(disk / "home", system_root())
    assert str(caught.value) == (
        f"cannot make the folder {tmp_path / 'disk/home'}: the file system is read-only; "
        "set LLMOS_HOME to a folder that can be written"
    )


def test_home_on_a_full_disk_is_a_sentence_and_is_completed_later(tmp_path: Path) -> None:
    """What did not fit leaves no half a volume; with space, the next call goes on."""
    with tmpfs(tmp_path / "disk", "size=1m,nr_inodes=60") as disk:
        with pytest.raises(StorageError, match=f"cannot .*{disk}.*: the disk is full|git could not .*{disk}"):
            init_home(disk / "home", system_root())
        assert [path.name for path in (disk / "home").iterdir() if path.name.startswith(".new-")] == []
        subprocess.run(["mount", "-o", "remount,size=20m,nr_inodes=5000", str(disk)], check=True)
        init_home(disk / "home", system_root())
        assert len(History(disk / "home/user").log()) == 1


def test_home_where_a_file_stands_is_a_sentence(tmp_path: Path) -> None:
    """A file in the way is named."""
    (tmp_path / "home").write_text("not a folder")
    with pytest.raises(StorageError) as caught:
        init_home(tmp_path / "home", system_root())
    assert str(caught.value) == (
        f"cannot make the folder {tmp_path / 'home'}: a part of this path is a file where a folder must be; "
        "move it away or set LLMOS_HOME elsewhere"
    )


def test_fresh_home_is_mounted_in_order(tmp_path: Path) -> None:
    """The seeds are sound volumes: no problem in any, and tiers as their names say."""
    home = tmp_path / "home"
    init_home(home, system_root())
    volumes = mount(home, system_root(), TrustStore(home))
    assert [(volume.name, volume.tier) for volume in volumes] == [
        ("user", "user"), ("team", "team"), ("overlay", "overlay"), ("system", "system"),
    ]  # fmt: skip
    assert [problem for volume in volumes for problem in volume.problems] == []
    assert all(volume.description for volume in volumes)
    assert volumes[-1].folders["agents"][1] == system_root() / "agents"


def test_git_template_hooks_stay_out_of_a_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine's git template may hold hooks; a home's repositories have none."""
    template = tmp_path / "template/hooks"
    template.mkdir(parents=True)
    (template / "pre-commit").write_text("#!/bin/sh\nexit 1\n")
    (template / "pre-commit").chmod(0o755)
    monkeypatch.setenv("GIT_TEMPLATE_DIR", str(template.parent))
    init_home(tmp_path / "home", system_root())
    assert not os.path.lexists(tmp_path / "home/user/.git/hooks")
