"""What the limits of `kernel/service.md` do, seen from outside."""

from contextlib import ExitStack, suppress
from typing import Any

import anyio
from starlette.testclient import WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect

from llmos.server.access import Access
from llmos.server.app import create_app
from llmos.server.service import make_service
from tests.support.homes import Place
from tests.support.service import Served, served_at

FAR = {"x": 9.0, "y": 0.0, "z": 1.0}
_MOMENT_S = 1.5
"""Less than is shipped, and much more than the tests ask for: a busy machine takes its time."""


def trials(place: Place) -> dict[str, Any]:
    """One answer for each limit."""
    with served_at(place) as service:
        long = service.post("/move", {**FAR, "theta": 1.0, "note": "x" * 2000}).status_code
        moves = [service.post("/move", FAR).status_code for _ in range(4)]
        told = len(service.get("/safety").json().get("violations", {}).get("violations", ()))
        rates = [_granted(service, None), _granted(service, 1000)]
        return {
            "long": long, "moves": moves, "told": told, "rates": rates,
            "together": _together(service), "message": _answer(service, " " * 200), "flood": _taken(service),
        }  # fmt: skip


def looks(place: Place) -> list[int]:
    """What is answered to somebody who looks twelve times at once."""
    with served_at(place) as service:
        return [service.get("/health").status_code for _ in range(12)]


def _granted(service: Served, hz: float | None) -> Any:
    """How often a listener that asks for so much is told."""
    with service.client.websocket_connect("/ws") as socket:
        socket.send_json({"type": "subscribe", "hz": hz})
        return _next(socket).get("hz")


def _answer(service: Served, padding: str) -> Any:
    with service.client.websocket_connect("/ws") as socket:
        socket.send_text(f'{{"hz": 1{padding}}}')
        return _next(socket)["type"]


def _next(socket: Any) -> Any:
    while (message := socket.receive_json())["type"] == "state_update":
        pass
    return message


def _together(service: Served) -> int:
    """How many of three listeners are let in."""
    with ExitStack() as stack:
        let_in = 0
        with suppress(WebSocketDenialResponse):
            while let_in < 3:
                stack.enter_context(service.client.websocket_connect("/ws"))
                let_in += 1
    return let_in


def _taken(service: Served) -> int:
    """How many of twenty messages are taken."""
    with service.client.websocket_connect("/ws") as socket:
        taken = 0
        with suppress(WebSocketDisconnect):
            while taken < 20:
                socket.send_text('{"hz": 1}')
                _next(socket)
                taken += 1
    return taken


async def patience(place: Place) -> dict[str, bool]:
    """Whether within a moment the service gives up a listener that takes nothing, and a body that does not come."""
    async with place.system() as system:
        app = create_app(make_service(system, Access()))
        async with app.router.lifespan_context(app):
            seen: dict[str, bool] = {}
            async with anyio.create_task_group() as group:
                for name, how in {"listener": _listener, "body": _body}.items():
                    group.start_soon(_given_up, app, how, name, seen)
            return dict(sorted(seen.items()))


def _scope(kind: str, path: str) -> dict[str, Any]:
    headers = [(b"host", b"localhost"), (b"content-type", b"application/json"), (b"content-length", b"9")]
    scope = {"type": kind, "path": path, "raw_path": path.encode(), "query_string": b"", "headers": headers}
    return {**scope, "method": "POST", "scheme": "http", "client": ("127.0.0.1", 1), "subprotocols": [], "state": {}}


async def _given_up(app: Any, how: Any, name: str, seen: dict[str, bool]) -> None:
    with anyio.move_on_after(_MOMENT_S) as waiting:
        await how(app)
    seen[name] = not waiting.cancelled_caught


async def _listener(app: Any) -> None:
    messages = [{"type": "websocket.connect"}]

    async def receive() -> Any:
        if messages:
            return messages.pop()
        return await anyio.sleep_forever()

    async def send(message: Any) -> None:
        if message["type"] == "websocket.send":
            await anyio.sleep_forever()

    await app(_scope("websocket", "/ws"), receive, send)


async def _body(app: Any) -> None:
    async def send(_: Any) -> None:
        pass

    await app(_scope("http", "/move"), anyio.sleep_forever, send)
