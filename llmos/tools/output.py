"""Cuts what a tool answered down to what a model is shown, and says what was cut.

Knows no tool; a picture is passed on whole.
"""

from collections.abc import Sequence

from llmos.messages import Image, Text


def limited(content: Sequence[Text | Image], limit: int) -> tuple[Text | Image, ...]:
    """The content, its text joined and cut in the middle where it has more than `limit` bytes.

    Providers refuse a text without a character, so none is said as `(empty)`.
    """
    size = sum(len(part.text.encode("utf-8", "replace")) for part in content if isinstance(part, Text))
    if content and size <= limit:
        return tuple(part if isinstance(part, Image) or part.text else Text("(empty)") for part in content)
    text = "\n".join(part.text for part in content if isinstance(part, Text))
    return (Text(cut(text, limit) or "(empty)"), *(part for part in content if isinstance(part, Image)))


def cut(text: str, limit: int) -> str:
    """The text, or its beginning and end with a line between them that says how much is missing."""
    raw = text.encode("utf-8", "replace")
    if len(raw) <= limit:
        return text
    half = limit // 2
    head, tail = raw[:half].decode("utf-8", "ignore"), raw[-half:].decode("utf-8", "ignore") if half else ""
    return f"{head}\n[{len(raw) - 2 * half} of {len(raw)} bytes cut here]\n{tail}"
