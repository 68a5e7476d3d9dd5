"""Addresses and keys that cannot be used are told before anything is sent, with the variable that holds them."""

from collections.abc import Callable

import pytest

from llmos.errors import LLMosError
from llmos.models.claude import ClaudeModel
from llmos.models.endpoint import checked_address
from llmos.models.openai_compatible import OpenAICompatibleModel


def claude(key: str, address: str) -> object:
    """The one adapter."""
    return ClaudeModel("claude-opus-5-5", key, address)


def openai(key: str, address: str) -> object:
    """The other."""
    return OpenAICompatibleModel("m", key, address)


BOTH = pytest.mark.parametrize(("make", "prefix"), [(claude, "ANTHROPIC"), (openai, "OPENAI")])


@BOTH
@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("http://[::1", "invalid IPv6 URL"),
        ("http://127.0.0.1:99999/v1", "port out of range 0-65535"),
        ("http://127.0.0.1:0", "its port is 0"),
        ("127.0.0.1:9", "it does not begin with http:// or https://"),
        ("ftp://host", "it does not begin with http:// or https://"),
        ("http:///v1", "it names no host"),
        ("http://exa mple/", "it holds a blank or a control character"),
    ],
)
def test_what_is_no_address_is_told(make: Callable[[str, str], object], prefix: str, address: str, why: str) -> None:
    """The sentence names the variable, and why no server can be there."""
    with pytest.raises(LLMosError) as raised:
        make("key", address)
    assert str(raised.value) == (
        f"{prefix}_BASE_URL is no address of a server, {why}: {address!r}; such as http://127.0.0.1:8080/v1"
    )
    assert raised.value.exit_code == 2


@BOTH
@pytest.mark.parametrize("key", ["sk-\xe4", "sk-1\n", "sk-1\r\nx: y", "sk-\udc80"])
def test_a_key_that_cannot_be_sent_is_told_and_not_shown(
    make: Callable[[str, str], object], prefix: str, key: str
) -> None:
    """A header carries printable ASCII only; a second header cannot be smuggled in."""
    with pytest.raises(LLMosError) as raised:
        make(key, "http://127.0.0.1:9")
    sentence = f"{prefix}_API_KEY holds a character that is in no key: only printable ASCII can be sent"
    assert str(raised.value) == sentence


@pytest.mark.parametrize("address", ["https://api.openai.com/v1", "http://[::1]:8080", "http://host", "HTTPS://h:1/x"])
def test_an_address_stands_as_it_is(address: str) -> None:
    """Without its closing slash."""
    assert checked_address(f"{address}/", "X") == address
