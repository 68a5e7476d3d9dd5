"""What the service is made of: one robot, the system that runs agents, who may enter, and what has happened.

Knows no HTTP. `launch` makes it from a home; tests make it from whatever they like.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from llmos.autonomy.sentience import Sentience
from llmos.boot.body import Body
from llmos.boot.system import LLMOS
from llmos.documents.kernel import ServiceRules
from llmos.messages import JSON
from llmos.robots.controls import Principal, Ruling, Snapshot
from llmos.robots.latch import Stop
from llmos.robots.verdict import Result
from llmos.server.access import Access
from llmos.server.arbiter import Arbiter
from llmos.server.direct import DirectRun
from llmos.server.history import History
from llmos.server.metrics import Counts


class Helm(Protocol):
    """What the service holds of a robot on behalf of one principal: a `Pilot`."""

    def snapshot(self) -> Snapshot:
        """The newest known state, without waiting."""
        ...

    async def perform(self, verb: str, args: Mapping[str, JSON]) -> Result:
        """Plan, judge and carry out one command; returns when the robot stands still again."""
        ...

    async def preview(self, verb: str, args: Mapping[str, JSON]) -> Ruling:
        """The verdict on a command and the way it would take; nothing moves."""
        ...


def unfeeling() -> None:
    """A robot without a Sentience Layer."""


@dataclass(frozen=True, slots=True)
class Service:
    """Everything a request can reach.

    `helm` gives the robot's controls for a principal; `rearm(by, profile_hash)` and `stop(by, reason)` are those of the
    robot itself and return the stop that was cleared, or that holds.
    """

    system: LLMOS
    body: Body
    helm: Callable[[Principal], Helm]
    snapshot: Callable[[], Snapshot]
    stop: Callable[[str, str], Awaitable[Stop]]
    rearm: Callable[[str, str], Awaitable[Stop | None]]
    access: Access
    sentience: Callable[[], Sentience | None]
    direct: DirectRun
    history: History
    arbiter: Arbiter
    counts: Counts
    stop_url: str = ""
    """Where a POST stops the robot if not at `/emergency`, which the front answers; for the cockpit."""

    @property
    def rules(self) -> ServiceRules:
        """The limits of the kernel for this service."""
        return self.system.rules.service
