"""The laws of the toolbox: a mistake is a result, a call is witnessed before its effect, cancellation passes."""

import json
import os
from pathlib import Path
from typing import Annotated, Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.clock import SimulatedClock
from llmos.documents.document import hash_of
from llmos.errors import LLMosError, LowBatteryError, RefusedError, StorageError
from llmos.messages import Effect, Image, Text, ToolCall, ToolResult
from llmos.tools.base import Access, Tool, ToolOutcome, failure, tool
from llmos.tools.versions import version_of
from llmos.tools.workspace import Workspace
from llmos.traces.events import FileKept, PermissionDecided, ToolCalled, ToolReturned
from llmos.traces.journal import Journal
from llmos.traces.reading import read_journal
from tests.support.journals import MemoryJournal
from tests.support.tools import Bench, Person, make_workspace, rules

pytestmark = pytest.mark.anyio


@tool(effect=Effect.PURE)
async def double(number: int) -> int:
    """Twice the number."""
    return 2 * number


@tool(name="Write", effect=Effect.REVERSIBLE)
def put(file_path: Annotated[str, Access.WRITE], content: str) -> str:
    """Put."""
    Path(file_path).write_text(content)
    return "put"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace."""
    return make_workspace(tmp_path)


def raising(error: BaseException) -> Tool:
    """A tool that raises."""

    @tool(name="Break")
    async def broken() -> str:
        """Break."""
        raise error

    return broken


async def test_an_answer_comes_back_under_the_id_of_its_call(workspace: Workspace) -> None:
    """The result names the call, so that the provider can tell them apart."""
    result = await Bench(workspace, [double]).call("double", number=21)
    assert result == ToolResult("call-1", (Text("42"),), is_error=False)


async def test_parts_and_outcomes_are_kept(workspace: Workspace) -> None:
    """Pictures, and errors that a tool reports itself, reach the model."""
    picture = Image(b"png")

    @tool
    async def look() -> tuple[Text | Image, ...]:
        """Look."""
        return (Text("see"), picture)

    @tool
    async def fail() -> ToolOutcome:
        """Fail."""
        return failure("it failed")

    bench = Bench(workspace, [look, fail])
    assert (await bench.call("look")).content == (Text("see"), picture)
    assert await bench.call("fail") == ToolResult("call-1", (Text("it failed"),), is_error=True)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (ValueError("no such thing"), "Break failed with ValueError: no such thing"),
        (KeyError("x"), "Break failed with KeyError: 'x'"),
        (SystemExit(3), "Break failed with SystemExit: 3"),
        (RecursionError("too deep"), "Break failed with RecursionError: too deep"),
        (LLMosError("our own sentence"), "our own sentence"),
        (RefusedError("the gate says no"), "the gate says no"),
        (LowBatteryError("nothing is left"), "nothing is left"),
        (StorageError("the disk is full"), "the disk is full"),
        (
            ExceptionGroup("many", [ExceptionGroup("more", [ValueError("inner")])]),
            "Break failed with ValueError: inner",
        ),
    ],
)
async def test_what_a_tool_raises_is_a_result(workspace: Workspace, error: BaseException, sentence: str) -> None:
    """Our sentences pass as they are; anything else is named by its kind."""
    bench = Bench(workspace, [raising(error)])
    assert await bench.call("Break") == ToolResult("call-1", (Text(sentence),), is_error=True)
    assert [event.ok for event in bench.journal.named(ToolReturned)] == [False]


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (ToolCall("1", "duoble", {}), "there is no tool named 'duoble'; did you mean 'double'?"),
        (ToolCall("1", "d\x1b[2K", {}), "there is no tool named 'd\\x1b[2K'; known are: double"),
        (
            ToolCall("1", "double", {}, malformed='{"number": 2'),
            'the arguments of double must be one JSON object, not: {"number": 2',
        ),
        (ToolCall("1", "double", {}), "double needs the argument 'number'"),
        (ToolCall("1", "double", {"number": "two"}), "double: argument 'number' must be a whole number, not text"),
    ],
)
async def test_what_a_model_gets_wrong_is_a_result(workspace: Workspace, call: ToolCall, sentence: str) -> None:
    """Unknown tool, arguments that are no JSON or do not fit: one sentence each, and nothing was called."""
    bench = Bench(workspace, [double])
    assert await bench.toolbox().call(call) == ToolResult("1", (Text(sentence),), is_error=True)
    assert bench.journal.named(ToolCalled) == []
    assert [event.text for event in bench.journal.named(ToolReturned)] == [sentence]


async def test_a_refusal_is_a_result(workspace: Workspace) -> None:
    """The model reads why, and nothing was called."""
    bench = Bench(workspace, [put], person=Person(yes=False))
    result = await bench.call("Write", file_path="../data/x", content="x")
    assert result.is_error
    assert result.text == "Write may not write ../data/x: the person said no"
    assert bench.journal.events[0] == PermissionDecided(
        call_id="call-1", tool="Write", question="Write wants to write: ../data/x", allowed=False, by="person"
    )
    assert not (workspace.root.parent / "data/x").exists()


async def test_a_call_is_on_disk_before_its_effect(workspace: Workspace) -> None:
    """What is not pure is journaled durably, with what stood in the file, before the tool runs."""
    target = workspace.root / "a.txt"
    target.write_bytes(b"old\r\n")
    seen: list[Any] = []
    bench = Bench(workspace, [])

    @tool(effect=Effect.REVERSIBLE)
    def change(file_path: Annotated[str, Access.WRITE]) -> str:
        """Change."""
        seen.extend(bench.journal.events)
        return file_path

    bench.tools = [change]
    result = await bench.toolbox().call(ToolCall("c", "change", {"file_path": "a.txt"}), step=4)
    called = ToolCalled(
        step=4,
        call_id="c",
        tool="change",
        args={"file_path": "a.txt"},
        effect=Effect.REVERSIBLE,
        version=version_of(change),
    )
    assert seen == [FileKept(call_id="c", path=str(target), before=b"old\r\n"), called]
    assert bench.journal.durable == [called]
    assert result.text == str(target)
    (returned,) = bench.journal.named(ToolReturned)
    assert (returned.step, returned.call_id, returned.tool, returned.ok) == (4, "c", "change", True)
    assert returned.duration_s >= 0


async def test_what_stands_in_a_written_file_is_told_before_and_after(workspace: Workspace) -> None:
    """By its hash; looking calls nothing, and what was written is in the journal with the result."""
    bench = Bench(workspace, [put])
    call = ToolCall("c", "Write", {"file_path": "a.txt", "content": "x"})
    path = str(workspace.root / "a.txt")
    assert await bench.toolbox().standing(call) == {path: None}
    assert bench.journal.events == []
    await bench.toolbox().call(call)
    (returned,) = bench.journal.named(ToolReturned)
    assert returned.files == {path: hash_of(b"x")} == await bench.toolbox().standing(call)


async def test_a_pure_call_need_not_be_on_disk_first(workspace: Workspace) -> None:
    """A flush costs milliseconds; where there is no effect there is nothing to witness in time."""
    bench = Bench(workspace, [double])
    await bench.call("double", number=1)
    assert [type(event) for event in bench.journal.events] == [ToolCalled, ToolReturned]
    assert bench.journal.durable == []


async def test_a_new_file_had_nothing_in_it(workspace: Workspace) -> None:
    """To take a write back, a file that was not there is removed again."""
    bench = Bench(workspace, [put])
    await bench.call("Write", file_path="new.txt", content="x")
    assert bench.journal.events[0] == FileKept(call_id="call-1", path=str(workspace.root / "new.txt"), before=None)


async def test_what_cannot_be_kept_is_not_changed(workspace: Workspace) -> None:
    """A file too large for the journal is left alone, for its change could not be taken back."""
    (workspace.root / "big").write_bytes(b"x" * 2000)
    bench = Bench(workspace, [put], rules=rules(max_read_bytes=1000))
    result = await bench.call("Write", file_path="big", content="x")
    expected = f"{workspace.root / 'big'} has more than 1000 bytes, the most that a tool changes or shows at once"
    assert (result.is_error, result.text) == (True, expected)
    assert (workspace.root / "big").stat().st_size == 2000


async def test_what_was_written_is_looked_at_however_much_it_is(workspace: Workspace) -> None:
    """The limit is for what goes into the journal: a file that has grown beyond it was written all the same."""
    bench = Bench(workspace, [put], rules=rules(max_read_bytes=1000))
    result = await bench.call("Write", file_path="big", content="x" * 2000)
    assert (result.is_error, result.text) == (False, "put")
    (returned,) = bench.journal.named(ToolReturned)
    assert returned.files == {str(workspace.root / "big"): hash_of(b"x" * 2000)}
    await bench.toolbox().restore("call-1", workspace.root / "big", b"short", hash_of(b"x" * 2000))
    assert (workspace.root / "big").read_bytes() == b"short"


@pytest.mark.parametrize("there", [True, False])
async def test_a_tool_may_write_into_a_folder(workspace: Workspace, there: bool) -> None:
    """What stands in a folder is neither kept nor told; what cannot be taken back is not said to be."""

    @tool(effect=Effect.REVERSIBLE)
    def fill(folder: Annotated[str, Access.WRITE]) -> str:
        """Fill."""
        Path(folder).mkdir(exist_ok=True)
        return "filled"

    path = workspace.root / "out"
    if there:
        path.mkdir()
    bench = Bench(workspace, [fill])
    result = await bench.call("fill", folder="out")
    assert (result.is_error, result.text) == (False, "filled")
    assert [kept.before for kept in bench.journal.named(FileKept)] == ([] if there else [None])
    (returned,) = bench.journal.named(ToolReturned)
    assert returned.files == {} == await bench.toolbox().standing(ToolCall("c", "fill", {"folder": "out"}))
    with pytest.raises(LLMosError) as refused:
        await bench.toolbox().restore("call-1", path, None, None)
    assert str(refused.value) == f"cannot remove {path}: it is a folder"


async def test_a_folder_that_became_a_link_is_not_looked_into(workspace: Workspace, tmp_path: Path) -> None:
    """Permission was given for what the path was, so the hash of another place is not told."""

    @tool(name="Swap", effect=Effect.REVERSIBLE)
    def swap(path: Annotated[str, Access.WRITE]) -> str:
        """Swap."""
        Path(path).rmdir()
        Path(path).symlink_to(tmp_path / "data")
        return "swapped"

    (workspace.root / "out").mkdir()
    result = await Bench(workspace, [swap]).call("Swap", path="out")
    assert result.is_error
    assert "it is a symbolic link now" in result.text


async def test_what_a_tool_that_failed_has_written_is_told(workspace: Workspace) -> None:
    """Its own sentence is the result; what stands in its files is in the journal with it."""

    @tool(effect=Effect.REVERSIBLE)
    def half(path: Annotated[str, Access.WRITE]) -> str:
        """Write half."""
        Path(path).write_text("half")
        raise LLMosError("the other half is missing")

    bench = Bench(workspace, [half])
    result = await bench.call("half", path="a.txt")
    assert (result.is_error, result.text) == (True, "the other half is missing")
    (returned,) = bench.journal.named(ToolReturned)
    assert returned.files == {str(workspace.root / "a.txt"): hash_of(b"half")}


@pytest.mark.parametrize("takes", [0, 1, 2])
async def test_a_journal_that_cannot_be_written_stops_the_run(workspace: Workspace, takes: int) -> None:
    """Whatever cannot be witnessed is not done, and the error is no result but an error."""
    bench = Bench(workspace, [put], journal=MemoryJournal(full_after=takes))
    with pytest.raises(StorageError, match="cannot write the journal: the disk is full"):
        await bench.call("Write", file_path="a.txt", content="x")
    assert (workspace.root / "a.txt").exists() is (takes == 2)


async def test_a_tool_that_takes_too_long_is_cancelled(workspace: Workspace) -> None:
    """The limit is the tool's own or the kernel's, and the sentence tells what is not known."""
    ended: list[bool] = []

    @tool(name="Wait", timeout_s=0.01)
    async def wait() -> str:
        """Wait."""
        try:
            await anyio.sleep_forever()
        finally:
            ended.append(True)
        return ""

    @tool(name="Muse", effect=Effect.PURE)
    async def muse() -> str:
        """Muse."""
        await anyio.sleep_forever()
        return ""

    bench = Bench(workspace, [wait, muse], rules=rules(tool_timeout_s=0.02))
    result = await bench.call("Wait")
    assert result.is_error
    assert result.text == "Wait had no answer within 0.01 s; whether it took effect is not known"
    assert ended == [True]
    assert (await bench.call("Muse")).text == "Muse had no answer within 0.02 s"


async def test_a_tool_may_ask_for_less_time_only(workspace: Workspace) -> None:
    """The kernel's limit holds, except for what waits on a program or an agent and minds that one's time."""
    deadlines_s: list[float] = []

    @tool(name="Greedy", timeout_s=3600.0)
    async def greedy() -> str:
        """Take all the time."""
        await anyio.sleep_forever()
        return ""

    @tool(name="Patient", timeout_s=3600.0)
    async def patient(agent: Annotated[str, Access.DELEGATE]) -> str:
        """Wait for somebody."""
        deadlines_s.append(anyio.current_effective_deadline() - anyio.current_time())
        return agent

    bench = Bench(workspace, [greedy, patient], rules=rules(tool_timeout_s=0.01))
    assert (await bench.call("Greedy")).text.startswith("Greedy had no answer within 0.01 s")
    assert (await bench.call("Patient", agent="planner")).text == "planner"
    assert 3000 < deadlines_s[0] <= 3600


async def test_a_tools_own_timeout_error_is_its_own(workspace: Workspace) -> None:
    """A TimeoutError that a tool raises is not mistaken for the end of its time."""
    bench = Bench(workspace, [raising(TimeoutError("the server is slow"))])
    assert (await bench.call("Break")).text == "Break failed with TimeoutError: the server is slow"


async def test_cancellation_passes_and_is_journaled(workspace: Workspace) -> None:
    """Ctrl-C ends the call at once; the journal says that nobody knows what it did."""
    bench = Bench(workspace, [])

    @tool(name="Wait")
    async def wait() -> str:
        """Wait."""
        scope.cancel()
        await anyio.sleep_forever()
        return ""

    bench.tools = [wait]
    with anyio.CancelScope() as scope:
        await bench.call("Wait")
        pytest.fail("the call came back")
    assert scope.cancelled_caught
    (returned,) = bench.journal.named(ToolReturned)
    assert (returned.ok, returned.text) == (False, "Wait was interrupted; whether it took effect is not known")


async def test_a_long_answer_is_cut_for_model_and_journal_alike(workspace: Workspace) -> None:
    """What is saved is what the model saw."""

    @tool
    async def talk() -> str:
        """Talk."""
        return "x" * 1000

    bench = Bench(workspace, [talk], rules=rules(max_output_bytes=100))
    result = await bench.call("talk")
    assert result.text == f"{'x' * 50}\n[900 of 1000 bytes cut here]\n{'x' * 50}"
    assert [event.result for event in bench.journal.named(ToolReturned)] == [result]


async def test_an_agents_toolbox_holds_what_the_agent_lists(workspace: Workspace) -> None:
    """`only` makes the toolbox of one run: its tools, its scopes, its journal."""
    bench = Bench(workspace, [double, put])
    journal = MemoryJournal()
    toolbox = bench.toolbox().only(["double", "Wriet"], journal=journal)
    assert [spec.name for spec in toolbox.specs()] == ["double"]
    assert toolbox.warnings(["double", "Wriet"]) == ("there is no tool named 'Wriet' here; known are: double",)
    result = await toolbox.call(ToolCall("1", "Write", {"file_path": "a", "content": ""}))
    assert result.text == "there is no tool named 'Write'; known are: double"
    assert len(journal.events) == 1
    assert bench.journal.events == []


async def test_specs_are_stable_to_the_byte(workspace: Workspace) -> None:
    """The same tools in any order are told in the same bytes, so that prompt caches hit."""
    told = [
        json.dumps(
            [(spec.name, spec.description, spec.input_schema) for spec in Bench(workspace, tools).toolbox().specs()]
        )
        for tools in ([double, put], [put, double])
    ]
    assert told[0] == told[1]
    toolbox = Bench(workspace, [double, put]).toolbox()
    assert [spec.name for spec in toolbox.specs(["double", "Write(x)"], ["double"])] == ["Write"]


async def test_without_a_journal_nothing_is_written(workspace: Workspace) -> None:
    """A tool can be tried outside of a run."""
    toolbox = Bench(workspace, [double, put]).toolbox()
    alone = type(toolbox)([double, put], toolbox._permissions, rules())
    assert (await alone.call(ToolCall("1", "Write", {"file_path": "a", "content": "b"}))).text == "put"
    assert (workspace.root / "a").read_text() == "b"


@pytest.mark.skipif(os.name == "nt", reason="Windows opens no file relative to a folder")
async def test_a_link_that_appears_after_permission_is_not_followed(workspace: Workspace) -> None:
    """Between the yes and the opening, a path may not change its meaning."""
    from llmos.tools.files import file_tools

    secret = workspace.root.parent / "data/secret"
    secret.write_text("secret")

    class Swapping(Person):
        """Somebody whose yes takes so long that the file is swapped for a link."""

        async def approve(self, question: str) -> bool:
            target = workspace.root / ".git"
            target.rmdir()
            target.symlink_to(secret.parent)
            return await super().approve(question)

    (workspace.root / ".git").mkdir()
    bench = Bench(workspace, file_tools(workspace, rules()), person=Swapping(yes=True))
    result = await bench.call("Read", file_path=".git/secret")
    path = workspace.root / ".git/secret"
    assert (result.is_error, result.text) == (True, f"cannot read {path}: a part of the path is not a folder")


async def test_a_real_journal_holds_the_call_while_the_tool_runs(workspace: Workspace) -> None:
    """Were the power cut in the middle of an effect, the file on disk would already say which."""
    journal = Journal.create(workspace.home, "20260101-000000-abcdef", SimulatedClock())
    seen: list[list[str]] = []

    @tool
    async def act() -> str:
        """Act."""
        seen.append([type(entry.event).__name__ for entry in read_journal(journal.path)])
        return "done"

    toolbox = Bench(workspace, [act]).toolbox().only(None, journal=journal)
    result = await toolbox.call(ToolCall("1", "act", {}))
    journal.close()
    assert seen == [["ToolCalled"]]
    last = read_journal(journal.path)[-1].event
    assert isinstance(last, ToolReturned)
    assert last.result == result
    with pytest.raises(StorageError, match="ended after event 2: it was closed"):
        await toolbox.call(ToolCall("2", "act", {}))
    assert len(seen) == 1


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
ARGS = st.dictionaries(st.sampled_from(["number", "file_path", "content", "x"]), JSONS)


@given(name=st.sampled_from(["double", "Write"]) | st.text(max_size=5), args=ARGS, malformed=st.none() | st.text())
def test_whatever_a_model_writes_comes_back_as_one_result(
    workspace: Workspace, name: str, args: dict[str, Any], malformed: str | None
) -> None:
    """No call raises, each is answered under its id, and the journal holds exactly that answer."""
    bench = Bench(workspace, [double, put])
    result = anyio.run(bench.toolbox().call, ToolCall("id", name, args, malformed))
    assert result.call_id == "id"
    assert result.text
    assert [event.result for event in bench.journal.named(ToolReturned)] == [result]
