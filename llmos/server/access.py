"""Who may ask for what: tokens with roles, the names this service goes by, and the pages that may speak to it.

Knows no HTTP framework: headers in, a caller or a refusal out. Tokens are compared in constant time.
"""

import hmac
import ipaddress
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from urllib.parse import urlsplit

COOKIE = "llmos_token"
SUBPROTOCOL = "bearer."
"""A page of another origin cannot set headers on a WebSocket, so it offers `bearer.TOKEN` as a subprotocol."""


class Role(IntEnum):
    """What a token is good for; each may do what those before it may. All may stop the robot."""

    VIEWER = 1
    OPERATOR = 2
    ADMIN = 3

    @property
    def label(self) -> str:
        """The role as people write it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a role, and a name for journals and limits (an address where no tokens are asked for)."""

    role: Role
    name: str


@dataclass(frozen=True, slots=True)
class Access:
    """Without `tokens` everybody who reaches the address is its owner, so `launch` allows that on the loopback only.

    `hosts` are the names that a Host header may give, in small letters and without port; `origins` the pages of other
    origins that may speak to us, as `scheme://host[:port]`.
    """

    tokens: Mapping[Role, str] = field(default_factory=dict)
    hosts: frozenset[str] = frozenset({"localhost", "127.0.0.1", "::1"})
    origins: frozenset[str] = frozenset()
    any_address: bool = False

    def knows_host(self, host: str) -> bool:
        """Whether a Host header names us.

        A page that points its own name at our address (DNS rebinding) gives that name, never a bare address; bound to
        every address we therefore take any bare one.
        """
        name = host_name(host)
        return name in self.hosts or (self.any_address and is_address(name))

    def allows_origin(self, origin: str | None, host: str) -> bool:
        """Whether a page of this origin may ask us to do something; no page at all (None) may."""
        if origin is None or origin in self.origins:
            return True
        return origin != "null" and bool(host) and origin.lower().partition("://")[2] == host.lower()

    def caller(self, headers: Mapping[str, str], address: str, offered: Sequence[str] = ()) -> Caller | None:
        """Who asks, by bearer token, cookie or offered subprotocol; None when a token is needed and none is right.

        Without tokens, somebody whom a proxy speaks for is nobody: `address` is then not of this machine, or, as RFC
        7239 has it, `unknown`; empty or `local` stands for a connection within this machine.
        """
        if not self.tokens:
            here = is_loopback(address) or address in ("", "local")
            return Caller(Role.ADMIN, address or "local") if here else None
        for given in _given(headers, offered):
            role = self.role_of(given)
            if role is not None:
                return Caller(role, role.label)
        return None

    def role_of(self, given: str) -> Role | None:
        """What this token is good for; looks at every token in full, whichever is right."""
        found: Role | None = None
        for role, token in self.tokens.items():
            if hmac.compare_digest(given.encode("utf-8", "replace"), token.encode()):
                found = role if found is None else max(found, role)
        return found


def host_name(host: str) -> str:
    """The name of a Host header without its port, in small letters.

    >>> host_name("LocalHost:8000"), host_name("[::1]:8000"), host_name("::1")
    ('localhost', '::1', '::1')
    """
    text = host.strip().lower()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


def is_address(name: str) -> bool:
    """Whether this is an address and no name.

    >>> is_address("192.168.1.7"), is_address("evil.example")
    (True, False)
    """
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address; a name counts when all it stands for is loopback."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def own_names(bound: str, origins: Sequence[str]) -> frozenset[str]:
    """The host names that this service answers to when bound to this address."""
    names = {"localhost", "127.0.0.1", "::1", bound.lower(), socket.gethostname().lower()}
    names |= {str(urlsplit(origin).hostname or "") for origin in origins}
    return frozenset(names - {"", "0.0.0.0", "::"})  # noqa: S104 - taken out, not bound to


def _given(headers: Mapping[str, str], offered: Sequence[str]) -> list[str]:
    """Every token that a request carries."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    found = [token.strip()] if scheme.lower() == "bearer" and token.strip() else []
    found += _cookies(headers.get("cookie", ""))
    return found + [each.removeprefix(SUBPROTOCOL) for each in offered if each.startswith(SUBPROTOCOL)]


def _cookies(header: str) -> list[str]:
    """The values of our cookie, whatever else stands beside it: other programs of this host name may set any cookie.

    A value with `/` or `=` stands in quotes, as `http.cookies` writes it.

    >>> _cookies('prefs={"a":1}; llmos_token="a/b="; flag')
    ['a/b=']
    """
    pairs = (part.strip().partition("=") for part in header.split(";"))
    return [value.removeprefix('"').removesuffix('"') for name, _, value in pairs if name == COOKIE and value]
