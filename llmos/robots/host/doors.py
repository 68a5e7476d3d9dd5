"""Where a robot host is reached: two sockets that only their owner may open, and the file that says where they are.

Knows no message. On POSIX they are Unix sockets in `LLMOS_HOME/run/`; on Windows, on file systems that have no sockets
and where the path is too long for one, they are ports on the loopback address. The key in the file, which only its
owner may read, is asked for on both.
"""

import secrets
import socket
import struct
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from llmos.disk import make_folder, write_whole

_LONGEST_PATH_BYTES = 103
"""What the shortest `sun_path` holds (macOS and the BSDs: 104 with its closing zero; Linux has 108)."""

_WAITING = 128


class Door(msgspec.Struct, frozen=True):
    """A listening socket: a path, or where that is empty a port of 127.0.0.1."""

    path: str = ""
    port: int = 0


class Address(msgspec.Struct, frozen=True):
    """A host's process, the key that it asks for, and its doors: one for everything, one for the stop alone."""

    process: int
    key: str
    controls: Door
    stop: Door


@dataclass(frozen=True, slots=True)
class HostFiles:
    """What the host of one robot keeps in a home's `run/`."""

    home: Path
    robot: str

    def _named(self, ending: str) -> Path:
        return self.home / "run" / f"{self.robot}.{ending}"

    @property
    def lock(self) -> Path:
        """Held by the one process that owns the robot."""
        return self._named("lock")

    @property
    def address(self) -> Path:
        """Says where the host is reached, while there is one."""
        return self._named("host")

    @property
    def moving(self) -> Path:
        """Is there while a motion is under way; when a host finds it, the one before ended in the middle of one."""
        return self._named("moving")

    @property
    def controls(self) -> Path:
        """The socket for everything."""
        return self._named("sock")

    @property
    def stop(self) -> Path:
        """The socket for the stop alone."""
        return self._named("stop")

    @property
    def log(self) -> Path:
        """What the newest host said on stderr."""
        return self._named("log")

    def read_address(self) -> Address | None:
        """Where a host says that it is; it may have died since. None where none has said so."""
        try:
            return msgspec.json.decode(self.address.read_bytes(), type=Address)
        except (OSError, msgspec.DecodeError):
            return None

    def write_address(self, address: Address) -> None:
        """Let clients find the host; StorageError."""
        write_whole(self.address, msgspec.json.encode(address), doing="say where the robot host is in")

    def remove(self) -> None:
        """Leave nothing that looks like a host."""
        for path in (self.address, self.controls, self.stop):
            with suppress(OSError):
                path.unlink()


def new_key() -> str:
    """A key that nobody guesses."""
    return secrets.token_hex(32)


def open_door(path: Path) -> tuple[socket.socket, Door]:
    """A socket that listens at the path, or at a port where no socket can be there; whoever calls owns the path."""
    make_folder(path.parent)
    if sys.platform != "win32" and len(str(path).encode(errors="surrogateescape")) <= _LONGEST_PATH_BYTES:
        path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            listener.bind(str(path))
            path.chmod(0o600)
            listener.listen(_WAITING)
        except OSError:
            listener.close()
        else:
            return listener, Door(path=str(path))
    listener = socket.create_server(("127.0.0.1", 0), backlog=_WAITING)
    return listener, Door(port=listener.getsockname()[1])


def knock(door: Door, timeout_s: float) -> socket.socket:
    """A connection; OSError when nobody answers within the time."""
    if sys.platform == "win32" or not door.path:
        caller = socket.create_connection(("127.0.0.1", door.port), timeout_s)
        caller.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return caller
    caller = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # A socket of Python's that has a timeout does not wait where the host's queue is full; the system's own does.
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("@ll", *_split(timeout_s)))
        caller.connect(door.path)
        caller.settimeout(timeout_s)
    except OSError:
        caller.close()
        raise
    return caller


def _split(seconds: float) -> tuple[int, int]:
    """Seconds and microseconds, as `struct timeval` has them."""
    return int(seconds), int(seconds % 1 * 1_000_000)
