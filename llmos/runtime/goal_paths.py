r"""Tell whether a word of a goal names a file: `a.txt`, `./a/b.py`, `/abs/x`, `~/x`, `C:\x`, `.env`, `README`, `*.py`.

Knows no goal and looks at no disk. What it cannot tell, as `left/right`, it leaves alone, but says where case matters.
"""

import re
from dataclasses import dataclass
from typing import Literal

_ROOTED = re.compile(r"(?:~?[\\/]|\.{1,2}[\\/]|[a-z]:[\\/]).|\.{1,2}$", re.IGNORECASE)
_NAMED = re.compile(r"[^\\/.]\.(?:[a-z]\w{0,9}|7z)$", re.IGNORECASE)
_HIDDEN = re.compile(r"(?:^|[\\/])\.[a-z][\w.-]*$", re.IGNORECASE)
_FOLDER = re.compile(r".[\\/]$")
_GLOB = re.compile(r"\*.*[./\\]|[./\\].*\*")
_KNOWN = frozenset({"README", "LICENSE", "CHANGELOG", "CONTRIBUTING", "NOTICE", "Makefile", "Dockerfile", "Procfile"})
_ABBREVIATIONS = frozenset({"e.g", "i.e", "a.m", "p.m", "u.s", "u.k", "d.h", "z.b"})
_TRAILING = ".!?…"


@dataclass(frozen=True, slots=True)
class Chunk:
    """What a word is, how many of its characters that is without trailing punctuation, and whether its case matters."""

    kind: Literal["path", "pattern", "word"]
    length: int
    cased: bool


def read_chunk(word: str) -> Chunk:
    """What a word without blanks is."""
    name = word if word in {".", ".."} else word.rstrip(_TRAILING)
    if name.casefold() in _ABBREVIATIONS:
        return Chunk("word", len(word), cased=False)
    if "*" in name:
        return Chunk("pattern", len(name), cased=True) if _GLOB.search(name) else Chunk("word", len(word), cased=True)
    if name in _KNOWN or any(shape.search(name) for shape in (_NAMED, _HIDDEN, _FOLDER)) or _ROOTED.match(name):
        return Chunk("path", len(name), cased=True)
    return Chunk("word", len(word), cased="/" in name or "\\" in name)
