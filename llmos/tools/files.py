"""The tools Read, Write and Edit.

Knows no permission and keeps no copies: the toolbox asks, and journals what stood in a file, before it calls. Paths
come in absolute and free of links.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, BinaryIO

from llmos.documents.kernel import SafetyRules
from llmos.errors import LLMosError, counted
from llmos.messages import Effect, Image, Text
from llmos.tools.base import Access, Tool, tool
from llmos.tools.editing import edited
from llmos.tools.opening import open_to_read, read_whole, replace
from llmos.tools.output import REMARKS
from llmos.tools.threads import run_in_thread
from llmos.tools.workspace import Workspace

_MOST_LINES = 2000
_LONGEST_LINE = 2000  # characters
_LARGEST_IMAGE = 5_000_000  # bytes; the Messages API takes no larger picture
_BINARY_SAMPLE = 8192  # bytes in which git, too, looks for a zero byte
_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"


def file_tools(workspace: Workspace, rules: SafetyRules) -> list[Tool]:
    """Read, Write and Edit, for this workspace, within the kernel's limits."""

    @tool(effect=Effect.PURE, name="Read")
    async def read(
        file_path: Annotated[str, Access.READ], offset: int = 1, limit: int = _MOST_LINES
    ) -> str | tuple[Text | Image, ...]:
        """Read a text file, with line numbers, or look at a PNG or JPEG picture.

        Args:
            file_path: The file; relative to the workspace, or absolute.
            offset: The first line to read.
            limit: How many lines to read.

        """
        first, most = max(offset, 1), min(max(limit, 1), _MOST_LINES)
        return await run_in_thread(partial(_read, Path(file_path), first, most, rules.max_output_bytes))

    @tool(effect=Effect.REVERSIBLE, name="Write")
    async def write(file_path: Annotated[str, Access.WRITE], content: str) -> str:
        """Write a text file, in place of what stands there; missing folders are made.

        Args:
            file_path: The file; relative to the workspace, or absolute.
            content: The whole text of the file.

        """
        path = Path(file_path)
        encoded = _encoded(content)
        await run_in_thread(partial(replace, path, encoded))
        return f"wrote {counted(len(encoded), 'byte')} to {workspace.shown(path)}"

    @tool(effect=Effect.REVERSIBLE, name="Edit")
    async def edit(
        file_path: Annotated[str, Access.WRITE], old_string: str, new_string: str, *, replace_all: bool = False
    ) -> str:
        """Replace a passage of a text file; it must occur exactly once unless `replace_all` is set.

        Args:
            file_path: The file; relative to the workspace, or absolute.
            old_string: The passage as it stands in the file, without line numbers.
            new_string: What to put in its place.
            replace_all: Replace every occurrence.

        """
        path = Path(file_path)
        shown = workspace.shown(path)

        def work() -> int:
            before = _decoded(read_whole(path, rules.max_read_bytes), shown)
            after, count = edited(before, old_string, new_string, everywhere=replace_all, shown=shown)
            replace(path, _encoded(after))
            return count

        count = await run_in_thread(work)
        return f"replaced {count} passage{'s' if count > 1 else ''} in {shown}"

    return [read, write, edit]


def _read(path: Path, first: int, most: int, limit: int) -> str | tuple[Text | Image, ...]:
    with open_to_read(path) as file:
        start = file.read(_BINARY_SAMPLE)
        if start.startswith((_PNG, _JPEG)):
            return _picture(path, start + file.read(_LARGEST_IMAGE + 1 - len(start)))
        if b"\0" in start:
            raise LLMosError(f"{path} is neither text nor a PNG or JPEG picture; Read shows nothing else")
        file.seek(0)
        return _numbered(path, file, first, most, limit)


def _picture(path: Path, content: bytes) -> tuple[Text | Image, ...]:
    if len(content) > _LARGEST_IMAGE:
        raise LLMosError(f"the picture {path} has more than {_LARGEST_IMAGE} bytes; make it smaller to look at it")
    return (Image(content, "image/png" if content.startswith(_PNG) else "image/jpeg"),)


def _numbered(path: Path, file: BinaryIO, first: int, most: int, limit: int) -> str:
    """The lines from the first on, numbered, as many as fit; a closing remark says where to go on."""
    shown: list[str] = []
    size, number = 0, 0
    for number, line in enumerate(_lines(file), 1):
        if number < first:
            continue
        text = f"{number:6}\t{line}"
        size += len(text.encode()) + 1
        if len(shown) == most or (shown and size > limit - REMARKS):
            return "\n".join([*shown, f"(there is more; go on with offset={number})"])
        shown.append(text)
    if not number:
        return "(the file is empty)"
    if not shown:
        raise LLMosError(f"{path} ends at line {number}; there is no line {first}")
    return "\n".join(shown)


def _lines(file: BinaryIO) -> Iterator[str]:
    """The lines without their ends, of each only the beginning: a file may be one line of gigabytes."""
    while raw := file.readline(4 * _LONGEST_LINE):
        whole = raw.endswith(b"\n")
        text = raw.decode("utf-8", "replace").removeprefix("\ufeff").rstrip("\r\n")
        cut = len(text) > _LONGEST_LINE
        while not whole and (rest := file.readline(1 << 16)):
            whole, cut = rest.endswith(b"\n"), True
        yield f"{text[:_LONGEST_LINE]} (line cut)" if cut else text


def _decoded(content: bytes, shown: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise LLMosError(f"{shown} is not UTF-8 text, so Edit would damage it") from error


def _encoded(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise LLMosError("the text holds half a surrogate pair, which no UTF-8 file can hold") from error
