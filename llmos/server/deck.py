"""What the cockpit stands on: the part of the service that its pages ask for.

Knows no route. `Service` of `llmos serve` fits it, and so does the small stand-in of the cockpit's tests.
"""

from typing import Protocol

from llmos.boot.body import Body
from llmos.boot.system import LLMOS


class Deck(Protocol):
    """A running system with its robot, as the cockpit sees it.

    The router is made by `llmos.server.cockpit.cockpit(deck)` and included as it is; it declares its own paths below
    `/cockpit`, among them the WebSockets `/cockpit/live`, `/cockpit/jog` and `/cockpit/arena`. Who may use a path is
    settled before it is reached; `request.state.person`, where it is set, names who asks.
    """

    @property
    def system(self) -> LLMOS:
        """Bus, library, home and rules; its `say` runs goals."""
        ...

    @property
    def body(self) -> Body:
        """Profile and scene, and a pilot for whoever asks."""
        ...

    @property
    def stop_url(self) -> str:
        """Where a POST stops the robot while this process is busy; empty when `/emergency` is the only way."""
        ...
