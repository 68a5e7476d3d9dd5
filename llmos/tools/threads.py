"""Runs a blocking function in a thread of its own that can be left behind when its time is up.

Knows nothing of tools. A thread cannot be killed: an abandoned one goes on, but neither its run nor the end of the
program waits for it (anyio's own worker threads are not daemons, so one stuck function would keep the process alive).
"""

import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import Generic, TypeVar

import anyio
from anyio.lowlevel import current_token

T = TypeVar("T")


class _Work(Generic[T]):
    """One call of a function in a daemon thread; `then` is called in that thread afterwards."""

    def __init__(self, function: Callable[[], T], then: Callable[[], None]) -> None:
        self._function = function
        self._then = then
        self._frame = copy_context()
        self._value: list[T] = []
        self.error: BaseException | None = None
        threading.Thread(target=self._run, name="llmos tool", daemon=True).start()

    def result(self) -> T:
        """The function's value, or what it raised."""
        if self.error is not None:
            raise self.error
        return self._value[0]

    def _run(self) -> None:
        try:
            self._value.append(self._frame.run(self._function))
        except BaseException as error:  # noqa: BLE001 - handed over to the caller, whatever it is
            self.error = error
        self._then()


async def run_in_thread(function: Callable[[], T]) -> T:
    """The function's value, or what it raised; cancellation returns at once and leaves the thread to itself.

    A KeyboardInterrupt is the function's own, for Ctrl-C reaches no thread but the main one: RuntimeError.
    """
    done, token = anyio.Event(), current_token()

    def tell() -> None:
        try:
            anyio.from_thread.run_sync(done.set, token=token)
        except RuntimeError:
            return  # the loop ended while we worked; nobody waits any more

    work = _Work(function, tell)
    await done.wait()
    if isinstance(work.error, KeyboardInterrupt):
        raise RuntimeError("it raised KeyboardInterrupt") from work.error  # noqa: TRY004 - no type is checked here
    return work.result()


def attempt(function: Callable[[], object], limit_s: float) -> BaseException | None:
    """Call the function and return what it raised; a TimeoutError when it did not end in time."""
    done = threading.Event()
    work = _Work(function, done.set)
    if not done.wait(limit_s):
        return TimeoutError(f"it did not end within {limit_s:g} s")
    return work.error
