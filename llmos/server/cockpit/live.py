"""The live line to each open page: the robot's state some times a second, what was spent, and the beats of all runs.

Knows no robot. A page that reads too slowly is let go and comes back by itself; it never holds up anybody else.
"""

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar

import anyio
from starlette.websockets import WebSocket, WebSocketDisconnect

from llmos.robots.base import RobotError
from llmos.server.cockpit.beats import Beat, beat_of
from llmos.server.cockpit.instruments import setup_json, state_json
from llmos.server.encoding import to_json
from llmos.server.feed import now
from llmos.server.service import Service
from llmos.traces.events import Event

TALK: ContextVar[str] = ContextVar("TALK", default="")
"""The conversation that a run belongs to; a task inherits it from the request that began it."""

_TICK_S = 1 / 15
_LONGEST_SILENCE_S = 0.5
_SLOWEST_SEND_S = 5.0
_MOST_WAITING = 1000
_TOO_SLOW = 1013


class Live:
    """All open pages of one service."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._pages: list[deque[Beat]] = []
        self._asked: Callable[[], None] = service.system.bus.subscribe(self._hear)
        self._state = b""
        self._made_s = -1.0

    def publish(self, beat: Beat) -> None:
        """Tell every page."""
        stamped = {**beat, "type": "beat", "at": now(self._service), "talk": TALK.get()}
        for waiting in self._pages:
            waiting.append(stamped)

    def _hear(self, event: Event, run: str) -> None:
        beat = beat_of(event) if self._pages else None
        if beat is not None:
            self.publish({"run": run, **beat})

    async def serve(self, socket: WebSocket) -> None:
        """Send to one page until it goes."""
        await socket.accept()
        waiting: deque[Beat] = deque(maxlen=_MOST_WAITING + 1)
        self._pages.append(waiting)
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_until_gone, socket, tasks.cancel_scope)
                await self._send(socket, waiting)
                tasks.cancel_scope.cancel()
        finally:
            self._pages[:] = [each for each in self._pages if each is not waiting]

    async def _send(self, socket: WebSocket, waiting: deque[Beat]) -> None:
        known, told, silent_s = [b"", b""], b"", 0.0
        while len(waiting) <= _MOST_WAITING:
            try:
                setup_now, state = to_json(setup_json(self._service)), self._newest()
            except RobotError:  # a page that is told nothing for a while says so, and hears on when there is news
                await anyio.sleep(_TICK_S)
                continue
            fresh = [setup_now, to_json({"type": "spent", **spent_json(self._service)})]
            silent_s += _TICK_S
            setup, spent = ([new] if new != old else [] for new, old in zip(fresh, known, strict=True))
            beats = [to_json(waiting.popleft()) for _ in range(len(waiting))]
            messages = [*setup, *beats, *spent]  # how a run ended is told before what it has cost
            if state != told or silent_s >= _LONGEST_SILENCE_S:
                messages.append(state)
                silent_s = 0.0
            known, told = fresh, state
            if not await _sent(socket, messages):
                return
            await anyio.sleep(_TICK_S)
        await socket.close(_TOO_SLOW, "this page reads too slowly")

    def _newest(self) -> bytes:
        """The state, encoded at most once a tick however many pages are open."""
        now_s = anyio.current_time()
        if now_s - self._made_s >= 0.9 * _TICK_S:
            self._state, self._made_s = to_json(state_json(self._service)), now_s
        return self._state


def spent_json(service: Service) -> Beat:
    """What this session has come to."""
    report = service.system.report
    return {
        "usd": report.cost_usd,
        "usd_left": service.system.usd_left,
        "runs": report.runs,
        "tokens": report.usage.total,
    }


async def _sent(socket: WebSocket, messages: list[bytes]) -> bool:
    """Whether the page took them all in time, and is still there."""
    taken = False
    with anyio.move_on_after(_SLOWEST_SEND_S), suppress(WebSocketDisconnect):
        for message in messages:
            await socket.send_text(message.decode())
        taken = True
    return taken


async def _until_gone(socket: WebSocket, scope: anyio.CancelScope) -> None:
    """Read what the page says, which is nothing, until it goes."""
    try:
        while True:
            await socket.receive_text()
    except (WebSocketDisconnect, KeyError, RuntimeError):
        scope.cancel()
