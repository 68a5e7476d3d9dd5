"""A robot in the hands of one person, agent or program: gives its orders, and tells what became of them.

Knows no driver and no rule; it holds Controls, and whoever holds a pilot can neither rearm nor speak for another.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, TypeAlias

import anyio

from llmos.documents.robot_profile import RobotProfile
from llmos.messages import JSON
from llmos.robots.base import Measured, Pose
from llmos.robots.caution import CALM, Caution
from llmos.robots.controls import Controls, Order, Principal, Ruling, Snapshot
from llmos.robots.judgement.asked import is_stop
from llmos.robots.verdict import Motion, Refusal, Result, Verdict

_STOPPED_SINCE: Final = Refusal("emergency-stop", "The robot was stopped on its way, and rearmed since", "ask again")

Plan: TypeAlias = Callable[[str, Mapping[str, JSON], Snapshot, float], tuple[Pose, ...]]
"""The poses on the way that an order takes, from its verb, its arguments, what is known, and how much room to leave."""


def straight(_verb: str, _args: Mapping[str, JSON], _known: Snapshot, _extra_m: float) -> tuple[Pose, ...]:
    """No poses on the way."""
    return ()


class Pilot:
    """Orders of one principal.

    `on_verdict` is called before anything moves, `on_motion` after it stands still again; an exception of either passes
    to the caller, and when it comes from `on_verdict` nothing moves (but a stop stops all the same). `caution` is asked
    for each order, which it can only tighten; `plan` finds the way, which is straight without it. One that is `patient`
    waits for its turn where it commands faster than the rate allows.
    """

    def __init__(
        self,
        controls: Controls,
        principal: Principal,
        on_verdict: Callable[[Verdict], None] = lambda _: None,
        on_motion: Callable[[Motion], None] = lambda _: None,
        caution: Callable[[], Caution] = lambda: CALM,
        *,
        plan: Plan = straight,
        patient: bool = False,
    ) -> None:
        self.principal = principal
        self._controls = controls
        self._on_verdict = on_verdict
        self._on_motion = on_motion
        self._caution = caution
        self._plan = plan
        self._patient = patient

    @property
    def profile(self) -> RobotProfile:
        """The limits in force."""
        return self._controls.snapshot().profile

    @property
    def robot_name(self) -> str:
        """What moves, and whether it is simulated."""
        return self._controls.snapshot().robot_name

    def snapshot(self) -> Snapshot:
        """The newest known state, without waiting; also while stopped, and while a motion runs."""
        return self._controls.snapshot()

    def measure(self) -> Measured:
        """The state as it is now."""
        return self._controls.snapshot().measured

    async def move_to(self, x: float, y: float, z: float, theta_deg: float | None = None) -> Result:
        """Go to a position in the workspace; without `theta_deg` the heading stays."""
        turn = {} if theta_deg is None else {"theta_deg": theta_deg}
        return await self.perform("move_to", {"x": x, "y": y, "z": z, **turn})

    async def move_relative(self, dx: float = 0.0, dy: float = 0.0, dz: float = 0.0, dtheta_deg: float = 0.0) -> Result:
        """Go by so much from where the tool is."""
        return await self.perform("move_relative", {"dx": dx, "dy": dy, "dz": dz, "dtheta_deg": dtheta_deg})

    async def toggle_tool(self, activate: bool) -> Result:  # noqa: FBT001 - the document's own signature
        """Close the gripper (true) or open it (false); `ok` after closing only if it holds something."""
        return await self.perform("toggle_tool", {"activate": activate})

    async def go_home(self) -> Result:
        """Go to the home of the profile."""
        return await self.perform("go_home", {})

    async def emergency_stop(self, reason: str = "stopped on request") -> Result:
        """Decelerate whatever moves, hold, and let nothing move until a person rearms; never refused."""
        result = await self._controls.stop(str(self.principal), reason)
        self._on_verdict(result.verdict)
        if result.motion:
            self._on_motion(result.motion)
        return result

    async def preview(self, verb: str, args: Mapping[str, JSON]) -> Ruling:
        """What the gate would say and which way it would go; nothing moves and nothing is counted."""
        return await self._controls.judge(self._order(verb, args), preview=True)

    async def perform(self, verb: str, args: Mapping[str, JSON], rearms: int | None = None) -> Result:
        """Have any command judged, and carried out if it is allowed; refused commands move nothing.

        With `rearms`, of a snapshot, only if the robot has not been stopped and rearmed since.
        """
        if is_stop(verb):  # whatever stands beside it
            return await self.emergency_stop()
        ruling = await self._controls.judge(self._order(verb, args))
        self._on_verdict(ruling.verdict)
        if not ruling.verdict.allowed:
            return Result(ruling.verdict, self.measure())
        if rearms is not None and self.snapshot().rearms != rearms:
            verdict = replace(ruling.verdict, refusal=_STOPPED_SINCE)
            self._on_verdict(verdict)
            return Result(verdict, self.measure())
        try:
            result = await self._controls.dispatch(ruling)
        except anyio.get_cancelled_exc_class():
            self._report_cancelled(ruling.verdict)
            raise
        if result.verdict != ruling.verdict:  # what was allowed a moment ago no longer is
            self._on_verdict(result.verdict)
        if result.motion:
            self._on_motion(result.motion)
        return result

    def _order(self, verb: str, args: Mapping[str, JSON]) -> Order:
        caution = self._caution()
        way = self._plan(verb, args, self._controls.snapshot(), caution.extra_margin_m)
        return Order(verb, args, self.principal, way, caution, self._patient)

    def _report_cancelled(self, verdict: Verdict) -> None:
        """A motion that was cut short is reported like any other, once the robot is at rest."""
        ended = self._controls.snapshot().ended
        if ended is not None and ended.verdict == verdict:
            self._on_motion(ended)
