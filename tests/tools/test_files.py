"""The laws of Read, Write and Edit."""

import os
import struct
import zlib
from pathlib import Path

import pytest

from llmos.messages import Image
from llmos.tools.files import file_tools
from llmos.traces.events import FileKept
from tests.support.tools import Bench, make_workspace, rules

pytestmark = pytest.mark.anyio


def chunk(kind: bytes, content: bytes) -> bytes:
    """One chunk of a PNG file."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


PIXEL = (
    b"\x89PNG\r\n\x1a\n"
    + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    + chunk(b"IDAT", zlib.compress(b"\0\0"))
    + chunk(b"IEND", b"")
)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A workspace with the file tools."""
    workspace = make_workspace(tmp_path)
    return Bench(workspace, file_tools(workspace, rules()))


def put(bench: Bench, name: str, content: bytes) -> Path:
    """A file in the workspace."""
    path = bench.workspace.root / name
    path.write_bytes(content)
    return path


async def read(bench: Bench, **args: object) -> str:
    """What Read shows of a file."""
    result = await bench.call("Read", **args)
    assert not result.is_error, result.text
    return result.text


async def told(bench: Bench, tool: str, **args: object) -> str:
    """The sentence of a call that fails."""
    result = await bench.call(tool, **args)
    assert result.is_error
    return result.text


async def test_lines_are_numbered(bench: Bench) -> None:
    """As `cat -n` has it; the last line end makes no line; carriage returns and a byte order mark are not shown."""
    put(bench, "a", "\ufeffone\r\ntwo\n\näö".encode())
    assert await read(bench, file_path="a") == "     1\tone\n     2\ttwo\n     3\t\n     4\täö"


async def test_a_part_can_be_read(bench: Bench) -> None:
    """From a line on, so many lines, and where it goes on."""
    put(bench, "a", b"".join(b"%d\n" % n for n in range(1, 11)))
    assert await read(bench, file_path="a", offset=9) == "     9\t9\n    10\t10"
    expected = "     3\t3\n     4\t4\n(there is more; go on with offset=5)"
    assert await read(bench, file_path="a", offset=3, limit=2) == expected
    assert (await read(bench, file_path="a", offset=0, limit=-5)).startswith("     1\t1\n(there is more")


async def test_beyond_the_end_is_a_sentence(bench: Bench) -> None:
    """The model reads how long the file is."""
    path = put(bench, "a", b"1\n2\n")
    assert await told(bench, "Read", file_path="a", offset=3) == f"{path} ends at line 2; there is no line 3"


async def test_an_empty_file_is_said(bench: Bench) -> None:
    """Emptiness is not an error."""
    put(bench, "a", b"")
    assert await read(bench, file_path="a") == "(the file is empty)"


async def test_a_large_file_is_shown_in_parts(bench: Bench) -> None:
    """What is shown fits the kernel's limit, and following the advice reads every line once."""
    lines = [f"line {n} {'x' * 50}" for n in range(1000)]
    put(bench, "a", "\n".join(lines).encode())
    seen: list[str] = []
    offset = 1
    while offset:
        shown = (await read(bench, file_path="a", offset=offset)).split("\n")
        assert sum(len(line) + 1 for line in shown) <= rules().max_output_bytes
        more = shown.pop() if shown[-1].startswith("(there is more") else ""
        offset = int(more.rpartition("=")[2].rstrip(")")) if more else 0
        seen += [line.partition("\t")[2] for line in shown]
    assert seen == lines


async def test_a_line_without_end_is_cut(bench: Bench) -> None:
    """A minified file shows its beginning, and the next line is the next line."""
    put(bench, "a", b"x" * 200_000 + b"\nshort\n")
    assert await read(bench, file_path="a") == f"     1\t{'x' * 2000} (line cut)\n     2\tshort"


async def test_bytes_that_are_no_text_are_replaced(bench: Bench) -> None:
    """Latin-1 is readable but for its special letters."""
    put(bench, "a", b"caf\xe9\n")
    assert await read(bench, file_path="a") == "     1\tcaf\ufffd"


@pytest.mark.parametrize(("head", "media_type"), [(PIXEL, "image/png"), (b"\xff\xd8\xff\xe0rest", "image/jpeg")])
async def test_pictures_are_looked_at(bench: Bench, head: bytes, media_type: str) -> None:
    """What a file is follows from its first bytes, not from its name."""
    put(bench, "a.txt", head)
    result = await bench.call("Read", file_path="a.txt")
    assert result.content == (Image(head, media_type),)  # type: ignore[arg-type]


async def test_a_picture_too_large_is_a_sentence(bench: Bench) -> None:
    """No provider takes it."""
    path = put(bench, "a.png", PIXEL + b"\0" * 5_000_000)
    expected = f"the picture {path} has more than 5000000 bytes; make it smaller to look at it"
    assert await told(bench, "Read", file_path="a.png") == expected


async def test_binary_files_are_a_sentence(bench: Bench) -> None:
    """Zero bytes tell."""
    path = put(bench, "a.bin", b"ELF\0\0")
    expected = f"{path} is neither text nor a PNG or JPEG picture; Read shows nothing else"
    assert await told(bench, "Read", file_path="a.bin") == expected


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
async def test_a_pipe_does_not_hang(bench: Bench) -> None:
    """Reading from a pipe nobody writes to would never end."""
    os.mkfifo(bench.workspace.root / "pipe")
    expected = f"cannot open {bench.workspace.root / 'pipe'}: it is a device, a pipe or a socket, not a file"
    assert await told(bench, "Read", file_path="pipe") == expected
    assert await told(bench, "Write", file_path="pipe", content="x") == expected


async def test_what_is_not_there_is_a_sentence(bench: Bench) -> None:
    """Missing files and folders."""
    root = bench.workspace.root
    assert await told(bench, "Read", file_path="no") == f"cannot read {root / 'no'}: there is no such file"
    assert await told(bench, "Read", file_path=".") == f"cannot read {root}: it is a folder"
    assert await told(bench, "Edit", file_path="no", old_string="a", new_string="b") == (
        f"cannot read {root / 'no'}: there is no such file"
    )


async def test_write_makes_a_file(bench: Bench) -> None:
    """With the folders above it, exactly as given."""
    result = await bench.call("Write", file_path="new/deep/a.txt", content="ä\r\nb")
    assert result.text == "wrote 5 bytes to new/deep/a.txt"
    assert (bench.workspace.root / "new/deep/a.txt").read_bytes() == "ä\r\nb".encode()


async def test_write_replaces_and_the_journal_keeps_what_was_there(bench: Bench) -> None:
    """What Write overwrites can be brought back."""
    path = put(bench, "a", b"\xff old")
    await bench.call("Write", file_path="a", content="new")
    assert path.read_bytes() == b"new"
    assert bench.journal.named(FileKept) == [FileKept(call_id="call-1", path=str(path), before=b"\xff old")]


async def test_text_that_no_file_can_hold_is_a_sentence(bench: Bench) -> None:
    """JSON can smuggle in half a surrogate pair."""
    expected = "the text holds half a surrogate pair, which no UTF-8 file can hold"
    assert await told(bench, "Write", file_path="a", content="\ud800") == expected
    assert not (bench.workspace.root / "a").exists()


async def test_edit_replaces_one_passage(bench: Bench) -> None:
    """The rest stays byte for byte, mark and line ends included."""
    path = put(bench, "a", "\ufeffone\r\ntwo\r\n".encode())
    result = await bench.call("Edit", file_path="a", old_string="two\n", new_string="2\n3\n")
    assert (result.is_error, result.text) == (False, "replaced 1 passage in a")
    assert path.read_bytes() == "\ufeffone\r\n2\r\n3\r\n".encode()
    result = await bench.call("Edit", file_path="a", old_string="\n", new_string="-", replace_all=True)
    assert result.text == "replaced 3 passages in a"
    assert path.read_bytes() == "\ufeffone-2-3-".encode()


async def test_edit_leaves_alone_what_it_would_damage(bench: Bench) -> None:
    """A file that is no UTF-8 is not rewritten."""
    path = put(bench, "a", b"caf\xe9")
    expected = "a is not UTF-8 text, so Edit would damage it"
    assert await told(bench, "Edit", file_path="a", old_string="caf", new_string="x") == expected
    assert path.read_bytes() == b"caf\xe9"


async def test_a_failed_edit_changes_nothing(bench: Bench) -> None:
    """A passage that is not unique is a sentence, and the file is as it was."""
    path = put(bench, "a", b"x x")
    expected = "old_string occurs 2 times in a; give more of the text around it, or set replace_all"
    assert await told(bench, "Edit", file_path="a", old_string="x", new_string="y") == expected
    assert path.read_bytes() == b"x x"
