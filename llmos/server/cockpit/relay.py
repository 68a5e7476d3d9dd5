"""Passes the arena's page and its WebSocket on from the loopback, so that a browser needs one address and one token.

Knows neither scene nor robot. Only one way is open: what the page sends is read and dropped, for a library's page may
ask for more than looking (viser's can ask for a public tunnel to itself).
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress

import anyio
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect

_MOST_BYTES = 64 * 1024 * 1024
_PASSED_ON = ("content-type",)
_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval' blob:; worker-src blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src data:; connect-src 'self' data: blob:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
"""The library's page holds all of itself, as scripts and data of its own; it can load nothing from elsewhere."""


async def relay_page(port: int, path: str) -> Response:
    """One file of the arena's page; 404 for what can be no address."""
    import httpx2

    try:
        async with httpx2.AsyncClient(trust_env=False, timeout=30) as client:
            answer = await client.get(f"http://127.0.0.1:{port}/{path}")
    except httpx2.InvalidURL as error:
        raise HTTPException(404) from error
    headers = {name: answer.headers[name] for name in _PASSED_ON if name in answer.headers}
    return Response(answer.content, answer.status_code, {**headers, "content-security-policy": _POLICY})


async def relay_socket(port: int, socket: WebSocket) -> None:
    """What viser sends, until either side goes."""
    from websockets.asyncio.client import connect
    from websockets.exceptions import ConnectionClosed
    from websockets.typing import Subprotocol

    offered = [Subprotocol(each) for each in socket.scope.get("subprotocols", ())]
    async with connect(
        f"ws://127.0.0.1:{port}", subprotocols=offered, compression=None, max_size=_MOST_BYTES, proxy=None
    ) as inner:
        await socket.accept(subprotocol=inner.subprotocol)

        async def outward() -> None:
            async for message in inner:
                if isinstance(message, bytes):
                    await socket.send_bytes(message)
                else:
                    await socket.send_text(message)

        async def inward() -> None:
            while (await socket.receive())["type"] != "websocket.disconnect":
                pass  # looking is all that there is to do here

        async with anyio.create_task_group() as tasks:

            async def until_gone(work: Callable[[], Awaitable[None]]) -> None:
                with suppress(ConnectionClosed, WebSocketDisconnect, RuntimeError):
                    await work()
                tasks.cancel_scope.cancel()

            tasks.start_soon(until_gone, outward)
            tasks.start_soon(until_gone, inward)
