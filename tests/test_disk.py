"""Files are whole or not there, whatever the disk does, and what it refuses is one sentence."""

import errno
import os
import shutil
from pathlib import Path

import pytest

from llmos.disk import disk_said, make_folder, read_file, write_new, write_whole
from llmos.errors import StorageError
from tests.support.disks import remount_read_only, tmpfs


def names(folder: Path) -> list[str]:
    """What stands in the folder."""
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_at_once_and_is_its_owners(tmp_path: Path) -> None:
    """Missing folders are made with it, and nothing is left beside it."""
    path = tmp_path / "home" / "robots" / "arm.json"
    write_whole(path, b"old")
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert names(path.parent) == ["arm.json"]
    if os.name == "posix":
        modes = [each.stat().st_mode & 0o777 for each in (path, path.parent, path.parent.parent)]
        assert modes == [0o600, 0o700, 0o700]


def test_a_mode_may_be_asked_for(tmp_path: Path) -> None:
    """Documents may be read by others."""
    write_whole(tmp_path / "page.md", b"", mode=0o644)
    assert os.name == "nt" or (tmp_path / "page.md").stat().st_mode & 0o777 == 0o644


def test_a_full_disk_keeps_the_old_file(tmp_path: Path) -> None:
    """And leaves no half of the new one."""
    with tmpfs(tmp_path / "disk", "size=16k") as disk:
        write_whole(disk / "file", b"old")
        with pytest.raises(StorageError) as raised:
            write_whole(disk / "file", b"x" * 100_000, doing="keep the list in")
        assert str(raised.value) == (
            f"cannot keep the list in {disk / 'file'}: the disk is full; "
            "free some space or set LLMOS_HOME to a folder on another disk"
        )
        assert (disk / "file").read_bytes() == b"old"
        assert names(disk) == ["file"]


def test_a_new_file_never_replaces_another(tmp_path: Path) -> None:
    """Whoever made it first keeps it."""
    write_new(tmp_path / "note.md", b"first")
    with pytest.raises(FileExistsError):
        write_new(tmp_path / "note.md", b"second")
    assert (tmp_path / "note.md").read_bytes() == b"first"


def test_a_new_file_on_a_full_disk_is_not_there(tmp_path: Path) -> None:
    """Its name can be used again."""
    with tmpfs(tmp_path / "disk", "size=16k") as disk:
        with pytest.raises(StorageError, match=r"^cannot write .*: the disk is full"):
            write_new(disk / "file", b"x" * 100_000)
        assert names(disk) == []


def test_a_file_in_the_way_of_a_folder_is_a_sentence(tmp_path: Path) -> None:
    """It says what stands there, and what to do."""
    (tmp_path / "home").write_text("")
    with pytest.raises(StorageError) as raised:
        make_folder(tmp_path / "home")
    assert str(raised.value) == (
        f"cannot make the folder {tmp_path / 'home'}: a part of this path is a file where a folder must be; "
        "move it away or set LLMOS_HOME elsewhere"
    )


def test_a_read_only_disk_is_a_sentence(tmp_path: Path) -> None:
    """For new files and for new folders."""
    with tmpfs(tmp_path / "disk", "size=1m") as disk:
        remount_read_only(disk)
        for write in (lambda: write_new(disk / "file", b""), lambda: write_whole(disk / "folder" / "file", b"")):
            with pytest.raises(StorageError, match="the file system is read-only; set LLMOS_HOME to a folder that"):
                write()


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.EACCES, "permission denied; set LLMOS_HOME to a folder that you may use"),
        (
            errno.EDQUOT,
            "your quota on this disk is used up; free some space or set LLMOS_HOME to a folder on another disk",
        ),
        (errno.EIO, f"{os.strerror(errno.EIO)}; check the disk or set LLMOS_HOME to another folder"),
    ],
)
def test_what_the_disk_says_comes_with_advice(number: int, reason: str) -> None:
    """Also where we have no words of our own for it."""
    said = disk_said("read the journal", Path("x"), OSError(number, os.strerror(number)))
    assert str(said) == f"cannot read the journal x: {reason}"


def test_only_files_are_read(tmp_path: Path) -> None:
    """Opening a pipe would wait for a writer, and a device may never end; a folder holds no bytes."""
    (tmp_path / "file").write_bytes(b"12345")
    assert read_file(tmp_path / "file", 5) == b"12345"
    wrong = {"file": "it has more than 4 bytes", "folder": os.strerror(errno.EISDIR), "none": os.strerror(errno.ENOENT)}
    (tmp_path / "folder").mkdir()
    if os.name == "posix":
        os.mkfifo(tmp_path / "pipe")
        wrong |= {"pipe": "it is a pipe, a socket or a device", "/dev/zero": "it is a pipe, a socket or a device"}
    for name, reason in wrong.items():
        with pytest.raises(OSError, match=reason) as refused:
            read_file(tmp_path / name, 4)
        assert refused.value.strerror == reason


def test_a_tree_that_does_not_fit_is_one_sentence(tmp_path: Path) -> None:
    """Its error has no number of its own and a list of files; the reason of the first is told."""
    (tmp_path / "seed").mkdir()
    for number in range(3):
        (tmp_path / "seed" / f"{number}.md").write_bytes(b"s" * 100_000)
    with tmpfs(tmp_path / "disk", "size=64k") as disk:
        with pytest.raises(shutil.Error) as caught:
            shutil.copytree(tmp_path / "seed", disk / "volume")
        said = str(disk_said("make the home", disk, caught.value))
    full = "the disk is full; free some space or set LLMOS_HOME to a folder on another disk"
    assert said == f"cannot make the home {disk}: {full}"
