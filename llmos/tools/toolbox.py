"""Carries out tool calls: looks up, checks, asks permission, journals, calls, limits; a mistake becomes a result.

Knows no single tool. The one place of the house that catches every exception: what a tool raises is for the model to
react to. What passes through: cancellation, and a journal that cannot be written.
"""

import asyncio
import dataclasses
import math
import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from time import perf_counter
from traceback import TracebackException

import anyio
import msgspec

from llmos.documents.document import hash_of
from llmos.documents.kernel import SafetyRules
from llmos.errors import LLMosError, StorageError
from llmos.messages import JSON, Effect, Text, ToolCall, ToolResult, ToolSpec
from llmos.tools.base import Access, Tool, ToolOutcome, failure
from llmos.tools.offer import Offer
from llmos.tools.opening import hash_whole, read_whole, remove, replace
from llmos.tools.output import limited
from llmos.tools.permissions import Decision, Permissions, visible
from llmos.tools.threads import run_in_thread
from llmos.tools.versions import version_of
from llmos.traces.events import Event, FileKept, FileRestored, PermissionDecided, ToolCalled, ToolReturned
from llmos.traces.witness import Witness

_LONGEST_NAME = 100
"""Characters of what a model wrote as a tool's name that a sentence repeats."""


class Toolbox:
    """The tools of one run. `journal` is None only where no run is being witnessed, as in a check of a tool."""

    def __init__(
        self,
        tools: Iterable[Tool] | Offer,
        permissions: Permissions,
        rules: SafetyRules,
        journal: Witness | None = None,
    ) -> None:
        self._offer = tools if isinstance(tools, Offer) else Offer(tools)
        self._permissions = permissions
        self._rules = rules
        self._journal = journal
        self._unwitnessed: StorageError | None = None

    def only(
        self, names: Sequence[str] | None, disallowed: Sequence[str] = (), journal: Witness | None = None
    ) -> "Toolbox":
        """The toolbox of a run whose agent lists these tools (None: all of them) and disallows those.

        A scope narrows: with `Bash(git:*)` listed, every other command is refused. Nothing is ever widened.
        """
        return Toolbox(self._offer.only(names, disallowed), self._permissions, self._rules, journal or self._journal)

    def specs(self, names: Sequence[str] | None = None, disallowed: Sequence[str] = ()) -> tuple[ToolSpec, ...]:
        """What a model is told, sorted by name, so that the same tools are always the same bytes."""
        offer = self._offer if names is None and not disallowed else self._offer.only(names, disallowed)
        return offer.specs()

    def warnings(self, names: Sequence[str]) -> tuple[str, ...]:
        """One sentence for each listed tool that does not exist here."""
        return self._offer.warnings(names)

    def version(self, name: str) -> str:
        """By what the tool of this name is known again; LLMosError where there is none."""
        return version_of(self._offer.find(name))

    def approves(self, call: ToolCall) -> bool:
        """Whether a person has permitted exactly this beforehand; LLMosError for what cannot be called."""
        tool = self._offer.find(call.name)
        return self._permissions.approves(tool, tool.prepare(call.args))

    def inverse(self, call: ToolCall) -> ToolCall | None:
        """The call that takes this one back, where its tool declares one; LLMosError for what cannot be called."""
        tool = self._offer.find(call.name)
        found = tool.inverse(tool.prepare(call.args)) if tool.inverse else None
        return None if found is None else ToolCall(f"undo-{call.id}", *found)

    def written(self, call: ToolCall) -> list[Path]:
        """The files and folders that the call would write; LLMosError for what cannot be called."""
        tool = self._offer.find(call.name)
        args, resolve = tool.prepare(call.args), self._permissions.workspace.resolve
        return [resolve(str(path)) for path in _written(tool, args)]

    async def restore(self, call_id: str, path: Path, before: bytes | None, after: str | None) -> None:
        """Let a file hold again what stood in it before a call; LLMosError where it is not as the call left it."""
        found = await _found([path])
        if found.get(str(path)) != after:
            raise LLMosError(f"{path} has been changed since")
        await run_in_thread(partial(replace, path, before) if before is not None else partial(remove, path))
        content_hash = None if before is None else hash_of(before)
        self._write(FileRestored(call_id=call_id, path=str(path), content_hash=content_hash))

    async def standing(self, call: ToolCall) -> dict[str, str | None]:
        """What stands now, as `sha256:HEX`, in each file that the call would write; None where there is none.

        Folders are left out. Nothing is called and nothing asked; raises LLMosError for what cannot be called or read.
        """
        return await _found(self.written(call))

    async def call(self, call: ToolCall, step: int = 0) -> ToolResult:
        """Carry out one call and journal what came of it.

        Raises nothing but cancellation, and StorageError when the journal cannot be written.
        """
        started_s = perf_counter()
        name = visible(call.name[:_LONGEST_NAME])
        outcome = failure(f"{name} was interrupted; whether it took effect is not known")
        files: dict[str, str | None] = {}
        try:
            outcome = self._limited(await self._outcome(call, step, files))
        except BaseException as error:
            if error is self._unwitnessed or _is_from_outside(error):
                raise
            outcome = self._limited(failure(_sentence(name, error)))
        finally:
            result = ToolResult(call.id, outcome.content, outcome.is_error)
            duration_s = perf_counter() - started_s
            returned = ToolReturned.of(result, call.name, duration_s, step, files)
            self._write(msgspec.structs.replace(returned, child=outcome.child))
        return result

    def _limited(self, outcome: ToolOutcome) -> ToolOutcome:
        return dataclasses.replace(outcome, content=limited(outcome.content, self._rules.max_output_bytes))

    async def _outcome(self, call: ToolCall, step: int, files: dict[str, str | None]) -> ToolOutcome:
        """What came of a call; `files` receives what stands afterwards in those that it was to write."""
        tool = self._offer.find(call.name)
        if call.malformed is not None:
            raise LLMosError(f"the arguments of {call.name} must be one JSON object, not: {call.malformed[:200]}")
        args = tool.prepare(call.args)
        self._offer.check(tool, args, self._permissions)
        ready = await self._permissions.check(tool, args, partial(self._decided, call.id))
        await self._keep(call.id, tool, ready)
        await self._called(
            ToolCalled(
                step=step,
                call_id=call.id,
                tool=call.name,
                args=dict(args),
                effect=tool.effect_of(args) if tool.effect_of else tool.spec.effect,
                version=version_of(tool),
            )
        )
        return await self._made(tool, ready, files)

    async def _made(self, tool: Tool, ready: Mapping[str, JSON], files: dict[str, str | None]) -> ToolOutcome:
        """What the tool answers; after one that ran out of time nobody looks, for it may be writing still."""
        limit_s = self._limit_s(tool)
        try:
            with anyio.move_on_after(limit_s) as time:
                output = await self._offer.narrowed(tool, self._permissions.workspace).call(ready)
        except BaseException as error:
            if not _is_from_outside(error):
                with suppress(LLMosError):  # what the tool raised is what is told
                    files.update(await _found(_written(tool, ready)))
            raise
        if time.cancelled_caught:
            doubt = "" if tool.spec.effect is Effect.PURE else "; whether it took effect is not known"
            return failure(f"{tool.spec.name} had no answer within {limit_s:g} s{doubt}")
        files.update(await _found(_written(tool, ready)))
        if isinstance(output, ToolOutcome):
            return output
        return ToolOutcome((Text(output),) if isinstance(output, str) else output)

    def _limit_s(self, tool: Tool) -> float:
        """How long it may take: less than the kernel says if the tool asks for it.

        What runs a program or an agent minds that one's time itself and may ask for more.
        """
        if tool.minds_time:
            return math.inf
        if tool.timeout_s is None:
            return self._rules.tool_timeout_s
        minds_itself = {Access.RUN, Access.DELEGATE} & set(tool.touches.values())
        return tool.timeout_s if minds_itself else min(tool.timeout_s, self._rules.tool_timeout_s)

    def _decided(self, call_id: str, decision: Decision) -> None:
        self._write(
            PermissionDecided(
                call_id=call_id,
                tool=decision.tool,
                question=decision.question,
                allowed=decision.allowed,
                by=decision.by,
                rule=decision.rule,
            )
        )

    async def _keep(self, call_id: str, tool: Tool, args: Mapping[str, JSON]) -> None:
        """Journal what stands in each file that the tool is about to write; what stands in a folder is not kept."""
        for path in _written(tool, args):
            if not await run_in_thread(partial(_is_folder, path)):
                before = await run_in_thread(partial(_content, path, self._rules.max_read_bytes))
                self._write(FileKept(call_id=call_id, path=str(path), before=before))

    async def _called(self, event: ToolCalled) -> None:
        """Journal the call; on disk before the effect, unless there is none."""
        if event.effect is Effect.PURE or self._journal is None:
            self._write(event)
            return
        try:
            await self._journal.write_durably(event)
        except StorageError as error:
            self._unwitnessed = error
            raise

    def _write(self, event: Event) -> None:
        if self._journal is None:
            return
        try:
            self._journal.write(event)
        except StorageError as error:
            self._unwitnessed = error
            raise


def _written(tool: Tool, args: Mapping[str, JSON]) -> list[Path]:
    """The files that it writes with these arguments."""
    return [Path(args[name]) for name, access in tool.touches.items() if access is Access.WRITE and name in args]


def _content(path: Path, limit: int) -> bytes | None:
    """What stands in the file; None where there is none."""
    return read_whole(path, limit) if os.path.lexists(path) else None


async def _found(paths: Sequence[Path]) -> dict[str, str | None]:
    """What stands in these files, by its hash and however much it is; folders are left out."""
    return await run_in_thread(partial(_hashes, paths)) if paths else {}


def _hashes(paths: Sequence[Path]) -> dict[str, str | None]:
    return {str(path): hash_whole(path) if os.path.lexists(path) else None for path in paths if not _is_folder(path)}


def _is_folder(path: Path) -> bool:
    """Whether a folder stands there, rather than a link to one, which has appeared since permission was given."""
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False


def _is_from_outside(error: BaseException) -> bool:
    """Whether the run is to end, rather than that the tool failed, which may raise what ends a run all by itself."""
    if isinstance(error, anyio.get_cancelled_exc_class()):
        task = asyncio.current_task()
        return task is not None and task.cancelling() > 0
    return isinstance(error, KeyboardInterrupt | GeneratorExit)


def _sentence(name: str, error: BaseException) -> str:
    """What went wrong, for the model: our own sentences as they are, others with their kind."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    words = str(TracebackException(type(error), error, None))  # also where the error's own __str__ fails
    kind = f"{name} failed with {type(error).__name__}"
    return words if isinstance(error, LLMosError) else f"{kind}: {words}".removesuffix(": ")
