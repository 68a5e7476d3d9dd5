"""Runs a blocking function in a thread that can be left behind when its time is up.

Knows nothing of tools. A thread cannot be killed: an abandoned one goes on, but neither its run nor the end of the
program waits for it (anyio's own worker threads are not daemons, so one stuck function would keep the process alive).
A thread that has nothing to do waits for the next function, for to start one costs more than most tools do.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from queue import Empty, SimpleQueue
from typing import Generic, TypeAlias, TypeVar

import anyio

T = TypeVar("T")

Job: TypeAlias = Callable[[], Callable[[], None]]
"""What a thread is to do; what it returns is called when the thread is ready for the next one."""


class _Pool:
    """Daemon threads; one that has nothing to do waits for the next job, and ends when none comes within `idle_s`."""

    def __init__(self, idle_s: float) -> None:
        self._idle_s = idle_s
        self._idle: deque[SimpleQueue[Job]] = deque()

    def do(self, job: Job) -> None:
        """Have the job done by the thread that fell idle last, or by a new one."""
        try:
            jobs = self._idle.pop()
        except IndexError:
            jobs = SimpleQueue()
            threading.Thread(target=self._work, args=(jobs,), name="llmos tool", daemon=True).start()
        jobs.put(job)

    def _work(self, jobs: SimpleQueue[Job]) -> None:
        while True:
            try:
                job = jobs.get(timeout=self._idle_s)
            except Empty:
                with suppress(ValueError, IndexError):  # `do` has just taken us: a job is on its way
                    self._idle.remove(jobs)
                    return
                continue
            then = job()
            del job  # and with it what the job was about
            self._idle.append(jobs)
            then()


_pool = _Pool(idle_s=10.0)


class _Work(Generic[T]):
    """One call of a function in another thread; `then` is called in that thread afterwards."""

    def __init__(self, function: Callable[[], T], then: Callable[[], None]) -> None:
        self._function = function
        self._then = then
        self._frame = copy_context()
        self._value: list[T] = []
        self.error: BaseException | None = None
        _pool.do(self._run)

    def result(self) -> T:
        """The function's value, or what it raised."""
        if self.error is not None:
            raise self.error
        return self._value[0]

    def _run(self) -> Callable[[], None]:
        try:
            self._value.append(self._frame.run(self._function))
        except BaseException as error:  # noqa: BLE001 - handed over to the caller, whatever it is
            self.error = error
        return self._then


async def run_in_thread(function: Callable[[], T]) -> T:
    """The function's value, or what it raised; cancellation returns at once and leaves the thread to itself.

    A KeyboardInterrupt is the function's own, for Ctrl-C reaches no thread but the main one: RuntimeError.
    """
    done, loop = anyio.Event(), asyncio.get_running_loop()

    def tell() -> None:
        with suppress(RuntimeError):  # the loop ended while we worked; nobody waits any more
            loop.call_soon_threadsafe(done.set)

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
