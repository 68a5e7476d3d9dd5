"""The door of the service: every request and WebSocket passes here before anything reads it.

Knows no endpoint beyond what role an address needs. Pure ASGI, so that nothing of a body is buffered for a request that
is refused anyway.
"""

import time
from collections.abc import Mapping
from typing import Final, NamedTuple

import anyio
import msgspec
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from llmos.robots.verdict import Refusal
from llmos.server.access import Role
from llmos.server.answers import refusal_body
from llmos.server.headers import security_headers
from llmos.server.limits import RateLimit
from llmos.server.service import Service

OPEN: Final = frozenset({"/login", "/login.js"})
"""What a browser without a token may load: the page that asks for one."""
_PAGES: Final = frozenset({"/cockpit", "/cockpit/"})
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_LEAST: Final = frozenset({"/emergency", "/view"})
"""POSTs that everybody with any token may make."""
STOP: Final = "/emergency"
_LINGER_S, _MOST_UNWANTED = 1.0, 8_000_000


class No(NamedTuple):
    """A refusal at the door, with its status."""

    status: int
    refusal: Refusal


class Guard:
    """Host, origin, token, role, rate, media type and size, in this order; then the app."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service
        now_s, rules = service.system.clock.monotonic_s, service.rules
        self._requests = RateLimit(rules.requests_per_s, now_s)
        self._commands = RateLimit(rules.commands_per_s, now_s)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, one WebSocket, or the app's own start and end."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        began_s = time.perf_counter()
        answering = _Answering(send, security_headers(scope["path"], secure=scope["scheme"] in ("https", "wss")))
        no = self._objection(scope, headers)
        if no is not None:
            if scope["type"] == "http":
                await _drain(receive)
            await _say_no(scope, answering.send, no)
        elif scope["type"] == "websocket":
            await self._app(scope, receive, send)
            return
        else:
            body = _LimitedBody(receive, self._service.rules.max_body_bytes, self._service.rules.body_timeout_s)
            answering.status = 500  # until the app says otherwise
            try:
                await self._app(scope, body.receive, answering.send)
            finally:
                self._count(scope, answering.status, time.perf_counter() - began_s)
            return
        self._count(scope, answering.status, time.perf_counter() - began_s)

    def _objection(self, scope: Scope, headers: Mapping[str, str]) -> No | None:
        """Why this request goes no further, if it does not; else `scope` says who asks."""
        method, path = scope.get("method", "GET"), scope["path"]
        acts = method not in _SAFE or scope["type"] == "websocket"
        return (
            self._wrong_host(path, headers.get("host", ""))
            or (self._wrong_origin(headers) if acts and path != STOP else None)
            or self._wrong_caller(scope, method, path, headers)
            or (None if path == STOP else self._too_often(scope, method, path))
            or (self._wrong_body(method, headers) if path != STOP and scope["type"] == "http" else None)
        )

    def _wrong_host(self, path: str, host: str) -> No | None:
        if path == STOP or self._service.access.knows_host(host):
            return None
        names = ", ".join(sorted(self._service.access.hosts))
        return No(421, Refusal("host", f"'{host[:80]}' is no name of this service", f"use one of: {names}"))

    def _wrong_origin(self, headers: Mapping[str, str]) -> No | None:
        origin = headers.get("origin")
        if self._service.access.allows_origin(origin, headers.get("host", "")):
            return None
        reason = f"Pages of {str(origin)[:80]} may not command this service"
        return No(403, Refusal("origin", reason, "start it with --allow-origin if you trust them"))

    def _wrong_caller(self, scope: Scope, method: str, path: str, headers: Mapping[str, str]) -> No | None:
        if path in OPEN or method == "OPTIONS":
            return None
        address = str((scope.get("client") or ("local",))[0])
        caller = self._service.access.caller(headers, address, scope.get("subprotocols", ()))
        if caller is None:
            wait_s = 0.0 if path == STOP else self._commands.wait_s(address)
            if wait_s:
                return _too_many(wait_s)
            how = "send `Authorization: Bearer TOKEN`; in a browser, open /login"
            if not self._service.access.tokens:
                how = "start the service with --token-file: what comes through a proxy needs a token"
            return No(401, Refusal("token", "A token is needed, and there is none or a wrong one", how))
        needed = role_for(method, path)
        if caller.role < needed:
            reason = f"A {caller.role.label} may not do this"
            return No(403, Refusal("role", reason, f"use the token of the {needed.label}"))
        scope.setdefault("state", {})["caller"] = caller
        scope["state"]["person"] = caller.name
        return None

    def _too_often(self, scope: Scope, method: str, path: str) -> No | None:
        caller = scope.get("state", {}).get("caller")
        who = caller.name if caller else str((scope.get("client") or ("local",))[0])
        wait_s = self._requests.wait_s(who)
        if not wait_s and method not in _SAFE and path not in _LEAST:
            wait_s = self._commands.wait_s(who)
        return _too_many(wait_s) if wait_s else None

    def _wrong_body(self, method: str, headers: Mapping[str, str]) -> No | None:
        if method in _SAFE:
            return None
        if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            how = "send `Content-Type: application/json`, and `{}` where nothing is to be said"
            return No(415, Refusal("media-type", "The body must be JSON", how))
        length, most = headers.get("content-length", "0"), self._service.rules.max_body_bytes
        if not length.isdecimal() or int(length[:20]) > most:
            return No(413, Refusal("size", f"A body of {length[:20]} bytes is too long", f"send at most {most}"))
        return None

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        route = scope.get("route")
        path = str(getattr(route, "path", "other"))
        method = scope["method"] if scope.get("method") in ("GET", "POST", "PUT", "HEAD", "OPTIONS", "DELETE") else "?"
        if scope["type"] == "http":
            self._service.counts.requests.labels(method, path, str(status)).inc()
            self._service.counts.seconds.labels(path).observe(seconds)


def _too_many(wait_s: float) -> No:
    return No(429, Refusal("rate", "Too many requests", f"ask again in {wait_s:.2f} s"))


def role_for(method: str, path: str) -> Role:
    """The least role for a request: looking, doing, changing documents."""
    if method in _SAFE or path in _LEAST:
        return Role.VIEWER
    return Role.OPERATOR if method == "POST" else Role.ADMIN


class _Answering:
    """Passes an answer on with the security headers, and remembers its status."""

    def __init__(self, send: Send, headers: list[tuple[bytes, bytes]]) -> None:
        self._send = send
        self._headers = headers
        self.status = 0

    async def send(self, message: Message) -> None:
        """One piece of the answer."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            given = {name.lower() for name, _ in message.get("headers", ())}
            more = [each for each in self._headers if each[0] not in given]
            message = {**message, "headers": [*message.get("headers", ()), *more]}
        await self._send(message)


class _LimitedBody:
    """The body of a request, cut off where it becomes too long or takes too long to come."""

    def __init__(self, receive: Receive, most: int, timeout_s: float) -> None:
        self._receive = receive
        self._most = most
        self._timeout_s = timeout_s
        self._until_s: float | None = None
        self._got = 0
        self._whole = False

    async def receive(self) -> Message:
        """One piece of the body; after its end, whatever comes."""
        if self._whole:
            return await self._receive()
        if self._until_s is None:  # for the whole of it, however many pieces come
            self._until_s = anyio.current_time() + self._timeout_s
        with anyio.CancelScope(deadline=self._until_s) as waiting:
            message = await self._receive()
        if waiting.cancelled_caught:
            raise HTTPException(408)
        self._got += len(message.get("body", b""))
        if self._got > self._most:
            await _drain(self._receive)
            raise HTTPException(413)
        self._whole = not message.get("more_body", False)
        return message


async def _drain(receive: Receive) -> None:
    """Take the rest of a body that nobody wants: a connection closed with words unread takes the answer along."""
    taken = 0
    with anyio.move_on_after(_LINGER_S):
        while taken < _MOST_UNWANTED:
            message = await receive()
            taken += len(message.get("body", b""))
            if message["type"] != "http.request" or not message.get("more_body", False):
                return


async def _say_no(scope: Scope, send: Send, no: No) -> None:
    """The refusal as an answer, also to a WebSocket that is not open yet."""
    body = msgspec.json.encode(refusal_body(no.refusal))
    kind = "http.response" if scope["type"] == "http" else "websocket.http.response"
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    status = no.status
    if status == 401 and scope["path"] in _PAGES:
        status = 303  # a person with a browser is led to where the token is asked for
        headers.append((b"location", b"/login"))
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    if no.status == 429:
        headers.append((b"retry-after", b"1"))
    if no.status == 413:
        headers.append((b"connection", b"close"))
    await send({"type": f"{kind}.start", "status": status, "headers": headers})
    await send({"type": f"{kind}.body", "body": body})
