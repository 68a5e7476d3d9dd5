"""The laws of threads that can be left behind."""

import threading
from contextvars import ContextVar

import anyio
import pytest

from llmos.tools.threads import attempt, run_in_thread

pytestmark = pytest.mark.anyio

NUMBER: ContextVar[int] = ContextVar("NUMBER", default=0)


async def test_value_and_context_come_through() -> None:
    """A thread sees the context variables of whoever started it."""
    NUMBER.set(7)
    assert await run_in_thread(NUMBER.get) == 7


async def test_what_is_raised_comes_through() -> None:
    """Exceptions are raised where the answer was awaited, SystemExit included."""

    def leave() -> None:
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        await run_in_thread(leave)


async def test_a_stuck_function_is_left_behind() -> None:
    """Cancellation returns at once; the thread ends when it can, as a daemon."""
    release, ended = threading.Event(), threading.Event()

    def stuck() -> None:
        release.wait()
        ended.set()

    with anyio.move_on_after(0.01) as scope:
        await run_in_thread(stuck)
    assert scope.cancelled_caught
    assert not ended.is_set()
    release.set()
    assert await run_in_thread(lambda: ended.wait(10))


def test_a_thread_that_outlives_its_loop_says_nothing() -> None:
    """A loop that has ended is not an error of the tool."""
    release = threading.Event()
    raised: list[object] = []
    others = set(threading.enumerate())
    threading.excepthook, before = raised.append, threading.excepthook

    async def leave() -> None:
        with anyio.move_on_after(0.01):
            await run_in_thread(release.wait)

    try:
        anyio.run(leave)
        workers = set(threading.enumerate()) - others
        release.set()
        for worker in workers:
            worker.join(10)
    finally:
        threading.excepthook = before
    assert raised == []


def test_attempt_returns_what_was_raised() -> None:
    """An attempt never raises; None means that it went well."""
    assert attempt(lambda: 1, 10) is None
    assert isinstance(attempt(lambda: {}["a"], 10), KeyError)


def test_attempt_ends_in_time() -> None:
    """A function that does not end is a TimeoutError."""
    release = threading.Event()
    error = attempt(release.wait, 0.01)
    release.set()
    assert isinstance(error, TimeoutError)
    assert str(error) == "it did not end within 0.01 s"
