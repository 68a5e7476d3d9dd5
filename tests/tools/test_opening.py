"""The laws of opening: exactly the file that was permitted, or a sentence."""

import os
import socket
import stat
from pathlib import Path

import pytest

from llmos.errors import LLMosError
from llmos.tools.opening import open_to_read, read_whole, remove, replace

posix = pytest.mark.skipif(os.name == "nt", reason="Windows opens no file relative to a folder")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder without links in its path."""
    return Path(os.path.realpath(tmp_path))


def names(folder: Path) -> list[str]:
    """What stands in a folder."""
    return [each.name for each in folder.iterdir()]


def test_reads_what_stands_there(folder: Path) -> None:
    """Bytes come out as they are."""
    (folder / "a").write_bytes(b"a\0\r\n")
    with open_to_read(folder / "a") as file:
        assert file.read() == b"a\0\r\n"
    assert read_whole(folder / "a", 4) == b"a\0\r\n"


def test_more_than_the_limit_is_a_sentence(folder: Path) -> None:
    """A large file is not read whole."""
    (folder / "a").write_bytes(b"12345")
    with pytest.raises(LLMosError) as raised:
        read_whole(folder / "a", 4)
    expected = f"{folder / 'a'} has more than 4 bytes, the most that a tool changes or shows at once"
    assert str(raised.value) == expected


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("missing", "there is no such file"),
        ("file/below", "a part of the path is not a folder"),
        ("missing/below", "there is no such file"),
        (".", "it is a folder"),
        ("x" * 300, "the name is too long"),
    ],
)
def test_what_cannot_be_read_is_a_sentence(folder: Path, name: str, reason: str) -> None:
    """What the system says becomes words."""
    (folder / "file").write_text("")
    path = folder / name
    with pytest.raises(LLMosError) as raised, open_to_read(path):
        pass
    assert str(raised.value) == f"cannot read {path}: {reason}"


@posix
def test_links_are_not_followed(folder: Path) -> None:
    """A link that appeared after permission was given leads nowhere, whether at the end or on the way."""
    (folder / "real").mkdir()
    (folder / "real/file").write_text("secret")
    (folder / "link").symlink_to(folder / "real/file")
    (folder / "way").symlink_to(folder / "real")
    for path, reason in (
        (folder / "link", "it is a symbolic link now, and was not when permission was given"),
        (folder / "way/file", "a part of the path is not a folder"),
    ):
        with pytest.raises(LLMosError) as raised, open_to_read(path):
            pass
        assert str(raised.value) == f"cannot read {path}: {reason}"
        with pytest.raises(LLMosError, match=r"^cannot write "):
            replace(path, b"changed")
    assert (folder / "real/file").read_text() == "secret"


@posix
def test_pipes_and_sockets_are_not_opened(folder: Path) -> None:
    """A pipe without a writer would hold its reader for ever."""
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        here = Path.cwd()
        os.chdir(folder)
        try:
            listener.bind("socket")
        finally:
            os.chdir(here)
        for name in ("pipe", "socket"):
            with pytest.raises(LLMosError) as raised, open_to_read(folder / name):
                pass
            expected = f"cannot open {folder / name}: it is a device, a pipe or a socket, not a file"
            assert str(raised.value) == expected
            with pytest.raises(LLMosError, match="not a file"):
                replace(folder / name, b"")


@posix
def test_devices_are_not_opened() -> None:
    """`/dev/zero` never ends."""
    with (
        pytest.raises(LLMosError, match="it is a device, a pipe or a socket, not a file"),
        open_to_read(Path("/dev/zero")),
    ):
        pass


@posix
@pytest.mark.parametrize(
    ("becomes", "reason"),
    [("a link", "it is a symbolic link now, and was not when permission was given"), ("a pipe", "not a file")],
)
def test_what_changes_between_the_look_and_the_opening_is_not_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch, becomes: str, reason: str
) -> None:
    """Neither does a link lead elsewhere then, nor does a pipe without a writer hold its reader for ever."""
    (folder / "a").write_text("permitted")
    (folder / "secret").write_text("secret")
    look = os.stat

    def changed(*path: object, **more: object) -> os.stat_result:
        found = look(*path, **more)  # type: ignore[call-overload]
        monkeypatch.setattr(os, "stat", look)
        (folder / "a").unlink()
        (folder / "a").symlink_to(folder / "secret") if becomes == "a link" else os.mkfifo(folder / "a")
        return found

    monkeypatch.setattr(os, "stat", changed)
    with pytest.raises(LLMosError, match=f"{reason}$"), open_to_read(folder / "a"):
        pass


@posix
def test_only_regular_files_are_removed(folder: Path) -> None:
    """What was permitted is a file; a link, a folder or a pipe in its place stays."""
    (folder / "a").write_text("x")
    remove(folder / "a")
    (folder / "link").symlink_to(folder / "folder")
    (folder / "folder").mkdir()
    os.mkfifo(folder / "pipe")
    for name, reason in (
        ("a", "there is no such file"),
        ("link", "it is a symbolic link now, and was not when permission was given"),
        ("folder", "it is a folder"),
    ):
        with pytest.raises(LLMosError) as raised:
            remove(folder / name)
        assert str(raised.value) == f"cannot remove {folder / name}: {reason}"
    with pytest.raises(LLMosError, match="it is a device, a pipe or a socket, not a file"):
        remove(folder / "pipe")
    assert sorted(names(folder)) == ["folder", "link", "pipe"]


@posix
def test_replace_is_on_the_disk_before_it_takes_the_old_ones_place(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut leaves what was there or what is new, and never an empty file."""
    (folder / "a").write_bytes(b"old")
    synced: list[tuple[bytes, int]] = []
    monkeypatch.setattr(
        os, "fsync", lambda handle: synced.append(((folder / "a").read_bytes(), os.fstat(handle).st_size))
    )
    replace(folder / "a", b"newer")
    assert synced == [(b"old", 5)]


def test_replace_makes_what_is_missing(folder: Path) -> None:
    """Folders on the way are made, and nothing else is left beside the file."""
    replace(folder / "a/b/c", b"new")
    assert (folder / "a/b/c").read_bytes() == b"new"
    assert names(folder / "a/b") == ["c"]


@posix
def test_replace_keeps_the_mode(folder: Path) -> None:
    """A script stays executable."""
    (folder / "run").write_bytes(b"old")
    (folder / "run").chmod(0o750)
    replace(folder / "run", b"new")
    assert stat.S_IMODE((folder / "run").stat().st_mode) == 0o750


@posix
def test_other_names_of_a_file_keep_what_was_there(folder: Path) -> None:
    """A hard link into the workspace is no way to write outside of it."""
    (folder / "outside").write_bytes(b"old")
    os.link(folder / "outside", folder / "inside")
    replace(folder / "inside", b"new")
    assert (folder / "outside").read_bytes() == b"old"
    assert (folder / "inside").read_bytes() == b"new"


def test_a_failed_replace_leaves_nothing(folder: Path) -> None:
    """Where a folder stands, no file is written, and no temporary one stays."""
    (folder / "taken").mkdir()
    with pytest.raises(LLMosError) as raised:
        replace(folder / "taken", b"new")
    assert str(raised.value) == f"cannot write {folder / 'taken'}: it is a folder"
    assert names(folder) == ["taken"]


def test_a_file_on_the_way_is_a_sentence(folder: Path) -> None:
    """A folder cannot be made where a file is."""
    (folder / "file").write_bytes(b"old")
    with pytest.raises(LLMosError) as raised:
        replace(folder / "file/below", b"new")
    assert str(raised.value) == f"cannot write {folder / 'file/below'}: a part of the path is not a folder"
    assert (folder / "file").read_bytes() == b"old"


def test_no_descriptor_is_lost(folder: Path) -> None:
    """Every way out closes what was opened."""
    (folder / "a").write_bytes(b"x")
    descriptors = Path("/proc/self/fd")
    if not descriptors.is_dir():
        pytest.skip("only Linux shows the open files of a process")
    before = len(names(descriptors))
    for name in ("a", "missing", "missing/x", "a/x", "."):
        for _ in range(3):
            try:
                read_whole(folder / name, 10)
                replace(folder / name, b"x")
            except LLMosError:
                continue
    assert len(names(descriptors)) == before
