"""Names, origins and tokens as values: what is ours, what is not, and how tokens come from a file."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.errors import LLMosError
from llmos.server.access import Access, Caller, Role, host_name, is_loopback, own_names
from llmos.server.tokens import make_tokens, read_tokens


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost"])
def test_loopback_is_this_machine(host: str) -> None:
    """These addresses need no token."""
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.1", "robot.local", "", "localhost.evil.example"])
def test_everything_else_is_not(host: str) -> None:
    """A name that might be anything is not loopback."""
    assert not is_loopback(host)


def test_bound_to_every_address_bare_addresses_are_ours_and_names_are_not() -> None:
    """A rebound name is a name; whoever types an address means it."""
    access = Access({}, own_names("0.0.0.0", ()), any_address=True)
    assert access.knows_host("192.168.1.7:8000")
    assert access.knows_host("[fe80::1]:8000")
    assert not access.knows_host("evil.example")
    assert not access.knows_host("192.168.1.7.evil.example")


def test_an_allowed_origin_is_also_a_name_of_ours() -> None:
    """A proxy hands on the name that the browser asked for."""
    assert Access({}, own_names("127.0.0.1", ("https://robot.example",))).knows_host("robot.example")


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (None, True),
        ("http://localhost:8000", True),
        ("HTTP://LocalHost:8000", True),
        ("null", False),
        ("", False),
        ("localhost:8000", False),
        ("http://evil-localhost:8000", False),
        ("http://evil.localhost:8000", False),
        ("http://evil@localhost:8000", False),
        ("http://localhost:8000.evil.example", False),
        ("http://localhost:80001", False),
        ("http://localhost:800", False),
        ("http://localhost", False),
        ("http://localhost:8000/", False),
        ("http://127.0.0.1:8000", False),
    ],
)
def test_only_our_own_page_is_of_our_origin(origin: str | None, allowed: bool) -> None:
    """Name and port, whole and alike: what only ends or begins like them is somebody else."""
    assert Access().allows_origin(origin, "localhost:8000") is allowed
    assert Access().allows_origin(origin, "") is (origin is None)


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_header_breaks_the_door(host: str, origin: str) -> None:
    """Whatever stands in them, the answer is yes or no; and yes to a page only when it names the host itself."""
    access = Access()
    access.knows_host(host)
    host_name(host)
    try:
        allowed = access.allows_origin(origin, host)
    except ValueError:
        pytest.fail(f"{origin!r} {host!r}")
    assert not allowed or host.lower() in origin.lower()


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "", "local"])
def test_without_tokens_this_machine_is_the_owner(address: str) -> None:
    """By the loopback, or by no address at all."""
    assert Access().caller({}, address) == Caller(Role.ADMIN, address or "local")


@pytest.mark.parametrize("address", ["203.0.113.9", "unknown", "_hidden", "203.0.113.9:41000", "client.example"])
def test_without_tokens_whom_a_proxy_cannot_name_is_nobody(address: str) -> None:
    """A proxy may say `unknown`, or a name; that is no word for this machine."""
    assert Access().caller({}, address) is None


@pytest.mark.parametrize(
    "header",
    [
        "llmos_token={}",
        'llmos_token="{}"',
        'prefs={{"a":1}}; llmos_token={}',
        "llmos_token={}; flag",
        "flag;llmos_token={}",
        "a[0]=x y; user@x.y=1, 2; llmos_token={}",
        "path=/x; llmos_token={}",
        "llmos_token=of-another-path; llmos_token={}",
    ],
)
def test_no_cookie_of_another_program_hides_ours(header: str) -> None:
    """Cookies know no port: whatever runs on the same host name sets its own, in any form, beside ours."""
    access = Access({Role.VIEWER: "viewer/0123456789=="})
    asked = access.caller({"cookie": header.format("viewer/0123456789==")}, "10.0.0.1")
    assert asked == Caller(Role.VIEWER, "viewer")


@pytest.mark.parametrize("header", ["", ";", "=", "llmos_token", "llmos_token=", "x=llmos_token=T", "xllmos_token=T"])
def test_what_is_not_our_cookie_is_no_token(header: str) -> None:
    """Only what stands under our name counts."""
    assert Access({Role.VIEWER: "T"}).caller({"cookie": header}, "10.0.0.1") is None


def test_made_tokens_are_long_different_and_the_owners_alone(tmp_path: Path) -> None:
    """One for each role, kept with mode 0600, read back as they were made."""
    path = tmp_path / "secrets" / "service"
    made = make_tokens(path)
    assert read_tokens(path) == made
    assert set(made) == set(Role)
    assert len(set(made.values())) == 3
    assert all(len(token) >= 43 for token in made.values())
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_tokens_that_others_can_read_are_refused(tmp_path: Path) -> None:
    """What others know is no secret."""
    path = tmp_path / "tokens"
    make_tokens(path)
    path.chmod(0o644)
    with pytest.raises(LLMosError) as refusal:
        read_tokens(path)
    assert str(refusal.value) == f"{path} is open to others (mode 0644), so its tokens are none; chmod 600 {path}"


@pytest.mark.parametrize("text", ["admin short\n", "root 0123456789abcdef\n", "admin\n", "admin 0123456789abcdef x\n"])
def test_a_line_that_is_no_token_is_named(tmp_path: Path, text: str) -> None:
    """With its number, and how to write it."""
    path = tmp_path / "tokens"
    path.write_text(f"# mine\n{text}")
    path.chmod(0o600)
    with pytest.raises(LLMosError) as refusal:
        read_tokens(path)
    how = "write `admin TOKEN`, with viewer, operator or admin and at least 16 letters"
    assert str(refusal.value) == f"{path}:2: this is no role and token; {how}."


def test_somebody_must_be_able_to_change_things(tmp_path: Path) -> None:
    """A file without an admin is a mistake."""
    path = tmp_path / "tokens"
    path.write_text("viewer 0123456789abcdef\n")
    path.chmod(0o600)
    with pytest.raises(LLMosError, match="has no token for admin, so nobody could change anything; add one"):
        read_tokens(path)


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    """Which file, and what the system says."""
    with pytest.raises(LLMosError) as refusal:
        read_tokens(tmp_path / "none")
    assert str(refusal.value) == f"{tmp_path / 'none'} cannot be read: No such file or directory."
