"""The head of an HTTP/1.1 request: enough of it to know a stop from anything else, and to pass it on.

Knows no endpoint and answers nothing. Strict where the service behind might understand something else than we do.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import parse_qsl, urlsplit

_END: Final = b"\r\n\r\n"
_OURS: Final = frozenset({"connection", "keep-alive", "proxy-connection", "x-forwarded-for", "x-forwarded-proto"})
"""Headers that we write ourselves; what a stranger says in them is dropped."""


@dataclass(frozen=True, slots=True)
class Head:
    """Method, target and headers; names in small letters, of a name that stands twice the last value."""

    method: str
    target: str
    lines: tuple[tuple[str, str], ...]

    @property
    def path(self) -> str:
        """The path alone."""
        return urlsplit(self.target).path

    @property
    def query(self) -> Mapping[str, str]:
        """The query's fields."""
        return dict(parse_qsl(urlsplit(self.target).query, max_num_fields=100))

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers by name."""
        return dict(self.lines)

    @property
    def upgrades(self) -> bool:
        """Whether this asks for a WebSocket."""
        return self.headers.get("upgrade", "").lower() == "websocket"

    def address_of(self, peer: str) -> str:
        """Who asks: the peer, or whom a proxy on this very machine says that it asks for."""
        said = self.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
        return said if said and _is_loopback(peer) else peer


async def read_head(reader: asyncio.StreamReader) -> Head | None:
    """The head of the next request, None when it cannot be understood; IncompleteReadError when none comes."""
    try:
        raw = await reader.readuntil(_END)
    except asyncio.LimitOverrunError:
        return None
    return parse_head(raw)


def parse_head(raw: bytes) -> Head | None:
    r"""The head in these bytes; None for whatever is no plain HTTP/1.1.

    >>> parse_head(b"POST /emergency?reason=smoke HTTP/1.1\r\nHost: x\r\n\r\n").query
    {'reason': 'smoke'}
    """
    first, *rest = raw.removesuffix(_END).decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or words[2] not in ("HTTP/1.1", "HTTP/1.0") or not words[1].startswith(("/", "*", "http://")):
        return None
    lines = []
    for line in rest:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip() or "\n" in line or "\r" in line or "\0" in line:
            return None
        lines.append((name.lower(), value.strip()))
    try:
        head = Head(words[0], words[1], tuple(lines))
        _ = head.path, head.query
    except ValueError:
        return None
    return head


def forwarded(head: Head, peer: str, *, secure: bool) -> bytes:
    """The head as the service gets it: one request on this connection, and who asks in headers of ours."""
    near = _is_loopback(peer)
    proto = head.headers.get("x-forwarded-proto", "") if near and not secure else ""
    lines = [f"{head.method} {head.target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in head.lines if name not in _OURS]
    lines.append("connection: Upgrade" if head.upgrades else "connection: close")
    lines.append(f"x-forwarded-for: {head.address_of(peer)}")
    lines.append(f"x-forwarded-proto: {'https' if secure or proto == 'https' else 'http'}")
    return "\r\n".join(lines).encode("latin-1") + _END


def _is_loopback(peer: str) -> bool:
    try:
        return ip_address(peer.partition("%")[0]).is_loopback
    except ValueError:
        return False
