"""Moving the robot by hand: it moves for as long as a lease is renewed, and decelerates when none comes.

Knows no page and no socket. A lease is kept by cancelling the motion: who stops waiting makes the gate decelerate.
"""

from collections.abc import Mapping
from typing import Final

import anyio

from llmos.messages import JSON
from llmos.robots.controls import Principal
from llmos.robots.pilot import Pilot
from llmos.robots.verdict import Refusal, Result
from llmos.server.cockpit.hand import perform
from llmos.server.service import Service

WAYS: Final = ("dx", "dy", "dz", "dtheta_deg")
_FARTHEST_M: Final = 10.0
_FARTHEST_DEG: Final = 180.0
_SMALLEST_SHARE: Final = 1 / 1024
_TRIES: Final = 10
_BEHIND: Final = Refusal(
    "zone", "There is a zone in this direction", "move around it, or pick a target behind it on the map"
)


class Lease:
    """The permission to go on, renewed by whoever holds the button; at most `seconds` from the last renewal."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.scope = anyio.CancelScope()
        self.renew()

    def renew(self) -> None:
        """Go on for the whole time from now."""
        self.scope.deadline = anyio.current_time() + self._seconds

    def end(self) -> None:
        """Stop now."""
        self.scope.cancel()


async def jog(service: Service, who: str, way: Mapping[str, float], lease: Lease) -> Refusal | None:
    """Move this way until the lease ends or nothing more is allowed there; what refused it, if anything did."""
    pilot = service.pilot(Principal("person", who))
    args, refusal = await farthest(pilot, way)
    if args is None:
        return refusal
    result: Result | None = None
    with lease.scope:
        result = await perform(service, who, "move_relative", args)
    if result is None:
        return None  # the button was let go
    return result.refusal or refusal


async def farthest(pilot: Pilot, way: Mapping[str, float]) -> tuple[dict[str, JSON] | None, Refusal | None]:
    """The longest move this way that the gate allows, and what forbids a longer one; no move when none is allowed."""
    refusal = await _objection(pilot, _scaled(way, 1.0))
    if refusal is None:
        return _scaled(way, 1.0), None
    low, high = 0.0, 1.0
    for _ in range(_TRIES):
        middle = (low + high) / 2
        objection = await _objection(pilot, _scaled(way, middle))
        if objection is None:
            low = middle
        else:
            high, refusal = middle, objection
    return (_scaled(way, low) if low >= _SMALLEST_SHARE else None), refusal


async def _objection(pilot: Pilot, args: Mapping[str, JSON]) -> Refusal | None:
    """What forbids the straight way; a hand that pushes one way does not want to be led around."""
    ruling = await pilot.preview("move_relative", args)
    if ruling.verdict.refusal is None and ruling.order.via:
        return _BEHIND
    return ruling.verdict.refusal


def _scaled(way: Mapping[str, float], share: float) -> dict[str, JSON]:
    """The way, each axis no longer than its share of the farthest."""
    farthest = {"dtheta_deg": _FARTHEST_DEG}
    return {axis: value * share * farthest.get(axis, _FARTHEST_M) for axis, value in way.items()}
