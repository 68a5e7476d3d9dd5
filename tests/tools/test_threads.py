"""The laws of threads that can be left behind."""

import threading
import weakref
from collections.abc import Callable
from contextvars import ContextVar

import anyio
import pytest

from llmos.tools.threads import _Pool, attempt, run_in_thread

pytestmark = pytest.mark.anyio


class Function:
    """Something to call that can be seen to vanish."""

    def __call__(self) -> None:
        """Nothing."""


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
    """A loop that has ended is not an error of the tool, and the thread takes up the next one."""
    begun, release = threading.Event(), threading.Event()
    workers: list[threading.Thread] = []
    raised: list[object] = []
    threading.excepthook, before = raised.append, threading.excepthook

    def stuck() -> None:
        workers.append(threading.current_thread())
        begun.set()
        release.wait()

    def reach() -> None:
        """Keep idle threads busy until it is the first one's turn."""
        if threading.current_thread() is not workers[0]:
            assert attempt(reach, 10) is None

    async def leave() -> None:
        with anyio.move_on_after(0.01):
            await run_in_thread(stuck)

    try:
        anyio.run(leave)
        assert begun.wait(10)
        release.set()
        assert attempt(reach, 10) is None
    finally:
        threading.excepthook = before
    assert raised == []


async def test_threads_are_used_again() -> None:
    """To start one costs more than most tools do."""
    assert len({await run_in_thread(threading.get_ident) for _ in range(20)}) < 20


def test_a_thread_without_work_ends() -> None:
    """A burst of calls leaves no threads for ever."""
    pool = _Pool(idle_s=0)
    workers: list[threading.Thread] = []
    told = threading.Event()

    def job() -> Callable[[], None]:
        workers.append(threading.current_thread())
        return told.set

    pool.do(job)
    assert told.wait(10)
    workers[0].join(10)
    assert not workers[0].is_alive()


def test_a_thread_keeps_nothing_of_what_it_did() -> None:
    """A tool's arguments may be large."""
    gone = threading.Event()
    function = Function()
    weakref.finalize(function, gone.set)
    assert attempt(function, 10) is None
    del function
    assert gone.wait(10)


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
