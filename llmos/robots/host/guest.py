"""One client of a robot host: reads what it asks, answers, and holds the lease of every motion that it waits for.

Knows no rule: the gate judges. A client that is gone, silent, too slow to read or not to be understood moves nothing.
"""

import hmac
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Protocol

import anyio
from anyio.abc import ByteStream, TaskGroup

from llmos.errors import LLMosError
from llmos.robots.caution import CALM, Caution
from llmos.robots.controls import Controls, Ruling, Snapshot
from llmos.robots.host.wire import (
    VERSION,
    Cancel,
    Dispatch,
    Done,
    Ended,
    Failed,
    Frames,
    Halt,
    Hello,
    Judge,
    Limits,
    Permit,
    Rearmed,
    Renew,
    Reply,
    Request,
    Ruled,
    WireError,
    framed,
    read_request,
)
from llmos.robots.verdict import Refusal, Result

_PIECE_BYTES = 65536
_MOST_AT_ONCE = 32
_MESSAGES_PER_TICK = 16
_HELLO_WITHIN_S = 2.0
_LAST_WORD_WITHIN_S = 0.5

GIVEN_UP = Refusal("cancelled", "Whoever waited for this motion waits no longer", "ask again if it is still wanted")


class House(Protocol):
    """What a guest needs of its host."""

    controls: Controls
    key: str
    abandoned: bool

    def now_s(self) -> float:
        """The robot's clock."""
        ...

    async def tick(self) -> None:
        """Return at the next control tick."""
        ...

    async def drive(self, ruling: Ruling) -> Result:
        """Carry out what was approved."""
        ...

    def welcome(self) -> Sequence[Reply]:
        """The first messages for a guest."""
        ...

    def newest(self) -> Reply:
        """The state as it is now."""
        ...


@dataclass(slots=True)
class _Lease:
    """Permission to go on, for as long as the client says that it is there."""

    renewed_s: float
    caution: Caution = CALM
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    refusal: Refusal = GIVEN_UP


class Guest:
    """A connection, from its first word to its last."""

    def __init__(self, stream: ByteStream, house: House) -> None:
        self._stream = stream
        self._house = house
        self._leases: dict[int, _Lease] = {}
        self._replies: deque[bytes] = deque()
        self._state: bytes | None = None
        self._news = anyio.Event()
        self._idle = anyio.Event()
        self._at_once = 0
        self._welcomed = False

    async def stay(self) -> None:
        """Serve the client until it goes; a motion that it leaves behind counts as abandoned, and decelerates."""
        async with self._stream, anyio.create_task_group() as group:
            group.start_soon(self._write)
            with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
                try:
                    await self._converse(group)
                except WireError as error:
                    await self._say_last(_failed(0, error))
            self._house.abandoned |= bool(self._leases)
            group.cancel_scope.cancel()

    def tell(self, message: Reply) -> None:
        """Send this after everything before it."""
        self._replies.append(framed(message))
        self._news.set()

    def show(self, state: bytes) -> None:
        """Send this state, unless a newer one comes before the client has read so far."""
        if self._welcomed:
            self._state = state
            self._news.set()

    def inform(self, news: Limits | Ended) -> None:
        """Send what the states from now on are to be read with."""
        if self._welcomed:
            self._state = None
            self.tell(news)

    @property
    def caution(self) -> Caution:
        """What this client has said last of the motions that it waits for, the tightest of it."""
        return reduce(Caution.tighter, (lease.caution for lease in self._leases.values()), CALM)

    def end_lapsed(self, timeout_s: float) -> None:
        """Decelerate every motion whose client has not been heard of for so long."""
        for lease in self._leases.values():
            if self._house.now_s() - lease.renewed_s > timeout_s and not lease.scope.cancel_called:
                reason = f"Nothing was heard of the client for {timeout_s:g} s"
                lease.refusal = Refusal("lease", reason, "stay connected while the robot moves")
                lease.scope.cancel()

    async def _converse(self, group: TaskGroup) -> None:
        requests = self._requests()
        with anyio.move_on_after(_HELLO_WITHIN_S):
            self._greet(await anext(requests, None))
        if not self._welcomed:
            raise WireError(f"No greeting came within {_HELLO_WITHIN_S:g} s.")
        async for request in requests:
            self._begin(request, group)

    async def _requests(self) -> AsyncIterator[Request]:
        """What the client says, a few messages per tick however many it sends."""
        frames, taken = Frames(), 0
        with suppress(anyio.EndOfStream):
            while True:
                for message in frames.feed(await self._stream.receive(_PIECE_BYTES)):
                    yield read_request(message)
                    taken += 1
                    if taken % _MESSAGES_PER_TICK == 0:
                        await self._house.tick()

    def _greet(self, hello: Request | None) -> None:
        if not isinstance(hello, Hello) or not hmac.compare_digest(hello.key.encode(), self._house.key.encode()):
            raise WireError("A greeting with the key of this home comes first.")
        if hello.version != VERSION:
            raise WireError(f"This host speaks version {VERSION}, not {hello.version}; end it and start it again.")
        for message in self._house.welcome():
            self.tell(message)
        self._welcomed = True

    def _begin(self, request: Request, group: TaskGroup) -> None:
        """Answer in a task of its own, so that a stop waits for no motion."""
        if isinstance(request, Hello):
            raise WireError("One greeting is enough.")
        if isinstance(request, Renew | Cancel):
            lease = self._leases.get(request.id)
            if lease is not None and isinstance(request, Renew):
                lease.renewed_s, lease.caution = self._house.now_s(), request.caution
            elif lease is not None:
                lease.scope.cancel()
            return
        if self._at_once + len(self._replies) >= _MOST_AT_ONCE:
            raise WireError(f"More than {_MOST_AT_ONCE} requests and unread answers at once are too many.")
        if isinstance(request, Dispatch):
            if request.id in self._leases:
                raise WireError(
                    f"A motion with the number {request.id} is under way already; give each a number of its own."
                )
            self._leases[request.id] = _Lease(self._house.now_s())
        self._at_once += 1
        group.start_soon(self._answer, request)

    async def _answer(self, request: Judge | Dispatch | Halt | Permit) -> None:
        """An answer comes after the state that it made."""
        try:
            reply = await self._reply_to(request)
        except LLMosError as error:
            reply = _failed(request.id, error)
        finally:
            self._at_once -= 1
        self._state = None
        self.tell(self._house.newest())
        try:
            self.tell(reply)
        except WireError as error:  # an order may be as long as a message, and its ruling longer
            self.tell(_failed(request.id, error))

    async def _reply_to(self, request: Judge | Dispatch | Halt | Permit) -> Reply:
        controls = self._house.controls
        if isinstance(request, Judge):
            return Ruled(request.id, await controls.judge(request.order, preview=request.preview))
        if isinstance(request, Halt):
            return Done(request.id, await controls.stop(request.by, request.reason))
        if isinstance(request, Permit):
            return Rearmed(request.id, await controls.rearm(request.by, request.profile_hash))
        return Done(request.id, await self._move(request))

    async def _move(self, request: Dispatch) -> Result:
        """Drive for as long as the lease holds; what is left when it has ended is how the robot came to rest."""
        lease, before = self._leases[request.id], self._house.controls.snapshot()
        try:
            with lease.scope:
                return await self._house.drive(request.ruling)
            return _halted(request.ruling, before, self._house.controls.snapshot(), lease.refusal)
        finally:
            del self._leases[request.id]

    async def _write(self) -> None:
        with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
            while True:
                if self._replies:
                    await self._stream.send(self._replies[0])
                    self._replies.popleft()
                elif self._state is not None:
                    state, self._state = self._state, None
                    await self._stream.send(state)
                else:
                    self._idle.set()
                    self._news = anyio.Event()
                    await self._news.wait()

    async def _say_last(self, message: Reply) -> None:
        """Hang up when this has been sent, or when the client does not read it."""
        self._welcomed, self._state, self._idle = False, None, anyio.Event()
        self.tell(message)
        with anyio.move_on_after(_LAST_WORD_WITHIN_S):
            await self._idle.wait()


def _failed(number: int, error: LLMosError) -> Failed:
    return Failed(number, type(error).__name__, str(error))


def _halted(ruling: Ruling, before: Snapshot, after: Snapshot, refusal: Refusal) -> Result:
    """How an order ended that nobody waited for: its motion was cut short, or never began."""
    if after.ended is None or after.ended is before.ended:
        return Result(replace(ruling.verdict, refusal=refusal), after.measured)
    return Result(ruling.verdict, after.measured, replace(after.ended, halted=refusal))
