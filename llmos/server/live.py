"""`/ws`: tells the state of the robot as often as each listener asks; who does not read is let go, nobody waits for it.

Knows no robot: the feed makes the messages, once for all listeners. The newest state wins; none is queued.
"""

from collections.abc import Awaitable, Callable
from typing import Final

import anyio
import msgspec
from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect

from llmos.robots.verdict import Refusal
from llmos.server.access import SUBPROTOCOL
from llmos.server.answers import refuse
from llmos.server.feed import StateFeed, error_json
from llmos.server.limits import RateLimit
from llmos.server.service import Service

_OURS: Final = "llmos"
_GONE: Final = "gone"
_TOO_MUCH: Final = 1008
_LEAST_HZ: Final = 0.1
_NOBODYS_HZ: Final = 1e6


class _Wish(msgspec.Struct, forbid_unknown_fields=True):
    """What a listener may say: `{"type": "subscribe", "hz": 30}`."""

    type: str = "subscribe"
    hz: float | None = None


class _Rate:
    """How often one listener wants to hear."""

    def __init__(self, usual_hz: float, most_hz: float) -> None:
        self._usual_hz = usual_hz
        self._most_hz = most_hz
        self.hz = usual_hz

    @property
    def period_s(self) -> float:
        """The time from one message to the next."""
        return 1.0 / self.hz

    def ask(self, hz: float | None) -> bool:
        """Whether this many times a second is possible; then it is so from now on, at most as often as allowed."""
        wanted = self._usual_hz if hz is None else hz
        if not _LEAST_HZ <= wanted <= _NOBODYS_HZ:
            return False
        self.hz = min(wanted, self._most_hz)
        return True

    def told(self) -> str:
        """The answer to a wish that was granted."""
        return msgspec.json.encode({"type": "subscribed", "hz": self.hz}).decode()


def live_router(service: Service) -> APIRouter:
    """The WebSocket over this service."""
    router = APIRouter()
    feed = StateFeed(service)
    listeners: set[WebSocket] = set()

    @router.websocket("/ws")
    async def live(socket: WebSocket) -> None:
        rules = service.rules
        rate = _Rate(rules.state_hz, rules.max_state_hz)
        wish = socket.query_params.get("hz")
        if wish is not None and not _asked(rate, f'{{"hz":{wish[:20]}}}'):
            await socket.send_denial_response(refuse(422, "well-formed", *_WRONG_RATE))
            return
        if len(listeners) >= rules.max_clients:
            why = f"{rules.max_clients} already listen"
            await socket.send_denial_response(refuse(503, "clients", why, "close another page of the service"))
            return
        listeners.add(socket)
        service.counts.listeners.set(len(listeners))
        try:
            await socket.accept(subprotocol=_chosen(socket.scope.get("subprotocols", ())))
            await _Listener(service, socket, rate, feed).serve()
        except WebSocketDisconnect:
            pass  # in the midst of a message to it
        finally:
            listeners.discard(socket)
            service.counts.listeners.set(len(listeners))

    return router


_WRONG_RATE: Final = ("hz is not a number of times a second", "ask for 0.1 or more")


def _chosen(offered: "tuple[str, ...] | list[str]") -> str | None:
    """The subprotocol that is agreed on: browsers insist on one of those they offered."""
    if _OURS in offered:
        return _OURS
    return next((each for each in offered if each.startswith(SUBPROTOCOL)), None)


def _asked(rate: _Rate, text: str) -> bool:
    try:
        wish = msgspec.json.decode(text, type=_Wish)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return False
    return wish.type == "subscribe" and rate.ask(wish.hz)


class _Listener:
    """One WebSocket that is open: tells it the state and hears its wishes until it goes, or is let go."""

    def __init__(self, service: Service, socket: WebSocket, rate: _Rate, feed: StateFeed) -> None:
        self._service = service
        self._socket = socket
        self._rate = rate
        self._feed = feed
        self._messages = RateLimit(service.rules.messages_per_s, service.system.clock.monotonic_s)

    async def serve(self) -> None:
        """Return when it is over; who was let go is told why, if it still listens."""
        why: list[str] = []
        async with anyio.create_task_group() as group:

            async def until_over(work: Callable[[], Awaitable[str]]) -> None:
                why.append(await work())
                group.cancel_scope.cancel()

            group.start_soon(until_over, self._tell)
            group.start_soon(until_over, self._hear)
        if why and why[0] != _GONE:
            self._service.counts.dropped.labels(why[0]).inc()
            with anyio.move_on_after(0.1):
                await self._socket.close(_TOO_MUCH, f"let go: {why[0]}")

    async def _tell(self) -> str:
        """Send the newest state again and again; returns when a message was not taken in time, or nobody is there."""
        due_s = anyio.current_time()
        while True:
            try:
                with anyio.move_on_after(self._service.rules.slow_client_s) as sending:
                    await self._socket.send_text(self._feed.newest())
            except WebSocketDisconnect:
                return _GONE
            if sending.cancelled_caught:
                return "slow"
            due_s = max(due_s + self._rate.period_s, anyio.current_time())
            await anyio.sleep_until(due_s)

    async def _hear(self) -> str:
        """Take wishes; returns when it has gone, or says too much."""
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return _GONE
            if self._messages.wait_s(""):
                return "flood"
            text = message.get("text") or ""
            short = len(text) <= self._service.rules.max_message_bytes
            answer = self._rate.told() if short and _asked(self._rate, text) else _NOT_UNDERSTOOD
            try:
                with anyio.move_on_after(self._service.rules.slow_client_s):
                    await self._socket.send_text(answer)
            except WebSocketDisconnect:
                return _GONE


_NOT_UNDERSTOOD: Final = msgspec.json.encode(
    error_json(Refusal("well-formed", "The message was not understood", 'send {"type": "subscribe", "hz": 30}'))
).decode()
