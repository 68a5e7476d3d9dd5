"""A program of its own that searches files with a regular expression, run by the tool Grep and ended by it in time.

Knows no permission and no model. It is a process because Python's `re` neither stops nor lets go while it matches: a
pattern such as `(a+)+$` would hold the whole interpreter. Reads one JSON object from its input, writes text.
"""

import json
import re
import sys
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby, islice
from pathlib import Path
from typing import Literal

from llmos.errors import LLMosError
from llmos.tools.globs import glob_parts, parts_match
from llmos.tools.opening import open_to_read
from llmos.tools.walk import Walk, ignore
from llmos.tools.workspace import plain_name

Mode = Literal["content", "files_with_matches", "count"]

MISTAKE = 2  # the exit code that stands for a sentence instead of an answer

_LONGEST_LINE = 500  # characters shown; minified files have lines of megabytes
_LARGEST_FILE = 50_000_000  # bytes; a larger file is named, not searched
_BINARY_SAMPLE = 8192  # bytes in which git, too, looks for a zero byte


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for below `path`, and how to show it; `shown` is what stands for `path` in the output."""

    pattern: str
    path: str
    shown: str
    glob: str | None = None
    mode: Mode = "files_with_matches"
    before: int = 0
    after: int = 0
    numbers: bool = True
    ignore_case: bool = False
    multiline: bool = False
    limit: int = 100
    offset: int = 0
    protected: Sequence[str] = ()
    closed: Sequence[str] = ()
    barred: Sequence[Sequence[str]] = ()

    def regex(self) -> "re.Pattern[str]":
        """The pattern, compiled; raises LLMosError with what is wrong with it."""
        flags = (re.IGNORECASE if self.ignore_case else 0) | (re.DOTALL if self.multiline else 0) | re.MULTILINE
        try:
            return re.compile(self.pattern, flags)
        except (re.error, OverflowError, RecursionError) as error:
            raise LLMosError(f"the pattern {self.pattern!r} is no regular expression: {error}") from error


def main() -> int:
    """Search as the object on standard input says; exit code MISTAKE with a sentence when that cannot be done."""
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    try:
        for line in answer(Search(**json.load(sys.stdin))):
            sys.stdout.write(f"{line}\n")
    except LLMosError as error:
        sys.stdout.write(str(error))
        return MISTAKE
    return 0


def answer(search: Search) -> Iterator[str]:
    """The lines to show, at most `limit` of them, and after them a remark about what is missing."""
    skipped = ignore(frozenset(map(plain_name, search.protected)))
    walk = Walk(Path(search.path), skipped, tuple(map(Path, search.closed)), search.barred)
    too_large: list[str] = []
    found = islice(_found(search, walk, too_large), search.offset, None)
    shown = 0
    for shown, line in enumerate(islice(found, search.limit), 1):  # noqa: B007 - the count is read below
        yield line
    if shown == search.limit and next(found, None) is not None:
        yield f"(there is more; go on with offset={search.offset + shown}, or search for less)"
    elif not shown:
        yield "(nothing was found)"
    if too_large:
        yield f"(not searched, more than {_LARGEST_FILE} bytes: {', '.join(too_large[:10])})"
    if walk.stopped:
        yield f"(only the first {walk.most} entries of {search.shown} were searched; search in a smaller folder)"


def _found(search: Search, walk: Walk, too_large: list[str]) -> Iterator[str]:
    regex = search.regex()
    for path, shown in _files(search, walk):
        text = _text(path, shown, too_large)
        if text is None:
            continue
        lines = text.split("\n")
        hits = _hits(regex, text, lines, multiline=search.multiline)
        if hits and search.mode == "files_with_matches":
            yield shown
        elif hits and search.mode == "count":
            yield f"{shown}:{len(hits)}"
        elif hits:
            yield from _shown_lines(search, shown, lines, hits)


def _files(search: Search, walk: Walk) -> Iterator[tuple[Path, str]]:
    """Each file with the name under which it is shown."""
    if walk.root.is_file():
        yield walk.root, search.shown
        return
    if not walk.root.is_dir():
        raise LLMosError(f"there is no folder or file {search.shown}")
    globs = glob_parts(search.glob) if search.glob else []
    prefix = "" if search.shown == "." else f"{search.shown.rstrip('/')}/"
    for inside in walk.paths():
        if not globs or any(parts_match(glob, inside.split("/")) for glob in globs):
            yield walk.root / inside, f"{prefix}{inside}"


def _text(path: Path, shown: str, too_large: list[str]) -> str | None:
    """The file's text; None for what is binary, too large, or cannot be read."""
    try:
        with open_to_read(path) as file:
            start = file.read(_BINARY_SAMPLE)
            if b"\0" in start:
                return None
            content = start + file.read(_LARGEST_FILE + 1 - len(start))
    except LLMosError:
        return None
    if len(content) > _LARGEST_FILE:
        too_large.append(shown)
        return None
    return content.decode("utf-8", "replace").replace("\r\n", "\n").removesuffix("\n")


def _hits(regex: "re.Pattern[str]", text: str, lines: Sequence[str], *, multiline: bool) -> list[int]:
    """The indexes of the lines that the pattern touches, ascending."""
    if not multiline:
        return [index for index, line in enumerate(lines) if regex.search(line)]
    starts = [0, *accumulate(len(line) + 1 for line in lines)]
    touched: set[int] = set()
    for match in regex.finditer(text):
        last = max(match.start(), match.end() - 1)
        touched.update(range(bisect_right(starts, match.start()) - 1, bisect_right(starts, last)))
    return sorted(index for index in touched if index < len(lines))


def _shown_lines(search: Search, shown: str, lines: Sequence[str], hits: Sequence[int]) -> Iterator[str]:
    """The lines that were hit, as `path:number:text`, and those around them, as `path-number-text`."""
    wanted = {near for at in hits for near in range(at - search.before, at + search.after + 1)}
    hit = set(hits)
    blocks = groupby(enumerate(sorted(wanted & set(range(len(lines))))), lambda pair: pair[1] - pair[0])
    for number, (_, block) in enumerate(blocks):
        if number and (search.before or search.after):
            yield "--"
        for _, index in block:
            mark = ":" if index in hit else "-"
            place = f"{index + 1}{mark}" if search.numbers else ""
            line = lines[index]
            yield f"{shown}{mark}{place}{line[:_LONGEST_LINE]}{'...' if len(line) > _LONGEST_LINE else ''}"


if __name__ == "__main__":
    raise SystemExit(main())
