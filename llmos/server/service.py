"""What the service is made of: one robot, the system that runs agents, who may enter, and what has happened.

Knows no HTTP.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import anyio.to_thread

from llmos.autonomy.sentience import Sentience
from llmos.boot.body import Body
from llmos.boot.system import LLMOS
from llmos.documents.kernel import ServiceRules
from llmos.robots.controls import Principal, Snapshot
from llmos.robots.host.stopping import Stopped, stop_robot
from llmos.robots.latch import Stop
from llmos.robots.pilot import Pilot
from llmos.server.access import Access
from llmos.server.arbiter import Arbiter
from llmos.server.direct import DirectRun
from llmos.server.history import History
from llmos.server.metrics import Counts
from llmos.server.running import Running

_LOOKING: Final = Principal("person", "the service")


@dataclass(frozen=True, slots=True)
class Service:
    """Everything a request can reach."""

    system: LLMOS
    body: Body
    access: Access
    direct: DirectRun
    history: History
    arbiter: Arbiter
    running: Running
    counts: Counts
    under_way: list[Callable[[], None]] = field(default_factory=list)
    """What ends each motion and run that somebody waits for, for when the service ends."""
    stop_url: str = ""
    """Where a POST stops the robot if not at `/emergency`, which the front answers; for the cockpit."""

    @property
    def rules(self) -> ServiceRules:
        """The limits of the kernel for this service."""
        return self.system.rules.service

    def pilot(self, principal: Principal) -> Pilot:
        """The robot in somebody's hands."""
        return self.body.pilot(principal)

    def snapshot(self) -> Snapshot:
        """What is known of the robot, without waiting; also while it is stopped or moves."""
        return self.body.pilot(_LOOKING).snapshot()

    def sentience(self) -> Sentience | None:
        """How the robot feels; None for one that has no Sentience Layer."""
        return self.system.sentience()

    async def stop(self, by: str, reason: str) -> Stopped:
        """Stop the robot, in whichever process it is driven, and return the stop that holds; StorageError."""
        home, name, clock = self.system.environment.home, self.body.profile.name, self.system.clock
        return await anyio.to_thread.run_sync(stop_robot, home, name, by, reason, clock)

    def notice(self) -> None:
        """Let a stop be felt and remembered that nobody has asked after; RobotError when the robot is gone."""
        self.history.see(self.snapshot().stop)
        self.sentience()

    async def rearm(self, by: str, profile_hash: str) -> Stop | None:
        """Let the robot move again, and the looser limits of the profile with this hash count."""
        self.notice()  # a stop of a moment ago, from wherever it came, is not forgotten by being taken back
        ended = await self.body.rearm(by, profile_hash)
        self.notice()
        return ended


def make_service(system: LLMOS, access: Access) -> Service:
    """The service over a system and its robot, which is opened now; DocumentError for no such robot."""
    body, arbiter = system.robot(), Arbiter()
    return Service(
        system=system,
        body=body,
        access=access,
        direct=DirectRun(system, body),
        history=History(system.bus, system.clock, system.rules.service.max_actions),
        arbiter=arbiter,
        running=Running(arbiter, system.bus),
        counts=Counts(system.bus),
    )
