"""Runs a program to its end, or ends it: with everything it started, within its time, with bounded output.

Knows no tool and no permission. On POSIX the program leads a process group that is killed as a whole, and nothing it
left in the background outlives the call (a daemon that leaves its group does). On Windows only the program itself ends.
"""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import anyio
from anyio.abc import Process

from llmos.tools.output import Tail

_GRACE_S = 2.0  # between asking a program to end and ending it
_AFTERWARDS_S = 0.2  # for output still in the pipe when a background process keeps it open


@dataclass(frozen=True, slots=True)
class Finished:
    """How a program ended: its exit code (None when its time was up) and its output, errors among it."""

    code: int | None
    output: str


async def run_process(
    command: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str],
    timeout_s: float,
    max_output_bytes: int,
    stdin: bytes | None = None,
) -> Finished:
    """Run the program; raises OSError when it cannot be started. Cancellation ends it."""
    process = await anyio.open_process(
        list(command),
        stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=folder,
        env=dict(environment),
        start_new_session=True,
    )
    kept, drained = Tail(max_output_bytes), anyio.Event()
    try:
        with anyio.move_on_after(timeout_s) as time:
            async with anyio.create_task_group() as group:
                if stdin is not None:
                    group.start_soon(_feed, process, stdin)
                group.start_soon(_collect, process, kept, drained)
                await process.wait()
                with anyio.move_on_after(_AFTERWARDS_S):
                    await drained.wait()
                group.cancel_scope.cancel()
    finally:
        with anyio.CancelScope(shield=True):
            await _end(process)
    return Finished(None if time.cancelled_caught else process.returncode, kept.text())


async def _feed(process: Process, content: bytes) -> None:
    assert process.stdin is not None
    with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
        await process.stdin.send(content)
        await process.stdin.aclose()


async def _collect(process: Process, kept: Tail, drained: anyio.Event) -> None:
    assert process.stdout is not None
    async for chunk in process.stdout:
        kept.add(chunk)
    drained.set()


async def _end(process: Process) -> None:
    """End whatever is left of the program and its group, first asking, then not."""
    if process.returncode is None:
        _signal(process, signal.SIGTERM)
        with anyio.move_on_after(_GRACE_S):
            await process.wait()
    _signal(process, getattr(signal, "SIGKILL", signal.SIGTERM))
    await process.wait()
    await process.aclose()


def _signal(process: Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, number)  # the leader's id is the group's, also after the leader has ended
        else:
            process.terminate()
