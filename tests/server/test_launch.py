"""Where the service listens and who gets in there: safe by itself, and every mistake is a sentence."""

import socket
import ssl
import sys
from pathlib import Path

import pytest

from llmos.errors import LLMosError
from llmos.server.access import Role
from llmos.server.front import make_tls
from llmos.server.launch import Address, _backend, access_for, bind
from llmos.server.tokens import make_tokens
from tests.support.certificates import certificate


def test_the_loopback_asks_for_no_token(tmp_path: Path) -> None:
    """And makes none."""
    said: list[str] = []
    assert access_for(Address(), tmp_path, said.append).tokens == {}
    assert said == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "robot.local"])
def test_any_other_address_demands_tokens_and_makes_them(tmp_path: Path, host: str) -> None:
    """They are shown once and kept where only their owner reads them."""
    said: list[str] = []
    tokens = access_for(Address(host), tmp_path, said.append).tokens
    path = tmp_path / "secrets" / "service"
    assert said[0] == f"Made tokens and put them into {path}; they are shown this once:"
    assert [line.split() for line in said[1:]] == [[role.label, tokens[role]] for role in Role]
    assert path.stat().st_mode & 0o777 == 0o600
    said.clear()
    assert access_for(Address(host), tmp_path, said.append).tokens == tokens
    assert said == [f"Tokens: {path} (viewer, operator, admin)."]


def test_a_token_file_demands_tokens_on_the_loopback_too(tmp_path: Path) -> None:
    """As one wants behind a proxy."""
    path = tmp_path / "mine"
    made = make_tokens(path)
    assert access_for(Address(token_file=path), tmp_path, lambda _: None).tokens == made


def test_a_token_file_is_read_before_it_is_named(tmp_path: Path) -> None:
    """What is refused has no roles; and of one that is not, only the roles that stand in it are told."""
    path, said = tmp_path / "mine", list[str]()
    path.write_text("viewer 0123456789abcdef\n")
    path.chmod(0o600)
    with pytest.raises(LLMosError, match="has no token for admin"):
        access_for(Address(token_file=path), tmp_path, said.append)
    assert said == []
    path.write_text("admin 0123456789abcdef\n")
    access_for(Address(token_file=path), tmp_path, said.append)
    assert said == [f"Tokens: {path} (admin)."]


@pytest.mark.parametrize("origin", ["robot.example", "https://", "https://robot.example/", "ftp://x", "*", "null"])
def test_an_origin_that_is_none_is_a_sentence(tmp_path: Path, origin: str) -> None:
    """A page is named by scheme and host; every page at once cannot be named."""
    with pytest.raises(LLMosError) as refusal:
        access_for(Address(origins=(origin,)), tmp_path, lambda _: None)
    assert str(refusal.value) == (f"'{origin}' is no origin; write it like https://robot.example:8443, without a path.")


def test_a_port_that_is_taken_is_a_sentence() -> None:
    """And says what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(LLMosError) as refusal:
            bind(Address(port=port))
    said = f"127.0.0.1:{port} cannot be bound: Address already in use; choose another with --port."
    assert str(refusal.value) == said


@pytest.mark.parametrize("host", ["no such name", "256.1.1.1", "x" * 300])
def test_an_address_that_is_none_is_a_sentence(host: str) -> None:
    """Not the system's traceback."""
    with pytest.raises(LLMosError, match=r"is no address: .*; choose another with --host\.$"):
        bind(Address(host, 0))


@pytest.mark.parametrize("port", [0, 8000])
def test_an_address_of_another_machine_asks_for_another_address(port: int) -> None:
    """No port of it can be had (192.0.2.0/24 belongs to nobody: RFC 5737)."""
    with pytest.raises(LLMosError) as refusal:
        bind(Address("192.0.2.1", port))
    said = f"192.0.2.1:{port} cannot be bound: Cannot assign requested address; choose another with --host."
    assert str(refusal.value) == said


def test_tls_begins_at_1_2(tmp_path: Path) -> None:
    """Nothing older is spoken."""
    tls = make_tls(*map(str, certificate(tmp_path)))
    assert tls.minimum_version == ssl.TLSVersion.TLSv1_2


def test_a_certificate_that_cannot_be_used_is_a_sentence(tmp_path: Path) -> None:
    """Missing, or no certificate, or another's key."""
    with pytest.raises(LLMosError) as refusal:
        make_tls(str(tmp_path / "none.pem"), "")
    assert str(refusal.value) == f"There is no file {tmp_path / 'none.pem'}."
    (tmp_path / "text.pem").write_text("hello")
    with pytest.raises(LLMosError, match=r"text\.pem and its key cannot be used for TLS: "):
        make_tls(str(tmp_path / "text.pem"), "")


@pytest.mark.skipif(sys.platform == "win32", reason="there is no front there")
def test_who_comes_before_the_service_answers_waits_for_it() -> None:
    """The front may pass requests on from its first moment: nobody is told that a service that starts has failed."""
    with _backend() as (path, inner), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as early:
        early.connect(path)
        early.sendall(b"hello")
        accepted, _ = inner.accept()
        with accepted:
            assert accepted.recv(5) == b"hello"
