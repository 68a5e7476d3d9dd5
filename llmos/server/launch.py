"""Makes a service listen: address, tokens, the front before it, and its end by Ctrl-C or SIGTERM.

Knows no endpoint. Bound to an address that others can reach it demands tokens, and makes them if there are none.
"""

import errno
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import anyio
import uvicorn
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from llmos.errors import LLMosError
from llmos.robots.base import RobotError
from llmos.server import front_process
from llmos.server.access import Access, Role, is_loopback, own_names
from llmos.server.app import create_app
from llmos.server.front import make_tls
from llmos.server.service import Service
from llmos.server.tokens import make_tokens, read_tokens, usual_file

_BACKLOG: Final = 1024
_LAST_SECONDS: Final = 3
_LOOK_S: Final = 0.5
_PATIENCE_S: Final = 5.0
_OF_THE_PORT: Final = (errno.EADDRINUSE, errno.EACCES)
"""What the system says where another port of the same address may be had."""
_SEND_BUFFER_BYTES: Final = 32_768
"""What the system keeps for a client that does not read; what is old is of no use to it."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen, who may come, and with which certificate."""

    host: str = "127.0.0.1"
    port: int = 8000
    origins: tuple[str, ...] = ()
    token_file: Path | None = None
    certfile: str = ""
    keyfile: str = ""

    @property
    def url(self) -> str:
        """Where a browser on this machine finds it."""
        name = {"0.0.0.0": "localhost", "::": "localhost"}.get(self.host, self.host)  # noqa: S104 - told, not bound
        return f"{'https' if self.certfile else 'http'}://{f'[{name}]' if ':' in name else name}:{self.port}"


def access_for(address: Address, home: Path, say: Callable[[str], None]) -> Access:
    """Who may come in at this address; makes and tells tokens where they are needed and there are none."""
    for origin in address.origins:
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.path or parts.query:
            raise LLMosError(f"'{origin}' is no origin; write it like https://robot.example:8443, without a path.")
    names = own_names(address.host, address.origins)
    wild = address.host in ("0.0.0.0", "::")  # noqa: S104 - compared, not bound
    origins = frozenset(origin.lower() for origin in address.origins)
    if address.token_file is None and is_loopback(address.host):
        return Access({}, names, origins, any_address=wild)
    path = address.token_file or usual_file(home)
    if path.exists():
        found = read_tokens(path)
        say(f"Tokens: {path} ({', '.join(role.label for role in Role if role in found)}).")
        return Access(found, names, origins, any_address=wild)
    tokens = make_tokens(path)
    say(f"Made tokens and put them into {path}; they are shown this once:")
    for role, token in tokens.items():
        say(f"  {role.label:<9} {token}")
    return Access(tokens, names, origins, any_address=wild)


def bind(address: Address) -> socket.socket:
    """A socket that listens there; LLMosError says why not."""
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)[0]
    except (socket.gaierror, UnicodeError, OverflowError) as error:
        raise LLMosError(f"'{address.host}' is no address: {error}; choose another with --host.") from error
    listening = socket.socket(family, kind, protocol)
    try:
        if sys.platform != "win32":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
        listening.bind(place)
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        other = "port" if address.port and error.errno in _OF_THE_PORT else "host"
        why = f"{error.strerror}; choose another with --{other}."
        raise LLMosError(f"{address.host}:{address.port} cannot be bound: {why}") from error
    listening.setblocking(False)
    return listening


async def listen(service: Service, listening: socket.socket, address: Address, ready: Callable[[], None]) -> None:
    """Serve until Ctrl-C or SIGTERM, or until cancelled; `ready` is called when requests are answered.

    RobotError when the robot has not been heard of for a while: whatever looks after the service may begin it anew.
    """
    server = _Server(_config(service, address), ready)
    lost: list[RobotError] = []
    async with anyio.create_task_group() as group:
        group.start_soon(_until_told, server, service)
        group.start_soon(_until_lost, server, service, lost)
        if front_process.POSSIBLE:
            with _backend() as (path, inner):
                async with front_process.fronted(listening, _wanted(service, address, path)):
                    await server.serve(sockets=[inner])
        else:
            await server.serve(sockets=[listening])
        group.cancel_scope.cancel()
    if lost:
        raise RobotError(f"The service ends, because its robot is gone: {lost[0]}") from lost[0]


class _WebSocket(WebSocketsSansIOProtocol):
    """Uvicorn's, for which an HTTP answer instead of a WebSocket is the end of the handshake, and no error."""

    async def send(self, message: Any) -> None:  # noqa: ANN401 - Uvicorn's own
        """One piece of what is said; after the last one of a refusal nothing is missing."""
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and not message.get("more_body", False):
            self.handshake_complete = True


class _Server(uvicorn.Server):
    """Uvicorn, told when to end by us."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are heard by `_until_told`."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, and say so."""
        await super().startup(sockets=sockets)
        if self.started:
            self._ready()


async def _until_told(server: _Server, service: Service) -> None:
    """The first signal ends in order, what is under way first; the second ends at once."""
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for _ in signals:
            for end in tuple(service.under_way):
                end()
            server.force_exit = server.should_exit
            server.should_exit = True


async def _until_lost(server: _Server, service: Service, lost: list[RobotError]) -> None:
    """End in order when every look at the robot has failed for `_PATIENCE_S` seconds."""
    failed = 0
    while failed * _LOOK_S < _PATIENCE_S:
        await anyio.sleep(_LOOK_S)
        try:
            service.notice()
            failed = 0
        except RobotError as error:
            failed += 1
            reason = error
    lost.append(reason)
    server.should_exit = True


def _config(service: Service, address: Address) -> uvicorn.Config:
    tls: dict[str, Any] = {}
    if address.certfile:
        make_tls(address.certfile, address.keyfile)  # a file that cannot be used is told before anything starts
        if not front_process.POSSIBLE:
            tls = {"ssl_certfile": address.certfile, "ssl_keyfile": address.keyfile or None}
    return uvicorn.Config(
        create_app(service),
        http="h11",
        ws=_WebSocket,
        ws_max_size=max(service.rules.max_message_bytes * 4, 16_384),
        ws_per_message_deflate=False,
        access_log=False,
        log_level="warning",
        server_header=False,
        backlog=_BACKLOG,
        timeout_graceful_shutdown=_LAST_SECONDS,
        proxy_headers=front_process.POSSIBLE,
        forwarded_allow_ips="*",  # on the inner socket nobody but the front can speak
        **tls,
    )


@contextmanager
def _backend() -> Iterator[tuple[str, socket.socket]]:
    """A socket that only this user can reach, for the front to pass requests on to."""
    with tempfile.TemporaryDirectory(prefix="llmos-") as folder:
        path = str(Path(folder) / "service.sock")
        inner = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            inner.bind(path)
            inner.listen(_BACKLOG)  # who comes while the service is still starting waits
            yield path, inner
        finally:
            inner.close()


def _wanted(service: Service, address: Address, backend: str) -> dict[str, Any]:
    return {
        "backend": backend,
        "home": str(service.system.environment.home),
        "robot": service.body.profile.name,
        "tokens": {role.name: token for role, token in service.access.tokens.items()},
        "head_timeout_s": service.rules.body_timeout_s,
        "slow_client_s": service.rules.slow_client_s,
        "certfile": address.certfile,
        "keyfile": address.keyfile,
    }
