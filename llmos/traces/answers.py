"""Writes what stands in a trace without the workspace it came from, and says by what a tool's answer is known again.

Knows no trace. Only where the root stands as the beginning of a path is it replaced: `/work/a` is not in `/work/ab`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from llmos.documents.document import hash_of
from llmos.messages import JSON, Image, Text
from llmos.traces.trace import WORKSPACE

_BEFORE = r"(?<![\w./\\-])"
_AFTER = r"(?![\w-]|\.\w)"


def without_root(text: str, root: str) -> str:
    """The text with `{workspace}` for each path that begins with the root."""
    return text if root not in text or len(root) <= 1 else _path(root).sub(lambda _: WORKSPACE, text)


def with_root(text: str, root: str) -> str:
    """The text in a workspace that stands elsewhere."""
    return text.replace(WORKSPACE, root)


def in_texts(value: JSON, change: Callable[[str], str]) -> JSON:
    """The value with every text in it changed; keys stay."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {key: in_texts(item, change) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [in_texts(item, change) for item in value]
    return value


def told(content: Sequence[Text | Image], root: str) -> tuple[str, str]:
    """What a tool answered as text, without the workspace's root, and the hash of all of it, pictures included."""
    text = without_root("\n".join(part.text for part in content if isinstance(part, Text)), root)
    pictures = [hash_of(part.content) for part in content if isinstance(part, Image)]
    whole = "\0".join([text, *pictures]).encode("utf-8", "surrogatepass")
    return text, hash_of(whole)


@lru_cache(maxsize=16)
def _path(root: str) -> re.Pattern[str]:
    return re.compile(_BEFORE + re.escape(root.rstrip("/\\")) + _AFTER)
