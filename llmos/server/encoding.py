"""JSON as the service writes it, of whatever an answer or a message says.

Knows no message. Half a surrogate pair, which a request or a model's reply can smuggle in and UTF-8 cannot hold,
becomes U+FFFD as in a journal.
"""

from typing import Any, Final

import msgspec

from llmos.messages import valid_unicode

_encode: Final = msgspec.json.Encoder().encode


def to_json(content: Any) -> bytes:  # noqa: ANN401 - any JSON
    """The content as bytes; a number that JSON does not have becomes null."""
    try:
        return _encode(content)
    except UnicodeEncodeError:
        return _encode(valid_unicode(msgspec.to_builtins(content)))
