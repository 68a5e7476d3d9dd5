"""Runs a blocking function in a thread of its own that can be left behind when its time is up.

Knows nothing of tools. A thread cannot be killed: an abandoned one goes on, but neither its run nor the end of the
program waits for it (anyio's own worker threads are not daemons, so one stuck function would keep the process alive).
"""

import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import TypeVar

import anyio
from anyio.lowlevel import current_token

T = TypeVar("T")


async def run_in_thread(function: Callable[[], T]) -> T:
    """The function's value, or what it raised; cancellation returns at once and leaves the thread to itself."""
    done, token, frame = anyio.Event(), current_token(), copy_context()
    values: list[T] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            values.append(frame.run(function))
        except BaseException as error:  # noqa: BLE001 - handed to the caller, whatever it is
            errors.append(error)
        try:
            anyio.from_thread.run_sync(done.set, token=token)
        except RuntimeError:
            return  # the loop ended while we worked; nobody waits any more

    threading.Thread(target=work, name="llmos tool", daemon=True).start()
    await done.wait()
    if errors:
        raise errors[0]
    return values[0]
