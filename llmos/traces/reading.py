"""Reads journals back: entries, and from them the conversation exactly as the model saw it.

Strict about every line but the last, which a crash may have torn. Knows nothing of how a run is carried on.
"""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from llmos.disk import disk_said
from llmos.errors import LLMosError, StorageError, nearest
from llmos.messages import Message, Text, ToolResult
from llmos.traces.events import (
    JOURNALED,
    SCHEMA_VERSION,
    Entries,
    Entry,
    Event,
    MessageAdded,
    ModelReplied,
    RunStarted,
    ToolCalled,
    ToolReturned,
    UnknownEvent,
)
from llmos.traces.journal import journal_path, journals
from llmos.traces.parts import AnyPart, ImagePart, ResultPart, ResultRefPart, TextPart, snake_case


class _Envelope(msgspec.Struct):
    """The fields that every line begins with."""

    v: int
    seq: int
    at: str
    run: str
    type: str


_ENVELOPE = msgspec.json.Decoder(_Envelope)
_FIELDS: msgspec.json.Decoder[dict[str, Any]] = msgspec.json.Decoder(dict[str, Any])
_EVENTS = {snake_case(kind.__name__): msgspec.json.Decoder(kind) for kind in JOURNALED}

Notice: TypeAlias = Callable[[str], None]
"""Called with a sentence about something that is passed over."""

_BEGINNING = re.compile(r"\d{1,8}|\d{8}-\d{0,6}|\d{8}-\d{6}-[a-z0-9]{0,5}")
_RECENT_RUNS = 20
"""How many runs are offered instead of one that does not exist."""


def nobody(_: str) -> None:
    """Nobody wants to hear of it."""


def read_journal(path: Path, on_torn: Notice = nobody) -> list[Entry]:
    """All entries of a journal, pictures loaded; a torn last line is left out and `on_torn` gets a sentence about it.

    Raises StorageError, naming path and line, for what cannot be read, is damaged, or is of a newer schema version.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise StorageError(f"there is no journal {path}; `llmos trace list` shows the runs there are") from error
    except OSError as error:
        raise disk_said("read the journal", path, error) from error
    *lines, rest = content.split(b"\n")
    if rest:
        on_torn(f"{path}:{len(lines) + 1}: the run was cut off while it wrote this last line, which is left out")
    return list(_resolved(path, (_entry(path, number, line) for number, line in enumerate(lines, start=1))))


def find_journal(home: Path, run_id: str) -> Path:
    """The journal of a run that exists; raises LLMosError naming the nearest run."""
    path = journal_path(home, run_id)
    if not os.path.exists(path):  # noqa: PTH110 - Path.exists raises where a folder may not be entered
        runs = sorted(one.stem for one in journals(home))
        advice = nearest(run_id, runs[-_RECENT_RUNS:])
        raise LLMosError(f"there is no run {run_id} in {home}; {advice}")
    return path


def find_run(home: Path, beginning: str) -> Path:
    """The journal of the one run whose id begins so; LLMosError where there are several, or none."""
    if not _BEGINNING.fullmatch(beginning):
        return find_journal(home, beginning)
    fitting = sorted(path for path in journals(home) if path.stem.startswith(beginning))
    if len(fitting) > 1:
        newest = ", ".join(path.stem for path in fitting[:-4:-1])
        raise LLMosError(f"{beginning} begins the ids of {len(fitting)} runs, the newest {newest}; give more of it")
    return fitting[0] if fitting else find_journal(home, beginning)


def messages_of(entries: Entries) -> tuple[Message, ...]:
    """The history of these entries: what the model would be asked with next. Raises StorageError for a lost picture."""
    return tuple(_message(entry) for entry in entries if isinstance(entry.event, MessageAdded | ModelReplied))


def closing_message(entries: Entries) -> Message | None:
    """What a run that was cut off between a reply and its tool results lacks: one result for each tool asked for.

    A tool that had answered keeps its answer; of one that was called and had not, nobody knows whether it took effect,
    and the model is told so. None when nothing is open.
    """
    events = [entry.event for entry in entries]
    last = max((i for i, event in enumerate(events) if isinstance(event, MessageAdded | ModelReplied)), default=None)
    reply = None if last is None else events[last]
    if not isinstance(reply, ModelReplied) or not reply.tool_calls:
        return None
    since = events[last:]
    returned = {event.call_id: event.result for event in since if isinstance(event, ToolReturned)}
    called = {event.call_id for event in since if isinstance(event, ToolCalled)}
    return Message("user", tuple(returned.get(c.id) or _cut_off(c.id, called=c.id in called) for c in reply.tool_calls))


def _cut_off(call_id: str, *, called: bool) -> ToolResult:
    """The result of a call that never answered."""
    sentence = (
        "The run was cut off while this tool was at work; whether it took effect is unknown: look before you repeat it."
        if called
        else "The run was cut off before this tool was called; it did nothing."
    )
    return ToolResult(call_id, (Text(sentence),), is_error=True)


def read_history(home: Path, run_id: str) -> tuple[Message, ...]:
    """The history of a run, ready to be carried on: one that was cut off is closed by its `closing_message`.

    A journal holds the whole history, also what its run took over from another.
    """
    entries = read_journal(find_journal(home, run_id))
    closing = closing_message(entries)
    return (*messages_of(entries), *([closing] if closing else []))


def read_start(home: Path, run_id: str) -> RunStarted:
    """How a run began: its goal, model, robot and scene. Raises StorageError for a journal that does not say."""
    path = find_journal(home, run_id)
    first = next((entry.event for entry in read_journal(path)), None)
    if not isinstance(first, RunStarted):
        raise StorageError(f"{path}:1: the run's beginning belongs here")
    return first


def _entry(path: Path, number: int, line: bytes) -> Entry:
    """One line as an entry, pictures and references as they stand on disk."""
    try:
        envelope = _ENVELOPE.decode(line)
        if envelope.v > SCHEMA_VERSION:
            raise StorageError(
                f"{path}:{number}: schema version {envelope.v} is newer than the {SCHEMA_VERSION} that this "
                "llmos reads; update llmos"
            )
        if envelope.seq != number:
            raise StorageError(f"{path}:{number}: event {envelope.seq} stands where event {number} belongs")
        decoder = _EVENTS.get(envelope.type)
        event = decoder.decode(line) if decoder else _unknown(envelope.type, line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StorageError(f"{path}:{number}: not a journal line: {error}") from error
    return Entry(envelope.seq, envelope.at, envelope.run, event, envelope.v)


def _unknown(name: str, line: bytes) -> UnknownEvent:
    """A line of a type that a later version added, kept as it is."""
    fields = _FIELDS.decode(line)
    for key in _Envelope.__struct_fields__:
        del fields[key]
    return UnknownEvent(name=name, fields=fields)


def _resolved(path: Path, entries: Iterator[Entry]) -> Iterator[Entry]:
    """The entries as they were given to the journal: references followed, pictures loaded."""
    returned: dict[str, ToolReturned] = {}
    for entry in entries:
        event: Event = entry.event
        if isinstance(event, ToolReturned):
            event = msgspec.structs.replace(event, content=tuple(_load(path, part) for part in event.content))
            returned[event.call_id] = event
        elif isinstance(event, MessageAdded):
            parts = tuple(_follow(path, entry.seq, part, returned) for part in event.parts)
            event = msgspec.structs.replace(event, parts=parts)
        yield Entry(entry.seq, entry.at, entry.run, event, entry.version)


def _follow(path: Path, number: int, part: AnyPart, returned: dict[str, ToolReturned]) -> AnyPart:
    """A part with what it refers to put in its place."""
    match part:
        case ResultRefPart():
            source = returned.get(part.call_id)
            if source is None:
                raise StorageError(f"{path}:{number}: no result of call {part.call_id!r} stands above this line")
            return ResultPart(part.call_id, source.content, not source.ok)
        case ResultPart():
            return msgspec.structs.replace(part, content=tuple(_load(path, one) for one in part.content))
        case ImagePart():
            return _load(path, part)
    return part


def _load(path: Path, part: TextPart | ImagePart) -> TextPart | ImagePart:
    """A picture with its content; one whose file is gone stays a name, so that the rest can still be read.

    A name that leads out of the journal's folder, as a journal from elsewhere may hold, is not followed.
    """
    if isinstance(part, TextPart) or not part.file or Path(part.file).name != part.file:
        return part
    try:
        return ImagePart(part.media_type, (path.with_suffix(".d") / part.file).read_bytes())
    except OSError:
        return part


def _message(entry: Entry) -> Message:
    """The message of an entry that holds one."""
    assert isinstance(entry.event, MessageAdded | ModelReplied)
    for part in entry.event.parts:
        content = part.content if isinstance(part, ResultPart) else (part,)
        lost = next((one.file for one in content if isinstance(one, ImagePart) and one.file), None)
        if lost:
            raise StorageError(f"event {entry.seq} of run {entry.run} shows a picture that is gone: {lost}")
    return entry.event.message
