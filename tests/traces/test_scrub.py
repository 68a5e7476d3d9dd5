"""What looks like a key, or is known to be one, does not reach the disk; everything else does."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.traces.scrub import Scrubber

A40 = "0123456789abcdefghijABCDEFGHIJ0123456789"
PEM = f"-----BEGIN RSA PRIVATE KEY-----\n{A40}\n{A40}\n-----END RSA PRIVATE KEY-----"

AROUND = [("", ""), ("export KEY=", "\n"), ("line\n", " rest"), ('say "', '"'), ("a\\", "\\")]


def scrubbed(text: str, known: tuple[str, ...] = ()) -> str:
    """A text after it went to disk and came back."""
    return msgspec.json.decode(Scrubber(known).scrub(msgspec.json.encode({"text": text})))["text"]


@pytest.mark.parametrize(
    "secret",
    [
        f"sk-ant-api03-{A40}",
        f"sk-proj-{A40}",
        f"sk-{A40}",
        "AKIAIOSFODNN7EXAMPLE",
        "ASIAIOSFODNN7EXAMPLE",
        f"ghp_{A40}",
        f"github_pat_{A40}",
        f"hf_{A40}",
        f"xoxb-{A40}",
        PEM,
    ],
)
@pytest.mark.parametrize("around", AROUND)
def test_what_looks_like_a_key_is_removed(secret: str, around: tuple[str, str]) -> None:
    """Wherever it stands in a text: at its start, after an escape, in quotes."""
    before, after = around
    assert scrubbed(f"{before}{secret}{after}") == f"{before}[secret removed]{after}"


def test_the_token_of_a_bearer_header_is_removed() -> None:
    """The word stays, so that a reader sees what stood there."""
    assert scrubbed(f"Authorization: Bearer {A40}==") == "Authorization: Bearer [secret removed]"


def test_half_a_private_key_is_removed_to_the_end_of_its_text() -> None:
    """A key that was cut off by an output limit is still a key."""
    assert scrubbed(f"see {PEM[:60]}") == "see [secret removed]"


def test_known_secrets_are_removed_whatever_their_shape() -> None:
    """The keys in use are known exactly, also those with characters that JSON escapes."""
    assert scrubbed('my pass"word\\1 here', ('pass"word\\1',)) == "my [secret removed] here"


@pytest.mark.parametrize(
    "text",
    [
        "task-management-of-a-very-long-hyphenated-word-that-goes-on",
        "disk-0123456789abcdef0123456789abcdef",
        "the bearer of this letter",
        "AKIA is a prefix",
        "-----BEGIN PUBLIC KEY-----",
        "sk-short",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    """Prose, hashes and public keys are no secrets."""
    assert scrubbed(text) == text


@given(st.binary(max_size=2000))
def test_base64_stays(content: bytes) -> None:
    """Pictures and the signatures of reasoning must come back byte for byte."""
    line = msgspec.json.encode({"content": content})
    assert Scrubber().scrub(line) == line


@given(st.text())
def test_scrubbing_keeps_json_valid(text: str) -> None:
    """Any text, with a key in its middle, is still one JSON string."""
    assert "sk-ant" not in scrubbed(f"{text} sk-ant-{A40} {text}".replace("\ud800", ""))
