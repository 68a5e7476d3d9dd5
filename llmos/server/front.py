"""The front of the service, a small process of its own: it answers `POST /emergency` itself and passes on the rest.

So the stop works on the service's own address while the service is busy, blocked or without its robot's host. Knows no
other endpoint, and ends with the service. One request per connection: what follows on a kept connection could be a stop
that a blocked service would never read.
"""

import asyncio
import json
import logging
import os
import select
import socket
import ssl
import sys
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any, Final

from llmos.clock import RealClock
from llmos.errors import LLMosError
from llmos.robots.host.stopping import book_stop, stop_robot
from llmos.server.access import Access, Role
from llmos.server.request_head import Head, forwarded, read_head
from llmos.server.stopping import USUAL_REASON, reason_of, stopped_body

_log = logging.getLogger("llmos")
_CHUNK: Final = 65536
_UNREAD: Final = 16384
_MOST_WAITING: Final = 256  # connections whose request has not come yet; beyond, the oldest is let go
_LOOKED_AT: Final = 32
_BACKLOG: Final = 256
_FILES_KEPT: Final = _MOST_WAITING + _BACKLOG + 64
_REASONS: Final = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    408: "Request Timeout",
    503: "Service Unavailable",
}
_HEADERS: Final = (
    "content-type: application/json",
    "connection: close",
    "cache-control: no-store",
    "x-content-type-options: nosniff",
)
_TO_ANY_PAGE: Final = (
    "access-control-allow-origin: *",
    "access-control-allow-methods: POST",
    "access-control-allow-headers: authorization, content-type",
)


class Front:
    """Accepts connections; `wanted` is what `launch` writes to its stdin.

    With `tls` every connection begins with a handshake, which is part of the wait for its request: whoever never shakes
    hands is counted, and let go, like whoever says nothing.
    """

    def __init__(self, wanted: Mapping[str, Any], most_open: int, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self._backend = str(wanted["backend"])
        self._home = Path(wanted["home"])
        self._robot = str(wanted["robot"])
        self._access = Access({Role[name]: token for name, token in wanted["tokens"].items()})
        self._head_timeout_s = float(wanted["head_timeout_s"])
        self._slow_s = float(wanted["slow_client_s"])
        self._most_open = most_open
        self._open = 0
        self._waiting: OrderedDict[asyncio.Task[Any], asyncio.StreamWriter] = OrderedDict()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from its request to its end."""
        try:
            head = await self._first(reader, writer)
            if head is not None:
                await self._answer(head, reader, writer)
            writer.close()
            async with asyncio.timeout(self._slow_s):
                await writer.wait_closed()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # it has gone, or was let go (a timeout is an OSError)
        finally:
            cut(writer)

    async def _first(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Head | None:
        """The request's head; None when there is none that can be understood, which was answered then."""
        task = asyncio.current_task()
        assert task is not None
        if len(self._waiting) >= _MOST_WAITING:
            self._make_room()
        self._waiting[task] = writer
        try:
            async with asyncio.timeout(self._head_timeout_s):
                if self._tls is not None:  # awaits nothing before it stops reading: no byte of the handshake is lost
                    await writer.start_tls(self._tls)
                head = await read_head(reader)
        except TimeoutError:  # without a handshake the connection is closed by now, and nobody hears this
            await self._say(writer, 408, _no("time", "The request did not come in time", "send it at once"))
            return None
        finally:
            self._waiting.pop(task, None)
        if head is None:
            await self._say(writer, 400, _no("well-formed", "This is no HTTP/1.1 request", "send one"))
        return head

    def _make_room(self) -> None:
        """Let go of the connection that has said nothing for longest; one whose words wait to be read has spoken."""
        for task, writer in islice(self._waiting.items(), _LOOKED_AT):
            waits = select.poll()
            waits.register(writer.get_extra_info("socket"), select.POLLIN)
            if not waits.poll(0):
                task.cancel()
                del self._waiting[task]
                return

    async def _answer(self, head: Head, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if head.method == "POST" and head.path == "/emergency":
            await self._stop(head, writer)
        elif head.method == "OPTIONS" and head.path == "/emergency":
            await self._say(writer, 200, {}, head)  # a page of another origin asks whether it may
        elif self._open >= self._most_open:
            await self._say(writer, 503, _no("clients", "Too many are connected", "close another page of the service"))
        else:
            self._open += 1
            try:
                await self._pass_on(head, reader, writer)
            finally:
                self._open -= 1

    async def _stop(self, head: Head, writer: asyncio.StreamWriter) -> None:
        caller = self._access.caller(head.headers, head.address_of(_peer(writer)))
        if caller is None:
            how = "send `Authorization: Bearer TOKEN`; in a browser, open /login"
            await self._say(writer, 401, _no("token", "A token is needed, and there is none or a wrong one", how))
            return
        clock, reason = RealClock(), reason_of(head.query.get("reason", USUAL_REASON))
        try:
            done = await asyncio.to_thread(stop_robot, self._home, self._robot, caller.name, reason, clock)
        except LLMosError as error:
            what, _, then = str(error).partition("; ")
            await self._say(writer, 503, _no("storage", what, then or "stop the robot by hand"))
            return
        await self._say(writer, 200, stopped_body(done, clock.now().isoformat(timespec="milliseconds")), head)
        if not done.by_host:  # a host writes down its own
            unbooked = await asyncio.to_thread(book_stop, self._home, self._robot, done.stop, clock)
            if unbooked:
                _log.warning("%s: the stop is in force, but %s.", self._robot, unbooked)

    async def _say(
        self, writer: asyncio.StreamWriter, status: int, body: Mapping[str, Any], head: Head | None = None
    ) -> None:
        text = json.dumps(body, ensure_ascii=False).encode()
        lines = [
            f"HTTP/1.1 {status} {_REASONS[status]}",
            "content-type: application/json",
            f"content-length: {len(text)}",
        ]
        lines += ["connection: close", "cache-control: no-store", "x-content-type-options: nosniff"]
        if head is not None and "origin" in head.headers:
            lines += _TO_ANY_PAGE  # that a stop worked is no secret
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + text)
        async with asyncio.timeout(self._slow_s):
            await writer.drain()

    async def _pass_on(self, head: Head, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Give the request to the service, and let bytes flow until either side ends."""
        try:
            async with asyncio.timeout(self._slow_s):
                inner, outer = await asyncio.open_unix_connection(self._backend)
        except (OSError, TimeoutError):
            how = "POST /emergency works all the same; look at the log of `llmos serve`"
            await self._say(writer, 503, _no("unreachable", "The service does not answer", how))
            return
        secure = writer.get_extra_info("ssl_object") is not None
        writer.transport.set_write_buffer_limits(high=_UNREAD)
        outer.write(forwarded(head, _peer(writer), secure=secure))
        up = asyncio.create_task(self._flow(reader, outer, None))
        try:
            await self._flow(inner, writer, self._slow_s)
        finally:
            up.cancel()
            with suppress(asyncio.CancelledError, OSError):
                await up
            cut(outer)

    @staticmethod
    async def _flow(source: asyncio.StreamReader, target: asyncio.StreamWriter, slow_s: float | None) -> None:
        """Copy until the source ends, and end the target then; one that takes nothing for `slow_s` is cut off."""
        try:
            while chunk := await source.read(_CHUNK):
                target.write(chunk)
                async with asyncio.timeout(slow_s):
                    await target.drain()
        except TimeoutError:
            cut(target)
        except OSError:
            pass  # either side has gone
        target.close()


def _no(rule: str, reason: str, suggestion: str) -> dict[str, Any]:
    return {"success": False, "reason": reason, "rule": rule, "suggestion": suggestion}


def cut(writer: asyncio.StreamWriter) -> None:
    """Close without waiting; what has closed after its last bytes needs it not, and stumbles over it (CPython 3.11)."""
    with suppress(AttributeError):
        writer.transport.abort()


def _peer(writer: asyncio.StreamWriter) -> str:
    name = writer.get_extra_info("peername")
    return str(name[0]) if name else ""


def make_tls(certfile: str, keyfile: str) -> ssl.SSLContext:
    """TLS 1.2 or newer with this certificate; LLMosError says which file cannot be used."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.minimum_version = ssl.TLSVersion.TLSv1_2
    tls.set_alpn_protocols(["http/1.1"])
    try:
        tls.load_cert_chain(certfile, keyfile or None)
    except FileNotFoundError as error:
        raise LLMosError(f"There is no file {certfile if not Path(certfile).exists() else keyfile}.") from error
    except (OSError, ssl.SSLError) as error:
        raise LLMosError(f"{certfile} and its key cannot be used for TLS: {error.strerror or error}.") from error
    return tls


def most_connections() -> int:
    """How many connections can be passed on with the files that this process may open, two for each."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(hard, 65536) if hard != resource.RLIM_INFINITY else 65536
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    return max(8, (resource.getrlimit(resource.RLIMIT_NOFILE)[0] - _FILES_KEPT) // 2)


async def _run(wanted: Mapping[str, Any], ended: asyncio.StreamReader) -> None:
    tls = make_tls(wanted["certfile"], wanted["keyfile"]) if wanted["certfile"] else None
    front = Front(wanted, most_connections(), tls)
    listening = socket.socket(fileno=int(wanted["listen"]))
    async with await asyncio.start_server(front.serve, sock=listening, backlog=_BACKLOG, limit=_CHUNK):
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await ended.read()  # our parent holds the other end: when it is gone, so are we


async def _main() -> None:
    with suppress(OSError):  # as a stop should come before anything else, where the system lets us say so
        os.nice(-10)
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(0, "rb", buffering=0))
    wanted = json.loads(await reader.readline())
    with suppress(asyncio.CancelledError):
        await _run(wanted, reader)
    os._exit(0)  # connections that are open end with us


if __name__ == "__main__":
    asyncio.run(_main())
