"""Interrupts an async function at an exact point: when it is about to wait for the n-th time."""

import types
from collections.abc import Callable, Coroutine, Generator
from typing import Any, TypeVar

T = TypeVar("T")


@types.coroutine
def interrupted(
    coroutine: Coroutine[Any, Any, T], at_wait: int, interrupt: Callable[[], object]
) -> Generator[Any, Any, T]:
    """The coroutine's value; `interrupt` is called once, before its wait of this number (from 1)."""
    waits, step, value = 0, coroutine.send, None
    while True:
        try:
            waited_for = step(value)
        except StopIteration as done:
            return done.value
        waits += 1
        if waits == at_wait:
            interrupt()
        try:
            step, value = coroutine.send, (yield waited_for)
        except BaseException as error:  # noqa: BLE001 - thrown on into the coroutine, as `yield from` does
            step, value = coroutine.throw, error
