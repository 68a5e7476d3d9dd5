"""Replaces a passage in a text, keeping the line ends that the text has.

Knows no file; `shown` is only what its errors call the text.
"""

import re

from llmos.errors import LLMosError


def edited(text: str, old: str, new: str, *, everywhere: bool, shown: str) -> tuple[str, int]:
    r"""The new text and how many passages were replaced.

    A line end in `old` matches `\n` and `\r\n` alike, and `new` takes on those of the text around it. Raises
    LLMosError when the passage is missing, or not unique and not meant `everywhere`.
    """
    if not old:
        raise LLMosError("old_string is empty; use Write to make a file")
    if old == new:
        raise LLMosError("old_string and new_string are the same; nothing would change")
    passage = re.compile("\r?\n".join(map(re.escape, _unix(old).split("\n"))))
    count = sum(1 for _ in passage.finditer(text))
    if not count:
        raise LLMosError(f"old_string does not occur in {shown}{_hint(text, old)}")
    if count > 1 and not everywhere:
        advice = "give more of the text around it, or set replace_all"
        raise LLMosError(f"old_string occurs {count} times in {shown}; {advice}")
    dos = text.count("\r\n") * 2 > text.count("\n")
    replacement = _unix(new).replace("\n", "\r\n") if dos else new
    return passage.sub(lambda _: replacement, text), count


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n")


def _hint(text: str, old: str) -> str:
    """Where the passage would occur if blanks did not count."""
    loose = re.compile(r"\s+".join(map(re.escape, old.split())))
    found = loose.search(text) if old.split() else None
    return f"; with other blanks it does at line {text.count(chr(10), 0, found.start()) + 1}" if found else ""
