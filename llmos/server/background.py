"""What goes on in a service while nobody waits for it: motions and runs that were begun, and looks at who is there.

Knows no endpoint. What breaks there is told in the log, as a request's own failure is, and takes nothing else with it.
"""

import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import ParamSpec

from anyio.abc import TaskGroup

from llmos.errors import LLMosError

_log = logging.getLogger(__name__)

P = ParamSpec("P")


class Background:
    """Begins work in a group that lives for as long as the service does."""

    def __init__(self, group: TaskGroup) -> None:
        self._group = group

    def start_soon(self, work: Callable[P, Awaitable[object]], *args: P.args, **named: P.kwargs) -> None:
        """Begin it; its end, whatever it is, is nobody else's."""
        self._group.start_soon(_alone, partial(work, *args, **named))


async def _alone(work: Callable[[], Awaitable[object]]) -> None:
    try:
        await work()
    except LLMosError as error:
        _log.warning("What nobody waited for came to nothing: %s", error)
    except Exception:  # noqa: BLE001 - as for a request: told with its traceback, and the next one is served
        _log.exception("What nobody waited for broke; this is a bug of LLMos, and the service goes on")
