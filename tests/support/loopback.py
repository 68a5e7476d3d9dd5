"""An HTTP/1.1 server on 127.0.0.1 that answers as it is told; knows no API.

Fast enough to stand on the other side of a benchmark: one write per answer, connections are kept open.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Self

REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 429: "Too Many Requests"}


@dataclass(frozen=True, slots=True)
class Received:
    """A request; header names are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes back, chunk by chunk; `then` completes the body, drops the connection in its midst, or hangs.

    With `silence` nothing comes back at all, not even a status.
    """

    chunks: tuple[bytes, ...] = ()
    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("content-type", "text/event-stream; charset=utf-8"),)
    then: Literal["end", "drop", "hang", "silence"] = "end"

    def wire(self) -> bytes:
        """The answer as bytes, without its end unless `then` is `end`."""
        head = f"HTTP/1.1 {self.status} {REASONS.get(self.status, 'Status')}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in self.headers)
        body = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in self.chunks if chunk)
        end = b"0\r\n\r\n" if self.then == "end" else b""
        return f"{head}transfer-encoding: chunked\r\n\r\n".encode() + body + end


def json_answer(status: int, content: Any, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """An answer that is one JSON document."""
    return Answer((json.dumps(content).encode(),), status, (("content-type", "application/json"), *headers))


class LoopbackServer:
    """Serves while it is entered; `received` keeps every request unless `keep` is false."""

    def __init__(self, answer: Callable[[Received], Answer], *, keep: bool = True) -> None:
        self._answer = answer
        self._keep = keep
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.StreamWriter] = set()
        self._changed = asyncio.Condition()
        self.received: list[Received] = []
        self.opened = 0
        """How many connections there have been."""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=2**24)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for writer in list(self._connections):
            writer.close()
        await self.wait_for_connections(0)

    @property
    def url(self) -> str:
        """Where it listens, without a closing slash."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def wait_for_connections(self, count: int) -> None:
        """Wait until exactly so many connections are open; fails after five seconds."""
        async with asyncio.timeout(5), self._changed:
            await self._changed.wait_for(lambda: len(self._connections) == count)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        await self._count(writer, self._connections.add)
        try:
            while await self._exchange(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            await self._count(writer, self._connections.discard)

    async def _count(self, writer: asyncio.StreamWriter, change: Callable[[asyncio.StreamWriter], None]) -> None:
        async with self._changed:
            change(writer)
            self._changed.notify_all()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its answer; whether the connection stays open."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        method, path, _ = first.split(" ", 2)
        received = Received(method, path, headers, body)
        if self._keep:
            self.received.append(received)
        answer = self._answer(received)
        if answer.then != "silence":
            writer.write(answer.wire())
            await writer.drain()
        if answer.then in ("hang", "silence"):
            await reader.read()
        return answer.then == "end"
