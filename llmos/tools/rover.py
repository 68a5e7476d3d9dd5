"""The commands of a robot on wheels as tools: each asks the gate and answers with what was measured.

Knows no driver and no limit; what the gate refuses goes back to the model as a sentence.
"""

from collections.abc import Callable

from llmos.messages import Effect
from llmos.robots.pilot import Pilot
from llmos.robots.verdict import Result
from llmos.tools.base import Tool, ToolOutcome, tool


def rover_tools(pilot: Pilot, outcome: Callable[[Result], ToolOutcome]) -> list[Tool]:
    """What moves a rover; `outcome` puts a result into words."""

    @tool(effect=Effect.IDEMPOTENT)
    async def move_to(x: float, y: float, theta_deg: float | None = None) -> ToolOutcome:
        """Drive to a position on the floor, in metres; around zones, never sideways.

        Args:
            x: metres along x
            y: metres along y, which is to the left of x
            theta_deg: heading to turn to in the end, counter-clockwise from x; left out, it stays as it arrives

        """
        turn = {} if theta_deg is None else {"theta_deg": theta_deg}
        return outcome(await pilot.perform("move_to", {"x": x, "y": y, **turn}))

    @tool(effect=Effect.REVERSIBLE)
    async def move_relative(dx: float = 0.0, dy: float = 0.0, dtheta_deg: float | None = None) -> ToolOutcome:
        """Drive by so many metres from where the rover stands, or turn on the spot.

        Args:
            dx: metres forward; negative is back
            dy: metres to the left; negative is right
            dtheta_deg: degrees to turn in all, counter-clockwise positive; left out, it stays as it arrives

        """
        turn = {} if dtheta_deg is None else {"dtheta_deg": dtheta_deg}
        return outcome(await pilot.perform("move_relative", {"dx": dx, "dy": dy, **turn}))

    return [move_to, move_relative]
