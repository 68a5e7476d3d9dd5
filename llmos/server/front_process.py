"""Starts the front and keeps it running: if it dies, another one takes its place on the same listening socket.

Knows nothing of what the front does.
"""

import json
import logging
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import anyio
from anyio.abc import ByteReceiveStream, Process

from llmos.errors import LLMosError
from llmos.settings import child_environment, package_folder

_log = logging.getLogger("llmos")
_READY: Final = b"ready\n"
_PAUSE_S: Final = 0.2
_START_S: Final = 30.0
_VARIABLES: Final = ("PATH", "HOME", "LANG", "TMPDIR", "SYSTEMROOT", "VIRTUAL_ENV")

POSSIBLE: Final = os.name == "posix"
"""Elsewhere a listening socket cannot be handed on like this, and the service answers everything itself."""


@asynccontextmanager
async def fronted(listening: socket.socket, wanted: Mapping[str, Any]) -> AsyncIterator[Callable[[], int]]:
    """A front on this socket while this is entered, and what tells its process id; LLMosError if none starts."""
    process = await _start(listening, wanted)
    current = [process]

    async def keep() -> None:
        while True:
            await current[0].wait()
            _log.warning("The front of the service ended with %s; another one starts.", current[0].returncode)
            await anyio.sleep(_PAUSE_S)
            current[0] = await _start(listening, wanted)

    async with anyio.create_task_group() as group:
        group.start_soon(keep)
        try:
            yield lambda: current[0].pid
        finally:
            group.cancel_scope.cancel()
            with anyio.CancelScope(shield=True):
                await _end(current[0])


async def _start(listening: socket.socket, wanted: Mapping[str, Any]) -> Process:
    process = await anyio.open_process(
        [sys.executable, "-m", "llmos.server.front"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=None,
        pass_fds=(listening.fileno(),),
        start_new_session=True,  # Ctrl-C is the parent's to hear
        env={**child_environment(_VARIABLES), "PYTHONPATH": str(package_folder())},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    line = json.dumps({**wanted, "listen": listening.fileno()}).encode() + b"\n"
    await process.stdin.send(line)
    with anyio.move_on_after(_START_S):
        if await _said(process.stdout):
            return process
    await _end(process)
    raise LLMosError("The front of the service did not start; its error stands above.")


async def _said(stdout: ByteReceiveStream) -> bool:
    try:
        return await stdout.receive() == _READY
    except anyio.EndOfStream:
        return False


async def _end(process: Process) -> None:
    """Close its stdin, which ends it; if it does not end, end it."""
    if process.stdin is not None:
        await process.stdin.aclose()
    with anyio.move_on_after(2.0):
        await process.wait()
        return
    process.kill()
    await process.wait()
