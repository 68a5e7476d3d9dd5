"""What breaks while nobody waits for it is told in the log, and takes nothing else with it."""

import logging

import anyio
import pytest

from llmos.errors import StorageError
from llmos.server.background import Background

pytestmark = pytest.mark.anyio


async def test_what_breaks_alone_ends_alone(caplog: pytest.LogCaptureFixture) -> None:
    """A sentence of the house is one line, a bug has its traceback, and whatever comes later is begun all the same."""
    done: list[str] = []

    async def full() -> None:
        raise StorageError("the disk is full")

    async def buggy() -> None:
        raise TypeError("no such argument")

    async def sound(word: str) -> None:
        done.append(word)

    async with anyio.create_task_group() as group:
        background = Background(group)
        background.start_soon(full)
        background.start_soon(buggy)
        await anyio.wait_all_tasks_blocked()
        background.start_soon(sound, "later")
    assert done == ["later"]
    sentence, bug = caplog.records
    assert (sentence.levelno, sentence.exc_info) == (logging.WARNING, None)
    assert sentence.getMessage() == "What nobody waited for came to nothing: the disk is full"
    assert bug.levelno == logging.ERROR
    assert bug.exc_info is not None
    assert bug.exc_info[0] is TypeError


async def test_the_end_of_the_service_ends_what_goes_on() -> None:
    """A cancellation is no failure and is not kept."""
    ended: list[str] = []

    async def forever() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            ended.append("ended")

    async with anyio.create_task_group() as group:
        Background(group).start_soon(forever)
        await anyio.wait_all_tasks_blocked()
        group.cancel_scope.cancel()
    assert ended == ["ended"]
