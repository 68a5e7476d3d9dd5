"""The head of a request: understood as the service behind would, or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.server.request_head import forwarded, parse_head


def head(text: str) -> bytes:
    """A head as it comes over the wire."""
    return text.replace("\n", "\r\n").encode("latin-1") + b"\r\n\r\n"


def test_method_path_query_and_headers_are_read() -> None:
    """Names in small letters, values without blanks around them."""
    found = parse_head(head("POST /emergency?reason=smoke+now HTTP/1.1\nHost:  x:8000 \nAuthorization: Bearer t"))
    assert found is not None
    assert (found.method, found.path, found.query) == ("POST", "/emergency", {"reason": "smoke now"})
    assert found.headers == {"host": "x:8000", "authorization": "Bearer t"}
    assert not found.upgrades


@pytest.mark.parametrize(
    "text",
    ["", "GET", "GET /", "GET / HTTP/2", "GET  / HTTP/1.1", "GET x HTTP/1.1", "GET / HTTP/1.1\n folded: x",
     "GET / HTTP/1.1\nname : x", "GET / HTTP/1.1\nno colon", "GET / HTTP/1.1\n: x", "GET / HTTP/1.1\na: \0",
     "GET http://[ HTTP/1.1", "GET /?" + "a&" * 200 + " HTTP/1.1"],
)  # fmt: skip
def test_what_could_be_understood_in_two_ways_is_refused(text: str) -> None:
    """Folded lines, blanks before colons, zeros: the ways in which requests are smuggled."""
    assert parse_head(head(text)) is None


def test_a_lone_line_feed_ends_no_header() -> None:
    """What another reader might take for a second header is none here."""
    assert parse_head(b"GET / HTTP/1.1\r\na: b\nc: d\r\n\r\n") is None


@given(st.binary(max_size=300))
def test_no_bytes_break_it(raw: bytes) -> None:
    """Whatever comes is a head or none; and a head is passed on as one that is read alike."""
    found = parse_head(raw + b"\r\n\r\n")
    if found is not None:
        again = parse_head(forwarded(found, "10.0.0.1", secure=False))
        assert again is not None
        assert (again.method, again.target) == (found.method, found.target)


def test_one_request_is_passed_on_for_each_connection() -> None:
    """The service closes after its answer; a stop can never wait behind another request."""
    found = parse_head(head("GET /state HTTP/1.1\nHost: x\nConnection: keep-alive\nKeep-Alive: 9\nAccept: */*"))
    assert found is not None
    lines = forwarded(found, "10.0.0.1", secure=False).decode().split("\r\n")
    assert lines[:3] == ["GET /state HTTP/1.1", "host: x", "accept: */*"]
    assert lines[3:6] == ["connection: close", "x-forwarded-for: 10.0.0.1", "x-forwarded-proto: http"]


def test_a_websocket_stays_one() -> None:
    """Its connection is upgraded, not closed."""
    found = parse_head(head("GET /ws HTTP/1.1\nUpgrade: WebSocket\nConnection: Upgrade"))
    assert found is not None
    assert b"\r\nconnection: Upgrade\r\n" in forwarded(found, "10.0.0.1", secure=True)


@pytest.mark.parametrize(
    ("peer", "said", "told"),
    [("10.0.0.1", "127.0.0.1", "10.0.0.1"), ("127.0.0.1", "9.9.9.9, 203.0.113.9", "203.0.113.9"), ("::1", "", "::1")],
)
def test_only_a_proxy_on_this_machine_speaks_for_others(peer: str, said: str, told: str) -> None:
    """A stranger cannot claim to be somebody else, least of all to be us."""
    text = f"GET / HTTP/1.1\nX-Forwarded-For: {said}" if said else "GET / HTTP/1.1"
    found = parse_head(head(text))
    assert found is not None
    assert found.address_of(peer) == told
    assert f"x-forwarded-for: {told}\r\n".encode() in forwarded(found, peer, secure=False)
