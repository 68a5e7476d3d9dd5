"""Controls over the socket of a robot host: the same words as the gate's, from any process of the same person.

Knows no rule. A motion's lease is renewed by whoever awaits it, with the caution that is felt by then: a process whose
event loop hangs drives nothing.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Final, TypeVar

import anyio
import anyio.to_thread

from llmos.clock import Clock, RealClock
from llmos.documents.scene import Scene
from llmos.errors import RefusedError, StorageError
from llmos.robots.base import RobotError
from llmos.robots.caution import CALM, Caution
from llmos.robots.controls import Order, Ruling, Snapshot
from llmos.robots.host.doors import HostFiles
from llmos.robots.host.line import Call, Line
from llmos.robots.host.stopping import Stopped, book_stop, latch_of, stop_robot
from llmos.robots.host.wire import (
    Cancel,
    Dispatch,
    Done,
    Failed,
    Halt,
    Judge,
    Permit,
    Rearmed,
    Renew,
    Request,
    Ruled,
    WireError,
)
from llmos.robots.judgement.asked import is_stop, plain
from llmos.robots.latch import Stop
from llmos.robots.verdict import Refusal, Result, Verdict

_RENEWALS_PER_TIMEOUT: Final = 3
_KINDS: Final = {kind.__name__: kind for kind in (RobotError, StorageError, RefusedError)}

A = TypeVar("A")
R = TypeVar("R", Ruled, Done, Rearmed)


class HostClient:
    """Implements Controls for the host of a robot and home; raises RobotError when there is none that answers."""

    def __init__(
        self, files: HostFiles, who: str, clock: Clock | None = None, heed: Callable[[], Caution] = lambda: CALM
    ) -> None:
        self._files = files
        self._heed = heed
        self._latch = latch_of(files.robot, files.home)
        self._clock = clock or RealClock()
        address = files.read_address()
        if address is None:
            raise RobotError(f"No host runs the robot {files.robot} for this home.")
        self._line = Line(address, files.robot, who, self._clock)

    @property
    def scene(self) -> Scene:
        """What stands around the robot."""
        return self._line.scene

    def close(self) -> None:
        """Hang up; what this client has moving decelerates. Safe to call twice."""
        self._line.close()

    def snapshot(self) -> Snapshot:
        """The newest state that the host has told; RobotError when it has told none for a while.

        A stop and a rearm show as soon as they are on disk, before the host tells of them.
        """
        known = self._line.snapshot()
        return replace(known, stop=known.stop or self._latch.stop, rearms=self._latch.rearms)

    async def judge(self, order: Order, *, preview: bool = False) -> Ruling:
        """The gate's verdict on an order; nothing moves. What cannot even be sent is refused here."""
        if is_stop(order.verb):
            order = Order(order.verb, {}, order.principal)
        try:
            return (await self._ask(lambda number: Judge(number, order, preview), Ruled)).ruling
        except WireError as error:
            refusal = Refusal("well-formed", f"The order cannot be sent to the robot: {error}", "give finite numbers")
            return Ruling(order, Verdict(0, str(order.verb)[:40], plain(order.args), refusal))

    async def dispatch(self, ruling: Ruling) -> Result:
        """Carry out what was approved; whoever stops waiting makes the robot decelerate, and waits for that."""
        call = self._line.begin(lambda number: Dispatch(number, ruling))
        try:
            return (await self._answer(call, Done, renewing=True)).result
        except anyio.get_cancelled_exc_class():
            self._line.tell(Cancel(call.number))
            with anyio.CancelScope(shield=True), suppress(RobotError):
                await self._answer(call, Done)
            raise

    async def stop(self, by: str, reason: str) -> Result:
        """Emergency stop: first past everything that may be busy, then by the gate, which says how it ended.

        Each is tried though the other fails. Raises StorageError where neither takes it, RobotError where it is in
        force but the host, which would tell how it ended, is gone; then it is written down here.
        """
        with anyio.CancelScope(shield=True):
            at_once = await self._stop_at_once(by, reason)
            try:
                done = await self._ask(lambda number: Halt(number, by, reason), Done)
            except RobotError as error:
                if isinstance(at_once, StorageError):
                    raise at_once from error
                unbooked = "" if at_once.by_host else await self._aside(lambda: self._book(at_once.stop))
                but = f", but {unbooked}" if unbooked else ""
                raise RobotError(
                    f"{error} The stop is in force all the same, until a person rearms it{but}."
                ) from error
        return done.result

    async def _stop_at_once(self, by: str, reason: str) -> Stopped | StorageError:
        """At the stop door, or on disk where nobody answers there; what the disk has against it."""
        try:
            return await self._aside(lambda: stop_robot(self._files.home, self._files.robot, by, reason, self._clock))
        except StorageError as error:
            return error

    def _book(self, stop: Stop) -> str:
        return book_stop(self._files.home, self._files.robot, stop, self._clock)

    @staticmethod
    async def _aside(work: Callable[[], A]) -> A:
        """Do it in a thread that waits for no other."""
        return await anyio.to_thread.run_sync(work, limiter=anyio.CapacityLimiter(1))

    async def rearm(self, by: str, profile_hash: str = "") -> Stop | None:
        """A person's permission to move again: the stop that was lifted, if there was one."""
        return (await self._ask(lambda number: Permit(number, by, profile_hash), Rearmed)).stop

    async def _ask(self, make: Callable[[int], Request], kind: type[R]) -> R:
        return await self._answer(self._line.begin(make), kind)

    async def _answer(self, call: Call, kind: type[R], *, renewing: bool = False) -> R:
        """Wait for it in a thread, a little at a time, so that nothing waits for ever and leases are renewed."""
        share_s = self._line.snapshot().profile.client_timeout_s / _RENEWALS_PER_TIMEOUT
        limiter = anyio.CapacityLimiter(1)
        while not await anyio.to_thread.run_sync(call.wait, share_s, abandon_on_cancel=True, limiter=limiter):
            self._line.check()
            if renewing:
                self._line.tell(Renew(call.number, self._heed()))
        if isinstance(call.answer, kind):
            return call.answer
        if isinstance(call.answer, Failed):
            raise _KINDS.get(call.answer.kind, RobotError)(call.answer.sentence)
        raise RobotError(f"The robot host gave a {type(call.answer).__name__} for an answer.")
