"""Texts that only who knows the passphrase can read: ChaCha20-Poly1305 (RFC 8439), its key made by scrypt (RFC 7914).

Knows no trace. A page keeps in clear only what finds it again for somebody who has the passphrase: a salt and a tag,
which is a keyed hash of a name. The package `cryptography` is imported when something is encrypted or read.
"""

import base64
import hashlib
import hmac
import secrets
import textwrap
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from llmos.documents.document import Document
from llmos.documents.frontmatter import compose
from llmos.errors import LLMosError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

KEY: Final = "encrypted"
"""The key in the frontmatter of an encrypted page; its value names the way."""

OPENING: Final = f"---\n{KEY}: "
"""What an encrypted page begins with."""

WAY: Final = "chacha20poly1305-scrypt-1"
# OWASP's password storage advice for scrypt where 128 MiB are too much: N = 2^15, r = 8, p = 3; here 0.2 s and 32 MiB.
_COST, _BLOCK, _LANES, _MOST_MEMORY = 2**15, 8, 3, 64 * 2**20
_SALT_BYTES, _KEY_BYTES, _NONCE_BYTES, _TAG_DIGITS = 16, 32, 12, 32


class Passphrase:
    """What a person knows; keys are made from it once for each salt, as that is slow on purpose."""

    def __init__(self, words: str) -> None:
        self._words = words.encode()
        self._keys: dict[str, _Keys] = {}

    def encrypt(self, text: str, name: str, salt: str) -> str:
        """A page that holds the text and is found by its `name`; LLMosError where the package is missing."""
        keys = self._keys_of(salt)
        tag, nonce = keys.tag(name), secrets.token_bytes(_NONCE_BYTES)
        hidden = keys.cipher.encrypt(nonce, text.encode("utf-8", "surrogatepass"), _bound(salt, tag))
        body = "\n".join(textwrap.wrap(base64.b64encode(nonce + hidden).decode(), 100))
        return compose({KEY: WAY, "salt": salt, "tag": tag}, body)

    def decrypt(self, page: "Page") -> str | None:
        """The text of a page; None where it was encrypted under other words, or changed since."""
        cipher = self._keys_of(page.salt).cipher
        from cryptography.exceptions import InvalidTag

        try:
            nonce, hidden = page.hidden[:_NONCE_BYTES], page.hidden[_NONCE_BYTES:]
            return cipher.decrypt(nonce, hidden, _bound(page.salt, page.tag)).decode("utf-8", "surrogatepass")
        except (InvalidTag, ValueError):
            return None

    def tag(self, name: str, salt: str) -> str:
        """By which the page of this name is found, among those that were encrypted with this salt."""
        return self._keys_of(salt).tag(name)

    def _keys_of(self, salt: str) -> "_Keys":
        if salt not in self._keys:
            settings = {"n": _COST, "r": _BLOCK, "p": _LANES, "maxmem": _MOST_MEMORY}
            made = hashlib.scrypt(self._words, salt=bytes.fromhex(salt), dklen=2 * _KEY_BYTES, **settings)
            self._keys[salt] = _Keys(made[:_KEY_BYTES], made[_KEY_BYTES:])
        return self._keys[salt]


def new_salt() -> str:
    """A salt that nobody has used; one salt for all pages of a home spares making keys for each."""
    return secrets.token_hex(_SALT_BYTES)


@dataclass(frozen=True, slots=True)
class Page:
    """An encrypted page as it was read."""

    salt: str
    tag: str
    hidden: bytes


def page_of(document: Document) -> Page:
    """The encrypted page of a document; DocumentError where it is none that can be read."""
    if document.keys.get(KEY) != WAY:
        raise document.wrong(KEY, f"'{KEY}' is no way that this llmos knows; known is: {WAY}")
    salt, tag = (str((document.spelled or {}).get(key) or document.keys.get(key) or "") for key in ("salt", "tag"))
    try:
        hidden = base64.b64decode("".join(document.body.split()), validate=True)
        whole = len(bytes.fromhex(salt)) == _SALT_BYTES and len(tag) == _TAG_DIGITS
    except ValueError:
        whole = False
    if not whole:
        raise document.wrong(KEY, "the encrypted text is not whole")
    return Page(salt, tag, hidden)


class _Keys:
    """What one salt makes of a passphrase."""

    def __init__(self, cipher_key: bytes, tag_key: bytes) -> None:
        self._cipher_key = cipher_key
        self._tag_key = tag_key

    def tag(self, name: str) -> str:
        """HMAC-SHA-256 of the name, cut."""
        return hmac.new(self._tag_key, name.encode("utf-8", "surrogatepass"), "sha256").hexdigest()[:_TAG_DIGITS]

    @cached_property
    def cipher(self) -> "ChaCha20Poly1305":
        """The cipher under this key."""
        try:
            from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
        except ImportError as error:
            raise LLMosError(
                "an encrypted trace needs the package cryptography; get it with pip install 'llmos[exchange]'"
            ) from error
        return ChaCha20Poly1305(self._cipher_key)


def _bound(salt: str, tag: str) -> bytes:
    """What stands in clear cannot be changed without the text becoming unreadable."""
    return f"{WAY} {salt} {tag}".encode()
