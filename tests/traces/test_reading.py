"""What is read from a journal is what was written; what is damaged is said, with its line."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.clock import SimulatedClock
from llmos.errors import LLMosError, StorageError
from llmos.messages import Effect, Image, Message, Reply, Text, ToolCall, ToolResult, Usage
from llmos.traces.events import Event, MessageAdded, ModelReplied, ToolCalled, ToolReturned, UnknownEvent
from llmos.traces.journal import LARGEST_INLINE_IMAGE
from llmos.traces.reading import closing_message, find_journal, find_run, messages_of, read_history, read_journal
from tests.support.disks import unprivileged
from tests.support.journals import finished, small_run, started, write_run
from tests.support.messages import replies, results, user_messages

GOAL = Message("user", (Text("Pick up the cube"),))
CALLS = (ToolCall("c1", "Read", {}), ToolCall("c2", "Bash", {}), ToolCall("c3", "Bash", {}))
ASKED = Reply(CALLS, "tools", Usage(), "m")


@given(st.lists(user_messages | replies, max_size=6), st.lists(results, max_size=4))
def test_the_history_is_rebuilt_exactly(turns: list[Message | Reply], returned: list[ToolResult]) -> None:
    """Whatever was said, with tool results written before or not: what is read is what the model saw."""
    events: list[Event] = []
    for turn in turns:
        if isinstance(turn, Reply):
            events.append(ModelReplied.of(1, turn, 0.0, 0.0))
            events += [ToolReturned.of(result, "t", 0.0) for result in returned]
        else:
            events.append(MessageAdded.of(turn))
    with TemporaryDirectory() as home:
        entries = read_journal(write_run(Path(home), events or [finished()]))
    assert messages_of(entries) == tuple(turn.message if isinstance(turn, Reply) else turn for turn in turns)


def test_a_torn_last_line_is_left_out_and_said(tmp_path: Path) -> None:
    """Wherever the crash cut, all lines before are read."""
    path = write_run(tmp_path)
    content = path.read_bytes()
    whole = read_journal(path)
    for cut in range(0, len(content), 7):
        path.write_bytes(content[:cut])
        torn: list[str] = []
        entries = read_journal(path, torn.append)
        lines = content[:cut].count(b"\n")
        assert entries == whole[:lines]
        sentence = f"{path}:{lines + 1}: the run was cut off while it wrote this last line, which is left out"
        assert torn == ([] if content[:cut].endswith(b"\n") or not cut else [sentence])


def damaged(path: Path, line: int, old: bytes, new: bytes) -> str:
    """What reading says once these bytes of this line are others."""
    lines = path.read_bytes().splitlines(keepends=True)
    lines[line - 1] = lines[line - 1].replace(old, new)
    path.write_bytes(b"".join(lines))
    with pytest.raises(StorageError) as caught:
        read_journal(path)
    return str(caught.value)


def test_a_line_that_is_no_json_is_named(tmp_path: Path) -> None:
    """Only the last line may be torn."""
    path = write_run(tmp_path)
    said = damaged(path, 3, b"{", b"")
    assert said.startswith(f"{path}:3: not a journal line: ")


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    """A damaged disk gives a sentence, not a traceback."""
    path = write_run(tmp_path)
    assert damaged(path, 1, b"operator", b"op\xff\xfe").startswith(f"{path}:1: not a journal line: ")


def test_a_missing_line_is_noticed(tmp_path: Path) -> None:
    """A journal from which a line was taken out is no witness."""
    path = write_run(tmp_path)
    assert damaged(path, 2, b'"seq":2,', b'"seq":3,') == f"{path}:2: event 3 stands where event 2 belongs"


def test_a_newer_schema_asks_for_an_update(tmp_path: Path) -> None:
    """An old llmos must not misread what a new one wrote."""
    path = write_run(tmp_path)
    assert damaged(path, 1, b'{"v":1,', b'{"v":2,') == (
        f"{path}:1: schema version 2 is newer than the 1 that this llmos reads; update llmos"
    )


def test_a_reference_to_nothing_is_noticed(tmp_path: Path) -> None:
    """The result that a message refers to must stand above it."""
    path = write_run(tmp_path)
    said = damaged(path, 11, b'"call_id":"c1"', b'"call_id":"c7"')
    assert said == f"{path}:11: no result of call 'c7' stands above this line"


def test_an_unknown_event_is_kept_as_it_is(tmp_path: Path) -> None:
    """A later version of the same schema may add events; they neither stop a reader nor vanish."""
    path = write_run(tmp_path, [started("r"), finished()])
    path.write_bytes(path.read_bytes().replace(b'"type":"run_finished"', b'"type":"moon_rose"'))
    event = read_journal(path)[1].event
    assert isinstance(event, UnknownEvent)
    assert (event.name, event.fields["outcome"], "seq" in event.fields) == ("moon_rose", "done", False)


def test_an_unknown_field_is_passed_over(tmp_path: Path) -> None:
    """Fields may be added without a new schema version."""
    path = write_run(tmp_path)
    before = read_journal(path)
    path.write_bytes(path.read_bytes().replace(b'"type":', b'"extra":1,"type":'))
    assert read_journal(path) == before


def test_a_journal_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    """The sentence says how to see those that are."""
    with pytest.raises(StorageError) as caught:
        read_journal(tmp_path / "no.jsonl")
    assert str(caught.value) == f"there is no journal {tmp_path}/no.jsonl; `llmos trace list` shows the runs there are"


def test_a_folder_is_no_journal(tmp_path: Path) -> None:
    """Whatever the disk refuses is a sentence."""
    with pytest.raises(StorageError) as caught:
        read_journal(tmp_path)
    assert str(caught.value) == (
        f"cannot read the journal {tmp_path}: Is a directory; check the disk or set LLMOS_HOME to another folder"
    )


def test_a_journal_that_may_not_be_read_is_a_sentence(tmp_path: Path) -> None:
    """Another person's run."""
    path = write_run(tmp_path)
    path.chmod(0o000)
    with unprivileged(), pytest.raises(StorageError) as caught:
        read_journal(path)
    assert str(caught.value) == (
        f"cannot read the journal {path}: permission denied; set LLMOS_HOME to a folder that you may use"
    )


def test_an_unknown_run_names_the_nearest(tmp_path: Path) -> None:
    """A typo in a run id is answered with the id that was meant."""
    path = write_run(tmp_path)
    assert find_journal(tmp_path, path.stem) == path
    wrong = path.stem[:-1] + ("0" if path.stem[-1] != "0" else "1")
    with pytest.raises(LLMosError) as caught:
        find_journal(tmp_path, wrong)
    assert str(caught.value) == f"there is no run {wrong} in {tmp_path}; did you mean '{path.stem}'?"


def test_the_beginning_of_an_id_is_enough_where_one_run_begins_so(tmp_path: Path) -> None:
    """Two runs that begin so are named, none is answered as ever."""
    clock = SimulatedClock()
    first, second = write_run(tmp_path, clock=clock), write_run(tmp_path, clock=clock)
    assert find_run(tmp_path, first.stem) == first
    letters = next(n for n in range(16, 23) if first.stem[:n] != second.stem[:n])
    assert find_run(tmp_path, first.stem[:letters]) == first
    with pytest.raises(LLMosError) as caught:
        find_run(tmp_path, "2026")
    newest = ", ".join(sorted((first.stem, second.stem), reverse=True))
    assert str(caught.value) == f"2026 begins the ids of 2 runs, the newest {newest}; give more of it"
    with pytest.raises(LLMosError, match="'1999' is not a run id"):
        find_run(tmp_path, "1999")


def test_a_lost_picture_stops_only_who_needs_it(tmp_path: Path) -> None:
    """The entries can be read; the history cannot be rebuilt, and says why."""
    path = write_run(tmp_path, [MessageAdded.of(Message("user", (Image(b"p" * (LARGEST_INLINE_IMAGE + 1)),)))])
    (picture,) = path.with_suffix(".d").iterdir()
    picture.unlink()
    entries = read_journal(path)
    with pytest.raises(StorageError) as caught:
        messages_of(entries)
    assert str(caught.value) == f"event 1 of run {path.stem} shows a picture that is gone: {picture.name}"


def test_a_picture_outside_the_folder_of_the_journal_is_not_read(tmp_path: Path) -> None:
    """A journal from somewhere else must not show a person's files to a model."""
    path = write_run(tmp_path, [MessageAdded.of(Message("user", (Image(b"p" * (LARGEST_INLINE_IMAGE + 1)),)))])
    (picture,) = path.with_suffix(".d").iterdir()
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"private")
    path.write_bytes(path.read_bytes().replace(picture.name.encode(), str(secret).encode()))
    with pytest.raises(StorageError, match="shows a picture that is gone"):
        messages_of(read_journal(path))


def test_a_run_cut_off_between_call_and_result_is_closed_truthfully(tmp_path: Path) -> None:
    """What answered keeps its answer, what ran may have taken effect, what was not called did nothing."""
    answered = ToolResult("c1", (Text("hello"),))
    path = write_run(
        tmp_path,
        [
            MessageAdded.of(GOAL),
            ModelReplied.of(1, ASKED, 0.0, 0.0),
            ToolCalled(call_id="c1", tool="Read", effect=Effect.PURE),
            ToolReturned.of(answered, "Read", 0.1),
            ToolCalled(call_id="c2", tool="Bash", effect=Effect.IRREVERSIBLE),
        ],
    )
    unknown = (
        "The run was cut off while this tool was at work; whether it took effect is unknown: look before you repeat it."
    )
    idle = "The run was cut off before this tool was called; it did nothing."
    closing = Message(
        "user",
        (
            answered,
            ToolResult("c2", (Text(unknown),), is_error=True),
            ToolResult("c3", (Text(idle),), is_error=True),
        ),
    )
    assert closing_message(read_journal(path)) == closing
    assert read_history(tmp_path, path.stem) == (GOAL, ASKED.message, closing)


def test_a_whole_run_needs_no_closing(tmp_path: Path) -> None:
    """Nothing is made up where nothing is open."""
    assert closing_message(read_journal(write_run(tmp_path))) is None
    assert closing_message([]) is None


def test_the_small_run_is_what_it_says() -> None:
    """Other tests rely on it."""
    assert len(small_run("r")) == 13
