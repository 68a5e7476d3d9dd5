"""Takes secrets out of what is written: what looks like a key, and what the caller knows to be one.

Works on bytes, of text or of JSON, which stays valid; knows no event. Conservative on purpose: a pattern must be one
that a vendor documents and that prose or base64 does not hit by chance. A history with a secret in it is therefore
rebuilt with `[secret removed]` in its place; everything else comes back byte for byte.
"""

import re
from collections.abc import Iterable

import msgspec

REMOVED = b"[secret removed]"

_SHORTEST_KNOWN_SECRET = 8
"""Characters; a shorter value would be found in ordinary text."""

# A token starts the text, follows what is not part of a word, or follows an escape such as \n, whose letter is none.
_START = rb"(?:(?<![A-Za-z0-9_-])|(?<=\\[nrtbf]))"
_OUTSIDE_BASE64 = rb"(?:(?<![A-Za-z0-9_+/-])|(?<=\\[nrtbf]))"
_SHAPES: tuple[tuple[bytes, bytes], ...] = (
    (b"sk-ant-", rb"sk-ant-[A-Za-z0-9_-]{16,}"),
    (b"sk-", _START + rb"sk-(?:proj-|svcacct-|or-v1-)?[A-Za-z0-9_-]{32,}"),
    (b"AKIA", _OUTSIDE_BASE64 + rb"AKIA[0-9A-Z]{16}(?![A-Za-z0-9+/=])"),
    (b"ASIA", _OUTSIDE_BASE64 + rb"ASIA[0-9A-Z]{16}(?![A-Za-z0-9+/=])"),
    (b"gh", rb"gh[pousr]_[A-Za-z0-9]{36,}"),
    (b"github_pat_", rb"github_pat_[A-Za-z0-9_]{22,}"),
    (b"hf_", _START + rb"hf_[A-Za-z0-9]{30,}"),
    (b"xox", rb"xox[abposr]-[A-Za-z0-9-]{10,}"),
    (b"earer ", rb"(?<=[Bb]earer )[A-Za-z0-9._~+/-]{20,}=*"),
    (b"PRIVATE KEY-----", rb'-----BEGIN [A-Z ]*PRIVATE KEY-----[^"]*?(?:-----END [A-Z ]*PRIVATE KEY-----|(?="))'),
)
"""What any text with such a token contains (looked for first, as that is fast), and the token itself."""


class Scrubber:
    """Removes secrets; `known` are values, such as the API keys in use, that must never be stored."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        long_enough = [secret for secret in known if len(secret) >= _SHORTEST_KNOWN_SECRET]
        self._known = {form for secret in long_enough for form in (secret.encode(), msgspec.json.encode(secret)[1:-1])}
        self._shapes = tuple((literal, re.compile(pattern)) for literal, pattern in _SHAPES)

    def scrub(self, content: bytes) -> bytes:
        """The bytes with each secret replaced by `[secret removed]`."""
        for secret in self._known:
            content = content.replace(secret, REMOVED)
        for literal, pattern in self._shapes:
            if literal in content:
                content = pattern.sub(REMOVED, content)
        return content
