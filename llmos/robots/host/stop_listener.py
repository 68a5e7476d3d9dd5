"""The stop's own ear: a thread with a socket of its own that trips the latch, whatever the rest of the host is doing.

Knows no gate and no robot: the control loop reads the latch at every tick. Whoever connects and says nothing keeps
nobody waiting, and the oldest connection makes room for a new one.
"""

import hmac
import selectors
import socket
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Self

from llmos.errors import StorageError
from llmos.robots.base import RobotError
from llmos.robots.host.doors import Door, knock
from llmos.robots.host.wire import Frames, Halt, Latched, WireError, framed, read_reply, read_request
from llmos.robots.latch import Stop, StopLatch

_MOST_CALLERS = 32
_MOST_HEARD = 100
_PIECE_BYTES = 4096


class StopListener:
    """Listens while it is entered; `heard` holds every stop until the host has taken it into its books."""

    def __init__(self, listener: socket.socket, key: str, latch: StopLatch, now: Callable[[], datetime]) -> None:
        self.heard: deque[Stop] = deque(maxlen=_MOST_HEARD)
        self._listener = listener
        self._key = key
        self._latch = latch
        self._now = now
        self._selector = selectors.DefaultSelector()
        self._callers: dict[socket.socket, Frames] = {}
        self._end, self._ending = socket.socketpair()
        self._thread = threading.Thread(target=self._listen, name="stop listener", daemon=True)

    def __enter__(self) -> Self:
        """Begin to listen."""
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._ending, selectors.EVENT_READ)
        self._thread.start()
        return self

    def __exit__(self, *reason: object) -> None:
        """Hang up."""
        self._end.send(b"\0")
        self._thread.join()
        for each in (self._end, self._ending, self._listener, *self._callers):
            each.close()
        self._selector.close()

    def _listen(self) -> None:
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._ending:
                    return
                if key.fileobj is self._listener:
                    self._welcome()
                elif isinstance(key.fileobj, socket.socket):
                    self._hear(key.fileobj)

    def _welcome(self) -> None:
        with suppress(OSError):
            caller, _ = self._listener.accept()
            caller.setblocking(False)
            if len(self._callers) == _MOST_CALLERS:
                self._hang_up(next(iter(self._callers)))
            self._callers[caller] = Frames()
            self._selector.register(caller, selectors.EVENT_READ)

    def _hear(self, caller: socket.socket) -> None:
        if caller not in self._callers:  # hung up in this very round
            return
        try:
            said = caller.recv(_PIECE_BYTES)
            for message in self._callers[caller].feed(said):
                self._obey(caller, message)
        except (OSError, WireError):
            said = b""
        if not said:
            self._hang_up(caller)

    def _obey(self, caller: socket.socket, message: bytes) -> None:
        """Stop first, write it down second, answer third."""
        request = read_request(message)
        if not isinstance(request, Halt) or not hmac.compare_digest(request.key.encode(), self._key.encode()):
            raise WireError("Nothing but a stop is heard here.")
        self._latch.trip(Stop(self._now().isoformat(), request.by, request.reason))
        stop = self._latch.stop or Stop(self._now().isoformat(), request.by, request.reason)
        self.heard.append(stop)
        with suppress(StorageError):  # it holds in this process all the same; the host says what the disk said
            self._latch.save()
        caller.sendall(framed(Latched(stop, saved=not self._latch.is_unsaved)))

    def _hang_up(self, caller: socket.socket) -> None:
        del self._callers[caller]
        self._selector.unregister(caller)
        caller.close()


def call_stop(door: Door, key: str, by: str, reason: str, timeout_s: float) -> Latched:
    """Stop a robot through its host's stop door, from any thread; raises RobotError when it does not answer in time."""
    frames = Frames()
    try:
        with knock(door, timeout_s) as caller:
            caller.settimeout(timeout_s)
            caller.sendall(framed(Halt(0, by, reason, key)))
            while said := caller.recv(_PIECE_BYTES):
                for message in frames.feed(said):
                    answer = read_reply(message)
                    if isinstance(answer, Latched):
                        return answer
    except OSError as error:
        raise RobotError(f"The robot host does not answer at its stop socket: {error}.") from error
    raise RobotError("The robot host hung up at its stop socket.")
