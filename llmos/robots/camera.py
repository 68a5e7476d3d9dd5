"""A camera that looks at a robot: a picture of a moment, made outside of the control loop.

Knows no robot and no physics. It draws what was measured, so it can look from any process that has a snapshot.
"""

from typing import Literal, Protocol

from llmos.robots.controls import Snapshot

View = Literal["overview", "above", "onboard"]
"""From outside of the workspace, from the ceiling, or from the robot itself, moving along with it."""


class Camera(Protocol):
    """Something that makes pictures."""

    def picture(self, snapshot: Snapshot, view: View = "overview") -> bytes:
        """The PNG file of what was measured in this snapshot, within its zones.

        Takes some tenths of a second, in whatever thread. Raises RobotError when there is nothing to draw with, or
        nothing in the snapshot to draw.
        """
        ...

    def close(self) -> None:
        """Give memory back; safe to call twice."""
        ...
