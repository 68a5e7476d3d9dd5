"""A host's doors: open to their owner alone, there in spite of what others left behind, and gone with the host."""

import os
import socket
import stat
import sys
from pathlib import Path

import pytest

from llmos.robots.host.doors import Address, Door, HostFiles, knock, new_key, open_door
from tests.support.hosts import PATIENCE_S

unix_only = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no Unix sockets")


def meets(listener: socket.socket, door: Door) -> bool:
    """Whether a knock at the door reaches this listener."""
    with knock(door, PATIENCE_S) as caller, listener.accept()[0] as here:
        caller.sendall(b"!")
        return here.recv(1) == b"!"


def leave_socket(path: Path) -> None:
    """What a killed host leaves behind."""
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))


@unix_only
def test_a_door_is_a_socket_that_only_its_owner_may_open(tmp_path: Path) -> None:
    """Mode 0600, in a folder of mode 0700."""
    listener, door = open_door(tmp_path / "run" / "arm.sock")
    with listener:
        assert stat.S_IMODE((tmp_path / "run" / "arm.sock").stat().st_mode) == 0o600
        assert stat.S_IMODE((tmp_path / "run").stat().st_mode) == 0o700
        assert door == Door(path=str(tmp_path / "run" / "arm.sock"))
        assert meets(listener, door)


@unix_only
@pytest.mark.parametrize("left", ["socket", "file"])
def test_what_a_killed_host_left_is_in_nobodys_way(tmp_path: Path, left: str) -> None:
    """A stale socket, or whatever else has its name, gives way to the new one."""
    path = tmp_path / "arm.sock"
    if left == "socket":
        leave_socket(path)
    else:
        path.write_text("not a socket")
    listener, door = open_door(path)
    with listener:
        assert meets(listener, door)


def test_a_path_too_long_for_a_socket_becomes_a_port_of_this_machine(tmp_path: Path) -> None:
    """`sun_path` holds 103 bytes on the tightest system; the door beyond that is a loopback port."""
    path = tmp_path / ("x" * 120) / "arm.sock"
    listener, door = open_door(path)
    with listener:
        assert (door.path, listener.getsockname()[0]) == ("", "127.0.0.1")
        assert meets(listener, door)
        assert not path.exists()


@unix_only
def test_nobody_behind_a_door_is_told_at_once(tmp_path: Path) -> None:
    """A socket whose host was killed refuses, as does one that was never there."""
    leave_socket(tmp_path / "stale")
    for name in ("stale", "never"):
        with pytest.raises(OSError, match=r"refused|No such file"):
            knock(Door(path=str(tmp_path / name)), PATIENCE_S)


def test_an_address_is_read_as_it_was_written_and_only_by_its_owner(tmp_path: Path) -> None:
    """It holds the key."""
    files = HostFiles(tmp_path, "arm")
    address = Address(7, new_key(), Door(path="a"), Door(port=9))
    files.write_address(address)
    assert files.read_address() == address
    if os.name == "posix":
        assert stat.S_IMODE(files.address.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"{", b'{"process": "x"}', b"[]", b"\xff"])
def test_an_address_that_cannot_be_read_is_none(tmp_path: Path, content: bytes) -> None:
    """Nobody is led to a door that is not there."""
    files = HostFiles(tmp_path, "arm")
    assert files.read_address() is None
    files.address.parent.mkdir()
    files.address.write_bytes(content)
    assert files.read_address() is None


def test_keys_are_not_guessed() -> None:
    """256 bits of chance."""
    assert len(new_key()) == 64
    assert new_key() != new_key()
