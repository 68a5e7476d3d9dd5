"""A client's connection to a robot host: what it says is read in a thread, and the newest of it is always at hand.

Knows no event loop: requests may be begun, and answers waited for, from any thread.
"""

import itertools
import socket
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from llmos.clock import Clock
from llmos.documents.robot_profile import RobotProfile
from llmos.documents.scene import Scene
from llmos.robots.base import RobotError
from llmos.robots.controls import Snapshot
from llmos.robots.host.doors import Address, knock
from llmos.robots.host.wire import (
    VERSION,
    Done,
    Ended,
    Failed,
    Frames,
    Hello,
    Limits,
    Rearmed,
    Reply,
    Request,
    Ruled,
    State,
    Welcome,
    framed,
    read_reply,
    read_request,
)
from llmos.robots.papers import from_papers
from llmos.robots.verdict import Motion

_KNOCK_S: Final = 2.0
_FIRST_STATE_S: Final = 5.0
_SILENCE_S: Final = 2.0
_PIECE_BYTES: Final = 65536
_NEWEST_TICKS: Final = 500


class HostGoneError(RobotError):
    """The host has ended, or is just ending: another may take its place."""


class Call:
    """A request under way; `answer` is there when `wait` has said so."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.answer: Reply | None = None
        self._answered = threading.Event()

    def wait(self, seconds: float) -> bool:
        """Block until there is an answer, but no longer than this; whether there is."""
        return self._answered.wait(seconds)

    def give(self, answer: Reply) -> None:
        """The answer."""
        self.answer = answer
        self._answered.set()


class Line:
    """An open connection; raises RobotError when the host is not there or does not know us."""

    def __init__(self, address: Address, robot: str, who: str, clock: Clock) -> None:
        self._name = f"The robot host of {robot} (process {address.process})"
        self._clock = clock
        self._numbers = itertools.count(1)
        self._calls: dict[int, Call] = {}
        self._sending = threading.Lock()
        self._lost = ""
        self._turned_away = False
        self._welcome: Welcome | None = None
        self._profile: RobotProfile | None = None
        self._ended: Motion | None = None
        self._newest: tuple[State, float] | None = None
        self._periods_s: deque[float] = deque(maxlen=_NEWEST_TICKS)
        self._ready = threading.Event()
        try:
            self._socket = knock(address.controls, _KNOCK_S)
        except OSError as error:
            gone = isinstance(error, ConnectionRefusedError | FileNotFoundError)
            sentence = f"{self._name} does not answer: {error.strerror or error}."
            raise (HostGoneError if gone else RobotError)(sentence) from error
        self._reader = threading.Thread(target=self._read, name="robot host line", daemon=True)
        self._reader.start()
        self._send(Hello(VERSION, address.key, who))
        if not self._ready.wait(_FIRST_STATE_S) or self._newest is None:
            lost = self._lost
            self.close()
            gone = bool(lost) and not self._turned_away
            raise (HostGoneError if gone else RobotError)(lost or f"{self._name} says nothing.")

    @property
    def scene(self) -> Scene:
        """What the host says that stands around the robot."""
        assert self._welcome is not None
        return from_papers(Scene, self._welcome.scene)

    def begin(self, make: Callable[[int], Request]) -> Call:
        """Send a request that wants an answer; WireError when it cannot be sent, RobotError when nobody is there."""
        call = Call(next(self._numbers))
        message = framed(make(call.number))
        read_request(message[4:])  # what the host would not understand is not sent: it would hang up
        self._calls[call.number] = call
        self._send_bytes(message)
        return call

    def tell(self, request: Request) -> None:
        """Send a request that wants no answer, if anybody is there."""
        with suppress(RobotError):
            self._send(request)

    def check(self) -> None:
        """RobotError when the host has gone, or has said nothing for a while."""
        if self._lost:
            raise RobotError(self._lost)
        if self._newest is not None and (silence_s := self._clock.monotonic_s() - self._newest[1]) > _SILENCE_S:
            raise RobotError(f"{self._name} has said nothing for {silence_s:.1f} s.")

    def snapshot(self) -> Snapshot:
        """The newest state that was told."""
        self.check()
        assert self._welcome is not None
        assert self._profile is not None
        assert self._newest is not None
        state, _ = self._newest
        return Snapshot(
            measured=state.measured,
            commanded=state.commanded,
            stop=state.stop,
            moving=state.moving,
            version=state.version,
            robot_name=self._welcome.robot_name,
            profile=self._profile,
            period_s=tuple(self._periods_s),
            pending=state.pending,
            ended=self._ended,
            notes=state.notes,
        )

    def close(self) -> None:
        """Hang up; safe to call twice."""
        self._lose("This line to the robot host was closed.")
        if threading.current_thread() is not self._reader:
            self._reader.join()

    def _send(self, request: Request) -> None:
        self._send_bytes(framed(request))

    def _send_bytes(self, message: bytes) -> None:
        with self._sending:
            if self._lost:
                raise RobotError(self._lost)
            try:
                self._socket.sendall(message)
            except OSError as error:
                self._lose(f"{self._name} has ended, or does not listen.")
                raise RobotError(self._lost) from error

    def _read(self) -> None:
        frames, last = Frames(), f"{self._name} has ended; start again what it was driven with."
        try:
            while True:
                try:
                    piece = self._socket.recv(_PIECE_BYTES)
                except TimeoutError:
                    continue
                if not piece:
                    break
                for message in frames.feed(piece):
                    self._take(read_reply(message))
        except RobotError as error:
            last = f"{self._name} cannot be understood: {error}"
        except OSError:
            pass
        self._lose(last)

    def _take(self, reply: Reply) -> None:
        if isinstance(reply, Welcome):
            self._welcome = reply
        elif isinstance(reply, Limits):
            self._profile = from_papers(RobotProfile, reply.profile)
        elif isinstance(reply, Ended):
            self._ended = reply.motion
        elif isinstance(reply, State):
            self._newest = reply, self._clock.monotonic_s()
            self._periods_s.extend(reply.period_s)
            self._ready.set()
        elif isinstance(reply, Failed) and reply.id == 0:
            self._turned_away = True
            self._lose(f"{self._name} has hung up: {reply.sentence}")
        elif isinstance(reply, Ruled | Done | Rearmed | Failed) and (call := self._calls.pop(reply.id, None)):
            call.give(reply)

    def _lose(self, sentence: str) -> None:
        """From now on nobody is there; the first reason is the one that is told."""
        self._lost = self._lost or sentence
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._ready.set()
        while self._calls:
            with suppress(KeyError):  # the reader may give the answer at this moment
                _, call = self._calls.popitem()
                call.give(Failed(call.number, "RobotError", self._lost))
