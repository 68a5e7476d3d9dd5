"""A robot host: the one process that owns a robot on a real clock, and lets others drive it through its gate.

Knows no driver by name and no socket's kind. One task ticks the robot, moving or not, and ends the leases of clients
that are gone; the stop has a thread and a socket of its own.
"""

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import reduce
from typing import Final, Protocol

import anyio
import anyio.to_thread
from anyio.abc import ByteStream, SocketListener, TaskGroup

from llmos.disk import write_whole
from llmos.documents.robot_profile import RobotProfile
from llmos.documents.scene import Scene
from llmos.robots.caution import CALM, Caution, Heed
from llmos.robots.controls import Controls, Ruling
from llmos.robots.host.doors import Address, HostFiles, new_key, open_door
from llmos.robots.host.guest import Guest
from llmos.robots.host.stop_listener import StopListener
from llmos.robots.host.wire import VERSION, Ended, Limits, Reply, State, Welcome, framed
from llmos.robots.latch import Stop, StopLatch
from llmos.robots.pace import SharedPace
from llmos.robots.papers import papers
from llmos.robots.verdict import Motion, Result

TICKS_PER_STATE: Final = 2
"""A state is sent with every so many control ticks: some 60 times a second."""

_MOST_GUESTS = 32


class Hosted(Controls, Protocol):
    """A gate that goes on while nobody drives; a stop that trips `latch` is in force at its next tick."""

    latch: StopLatch

    def tick(self) -> object:
        """Let the robot go on until now, when nothing moves it."""
        ...

    async def book(self, stop: Stop) -> None:
        """Write down a stop that holds already."""
        ...

    def close(self) -> None:
        """Let the driver come to rest."""
        ...


class RobotHost:
    """Serves a gate to clients until it is cancelled; what moves then decelerates first.

    `abandoned` says that the last motion was left behind by a client that went without a word. `heed` is what the gate
    asks at every tick: it hears there what clients say while they wait for a motion.
    """

    def __init__(
        self, gate: Hosted, scene: Scene, files: HostFiles, pace: SharedPace, heed: Heed | None = None
    ) -> None:
        self.controls: Controls = gate
        self.key = new_key()
        self.abandoned = False
        self._gate = gate
        self._scene = scene
        self._files = files
        self._pace = pace
        self._guests: set[Guest] = set()
        if heed is not None:
            heed.caution = self._caution
        self._driving = 0
        self._shown: RobotProfile = gate.snapshot().profile
        self._ended: Motion | None = None
        self._periods_s: list[float] = []

    async def serve(self, ready: Callable[[], None], on_tick: Callable[[], None] = lambda: None) -> None:
        """Open the doors, say `ready`, and serve; raises StorageError where the home takes no file."""
        files = self._files
        controls, controls_door = open_door(files.controls)
        stop, stop_door = open_door(files.stop)
        try:
            with StopListener(stop, self.key, self._gate.latch, self._pace.now) as ear:
                listener = await SocketListener.from_socket(controls)
                files.write_address(Address(os.getpid(), self.key, controls_door, stop_door))
                async with listener, anyio.create_task_group() as group:
                    group.start_soon(listener.serve, self._entertain)
                    ready()
                    await self._pace.run(self._period_s, lambda: self._tick(ear, on_tick, group))
        finally:
            files.remove()

    @property
    def is_driven(self) -> bool:
        """Whether something moves."""
        return self._driving > 0

    def now_s(self) -> float:
        """The robot's clock."""
        return self._pace.now_s()

    async def tick(self) -> None:
        """Return at the next control tick."""
        await self._pace.follow()

    def welcome(self) -> Sequence[Reply]:
        """Who is here, and what limits count."""
        snapshot = self.controls.snapshot()
        return (
            Welcome(VERSION, os.getpid(), snapshot.robot_name, papers(self._scene)),
            Limits(papers(snapshot.profile)),
        )

    async def drive(self, ruling: Ruling) -> Result:
        """Carry out what was approved, with a note on disk that something moves; StorageError, and nothing moves."""
        self._driving += 1
        try:
            note = f"{ruling.order.verb} of {ruling.order.principal}\n".encode()
            await anyio.to_thread.run_sync(self._note_motion, note, limiter=anyio.CapacityLimiter(1))
            self.abandoned = False
            return await self.controls.dispatch(ruling)
        finally:
            self._driving -= 1
            if not self._driving:
                with suppress(OSError):  # it stays where the disk takes nothing any more, and disarms the next host
                    self._files.moving.unlink(missing_ok=True)

    def _note_motion(self, note: bytes) -> None:
        write_whole(self._files.moving, note, doing="note that the robot moves in")

    def _caution(self) -> Caution:
        return reduce(Caution.tighter, (guest.caution for guest in self._guests), CALM)

    def _period_s(self) -> float:
        return self._shown.control_period_s

    async def _entertain(self, stream: ByteStream) -> None:
        if len(self._guests) == _MOST_GUESTS:
            await stream.aclose()
            return
        guest = Guest(stream, self)
        self._guests.add(guest)
        try:
            await guest.stay()
        finally:
            self._guests.discard(guest)

    def _tick(self, ear: StopListener, on_tick: Callable[[], None], group: TaskGroup) -> None:
        self._gate.tick()
        self._periods_s.append(self._pace.periods_s[-1])
        while ear.heard:
            group.start_soon(self._gate.book, ear.heard.popleft())
        for guest in self._guests:
            guest.end_lapsed(self._shown.client_timeout_s)
        if len(self._periods_s) == TICKS_PER_STATE:
            self._publish()
        on_tick()

    def newest(self, periods_s: Sequence[float] = ()) -> State:
        """The state as it is now; changes that it is to be read with are told to everybody first."""
        seen = self.controls.snapshot()
        if seen.profile is not self._shown:
            self._shown = seen.profile
            self._tell(Limits(papers(seen.profile)))
        if seen.ended is not None and seen.ended is not self._ended:
            self._ended = seen.ended
            self._tell(Ended(seen.ended))
        return State(
            measured=seen.measured,
            commanded=seen.commanded,
            stop=seen.stop,
            moving=seen.moving,
            version=seen.version,
            period_s=tuple(periods_s),
            pending=seen.pending,
            notes=seen.notes,
        )

    def _tell(self, news: Limits | Ended) -> None:
        for guest in self._guests:
            guest.inform(news)

    def _publish(self) -> None:
        periods_s, self._periods_s = self._periods_s, []
        if self._guests:
            state = framed(self.newest(periods_s))
            for guest in self._guests:
                guest.show(state)
