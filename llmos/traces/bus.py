"""Hands each event to whoever listens in this process: terminal, cockpit, tests.

Knows no event in particular and keeps none. A subscriber that raises is a bug and is not hidden; the journal is written
before anything is published, so that such a bug cannot tear it.
"""

from collections.abc import Callable
from typing import TypeAlias

from llmos.traces.events import Event

Subscriber: TypeAlias = Callable[[Event, str], None]
"""Called with the event and the id of its run (empty when none is known); must not block."""


class Bus:
    """Synchronous publish and subscribe; subscribers are called in the order in which they came."""

    def __init__(self) -> None:
        self._subscribers: list[Subscriber] = []

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Listen from now on; the function returned ends that, and may be called twice."""
        self._subscribers.append(subscriber)

        def unsubscribe() -> None:
            if subscriber in self._subscribers:
                self._subscribers.remove(subscriber)

        return unsubscribe

    def publish(self, event: Event, run: str = "") -> None:
        """Hand the event to everybody; who subscribes meanwhile hears the next one."""
        for subscriber in tuple(self._subscribers):
            subscriber(event, run)
