"""How a robot is driven: an order is judged first and carried out second, and stopping needs neither.

Knows no rule and no socket. The gate is the one implementation that drives; the host's client carries the same words to
a gate in another process.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from llmos.documents.robot_profile import RobotProfile
from llmos.messages import JSON
from llmos.robots.base import Commanded, Measured, Pose
from llmos.robots.caution import CALM, Caution
from llmos.robots.latch import Stop
from llmos.robots.verdict import Motion, Result, Verdict

PrincipalKind = Literal["person", "agent", "program"]


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks: a person by name, or an agent or program by name and the hash of its document.

    `content_hash` is `sha256:<hex>` of the document's bytes; a person has none.
    """

    kind: PrincipalKind
    name: str
    content_hash: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class Order:
    """One command: verb, arguments as they were asked for, and the poses to pass on the way to the target.

    Without `via` the way is straight. `via` is a proposal like everything else here: the gate checks every piece of it.
    `caution` only tightens: speeds, margins and step length are the smaller, wider and shorter of it and the profile.
    A `patient` one waits for its turn, up to a second, where nothing but the rate of commands is against it.
    """

    verb: str
    args: Mapping[str, JSON]
    principal: Principal
    via: tuple[Pose, ...] = ()
    caution: Caution = CALM
    patient: bool = False


@dataclass(frozen=True, slots=True)
class Ruling:
    """The verdict on an order, the way it would take, and the approval that `dispatch` accepts once.

    `path` begins at the measured pose and ends at the target; it is empty for what moves nothing. `approval` is empty
    when the order is refused or was only previewed, `expires_s` counts on the robot's clock, `duration_s` is computed.
    """

    order: Order
    verdict: Verdict
    path: tuple[Pose, ...] = ()
    duration_s: float = 0.0
    approval: str = ""
    expires_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is known of a robot at one moment: newest measurement and setpoint, latched stop, verb under way.

    `version` grows with every command and every change of limits; `period_s` are the newest control ticks (for jitter);
    `pending` names the hash of a profile whose looser limits wait for a person's rearm; `ended` is the newest motion
    that was dispatched; `rearms` grows with every rearm, also where the stop before it was never shown.
    """

    measured: Measured
    commanded: Commanded
    stop: Stop | None
    moving: str | None
    version: int
    robot_name: str
    profile: RobotProfile
    period_s: tuple[float, ...] = ()
    pending: str | None = None
    ended: Motion | None = None
    notes: Mapping[str, JSON] = field(default_factory=dict)
    rearms: int = 0


class Controls(Protocol):
    """What tools, service, cockpit and command line hold of a robot. Raises RobotError when it cannot be reached."""

    def snapshot(self) -> Snapshot:
        """The newest known state, without waiting; also while stopped, and while a motion runs."""
        ...

    async def judge(self, order: Order, *, preview: bool = False) -> Ruling:
        """The gate's verdict on an order; nothing moves. A preview gives no approval and counts for nothing."""
        ...

    async def dispatch(self, ruling: Ruling) -> Result:
        """Carry out what was approved, once, and return when the robot stands still again.

        Everything is checked again. Whoever stops waiting (cancellation, death) makes the robot decelerate.
        """
        ...

    async def stop(self, by: str, reason: str) -> Result:
        """Emergency stop: decelerate, hold, latch; never refused."""
        ...

    async def rearm(self, by: str, profile_hash: str = "") -> Stop | None:
        """A person's permission to move again, and, by naming its hash, for a profile's looser limits to count."""
        ...
