"""The gripper of the simulated arm: drives its jaws, and feels what they hold by the force on both pads.

Knows no arm and no command but open and close. What is held follows from contact, never from what was asked for.
"""

import math
from collections.abc import Sequence
from typing import Any

import mujoco  # type: ignore[import-untyped]
import numpy as np

from llmos.robots.simulators.world import object_name

_HOLDING = 0.1  # of the force that the jaws squeeze with: less than this on a pad is no grip
_SLIDING_MPS = 0.05  # faster than this against the pads, it is not held but slides
_STALLED_MPS = 0.01
_STALLED_S = 0.03
_OPEN_M = 0.004


class Grip:
    """Two coupled jaws that travel their whole way in `grip_time_s`."""

    def __init__(self, model: Any, state: Any, objects: Sequence[str], grip_time_s: float) -> None:  # noqa: ANN401
        self._model, self._state = model, state
        self._pads = [int(model.geom(f"{side} pad").id) for side in ("left", "right")]
        self._palm = int(model.body("wrist").id)
        self._geoms = {int(model.geom(object_name(name)).id): name for name in objects}
        self._actuator = int(model.actuator("jaws").id)
        self._tendon = int(model.tendon("jaws").id)
        self._stroke_m = 2 * float(model.joint("left").range[1])
        self._speed_mps = self._stroke_m / grip_time_s
        self._most_n = self._force_n = float(model.actuator_forcerange[self._actuator, 1])
        self._sent_m = 0.0
        self._stalled_s = 0.0
        self._wanted = False
        self.is_closed = False

    def set_friction(self, sliding: float) -> None:
        """Change what the pads are made of."""
        for pad in self._pads:
            self._model.geom_friction[pad, 0] = sliding

    def limit_force(self, most_n: float | None) -> None:
        """Squeeze with no more than this, and never with more than the drive has."""
        self._force_n = self._most_n if most_n is None else min(most_n, self._most_n)
        self._model.actuator_forcerange[self._actuator, 1] = self._force_n

    @property
    def is_driven(self) -> bool:
        """Whether the jaws have not been sent all the way yet."""
        return self._sent_m != (self._stroke_m if self._wanted else 0.0)

    def drive(self, step_s: float, *, closed: bool) -> None:
        """Send the jaws on towards closed or open, from where they are when that changes."""
        if closed is not self._wanted:
            self._wanted, self._sent_m = closed, float(self._state.ten_length[self._tendon])
        step_m = self._speed_mps * step_s
        self._sent_m = min(self._stroke_m, self._sent_m + step_m) if closed else max(0.0, self._sent_m - step_m)
        self._state.ctrl[self._actuator] = self._sent_m

    def watch(self, step_s: float) -> None:
        """Notice that the jaws have come to a stop: against an object or each other, or wide open."""
        speed_mps = abs(float(self._state.ten_velocity[self._tendon]))
        self._stalled_s = self._stalled_s + step_s if speed_mps < _STALLED_MPS else 0.0
        if self._stalled_s >= _STALLED_S:
            self.is_closed = float(self._state.ten_length[self._tendon]) > _OPEN_M

    @property
    def held(self) -> str | None:
        """The object that both pads press on and that moves along with them."""
        left, right = (self._pressed(pad) for pad in self._pads)
        enough_n = _HOLDING * self._force_n
        for geom, name in self._geoms.items():
            if min(left.get(geom, 0.0), right.get(geom, 0.0)) >= enough_n and self._moves_along(geom):
                return name
        return None

    def _pressed(self, pad: int) -> dict[int, float]:
        """The normal force in newtons between a pad and every object it touches."""
        forces: dict[int, float] = {}
        found = np.zeros(6)
        for number, (a, b) in enumerate(self._state.contact.geom.tolist()):
            if pad in (a, b):
                mujoco.mj_contactForce(self._model, self._state, number, found)
                other = b if a == pad else a
                forces[other] = forces.get(other, 0.0) + float(found[0])
        return forces

    def _moves_along(self, geom: int) -> bool:
        mine, its = np.zeros(6), np.zeros(6)
        body = int(self._model.geom_bodyid[geom])
        mujoco.mj_objectVelocity(self._model, self._state, mujoco.mjtObj.mjOBJ_BODY, self._palm, mine, 0)
        mujoco.mj_objectVelocity(self._model, self._state, mujoco.mjtObj.mjOBJ_BODY, body, its, 0)
        return math.dist(mine[3:], its[3:]) <= _SLIDING_MPS
