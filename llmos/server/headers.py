"""The headers that keep a browser from doing with our pages what they are not for.

Knows the one exception: the 3D arena is a page of a library, which starts scripts and workers of its own.
"""

from typing import Final

ARENA: Final = "/cockpit/arena"

_COMMON: Final = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; connect-src 'self'; "
    "frame-src 'self'; frame-ancestors 'self'; object-src 'none'; base-uri 'none'; form-action 'self'"
)
_PAGE: Final = f"{_COMMON}; script-src 'self'"
_IN_ARENA: Final = (
    f"{_COMMON}; script-src 'self' 'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval' blob:; worker-src 'self' blob:; "
    "font-src 'self' data:"
)

_ALWAYS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
    (b"cache-control", b"no-store"),
)


def security_headers(path: str, *, secure: bool) -> list[tuple[bytes, bytes]]:
    """What goes with every answer at this address."""
    policy = _IN_ARENA if path == ARENA or path.startswith(f"{ARENA}/") else _PAGE
    headers = [*_ALWAYS, (b"content-security-policy", policy.encode())]
    if secure:
        headers.append((b"strict-transport-security", b"max-age=31536000"))
    return headers
