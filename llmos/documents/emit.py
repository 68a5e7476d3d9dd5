"""Writes values as block-style YAML that every reader takes the same way, the strict ones (strictyaml) included.

Knows no document. Text that any YAML version might take for something else is quoted, and `---` never stands in a value
as such, because the reference validator of Agent Skills cuts a file at the first two of them wherever they are.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping

from llmos.messages import JSON

_PLAIN = re.compile(r"[^\W\d_](?:[\w ,.()/*'&%+!?;$@~^<>=|\\\"-]|:(?=[^\s]))*")
_AMBIGUOUS = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n", "null"})
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


def lines_of(key: str, value: JSON, indent: int = 0) -> Iterator[str]:
    """The lines, without line ends, of a key and its value; raises ValueError for what block style cannot say."""
    return _pair(f"{' ' * indent}{scalar(key)}:", value, indent)


def scalar(value: JSON) -> str:
    r"""A single value on one line.

    >>> print(*map(scalar, ["Read, Bash(git:*)", "no", "a: b", 0.5, True, "a --- b"]), sep=" | ")
    Read, Bash(git:*) | "no" | "a: b" | 0.5 | true | "a \u002d-- b"
    """
    if isinstance(value, str):
        return value if _is_plain(value) else _quoted(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float) and math.isfinite(value):
        return repr(value)
    raise ValueError(f"{value!r} cannot be written in a frontmatter")


def _pair(head: str, value: JSON, indent: int) -> Iterator[str]:
    if isinstance(value, Mapping | list | tuple) and value:
        yield head
        yield from _block(value, indent + 2)
    else:
        yield f"{head} {scalar(value)}"


def _block(value: JSON, indent: int) -> Iterator[str]:
    pad = " " * indent
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _pair(f"{pad}{scalar(str(key))}:", item, indent)
        return
    for item in value:
        if isinstance(item, Mapping | list | tuple) and item:
            first, *others = _block(item, indent + 2)
            yield f"{pad}- {first[indent + 2 :]}"
            yield from others
        else:
            yield f"{pad}- {scalar(item)}"


def _is_plain(text: str) -> bool:
    return (
        _PLAIN.fullmatch(text) is not None
        and not text.endswith(" ")
        and "---" not in text
        and text.lower() not in _AMBIGUOUS
    )


def _quoted(text: str) -> str:
    written = _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))
    return written.replace("---", "\\u002d--")
