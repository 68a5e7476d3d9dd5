"""The front: a stop gets through whatever the service behind it does, and everything else is passed on as it came."""

import asyncio
import json
import os
import signal
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from llmos.robots.latch import StopLatch
from llmos.server.front import Front, cut, make_tls
from llmos.server.front_process import fronted
from llmos.server.launch import Address, bind
from tests.support.certificates import certificate

pytestmark = pytest.mark.anyio

Backend = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]
TOKEN = "viewer-0123456789abcdef"


def wanted(folder: Path, tokens: dict[str, str] | None = None, slow_client_s: float = 5.0) -> dict[str, Any]:
    """What `launch` tells a front."""
    return {
        "backend": str(folder / "b.sock"), "home": str(folder), "robot": "arm", "tokens": tokens or {},
        "head_timeout_s": 5.0, "slow_client_s": slow_client_s, "certfile": "", "keyfile": "",
    }  # fmt: skip


async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A service that is blocked: it takes connections and never answers."""
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        writer.close()


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A service that answers with the request's own head."""
    head = await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(head) + head)
    await writer.drain()
    writer.close()


@asynccontextmanager
async def standing(
    folder: Path, backend: Backend = silent, most: int = 100, tls: ssl.SSLContext | None = None, **how: Any
) -> AsyncIterator[int]:
    """A front in this loop before such a service; its port."""
    front = Front(wanted(folder, **how), most, tls)
    behind = await asyncio.start_unix_server(backend, str(folder / "b.sock"))
    before = await asyncio.start_server(front.serve, "127.0.0.1", 0, limit=65536)
    try:
        yield before.sockets[0].getsockname()[1]
    finally:
        before.close()
        behind.close()


async def ask(port: int, request: bytes, tls: ssl.SSLContext | None = None) -> tuple[int, Any]:
    """Status and JSON (or text) of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls)
    try:
        writer.write(request)
        answer = await reader.read()
    finally:
        writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body) if body.startswith(b"{") else body.decode()


STOP = b"POST /emergency HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"


def stopped(folder: Path) -> bool:
    """Whether the arm of this home is stopped."""
    return StopLatch(folder / "robots" / "arm.json").stop is not None


async def test_a_stop_gets_through_while_the_service_is_blocked(tmp_path: Path) -> None:
    """It is answered at once, and the latch is on disk then."""
    async with standing(tmp_path) as port:
        waiting = asyncio.create_task(ask(port, b"GET /state HTTP/1.1\r\nHost: x\r\n\r\n"))
        status, said = await ask(port, STOP)
        assert not waiting.done()
        waiting.cancel()
        await asyncio.wait([waiting])
    assert (status, said["success"], said["emergency_stop"]) == (200, True, True)
    assert (said["by"], said["reason"]) == ("127.0.0.1", "stopped through the service")
    assert stopped(tmp_path)


async def test_a_stop_works_when_there_is_no_service(tmp_path: Path) -> None:
    """Everything else is 503, with what still works."""
    async with standing(tmp_path) as port:
        (tmp_path / "b.sock").unlink()
        assert (await ask(port, STOP))[0] == 200
        status, said = await ask(port, b"GET /state HTTP/1.1\r\n\r\n")
    assert (status, said["reason"]) == (503, "The service does not answer")
    assert said["suggestion"] == "POST /emergency works all the same; look at the log of `llmos serve`"


@pytest.mark.parametrize("rest", [b"\r\n{", b"content-length: 9999999\r\n\r\n", b"transfer-encoding: chunked\r\n\r\n"])
async def test_a_stop_waits_for_no_body(tmp_path: Path, rest: bytes) -> None:
    """Half a body, none of a long one: the head says enough."""
    async with standing(tmp_path) as port:
        assert (await ask(port, b"POST /emergency HTTP/1.1\r\nHost: x\r\n" + rest))[0] == 200
    assert stopped(tmp_path)


async def test_a_stop_gets_through_a_crowd(tmp_path: Path) -> None:
    """Connections that say nothing, and as many requests as are passed on at most, take nothing from it."""
    async with standing(tmp_path, most=5) as port:
        silent_ones = [await asyncio.open_connection("127.0.0.1", port) for _ in range(300)]
        asking = [asyncio.create_task(ask(port, b"GET /state HTTP/1.1\r\n\r\n")) for _ in range(6)]
        done, _ = await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
        assert [task.result()[0] for task in done] == [503]
        assert (await ask(port, STOP))[0] == 200
        for task in asking:
            task.cancel()
        await asyncio.wait(asking)
        for _, writer in silent_ones:
            writer.close()


@pytest.fixture(scope="module")
def both_ends(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """TLS for the front, and for who asks and trusts its certificate."""
    cert, key = certificate(tmp_path_factory.mktemp("tls"))
    asking = ssl.create_default_context(cafile=str(cert))
    asking.check_hostname = False  # the tests go to an address
    return make_tls(str(cert), str(key)), asking


async def test_a_stop_gets_through_a_crowd_that_never_shakes_hands(
    tmp_path: Path, both_ends: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    """Silent connections are counted before any handshake: the oldest is let go, and the stop comes through."""
    ours, theirs = both_ends
    async with standing(tmp_path, tls=ours) as port, asyncio.timeout(50):
        silent_ones = [await asyncio.open_connection("127.0.0.1", port) for _ in range(300)]
        assert (await ask(port, STOP, theirs))[0] == 200
        assert await silent_ones[0][0].read() == b""
        for _, writer in silent_ones:
            writer.close()
    assert stopped(tmp_path)


async def test_a_request_within_tls_is_passed_on_as_such(
    tmp_path: Path, both_ends: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    """The service behind learns that nobody could listen in; a long answer comes whole."""
    ours, theirs = both_ends
    async with standing(tmp_path, echo, tls=ours) as port:
        long = b"x-long: " + b"y" * 60_000 + b"\r\n"
        status, said = await ask(port, b"GET /state HTTP/1.1\r\nHost: x\r\n" + long + b"\r\n", theirs)
    assert status == 200
    assert "x-forwarded-proto: https" in said
    assert "y" * 60_000 in said


async def test_who_speaks_plainly_to_tls_is_let_go(
    tmp_path: Path, both_ends: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    """Nothing of it is taken for a request, and no stop comes of it."""
    async with standing(tmp_path, tls=both_ends[0]) as port, asyncio.timeout(50):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(STOP)
        assert b"HTTP" not in await reader.read()
        writer.close()
    assert not stopped(tmp_path)


async def test_a_stop_needs_the_least_of_tokens(tmp_path: Path) -> None:
    """Where tokens are asked for, any of them will do, and none will not."""
    async with standing(tmp_path, tokens={"VIEWER": TOKEN}) as port:
        assert (await ask(port, STOP))[0] == 401
        assert not stopped(tmp_path)
        given = f"POST /emergency HTTP/1.1\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode()
        assert (await ask(port, given))[0] == 200


@pytest.mark.parametrize("foreign", ["a=b", 'prefs={"a":1}', "flag"])
async def test_a_browsers_cookie_stops_too(tmp_path: Path, foreign: str) -> None:
    """The cockpit sends nothing else, and what other pages of the same host name have set beside it."""
    async with standing(tmp_path, tokens={"VIEWER": TOKEN}) as port:
        given = f"POST /emergency HTTP/1.1\r\nCookie: {foreign}; llmos_token={TOKEN}; {foreign}\r\n\r\n".encode()
        assert (await ask(port, given))[0] == 200


@pytest.mark.parametrize("line", [b"GET /emergency", b"POST /emergency/", b"POST /Emergency", b"POST /move"])
async def test_everything_else_is_passed_on(tmp_path: Path, line: bytes) -> None:
    """With one request on the connection, and who asks."""
    async with standing(tmp_path, echo) as port:
        status, said = await ask(port, line + b" HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n")
    assert status == 200
    assert said.split("\r\n")[:3] == [f"{line.decode()} HTTP/1.1", "host: x", "connection: close"]
    assert not stopped(tmp_path)


@pytest.mark.parametrize(
    "raw", [b"\r\n\r\n", b"NONSENSE\r\n\r\n", b"GET / HTTP/1.1\r\nx: " + b"y" * 70_000 + b"\r\n\r\n"]
)
async def test_what_is_no_request_is_refused(tmp_path: Path, raw: bytes) -> None:
    """A sentence, and the service never sees it."""
    async with standing(tmp_path, echo) as port:
        status, said = await ask(port, raw)
    assert (status, said["reason"]) == (400, "This is no HTTP/1.1 request")


async def test_who_does_not_read_is_let_go(tmp_path: Path) -> None:
    """A client that takes nothing holds the service no longer than it must."""
    over = asyncio.Event()

    async def endless(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                writer.write(b"x" * 65536)
                await writer.drain()
        except OSError:
            over.set()

    async with standing(tmp_path, endless, slow_client_s=0.2) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /ws HTTP/1.1\r\n\r\n")
        async with asyncio.timeout(30):
            assert await over.wait()
        writer.close()


async def test_what_has_closed_after_its_last_bytes_is_cut_without_complaint() -> None:
    """Bytes that still wait when a connection is closed are sent, and after that it may still be cut off."""
    ours, theirs = socket.socketpair()
    reader, other = await asyncio.open_connection(sock=theirs)
    _, writer = await asyncio.open_connection(sock=ours)
    writer.write(b"x" * 4_000_000)
    assert writer.transport.get_write_buffer_size() > 0
    writer.close()
    assert len(await reader.read()) == 4_000_000
    await writer.wait_closed()
    cut(writer)
    other.close()


async def test_who_hangs_up_is_heard_of(tmp_path: Path) -> None:
    """The service notices, so that a motion nobody waits for any more decelerates."""
    gone = asyncio.Event()

    async def waits(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        assert await reader.read() == b""
        gone.set()
        writer.close()

    async with standing(tmp_path, waits) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /move HTTP/1.1\r\n\r\n")
        await writer.drain()
        writer.close()
        async with asyncio.timeout(30):
            await gone.wait()


async def test_a_front_that_is_killed_is_replaced(tmp_path: Path) -> None:
    """As a process of its own, on the same socket, under another id."""
    listening = bind(Address(port=0))
    port = listening.getsockname()[1]
    try:
        async with fronted(listening, wanted(tmp_path)) as process_id:
            assert (await ask(port, STOP))[0] == 200
            first = process_id()
            os.kill(first, signal.SIGKILL)
            assert (await ask(port, STOP))[0] == 200
            assert process_id() != first
    finally:
        listening.close()
