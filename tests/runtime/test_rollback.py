"""What is said to be taken back after a replay that nobody goes on with: only what stands as it stood before."""

import time
from pathlib import Path
from typing import Annotated

import pytest

from llmos.errors import LLMosError
from llmos.messages import Effect, ToolCall
from llmos.runtime.rollback import effects, take_back
from llmos.tools.base import Access, tool
from llmos.traces.events import Entry
from tests.support.tools import Bench, make_workspace

pytestmark = pytest.mark.anyio

UNKNOWN = "0 steps were taken back; step 1, {}, was not: whether it took effect is not known"


@tool(effect=Effect.REVERSIBLE)
def append(path: Annotated[str, Access.WRITE], line: str) -> str:
    """Append, and fail."""
    with Path(path).open("a") as file:
        file.write(line)
    raise LLMosError("the checksum could not be written")


@tool(effect=Effect.REVERSIBLE, timeout_s=0.01)
def dawdle(path: Annotated[str, Access.WRITE], line: str) -> str:
    """Come too late, with or without having written."""
    if line:
        Path(path).write_text(line)
    time.sleep(0.2)
    return "too late"


@tool(effect=Effect.REVERSIBLE)
def deliver(folder: Annotated[str, Access.WRITE], list_path: Annotated[str, Access.WRITE], ok: bool) -> str:
    """Put a parcel into a folder, and onto the list where all goes well."""
    Path(folder, "parcel").write_text("here")
    if not ok:
        raise LLMosError("the list could not be written")
    Path(list_path).write_text("parcel")
    return "delivered"


async def after(tmp_path: Path, name: str, line: str, before: str | None) -> tuple[str, Path]:
    """What is said after this call on a file that held this, and the file."""
    bench = Bench(make_workspace(tmp_path), [append, dawdle])
    path = bench.workspace.root / "log.txt"
    if before is not None:
        path.write_text(before)
    toolbox = bench.toolbox()
    assert (await toolbox.call(ToolCall("c", name, {"path": "log.txt", "line": line}))).is_error
    entries = [Entry(seq, "", "r", event) for seq, event in enumerate(bench.journal.events, 1)]
    return await take_back(effects(entries), toolbox), path


@pytest.mark.parametrize("before", ["one", "", None])
async def test_a_call_that_wrote_and_then_failed_is_not_taken_back(tmp_path: Path, before: str | None) -> None:
    """The file is not as it was, so nobody says that it is."""
    said, path = await after(tmp_path, "append", "two", before)
    assert said == UNKNOWN.format("append")
    assert path.read_text() == f"{before or ''}two"


async def test_a_call_that_failed_and_left_its_file_alone_is_taken_back(tmp_path: Path) -> None:
    """The file holds what it held."""
    assert (await after(tmp_path, "append", "", "one"))[0] == "1 step was taken back"


@pytest.mark.parametrize(
    ("ok", "why"), [(False, "whether it took effect is not known"), (True, "nothing takes it back")]
)
async def test_a_call_that_wrote_into_a_folder_too_is_not_taken_back(tmp_path: Path, ok: bool, why: str) -> None:
    """What stands in a folder is not kept, so a file that is as it was does not speak for it."""
    bench = Bench(make_workspace(tmp_path), [deliver])
    root = bench.workspace.root
    (root / "out").mkdir()
    toolbox = bench.toolbox()
    await toolbox.call(ToolCall("c", "deliver", {"folder": "out", "list_path": "list.txt", "ok": ok}))
    entries = [Entry(seq, "", "r", event) for seq, event in enumerate(bench.journal.events, 1)]
    said = await take_back(effects(entries), toolbox)
    assert said == f"0 steps were taken back; step 1, deliver, was not: {why}"
    assert (root / "out/parcel").exists()


@pytest.mark.parametrize("line", ["", "new"])
async def test_of_a_call_that_came_too_late_nobody_knows(tmp_path: Path, line: str) -> None:
    """It may be writing still, whatever stands there now."""
    assert (await after(tmp_path, "dawdle", line, "old"))[0] == UNKNOWN.format("dawdle")
