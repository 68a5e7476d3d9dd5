"""Takes back what a replay did before it broke off, where nobody can go on: files as they were, calls by inverses.

Knows no tool. It goes backwards from the last call and stops at the first one that cannot be taken back; what was done
is read from the journal.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from llmos.documents.document import hash_of
from llmos.errors import LLMosError, counted
from llmos.messages import Effect, ToolCall, ToolResult
from llmos.traces.events import Entries, FileKept, ToolCalled, ToolReturned

_NOT_LOOKED_AT = ""


class House(Protocol):
    """What can take something back: the toolbox."""

    def inverse(self, call: ToolCall) -> ToolCall | None:
        """The call that takes this one back, where there is one."""
        ...

    def written(self, call: ToolCall) -> Sequence[Path]:
        """The files and folders that the call writes."""
        ...

    async def restore(self, call_id: str, path: Path, before: bytes | None, after: str | None) -> None:
        """Let a file hold again what it held; LLMosError where it is not as the call left it."""
        ...

    async def call(self, call: ToolCall, step: int = 0) -> ToolResult:
        """Make a call, with all that every call goes through."""
        ...


@dataclass(slots=True)
class Done:
    """One call that may have had an effect."""

    called: ToolCalled
    returned: ToolReturned | None = None
    kept: list[FileKept] = field(default_factory=list)


def effects(entries: Entries) -> list[Done]:
    """The calls of a run that may have had an effect, in their order."""
    found: dict[str, Done] = {}
    kept: dict[str, list[FileKept]] = {}
    for entry in entries:
        match entry.event:
            case FileKept(call_id=call_id) as event:
                kept.setdefault(call_id, []).append(event)
            case ToolCalled(call_id=call_id, effect=effect) as event if effect is not Effect.PURE:
                found[call_id] = Done(event, kept=kept.get(call_id, []))
            case ToolReturned(call_id=call_id) as event if call_id in found:
                found[call_id].returned = event
    return list(found.values())


async def take_back(done: Sequence[Done], house: House) -> str:
    """Take back what can be, the last first; one sentence that says how far it came. Raises StorageError only."""
    for taken, each in enumerate(reversed(done)):
        if why := await _take_back(each, house):
            left = len(done) - taken
            return f"{_steps(taken)} taken back; step {left}, {each.called.tool}, was not: {why}"
    return f"{_steps(len(done))} taken back"


def _steps(number: int) -> str:
    return f"{counted(number, 'step')} {'was' if number == 1 else 'were'}"


async def _take_back(done: Done, house: House) -> str:
    """Why the call cannot be taken back; empty once it is. Of a folder that it writes nobody knows what stood in it."""
    called, returned = done.called, done.returned
    call = ToolCall(called.call_id, called.tool, called.args)
    try:
        all_kept = set(map(str, house.written(call))) <= {kept.path for kept in done.kept}
        if returned is None or not returned.ok:
            unharmed = returned is not None and all_kept and _untouched(done.kept, returned)
            return "" if unharmed else "whether it took effect is not known"
        if done.kept and all_kept:
            for kept in _restorable(done):
                await house.restore(called.call_id, Path(kept.path), kept.before, returned.files.get(kept.path))
            return ""
        inverse = house.inverse(call)
    except LLMosError as error:
        return str(error)
    if inverse is None:
        return "nothing takes it back"
    result = await house.call(inverse)
    return result.text if result.is_error else ""


def _restorable(done: Done) -> Iterator[FileKept]:
    """What stood in its files; LLMosError where the journal had to take a secret out."""
    for kept in reversed(done.kept):
        if kept.scrubbed:
            raise LLMosError(f"the journal does not hold what stood in {kept.path}, because there was a secret in it")
        yield kept


def _untouched(kept: Sequence[FileKept], returned: ToolReturned) -> bool:
    """Whether a call that failed left each of its files as it was; of one that ran out of time nobody looked."""
    return bool(kept) and all(
        returned.files.get(file.path, _NOT_LOOKED_AT) == (None if file.before is None else hash_of(file.before))
        for file in kept
    )
