"""The objects of a simulated world as a camera on the ceiling sees them: where they are, and which of them move.

Knows no robot; nothing here touches them.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from llmos.documents.scene import Point
from llmos.robots.simulators.world import object_name

_DIGITS = 4  # a tenth of a millimetre
_AT_REST_MPS = 0.01
_AT_REST_RADPS = 0.2


class FreeObjects:
    """The free bodies of a scene, by name."""

    def __init__(self, model: Any, state: Any, names: Sequence[str]) -> None:  # noqa: ANN401 - MuJoCo has no types
        bodies = [(name, model.body(object_name(name))) for name in names]
        self._state = state
        self._bodies = [(name, int(body.id)) for name, body in bodies]
        self._rates = [(name, int(body.dofadr[0])) for name, body in bodies]

    def positions(self) -> Mapping[str, Point]:
        """The centres."""
        places = self._state.xpos
        return MappingProxyType({name: Point(*map(_read, places[body].tolist())) for name, body in self._bodies})

    def moving(self) -> Iterator[str]:
        """The names of those that have not come to rest."""
        for name, first in self._rates:
            rates = self._state.qvel[first : first + 6].tolist()
            if math.hypot(*rates[:3]) > _AT_REST_MPS or math.hypot(*rates[3:]) > _AT_REST_RADPS:
                yield name


def _read(value: float) -> float:
    return round(value, _DIGITS) + 0.0
