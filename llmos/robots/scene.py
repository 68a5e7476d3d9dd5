"""The objects of a scene while a simulated robot handles them: gripped, carried, let go, at rest.

Knows no robot and no time; objects never collide, and what loses its support drops at once.
"""

import math
from collections.abc import Mapping
from types import MappingProxyType

from llmos.documents.scene import Point, Scene


class SimulatedObjects:
    """Where every object is; `positions` is replaced, never changed, so a measurement keeps what it saw."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._held: str | None = None
        self.positions: Mapping[str, Point] = MappingProxyType(dict(scene.objects))

    @property
    def held(self) -> str | None:
        """The object between the jaws."""
        return self._held

    def grip(self, tool: Point, reach_m: float) -> None:
        """Close the jaws: they take the nearest object within reach and centre it; the first by name among equals."""
        near = sorted((math.dist(point, tool), name) for name, point in self.positions.items())
        if self._held is None and near and near[0][0] <= reach_m:
            self._held = near[0][1]
            self.carry(tool)
            self._settle()

    def carry(self, tool: Point) -> None:
        """Move what is held with the tool."""
        if self._held is not None and self.positions[self._held] != tool:
            self.positions = MappingProxyType({**self.positions, self._held: tool})

    def release(self) -> None:
        """Open the jaws: what was held drops to what lies below it."""
        if self._held is not None:
            self._held = None
            self._settle()

    def _settle(self) -> None:
        """Let everything that is not held come to rest, from the lowest up."""
        now = dict(self.positions)
        for name in sorted(now, key=lambda each: (now[each].z, each)):
            if name != self._held:
                others = [point for each, point in now.items() if each not in (name, self._held)]
                now[name] = now[name]._replace(z=self._scene.rest_z(now[name], others))
        self.positions = MappingProxyType(now)
